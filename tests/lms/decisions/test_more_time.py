"""Asking for more time: who may, what is answered, and who hears of it."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from lms.db import at, commit, db
from lms.decisions import more_time
from lms.errors import NotFound, Refused
from lms.learning.models import CohortModule
from lms.messages.models import Notice
from lms.people.access import load_actor
from lms.progress.models import Extension, TimeRequest
from lms.progress.services import renew_due_days

TODAY = dt.date(2026, 11, 21)
DUE, WISHED = dt.date(2026, 11, 25), dt.date(2026, 12, 5)


class Asking:
    """A learner of a cohort with one module that is due, and its organizer."""

    def __init__(self, client, make_user, make_unit, make_cohort, make_enrolment):
        unit = make_unit("BKPSDM")
        self.organizer = make_user("Ratna Dewi", title_after="S.Sos.", roles=[("organizer", "unit", unit.id)])
        self.far = make_user("Panitia Situs", roles=["organizer"])
        self.cohort = make_cohort(unit=unit)
        self.learner = make_user("Ani Lestari")
        self.enrolment = make_enrolment(self.cohort, self.learner)
        pin = db.session.scalars(sa.select(CohortModule).where(CohortModule.cohort_id == self.cohort.id)).one()
        pin.due_on, self.module_id = DUE, pin.module_id
        renew_due_days(self.cohort.id)
        commit()
        self.own, self.office = f"/learn/{self.cohort.id}/more-time", f"/cohorts/{self.cohort.id}/more-time"
        self.browser, self.desk = client.as_(self.learner), client.as_(self.organizer)

    def ask(self, day=WISHED, reason="Banjir di desa."):
        return self.browser.post(self.own, data={"module_id": self.module_id, "wished_on": day.isoformat(), "reason": reason})

    @property
    def request(self):
        db.session.expire_all()
        return db.session.scalars(sa.select(TimeRequest)).one()

    def answer(self, do, due_on="", words="", who=None):
        number = self.request.id
        return (who or self.desk).post(f"{self.office}/{number}", data={"do": do, f"a{number}-due_on": due_on, f"a{number}-words": words})

    def told(self, person):
        db.session.rollback()
        return sorted(db.session.scalars(sa.select(Notice.kind).where(Notice.user_id == person.id)))


@pytest.fixture
def asking(client, make_user, make_unit, make_cohort, make_enrolment):
    with at(dt.datetime(2026, 11, 21, 5, tzinfo=dt.UTC)):
        yield Asking(client, make_user, make_unit, make_cohort, make_enrolment)


def test_a_request_is_granted_and_the_due_day_moves(asking):
    assert "5 Desember 2026" not in asking.browser.get("/learn").text
    assert asking.ask().status_code == 302
    assert asking.ask(reason="Banjir, dan sinyal putus.").status_code == 302
    assert (asking.request.wished_on, asking.request.reason) == (WISHED, "Banjir, dan sinyal putus.")
    assert asking.told(asking.organizer) == ["asked"]
    assert asking.told(asking.far) == [], "who is nearer to the cohort is told"
    assert "5 Desember 2026" in asking.browser.get("/learn").text
    page = asking.desk.get(asking.office).text
    assert "Banjir, dan sinyal putus." in page
    assert asking.answer("give").status_code == 422
    assert asking.answer("give", due_on="2026-11-25").status_code == 422, "not later than the cohort's"
    assert asking.answer("give", due_on="2026-12-03").status_code == 302
    assert db.session.scalars(sa.select(Extension.due_on)).one() == dt.date(2026, 12, 3)
    assert asking.told(asking.learner) == ["more_time"]
    assert asking.answer("give", due_on="2026-12-10").status_code == 422, "it was answered"
    assert db.session.scalars(sa.select(Extension.due_on)).one() == dt.date(2026, 12, 3)


def test_a_refusal_needs_a_sentence_and_leaves_the_day(asking):
    asking.ask()
    assert asking.answer("decline").status_code == 422
    assert asking.answer("decline", words="Penilaian mulai tanggal 26; mari bicara.").status_code == 302
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Extension)) == 0
    assert "mari bicara" in asking.browser.get(asking.own).text
    assert asking.ask().status_code == 302
    db.session.expire_all()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(TimeRequest)) == 2


def test_what_cannot_be_asked(asking, make_user):
    for day in (DUE, TODAY, dt.date(2020, 1, 1)):
        assert asking.ask(day).status_code == 422, day
    assert asking.ask(reason="").status_code == 422
    stranger = load_actor(make_user().id, TODAY)
    with pytest.raises(NotFound):
        more_time.own_enrolment(stranger, asking.cohort.id)
    me = load_actor(asking.learner.id, TODAY)
    where = {"actor": me, "enrolment": asking.enrolment, "cohort": asking.cohort, "wished_on": WISHED, "reason": "Banjir."}
    with pytest.raises(NotFound):
        more_time.ask(**where, module_id=asking.module_id + 999)
    asked = more_time.ask(**where, module_id=asking.module_id)
    with pytest.raises(Refused, match="sendiri"):
        more_time.answer(actor=me, cohort=asking.cohort, ask_id=asked.id, due_on=WISHED, words="")


def test_learners_know_to_whom_they_turn(asking, make_user):
    for url in (f"/learn/{asking.cohort.id}", asking.own):
        page = asking.browser.get(url).text
        assert f'<a href="mailto:{asking.organizer.email}">Ratna Dewi, S.Sos.</a>' in page, url
        assert asking.far.email not in page


def test_requests_of_other_cohorts_are_not_found(client, asking, make_user, make_unit, make_cohort):
    asking.ask()
    unit = make_unit("Lain")
    other = make_cohort(unit=unit)
    desk = client.as_(make_user("Panitia lain", roles=[("organizer", "unit", unit.id)]))
    number = asking.request.id
    assert desk.post(f"/cohorts/{other.id}/more-time/{number}", data={"do": "give", f"a{number}-due_on": "2026-12-03"}).status_code == 404


def test_what_learners_pages_cost(asking, queries):
    for url in ("/learn", f"/learn/{asking.cohort.id}", asking.own):
        asking.browser.get(url)
        with queries() as seen:
            asking.browser.get(url)
        assert len(seen) <= 8, (url, len(seen))
