"""What learners hear of their visit, where they see it, and who is reminded of a host who waits."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from icalendar import Calendar

from courses.visits import consents, services
from courses.visits.models import VisitMember, VisitRole, VisitState
from courses.visits.notices import remind_leaders
from lms.db import at, commit, db
from lms.errors import Refused
from lms.learning.models import ScheduleEntry, ScheduleKind
from lms.messages.models import Notice
from lms.messages.reminders import remind_some
from lms.schedule.calendar import calendar_of

DAY = dt.timedelta(days=1)


@pytest.fixture
def planned(app, trip):
    """Return a visit with two members, the day after tomorrow of today's clock."""
    here = trip(2)
    with at(here.visit.starts_at - 2 * DAY):
        yield here


def heard(person):
    """Return (news, path) of what a person was told of visits."""
    db.session.flush()
    rows = db.session.scalars(sa.select(Notice).where(Notice.user_id == person.id, Notice.kind == "courses:visit"))
    return sorted((row.object.split("/")[2], row.path) for row in rows)


def sheet_of(visit, **values):
    return {
        "module_id": visit.module_id,
        "activity_key": visit.activity_key,
        "sheet": {name: getattr(visit, name) for name in services.SHEET} | values,
    }


def test_members_hear_each_change_once(planned):
    here, person, path = planned, planned.people[0], planned.url
    assert heard(person) == [("joined", path)]
    services.change_state(actor=here.leader, visit=here.visit, state=VisitState.CONFIRMED)
    services.change_state(actor=here.leader, visit=here.visit, state=VisitState.CONFIRMED)
    services.save_visit(actor=here.leader, cohort=here.cohort, visit=here.visit, **sheet_of(here.visit, purpose="Lain."))
    assert heard(person) == [("confirmed", path), ("joined", path)]
    services.save_visit(actor=here.leader, cohort=here.cohort, visit=here.visit, **sheet_of(here.visit, meeting_point="Kantor"))
    with pytest.raises(Refused):
        services.change_state(actor=here.leader, visit=here.visit, state=VisitState.CANCELLED, reason=" ")
    services.change_state(actor=here.leader, visit=here.visit, state=VisitState.CANCELLED, reason="Banjir.")
    services.change_state(actor=here.leader, visit=here.visit, state=VisitState.PLANNED)
    services.remove_member(actor=here.leader, visit=here.visit, member_id=here.members[0].id)
    assert [news for news, _path in heard(person)] == ["cancelled", "confirmed", "joined", "left", "moved", "planned"]
    assert ("left", "/learn") in heard(person)
    assert "left" not in [news for news, _path in heard(here.people[1])]


def test_of_a_visit_that_is_over_only_its_notes_concern_anybody(planned, ask):
    here = planned
    with at(here.visit.ends_at + DAY):
        ask(here, number="KJ-9")
        services.change_state(actor=here.leader, visit=here.visit, state=VisitState.CANCELLED, reason="Salah catat.")
        day = here.visit.ends_at.date() + DAY
        for _twice in range(2):
            consents.withdraw(actor=here.leader, visit=here.visit, paper_number="KJ-9", today=day)
    assert [news for news, _path in heard(here.people[1])] == ["joined", "withdrawn"]


def test_the_visit_stands_on_home_course_page_and_calendar(client, planned):
    here, browser = planned, client.as_(planned.people[0])
    for url in ("/learn", f"/learn/{here.cohort.id}"):
        assert f'href="{here.url}"' in browser.get(url).text, url
        assert f'href="{here.url}"' not in client.as_(here.instructor).get(url).text, url
    event = events(here.actors[0])[f"visit-{here.visit.id}@peduli"]
    assert (event["status"], event["dtstart"].dt) == ("CONFIRMED", here.visit.starts_at)
    before = event["sequence"]
    client.as_(here.instructor).post(f"{here.led}/state", data={"state": "cancelled", "reason": "Banjir besar."})
    db.session.expire_all()
    event = events(here.actors[0])[f"visit-{here.visit.id}@peduli"]
    assert event["status"] == "CANCELLED"
    assert event["sequence"] > before
    assert f'href="{here.url}"' not in browser.get("/learn").text
    assert "Banjir besar." in browser.get(here.url).text


def events(actor):
    return {str(event["uid"]): event for event in Calendar.from_ical(calendar_of(actor).to_ical()).walk("VEVENT")}


def test_the_evening_before_everybody_who_goes_is_reminded(planned):
    here = planned
    eve = here.visit.starts_at - DAY
    with at(eve):
        for _twice in range(2):
            remind_some(time_zone="Asia/Pontianak", day=eve.date(), after=0)
    told = db.session.execute(sa.select(Notice.user_id, Notice.path).where(Notice.kind == "meeting")).all()
    assert sorted(told) == sorted((person.id, here.url) for person in here.people)


def test_a_visit_of_a_meeting_is_told_with_the_meeting(planned):
    here = planned
    times = {"starts_at": here.visit.starts_at, "ends_at": here.visit.ends_at}
    entry = ScheduleEntry(cohort_id=here.cohort.id, title="Kunjungan", kind=ScheduleKind.FIELD_VISIT, place="Dermaga", **times)
    db.session.add(entry)
    db.session.flush()
    here.visit.schedule_entry_id = entry.id
    commit()
    eve = here.visit.starts_at - DAY
    with at(eve):
        remind_some(time_zone="Asia/Pontianak", day=eve.date(), after=0)
    objects = set(db.session.scalars(sa.select(Notice.object).where(Notice.kind == "meeting")))
    assert objects == {f"meeting/{entry.id}"}
    assert f"visit-{here.visit.id}@peduli" not in events(here.actors[0])


def test_a_host_who_waits_is_brought_to_mind_once(planned):
    here = planned
    late = here.visit.tell_by + DAY
    assert remind_leaders(here.visit.tell_by) == 0
    assert [remind_leaders(late), remind_leaders(late)] == [1, 1]
    told = db.session.scalars(sa.select(Notice).where(Notice.kind == "courses:visit_untold")).all()
    assert [(row.user_id, row.path) for row in told] == [(here.instructor.id, f"/cohorts/{here.cohort.id}/visits")]
    services.tell_back(actor=here.leader, visit=here.visit, told="Terima kasih.", told_by="Fasilitator", told_on=late)
    assert remind_leaders(late) == 0


def test_a_role_is_changed_where_it_stands(client, planned):
    here, url = planned, f"{planned.led}/members/{planned.members[0].id}/role"
    assert f'action="{url}"' in client.as_(here.instructor).get(here.led).text
    client.as_(here.instructor).post(url, data={"role": "observer"})
    client.as_(here.instructor).post(url, data={"role": "king"})
    db.session.expire_all()
    assert db.session.get_one(VisitMember, here.members[0].id).role is VisitRole.OBSERVER
    assert (
        client.as_(here.instructor).post(f"{planned.led}/members/{here.cohort.assessor_id}/role", data={"role": "observer"}).status_code
        == 404
    )
