"""The schedule: zones, conflicts, room, cancelling; and the link that is shown shortly before."""

import datetime as dt

import pytest
import sqlalchemy as sa

from lms.db import at, commit, db
from lms.i18n import use
from lms.learning.models import Group, ScheduleEntry, ScheduleKind
from lms.people.models import User
from lms.schedule.conflicts import in_the_way
from lms.schedule.words import times
from lms.testing.client import text_of

MEETING = {
    "title": "Kunjungan",
    "kind": "field_visit",
    "place": "Muara Telang",
    "day": "2026-12-02",
    "begins": "08:00",
    "ends": "12:30",
    "group_id": "0",
}
NOW = dt.datetime(2026, 11, 21, 3, tzinfo=dt.UTC)


@pytest.fixture
def place(client, make_unit, make_user, make_cohort):
    """Return (cohort, organizer's browser, address of its schedule)."""
    unit = make_unit()
    organizer = make_user("Ratna", roles=[("organizer", "unit", unit.id)])
    cohort = make_cohort(unit=unit)
    with at(NOW):
        yield cohort, client.as_(organizer), f"/cohorts/{cohort.id}/schedule"


def entries(cohort):
    db.session.expire_all()
    return db.session.scalars(sa.select(ScheduleEntry).where(ScheduleEntry.cohort_id == cohort.id).order_by(ScheduleEntry.id)).all()


def test_times_are_those_of_the_cohort_or_of_the_meeting(client, make_unit, make_user, make_cohort):
    unit = make_unit()
    cohort = make_cohort(unit=unit, time_zone="Asia/Makassar")
    browser = client.as_(make_user("Ratna", roles=[("organizer", "unit", unit.id)]))
    page = f"/cohorts/{cohort.id}/schedule"
    assert browser.post(page, data=MEETING).location == page
    (entry,) = entries(cohort)
    assert (entry.starts_at, entry.ends_at) == (dt.datetime(2026, 12, 2, 0, tzinfo=dt.UTC), dt.datetime(2026, 12, 2, 4, 30, tzinfo=dt.UTC))
    form = browser.get(f"{page}?meeting={entry.id}").get_data(as_text=True)
    assert 'value="08:00"' in form
    assert 'value="2026-12-02"' in form
    assert "Times are WITA." in form
    browser.post(f"{page}?meeting={entry.id}", data={**MEETING, "last_day": "2026-12-03", "title": "Dua hari"})
    (entry,) = entries(cohort)
    assert (entry.title, entry.ends_at, entry.sequence) == ("Dua hari", dt.datetime(2026, 12, 3, 4, 30, tzinfo=dt.UTC), 1)
    browser.post(f"{page}?meeting={entry.id}", data={**MEETING, "time_zone": "Asia/Jayapura", "jp": "3,5", "capacity": "30"})
    (entry,) = entries(cohort)
    assert entry.starts_at == dt.datetime(2026, 12, 1, 23, tzinfo=dt.UTC)
    assert (float(entry.jp), entry.capacity, entry.sequence) == (3.5, 30, 2)
    browser.post(f"{page}?meeting={entry.id}", data={**MEETING, "time_zone": "Asia/Jayapura", "jp": "4"})
    assert entries(cohort)[0].sequence == 2, "calendars do not show hours of learning"
    assert browser.post(f"{page}/{entry.id}/delete").status_code == 302
    assert entries(cohort) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"ends": "07:00"},
        {"ends": "08:00"},
        {"title": ""},
        {"day": "kapan"},
        {"kind": "pesta"},
        {"group_id": "999"},
        {"last_day": "2026-12-01"},
        {"link": "javascript://rapat.example/%0aalert(1)"},
        {"link": "rapat"},
        {"capacity": "0"},
        {"jp": "-1"},
        {"jp": "NaN"},
        {"time_zone": "Mars/Olympus"},
        {"activity": "1/x"},
    ],
)
def test_what_is_no_meeting_comes_back_as_it_was_typed(place, wrong):
    cohort, browser, page = place
    answer = browser.post(page, data={**MEETING, **wrong})
    assert answer.status_code == 422
    assert 'value="Muara Telang"' in answer.get_data(as_text=True)
    assert entries(cohort) == []


def test_a_meeting_of_another_cohort_is_not_found(place, make_cohort):
    _cohort, browser, page = place
    other = make_cohort()
    entry = ScheduleEntry(cohort_id=other.id, kind=ScheduleKind.ONLINE, title="Lain", starts_at=NOW, ends_at=NOW + dt.timedelta(hours=1))
    db.session.add(entry)
    commit()
    assert browser.get(f"{page}?meeting={entry.id}").status_code == 404
    assert browser.post(f"{page}?meeting={entry.id}", data=MEETING).status_code == 404
    assert browser.get(f"{page}?meeting=x").status_code == 404
    for act in ("delete", "cancel"):
        assert browser.post(f"{page}/{entry.id}/{act}", data={"reason": "Banjir besar"}).status_code == 404


