"""Calendar feeds: read back with another program's eyes, and true after any history of changes."""

import datetime as dt

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from lms.db import at, commit, db
from lms.learning.models import CohortModule, Enrolment, ScheduleEntry, ScheduleKind
from lms.people.access import load_actor
from lms.people.models import User
from lms.progress import services as progress
from lms.schedule import calendar, services

NOW = dt.datetime(2026, 11, 21, 3, tzinfo=dt.UTC)


@pytest.fixture
def place(client, make_cohort, make_enrolment, make_user):
    """Return (cohort, learner, instructor, browser of the learner)."""
    instructor, learner = make_user("Helena"), make_user("Ani Lestari")
    cohort = make_cohort(assessor=instructor)
    make_enrolment(cohort, learner)
    with at(NOW):
        yield cohort, learner, instructor, client.as_(learner)


def save(cohort, actor, entry=None, **values):
    sheet = {
        "title": "Kelas",
        "kind": ScheduleKind.CLASSROOM,
        "place": "Aula",
        "day": dt.date(2026, 12, 2),
        "begins": dt.time(8),
        "ends": dt.time(10),
    }
    saved = services.save_meeting(actor=load_actor(actor.id, NOW.date()), cohort=cohort, entry=entry, **{**sheet, **values})
    commit()
    return saved


def address(browser):
    page = browser.get("/profile/calendar").get_data(as_text=True)
    return page.partition('value="http://localhost')[2].partition('"')[0]


def events(browser, url):
    answer = browser.get(url)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    return {str(event["uid"]): event for event in Calendar.from_ical(answer.data).walk("VEVENT")}


def test_a_feed_holds_meetings_and_due_days_and_no_names(place, client):
    cohort, _learner, instructor, browser = place
    entry = save(cohort, instructor, link="https://rapat.example/rahasia", time_zone="Asia/Makassar")
    pin = db.session.scalars(sa.select(CohortModule).where(CohortModule.cohort_id == cohort.id)).one()
    pin.due_on = dt.date(2026, 12, 9)
    commit()
    browser.post("/profile/calendar", data={"do": "renew"})
    url = address(browser)
    found = events(client, url)  # nobody needs to be signed in
    meeting, due = found[f"{entry.uid}@peduli"], found[f"due-{cohort.id}-{pin.module_id}@peduli"]
    assert meeting["dtstart"].dt == dt.datetime(2026, 12, 2, 0, tzinfo=dt.UTC)
    assert meeting["dtend"].dt == dt.datetime(2026, 12, 2, 2, tzinfo=dt.UTC)
    assert (str(meeting["status"]), int(meeting["sequence"]), str(meeting["location"])) == ("CONFIRMED", 0, "Aula")
    assert due["dtstart"].dt == dt.date(2026, 12, 9)
    assert due["dtend"].dt == dt.date(2026, 12, 10)
    text = client.get(url).get_data(as_text=True)
    assert "rahasia" not in text
    assert "Helena" not in text
    assert "Lestari" not in text
    teacher = client.as_(instructor)
    teacher.post("/profile/calendar", data={"do": "renew"})
    assert set(events(client, address(teacher))) == {f"{entry.uid}@peduli"}, "who leads a cohort has its meetings, not its due days"


def test_a_due_day_is_ones_own_and_its_changes_count(place):
    cohort, learner, instructor, _browser = place
    reader = load_actor(learner.id, NOW.date())
    pin = db.session.scalars(sa.select(CohortModule).where(CohortModule.cohort_id == cohort.id)).first()
    number = db.session.scalar(sa.select(Enrolment.id).where(Enrolment.cohort_id == cohort.id))

    def due():
        (event,) = Calendar.from_ical(calendar.calendar_of(reader).to_ical()).walk("VEVENT")
        return event["dtstart"].dt, int(event["sequence"]), event["dtstamp"].dt

    def extend(day):
        values = {"cohort_id": cohort.id, "enrolment_ids": [number], "module_id": pin.module_id, "reason": "Sungai naik."}
        progress.extend(actor=load_actor(instructor.id, NOW.date()), **values, due_on=dt.date(2026, 12, day))

    later = cohort.created_at
    seen = []
    for act, day in (("move", 9), ("move", 7), ("extend", 11), ("extend", 10), ("move", 20)):
        later += dt.timedelta(hours=1)
        with at(later):
            if act == "extend":
                extend(day)
            else:
                pin.due_on = dt.date(2026, 12, day)
            db.session.flush()
            seen.append(due())
            assert due() == seen[-1], "the same day is the same event"
    assert [day.day for day, _sequence, _stamp in seen] == [9, 7, 11, 10, 20]
    assert [sequence for _day, sequence, _stamp in seen] == [3600, 7200, 10800, 14400, 18000]
    assert seen[-1][2] == later.replace(microsecond=0)


