"""Taking an import back: exactly what it made, only what nobody has used, for a day."""

import datetime as dt
import io
import uuid

import pytest
import sqlalchemy as sa
from support.lists import xlsx

from lms.cohorts import undo
from lms.cohorts.models import CohortImport
from lms.db import at, commit, db, utcnow
from lms.errors import Refused
from lms.learning import services as learning
from lms.learning.models import CohortModule, Enrolment, EnrolmentState, Group
from lms.people.access import load_actor
from lms.people.models import User
from lms.people.sessions import open_session, set_password
from lms.privacy.models import AuditEntry
from lms.progress import services as progress
from lms.progress.models import EvidenceKind
from lms.supervision.models import RollupMark
from lms.testing.client import text_of

HEAD = ["Nama", "NIP", "Email", "Unit Kerja", "Kelompok"]
TODAY = dt.date(2026, 11, 21)


@pytest.fixture
def run(place):
    """Return a function that imports people through the pages and gives the import."""

    def imported(*names):
        rows = [[name, "", f"{name.lower()}@contoh.test", "BKD", "1"] for name in names]
        page = place.browser.post(f"/cohorts/{place.cohort.id}/import", data={"file": (io.BytesIO(xlsx([HEAD, *rows])), "d.xlsx")}).location
        url = place.browser.post(page, data={"do": "import"}).location
        db.session.expire_all()
        return db.session.get_one(CohortImport, int(url.rpartition("/")[2]))

    return imported


def undone(place, done):
    result = undo.undo(actor=load_actor(place.organizer.id, TODAY), done=done)
    commit()
    db.session.expire_all()
    return result


def names(place):
    statement = sa.select(User.name).join(Enrolment, Enrolment.user_id == User.id).where(Enrolment.cohort_id == place.cohort.id)
    return sorted(db.session.scalars(statement.where(Enrolment.state == EnrolmentState.ACTIVE)))


def user(name):
    return db.session.scalars(sa.select(User).where(User.name == name)).one_or_none()


def enrolment(place, name):
    return db.session.scalars(sa.select(Enrolment).where(Enrolment.cohort_id == place.cohort.id, Enrolment.user_id == user(name).id)).one()


def learn(place, name):
    pin = db.session.scalars(sa.select(CohortModule).where(CohortModule.cohort_id == place.cohort.id)).one()
    progress.record(
        evidence_id=uuid.uuid4(),
        enrolment_id=enrolment(place, name).id,
        module_id=pin.module_id,
        activity_key=progress.activities_of(pin.revision_id)[0].key,
        kind=EvidenceKind.VIEWED,
        value={},
        source="test",
    )
    commit()


def test_what_nobody_has_used_is_gone(place, run, make_user, make_enrolment):
    stayed = make_user("Cici", email="cici@contoh.test")
    make_enrolment(place.cohort, make_user("Dodi", email="dodi@contoh.test"))
    done = run("Ani", "Budi", "Cici", "Dodi")
    assert done.counts == {"new": 2, "known": 1, "back": 0, "enrolled": 1, "wrong": 0}
    result = undone(place, done)
    assert (result.left, result.accounts, result.kept) == (3, 2, 0)
    assert names(place) == ["Dodi"]
    assert (user("Ani"), user("Budi")) == (None, None)
    assert user("Cici").id == stayed.id
    trail = [entry.action for entry in db.session.scalars(sa.select(AuditEntry))]
    assert trail.count("people:remove") == 2
    assert "cohort:undo_import" in trail


def test_what_somebody_has_used_stays_and_the_page_says_why(place, run):
    done = run("Ani", "Budi", "Cici", "Dodi")
    learn(place, "Ani")
    set_password(user_id=user("Budi").id, password="sandi yang panjang", actor_id=None)
    open_session(user_id=user("Cici").id, device="")
    commit()
    assert place.browser.post(f"/cohorts/{place.cohort.id}/imports/{done.id}/undo").status_code == 302
    db.session.expire_all()
    assert names(place) == ["Ani"]
    assert [bool(user(name)) for name in ("Ani", "Budi", "Cici", "Dodi")] == [True, True, True, False]
    words = text_of(place.browser.get(f"/cohorts/{place.cohort.id}/imports/{done.id}"))
    assert all(name in words for name in ("Ani", "Budi", "Cici"))
    assert "Dodi" not in words


def test_who_came_back_is_withdrawn_again_in_the_old_group(place, run):
    other = Group(cohort_id=place.cohort.id, name="Kelompok 2", position=2)
    db.session.add(other)
    run("Ani")
    row = enrolment(place, "Ani")
    row.group_id = other.id
    learning.withdraw(actor=load_actor(place.organizer.id, TODAY), enrolment=row)
    commit()
    db.session.execute(sa.delete(RollupMark))
    commit()
    done = run("Ani")
    assert done.counts["back"] == 1
    assert db.session.scalars(sa.select(AuditEntry.action).where(AuditEntry.action == "cohort:return")).all() == ["cohort:return"]
    assert place.cohort.id in db.session.scalars(sa.select(RollupMark.cohort_id)).all(), "who comes back is counted again"
    db.session.execute(sa.delete(RollupMark))
    result = undone(place, done)
    assert (result.left, result.accounts) == (1, 0)
    assert set(db.session.scalars(sa.select(RollupMark.cohort_id))) == {place.cohort.id}
    row = enrolment(place, "Ani")
    assert (row.state, row.group_id) == (EnrolmentState.WITHDRAWN, other.id)


def test_undoing_twice_and_after_a_day_is_refused(place, run):
    done = run("Ani")
    undone(place, done)
    with pytest.raises(Refused):
        undone(place, done)
    db.session.rollback()
    later = run("Ani")
    with at(utcnow() + dt.timedelta(hours=25)), pytest.raises(Refused):
        undone(place, later)
    db.session.rollback()
    assert names(place) == ["Ani"]
    assert place.browser.post(f"/cohorts/{place.cohort.id}/imports/{done.id}/undo").status_code == 409


def test_an_import_is_its_cohorts(place, run, make_cohort):
    done = run("Ani")
    other = make_cohort(unit=place.unit)
    for page in ("", "/undo"):
        ask = place.browser.post if page else place.browser.get
        assert ask(f"/cohorts/{other.id}/imports/{done.id}{page}").status_code == 404
