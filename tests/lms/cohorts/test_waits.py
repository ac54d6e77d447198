"""The card on a cohort's board: what waits, for whom, at what price."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
import sqlalchemy as sa

from courses.visits.models import Visit
from lms.attendance.models import Attendance, AttendanceNote, AttendanceState, NoteSource
from lms.db import at, commit, db
from lms.decisions.models import Decision, Outcome
from lms.joining import services as joining
from lms.joining.models import Seat
from lms.joining.seats import State, Way
from lms.joining.services import Terms
from lms.learning.models import CohortModule, ScheduleEntry, ScheduleKind
from lms.messages.models import Notice
from lms.people.access import load_actor
from lms.people.models import User
from lms.progress.models import TimeRequest
from lms.testing.client import text_of

NOON = dt.datetime(2026, 11, 21, 5, tzinfo=dt.UTC)
TODAY = NOON.date()


@pytest.fixture(autouse=True)
def _noon(app):
    with at(NOON):
        yield


@pytest.fixture
def enrolments(place, make_enrolment):
    """Return three people of the cohort, whose course allows two missed sessions."""
    place.cohort.absence_limits = {"sessions": 2}
    return [make_enrolment(place.cohort) for _number in range(3)]


def fill(place, enrolments, make_user, times=1):
    """Let everything wait that can, so many times."""
    cohort, organizer = place.cohort, load_actor(place.organizer.id, TODAY)
    joining.set_door(actor=organizer, cohort=cohort, terms=Terms(Way.APPROVAL, "", None, None, None))
    pin = db.session.scalars(sa.select(CohortModule).where(CohortModule.cohort_id == cohort.id)).one()
    for number in range(times):
        joining.knock(actor=load_actor(make_user().id, TODAY), cohort_id=cohort.id, key="")
        past = NOON - dt.timedelta(days=3 + number)
        hours = {"starts_at": past, "ends_at": past + dt.timedelta(hours=2)}
        entries = [ScheduleEntry(cohort_id=cohort.id, kind=ScheduleKind.CLASSROOM, title="Kelas", place="", **hours) for _two in range(3)]
        db.session.add_all(entries)
        db.session.flush()
        for entry in entries[:2]:
            db.session.add(
                Attendance(
                    entry_id=entry.id,
                    enrolment_id=enrolments[number].id,
                    state=AttendanceState.ABSENT,
                    moment=past,
                    source=NoteSource.ROSTER,
                )
            )
        note = {"entry_id": entries[2].id, "enrolment_id": enrolments[number].id, "moment": past, "received_at": past}
        db.session.add(AttendanceNote(id=uuid.uuid4(), source=NoteSource.CODE, state=None, **note))
        db.session.add(TimeRequest(enrolment_id=enrolments[number].id, module_id=pin.module_id, wished_on=cohort.ends_on, reason="Banjir."))
        db.session.add(
            Decision(enrolment_id=enrolments[number].id, outcome=Outcome.POSTPONED, reason="Satu tugas.", task="Tulis.", due_on=TODAY)
        )
        db.session.add(
            Visit(
                cohort_id=cohort.id,
                module_id=pin.module_id,
                activity_key="kunjungan",
                host="Dermaga",
                tell_by=past.date(),
                members=[],
                **hours,
            )
        )
    commit()


def test_everything_that_waits_is_counted_and_leads_there(place, enrolments, make_user):
    assert "Menunggu Anda" not in place.browser.get(f"/cohorts/{place.cohort.id}").text
    fill(place, enrolments, make_user)
    page = place.browser.get(f"/cohorts/{place.cohort.id}").text
    for path in ("/joining", "/attendance", "/absence", "/results", "/more-time", "/visits"):
        url = f"/cohorts/{place.cohort.id}{path}"
        assert f'<a class="target" href="{url}">' in page, path
        assert place.browser.get(url).status_code == 200


def test_an_instructor_sees_what_waits_for_instructors(client, place, enrolments, make_user):
    fill(place, enrolments, make_user)
    page = client.as_(db.session.get_one(User, place.cohort.assessor_id)).get(f"/cohorts/{place.cohort.id}").text
    assert f'<a class="target" href="/cohorts/{place.cohort.id}/visits">' in page
    assert "/joining" not in page
    assert "/more-time" not in page


def test_the_card_costs_the_same_for_one_and_for_many(place, enrolments, make_user, queries):
    fill(place, enrolments, make_user)
    place.browser.get(f"/cohorts/{place.cohort.id}")
    with queries() as one:
        place.browser.get(f"/cohorts/{place.cohort.id}")
    db.session.execute(sa.delete(TimeRequest))
    db.session.execute(sa.delete(Decision))
    fill(place, enrolments, make_user, times=3)
    with queries() as many:
        words = text_of(place.browser.get(f"/cohorts/{place.cohort.id}"))
    assert len(one) == len(many) <= 12
    assert "3" in words


def test_organizers_hear_of_requests_at_the_door_once_a_day(place, make_user):
    organizer = load_actor(place.organizer.id, TODAY)
    joining.set_door(actor=organizer, cohort=place.cohort, terms=Terms(Way.APPROVAL, "", None, None, None))
    for _number in range(3):
        joining.knock(actor=load_actor(make_user().id, TODAY), cohort_id=place.cohort.id, key="")
    with at(NOON + dt.timedelta(days=1)):
        joining.knock(actor=load_actor(make_user().id, TODAY), cohort_id=place.cohort.id, key="")
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Seat).where(Seat.state == State.ASKING)) == 4
    told = db.session.scalars(sa.select(Notice).where(Notice.user_id == place.organizer.id)).all()
    assert [(row.kind, row.path) for row in told] == [("asked", f"/cohorts/{place.cohort.id}/joining")] * 2