def test_what_people_may_have_read_is_cancelled_and_stays(place, make_enrolment, make_user, client):
    cohort, browser, page = place
    browser.post(page, data=MEETING)
    (entry,) = entries(cohort)
    learner = make_user("Ani")
    make_enrolment(cohort, learner)
    assert browser.post(f"{page}/{entry.id}/delete").status_code == 409
    assert browser.post(f"{page}/{entry.id}/cancel", data={"reason": ""}).status_code == 422
    assert browser.post(f"{page}/{entry.id}/cancel", data={"reason": "Sungai meluap"}).status_code == 302
    browser.post(f"{page}/{entry.id}/cancel", data={"reason": "Lain sama sekali"})
    (entry,) = entries(cohort)
    assert (entry.cancel_reason, entry.sequence) == ("Sungai meluap", 1)
    for answer in (client.as_(learner).get(f"/learn/{cohort.id}"), browser.get(page)):
        assert "<s>Kunjungan</s>" in answer.get_data(as_text=True)
        assert "Sungai meluap" in text_of(answer)
    assert browser.post(f"{page}?meeting={entry.id}", data=MEETING).status_code == 422, "it does not come back by itself"


def test_conflicts_are_told_and_nothing_is_refused(place, make_cohort, make_enrolment):
    cohort, browser, page = place
    make_enrolment(cohort)
    make_enrolment(cohort)
    browser.post(page, data=MEETING)
    other = make_cohort()
    start = dt.datetime(2026, 12, 2, 2, tzinfo=dt.UTC)
    db.session.add(
        ScheduleEntry(
            cohort_id=other.id,
            kind=ScheduleKind.CLASSROOM,
            title="x",
            place=" muara telang",
            starts_at=start,
            ends_at=start + dt.timedelta(hours=1),
        )
    )
    commit()
    answer = browser.post(
        page, data={**MEETING, "title": "Kelas", "begins": "12:00", "ends": "13:00", "capacity": "1"}, follow_redirects=True
    )
    text = text_of(answer)
    assert len(entries(cohort)) == 2
    assert "Same people and same place as “Kunjungan”." in text
    assert "It has room for 1, and it is for 2 people." in text
    answer = browser.post(page, data={**MEETING, "title": "Siang", "begins": "09:00", "ends": "10:30"}, follow_redirects=True)
    assert "Another cohort has this place at the same time." in text_of(answer)


def test_groups_may_meet_at_the_same_time():
    def entry(number, group=None, begins=8, ends=10, place="", kind=ScheduleKind.CLASSROOM, **more):
        day = dt.datetime(2026, 12, 2, tzinfo=dt.UTC)
        hours = {"starts_at": day + dt.timedelta(hours=begins), "ends_at": day + dt.timedelta(hours=ends)}
        return ScheduleEntry(id=number, title=str(number), group_id=group, kind=kind, place=place, **hours, **more)

    assert in_the_way([entry(1, 1), entry(2, 2)]) == {}
    assert in_the_way([entry(1, begins=8, ends=10), entry(2, begins=10, ends=12)]) == {}
    assert in_the_way([entry(1, cancelled_at=NOW), entry(2)]) == {}
    assert {
        number: [why for _other, why in found]
        for number, found in in_the_way([entry(1, 1, place="Aula  2"), entry(2, 2, place="aula 2")]).items()
    } == {1: [{"place"}], 2: [{"place"}]}
    assert set(in_the_way([entry(1), entry(2, 7, begins=9), entry(3, 8, begins=9, ends=11)])) == {1, 2, 3}
    online = entry(1, 1, place="zoom", kind=ScheduleKind.ONLINE)
    assert in_the_way([online, entry(2, 2, place="zoom")]) == {}


def test_both_zones_are_shown_where_they_differ(app):
    entry = ScheduleEntry(time_zone="Asia/Makassar", starts_at=NOW, ends_at=NOW + dt.timedelta(hours=2))
    with app.app_context():
        use("en", "Asia/Pontianak")
        assert times(entry, "Asia/Pontianak") == "11:00–13:00 WITA, for you 10:00–12:00 WIB"
        use("en", "Asia/Makassar")
        assert times(entry, "Asia/Pontianak") == "11:00–13:00 WITA"
        entry.time_zone = ""
        use("id", "Asia/Jakarta")
        assert times(entry, "Asia/Pontianak") == "10.00–12.00 WIB", "two names of one time"


def test_learners_see_the_link_only_shortly_before(place, make_enrolment, make_user, client):
    cohort, browser, page = place
    learner = make_user("Ani")
    make_enrolment(cohort, learner)
    browser.post(page, data={**MEETING, "kind": "online", "link": "https://rapat.example/abc"})
    (entry,) = entries(cohort)
    for away, shown in ((-45, False), (-20, True), (60, True), (5 * 60, False)):
        with at(entry.starts_at + dt.timedelta(minutes=away)):
            for url in ("/learn", f"/learn/{cohort.id}", "/attend"):
                found = "rapat.example" in client.as_(learner).get(url).get_data(as_text=True)
                assert found is shown, (away, url)
    group = Group(cohort_id=cohort.id, name="Lain", position=8)
    db.session.add(group)
    db.session.flush()
    entry.group_id = group.id
    commit()
    with at(entry.starts_at):
        assert "Kunjungan" not in client.as_(learner).get(f"/learn/{cohort.id}").get_data(as_text=True), "not for this group"
    assert db.session.get(User, learner.id)