def test_nothing_travels_twice_and_an_old_address_is_dead(place, client):
    cohort, _learner, instructor, browser = place
    save(cohort, instructor)
    browser.post("/profile/calendar", data={"do": "renew"})
    url = address(browser)
    first = client.get(url)
    assert "max-age=900" in first.headers["Cache-Control"]
    again = client.get(url, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    with at(NOW + dt.timedelta(hours=3)):
        assert client.get(url).headers["ETag"] == first.headers["ETag"], "the same schedule is the same file"
    token = url[10:-4]
    for wrong in ("x", "A" * 43, f"{'B' if token[0] == 'A' else 'A'}{token[1:]}", "%F0%9F%98%80"):
        assert client.get(f"/calendar/{wrong}.ics").status_code == 404
    browser.post("/profile/calendar", data={"do": "renew"})
    assert address(browser) != url
    assert client.get(url).status_code == 404
    browser.post("/profile/calendar", data={"do": "revoke"})
    assert address(browser) == ""


def test_a_cancelled_meeting_is_told_for_ninety_days(place, client):
    cohort, _learner, instructor, browser = place
    entry = save(cohort, instructor)
    services.cancel_meeting(actor=load_actor(instructor.id, NOW.date()), cohort=cohort, entry=entry, reason="Banjir")
    commit()
    browser.post("/profile/calendar", data={"do": "renew"})
    url = address(browser)
    (event,) = events(client, url).values()
    assert (str(event["status"]), int(event["sequence"])) == ("CANCELLED", 1)
    with at(NOW + dt.timedelta(days=91)):
        assert events(client, url) == {}


def test_a_person_who_is_gone_has_no_calendar(place, client):
    _cohort, learner, _instructor, browser = place
    browser.post("/profile/calendar", data={"do": "renew"})
    url = address(browser)
    db.session.get_one(User, learner.id).is_active = False
    commit()
    assert client.get(url).status_code == 404


changes = st.lists(
    st.one_of(
        st.fixed_dictionaries({"title": st.sampled_from(["Kelas", "Bengkel"])}),
        st.fixed_dictionaries(
            {"begins": st.sampled_from([dt.time(7), dt.time(8)]), "day": st.dates(dt.date(2026, 12, 1), dt.date(2026, 12, 5))}
        ),
        st.fixed_dictionaries({"place": st.sampled_from(["Aula", "Balai"]), "time_zone": st.sampled_from(["", "Asia/Jayapura"])}),
        st.fixed_dictionaries({"jp": st.integers(0, 4)}),
        st.none(),
    ),
    max_size=6,
)


@pytest.mark.sqlite
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes)
def test_after_any_changes_calendars_take_the_last(place, history):
    cohort, learner, instructor, _browser = place
    db.session.execute(sa.delete(ScheduleEntry))
    teacher, reader = (load_actor(person.id, NOW.date()) for person in (instructor, learner))
    entry = save(cohort, instructor)

    def shown():
        (event,) = Calendar.from_ical(calendar.calendar_of(reader).to_ical()).walk("VEVENT")
        told = [str(event[name]) for name in ("summary", "location", "status")] + [event["dtstart"].dt, event["dtend"].dt]
        return str(event["uid"]), int(event["sequence"]), told

    kept = dict.fromkeys(())
    uid, sequence, told = shown()
    for change in history:
        if change is None:
            services.cancel_meeting(actor=teacher, cohort=cohort, entry=entry, reason="Banjir")
        elif entry.cancelled_at is None:
            kept = {**kept, **change}
            save(cohort, instructor, entry, **kept)
        commit()
        new_uid, new_sequence, now_told = shown()
        assert new_uid == uid, "never another event"
        assert new_sequence >= sequence
        assert (new_sequence > sequence) is (now_told != told), "what is shown changed, and only then the number counts"
        sequence, told = new_sequence, now_told
