"""Reminders: by the program, of what a person can do now and of nothing else; by people, never a third time."""

import datetime as dt
import re

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lms.attempts.models import Attempt
from lms.db import at, commit, db
from lms.learning import services as learning
from lms.learning.models import CohortModule, Enrolment, EnrolmentState, Group, ScheduleEntry, ScheduleKind
from lms.messages import copying, occasions, reminders, tasks
from lms.messages.models import Notice, ReminderLog
from lms.messages.reminders import MOST_OVERDUE, Part, occasion
from lms.people import services as people
from lms.people.access import load_actor
from lms.people.models import User
from lms.privacy.models import AuditEntry
from lms.progress.models import Extension, ModuleProgress
from lms.schedule import services as schedule
from lms.testing import count_queries

from .conftest import MORNING

DAY = dt.timedelta(days=1)
TODAY = dt.date(2026, 11, 23)
ZONE = "Asia/Pontianak"

DAYS = st.none() | st.integers(-40, 40).map(lambda days: TODAY + days * DAY)
PARTS = st.lists(
    st.builds(
        lambda number, opens, due, needs, counts: Part(number, f"m{number}", {"id": "M"}, opens, due, needs, sum(counts), *counts[:2]),
        st.integers(1, 5),
        DAYS,
        DAYS,
        st.lists(st.integers(1, 5), max_size=2).map(tuple),
        st.tuples(*[st.integers(0, 3)] * 3),
    ),
    max_size=5,
    unique_by=lambda part: part.module_id,
)


@settings(suppress_health_check=[HealthCheck.too_slow])  # of a busy machine
@given(PARTS, st.integers(-60, 0), st.booleans())
def test_of_what_somebody_is_reminded(parts, began, has_begun):
    found = occasion(parts, today=TODAY, began=TODAY + began * DAY, has_begun=has_begun)
    if found and found.part:
        part, done = found.part, {one.module_id for one in parts if one.complete}
        assert part.left > 0, "nothing that is complete or waits for an instructor"
        assert not part.opens_on or part.opens_on <= TODAY
        assert set(part.requires) <= done
        assert part.due_on <= TODAY + 3 * DAY
        assert (found.kind == "overdue") is (part.due_on < TODAY)
    if found and not found.part:
        assert not has_begun
        assert began <= -7


@given(st.integers(1, 90))
def test_of_one_part_at_most_three_times_after_its_day(days):
    part = [Part(1, "m", {"id": "M"}, None, TODAY, (), 3, 0, 0)]
    said = {
        found.bucket
        for day in range(1, days + 1)
        if (found := occasion(part, today=TODAY + day * DAY, began=TODAY, has_begun=True)) and found.kind == "overdue"
    }
    assert len(said) == min(MOST_OVERDUE, (days - 1) // 7 + 1)


@pytest.fixture
def cohort(make_user, make_module, make_cohort):
    """Return a cohort with two groups."""
    module = make_module({"type": "lesson", "key": "a", "settings": {"source": "Halo."}}, key="empati")
    cohort = make_cohort(module, assessor=make_user("Pengajar"))
    cohort.starts_on, cohort.ends_on = TODAY - 5 * DAY, TODAY + 60 * DAY
    db.session.add_all([Group(cohort_id=cohort.id, name=name, position=9) for name in ("Satu", "Dua")])
    commit()
    return cohort


def groups(cohort):
    return db.session.scalars(sa.select(Group.id).where(Group.cohort_id == cohort.id, Group.position == 9).order_by(Group.id)).all()


def in_group(enrolment, group_id):
    enrolment.group_id = group_id
    commit()
    return enrolment


def due(cohort, day, **more):
    db.session.execute(sa.update(CohortModule).where(CohortModule.cohort_id == cohort.id).values(due_on=day, **more))
    commit()


def remind(day=TODAY):
    moment = dt.datetime.combine(day, dt.time(2), dt.UTC)
    with at(moment):
        tasks.remind()
        commit()
    with at(moment):
        last = 0
        while last := reminders.remind_some(time_zone=ZONE, day=day, after=last):
            pass
    commit()


def told():
    return [(row.kind, row.user_id) for row in db.session.execute(sa.select(Notice.kind, Notice.user_id).order_by(Notice.kind))]


def test_only_those_who_can_do_something(cohort, make_user, make_enrolment):
    """MDL-84327 reminded people without access, MDL-86423 of work that was done."""
    here, done, waiting, gone, off = (make_enrolment(cohort, make_user(f"Orang {number}")) for number in range(5))
    for enrolment, counts in ((done, {"done_count": 1}), (waiting, {"waiting_count": 1})):
        db.session.execute(sa.update(ModuleProgress).where(ModuleProgress.enrolment_id == enrolment.id).values(**counts))
    gone.state = EnrolmentState.WITHDRAWN
    db.session.execute(sa.update(User).where(User.id == off.user_id).values(is_active=False))
    due(cohort, TODAY + 3 * DAY)
    for _time in range(2):
        remind()
    assert told() == [("due_soon", here.user_id)]
    notice = db.session.scalars(sa.select(Notice)).one()
    assert notice.path == f"/learn/{cohort.id}/empati"
    assert "26 November 2026" in notice.title
    assert notice.body.startswith("1 bagian menunggu. ")
    for days in (*range(1, 26), 39):
        remind(TODAY + days * DAY)
    assert [kind for kind, _user in told()] == ["due_soon", *["overdue"] * MOST_OVERDUE]
    due(cohort, TODAY + 50 * DAY, opens_on=TODAY + 49 * DAY)
    remind(TODAY + 48 * DAY)
    assert len(told()) == 1 + MOST_OVERDUE, "not of what has not opened"


def test_whose_day_is_later_and_who_has_no_signal_are_left_in_peace(cohort, make_user, make_enrolment):
    here, later, far = (make_enrolment(cohort, make_user(name)) for name in ("Ani", "Ben", "Citra"))
    pin = db.session.scalars(sa.select(CohortModule)).one()
    db.session.add(Extension(enrolment_id=later.id, module_id=pin.module_id, due_on=TODAY + 20 * DAY, reason="Sakit."))
    far.no_signal_until = TODAY + 9 * DAY
    due(cohort, TODAY - DAY)
    remind()
    assert told() == [("overdue", here.user_id)]
    remind(TODAY + 10 * DAY)
    assert [kind for kind, user in told() if user == far.user_id] == ["overdue"], "from the day after"
    remind(TODAY + 18 * DAY)
    dates = sa.select(Notice.kind, Notice.bucket).where(Notice.user_id == later.user_id, Notice.kind != "not_begun")
    assert [tuple(row) for row in db.session.execute(dates)] == [("due_soon", (TODAY + 20 * DAY).isoformat())]


def test_meetings_of_ones_own_group_that_take_place(cohort, make_user, make_enrolment, make_module):
    first, second = groups(cohort)
    ani, ben = (in_group(make_enrolment(cohort, make_user(name)), group) for name, group in (("Ani", first), ("Ben", second)))
    begins = dt.datetime(2026, 11, 24, 6, tzinfo=dt.UTC)
    for title, group, more in (
        ("Semua", None, {}),
        ("Hanya Dua", second, {"time_zone": "Asia/Jayapura"}),
        ("Batal", None, {"cancelled_at": MORNING}),
    ):
        times = {"starts_at": begins, "ends_at": begins + dt.timedelta(hours=2)}
        db.session.add(
            ScheduleEntry(cohort_id=cohort.id, group_id=group, title=title, kind=ScheduleKind.ONLINE, place="Aula", **times, **more)
        )
    commit()
    remind()
    rows = db.session.execute(sa.select(Notice.user_id, Notice.title, Notice.body).where(Notice.kind == "meeting").order_by(Notice.title))
    assert {(row.user_id, row.title) for row in rows} == {
        (ani.user_id, "Besok: Semua"),
        (ben.user_id, "Besok: Semua"),
        (ben.user_id, "Besok: Hanya Dua"),
    }
    body = db.session.scalar(sa.select(Notice.body).where(Notice.title == "Besok: Hanya Dua"))
    assert body == "Selasa, 24 November 2026, 15.00 WIT. Aula"


def test_a_meeting_that_moves_or_is_off_is_told_to_those_whose_it_is(cohort, make_user, make_enrolment):
    first, _second = groups(cohort)
    ani, ben = in_group(make_enrolment(cohort, make_user("Ani")), first), make_enrolment(cohort, make_user("Ben"))
    actor = load_actor(make_user("Panitia").id, TODAY)
    sheet = {"title": "Sesi", "kind": ScheduleKind.ONLINE, "place": "", "begins": dt.time(9), "ends": dt.time(11), "group_id": first}
    entry = schedule.save_meeting(actor=actor, cohort=cohort, entry=None, day=TODAY + 9 * DAY, **sheet)
    assert told() == []
    schedule.save_meeting(actor=actor, cohort=cohort, entry=entry, day=TODAY + 9 * DAY, **{**sheet, "title": "Sesi tanya jawab"})
    assert told() == [], "a new title is no new date"
    schedule.save_meeting(actor=actor, cohort=cohort, entry=entry, day=TODAY + 10 * DAY, **sheet)
    schedule.cancel_meeting(actor=actor, cohort=cohort, entry=entry, reason="Listrik padam.")
    assert told() == [("meeting_changed", ani.user_id)] * 2
    assert ben.user_id not in {user for _kind, user in told()}


def test_a_course_not_begun_and_a_quiz_left_open(cohort, make_user, make_enrolment):
    with at(MORNING - 20 * DAY):
        enrolment = make_enrolment(cohort, make_user("Ani"))
    cohort.starts_on = TODAY - 20 * DAY
    pin = db.session.scalars(sa.select(CohortModule)).one()
    place = {"module_id": pin.module_id, "revision_id": pin.revision_id, "activity_key": "a", "variant": {}, "answer": {}}
    db.session.add(Attempt(enrolment_id=enrolment.id, number=1, started_at=MORNING - 2 * DAY, **place))
    for days in (0, 1):
        remind(TODAY + days * DAY)
    assert [kind for kind, _user in told()] == ["attempt", "not_begun"]


def test_a_welcome_is_said_once_and_only_when_called(cohort, make_user, make_enrolment):
    enrolment = make_enrolment(cohort, make_user("Ani", email="ani@x.test"))
    assert told() == [], "enrolling alone says nothing: the organizer may still look at the list"
    for _time in range(2):
        occasions.welcome(cohort=cohort, enrolment_ids=[enrolment.id])
    assert told() == [("enrolled", enrolment.user_id)]


def test_hundreds_of_learners_cost_as_many_statements_as_one(cohort, make_user, make_enrolment):
    due(cohort, TODAY + 2 * DAY)
    seen = []
    for _round in range(2):
        for _person in range(1 if not seen else 30):
            make_enrolment(cohort, make_user())
        with count_queries() as counted:
            reminders.remind_some(time_zone=ZONE, day=TODAY, after=0)
        seen.append(len(counted))
    assert seen[0] == seen[1] <= 8


# -- by people ----------------------------------------------------------------------------------------------------------------------------


def names(page):
    return re.findall(r'<h2 id="copy-\d+">([^<]*)</h2>', page)


def test_an_organizer_reminds_and_everybody_can_see_it(client, cohort, make_user, make_enrolment):
    organizer = make_user("Ratna", roles=[("organizer", "cohort", cohort.id)])
    ani, ben = make_enrolment(cohort, make_user("Siti Aminah", phone="0812-3456-789")), make_enrolment(cohort, make_user("A. Ben"))
    browser, address = client.as_(organizer), f"/cohorts/{cohort.id}/reminders?status=not_begun"
    assert browser.post(address, data={"status": "not_begun"}).status_code == 422
    answer = browser.post(address, data={"status": "not_begun", "enrolment": [ani.id, 10**6]})
    assert answer.location == "/notices/texts"
    page = browser.get("/notices/texts").get_data(as_text=True)
    assert names(page) == ["Siti Aminah"]
    assert "Halo Siti, pelatihan Anda" in page
    assert "https://wa.me/628123456789?text=Halo%20Siti" in page
    assert "diingatkan pada 23 November 2026" in browser.get(address).get_data(as_text=True)
    learner = client.as_(db.session.get_one(User, ani.user_id))
    assert "Ratna mengingatkan Anda" in learner.get("/notices").get_data(as_text=True)
    exported = learner.get("/profile/data.json").json["lms"]
    assert [row["by"] for row in exported if row.get("table") == "reminder_log"] == ["Ratna"]
    assert ben.id not in set(db.session.scalars(sa.select(ReminderLog.enrolment_id)))


def test_nobody_is_reminded_a_third_time(cohort, make_user, make_enrolment):
    enrolment = make_enrolment(cohort, make_user("Ani"))
    helpers = [load_actor(make_user(f"Pembantu {number}").id, TODAY) for number in range(3)]
    counts = [copying.log_reminders(actor=helper, enrolment_ids=[enrolment.id]) for helper in helpers]
    assert counts == [1, 1, 0]
    assert copying.log_reminders(actor=helpers[0], enrolment_ids=[enrolment.id]) == 1, "the same reminder again counts once"
    assert db.session.scalar(sa.select(sa.func.count()).select_from(ReminderLog)) == 2
    with at(MORNING + 8 * DAY):
        assert copying.log_reminders(actor=helpers[2], enrolment_ids=[enrolment.id]) == 1


def test_who_takes_part_twice_is_one_person(client, cohort, make_cohort, make_user, make_enrolment):
    ani, second = make_user("Ani"), make_cohort()
    both = [make_enrolment(place, ani).id for place in (cohort, second)]
    ben = make_enrolment(second, make_user("Ben")).id
    helpers = [load_actor(make_user(f"Pembantu {number}").id, TODAY) for number in range(3)]
    assert copying.log_reminders(actor=helpers[0], enrolment_ids=[*both, ben]) == 3
    assert [copy.name for copy in copying.copies(actor=helpers[0])] == ["Ani", "Ben"]
    assert copying.log_reminders(actor=helpers[1], enrolment_ids=both[1:]) == 1
    assert copying.log_reminders(actor=helpers[2], enrolment_ids=both[:1]) == 0
    assert [copying.reminded(both)[number].times for number in both] == [2, 2]
    entries = sa.select(AuditEntry.object_id, AuditEntry.detail).where(AuditEntry.action == "reminder:copy").order_by(AuditEntry.id)
    assert [(row.object_id, row.detail["people"]) for row in db.session.execute(entries)] == [
        (str(cohort.id), 1),
        (str(second.id), 1),
        (str(second.id), 1),
    ]
    commit()
    page = client.as_(make_user("Atasan", roles=[("supervisor", "cohort", cohort.id)])).get(f"/team/people?scope=cohort-{cohort.id}").text
    assert "2 kali dalam tujuh hari" in page
    assert "Pembantu" not in page


def test_the_text_of_who_has_no_signal_asks_for_nothing(cohort, make_user, make_enrolment):
    enrolment = make_enrolment(cohort, make_user("Ani", language="en"))
    enrolment.no_signal_until = TODAY + 9 * DAY
    due(cohort, TODAY - DAY)
    helper = load_actor(make_user("Pembantu").id, TODAY)
    copying.log_reminders(actor=helper, enrolment_ids=[enrolment.id])
    (copy,) = copying.copies(actor=helper)
    assert "Nothing is expected of you until then." in copy.text


def test_what_comes_next_is_what_is_due_first_from_this_person(make_module, make_cohort, make_user, make_enrolment):
    first, second = make_module(title={"id": "Satu"}), make_module(title={"id": "Dua"})
    cohort = make_cohort(first, second)
    enrolment = make_enrolment(cohort, make_user("Ani"))
    for module, day in ((first, TODAY), (second, TODAY + DAY)):
        db.session.get_one(CohortModule, (cohort.id, module.id)).due_on = day
    db.session.add(Extension(enrolment_id=enrolment.id, module_id=first.id, due_on=TODAY + 20 * DAY, reason="Sakit."))
    db.session.execute(sa.update(Enrolment).values(started_on=TODAY - DAY))
    commit()
    helper = load_actor(make_user("Pembantu").id, TODAY)
    copying.log_reminders(actor=helper, enrolment_ids=[enrolment.id])
    (copy,) = copying.copies(actor=helper)
    assert "Dua" in copy.text


def test_nobody_is_dropped_without_a_word(client, cohort, make_user, make_enrolment):
    organizer = make_user("Ratna", roles=[("organizer", "cohort", cohort.id)])
    enrolment = make_enrolment(cohort, make_user("Ani"))
    browser = client.as_(organizer)
    answer = browser.post(f"/cohorts/{cohort.id}/reminders", data={"status": "finished", "enrolment": [enrolment.id]})
    assert answer.location == "/notices/texts", "who has left the filter meanwhile is still of this cohort"
    boss = client.as_(make_user("Atasan", language="en", roles=[("supervisor", "cohort", cohort.id)]))
    scope = f"cohort-{cohort.id}"
    assert f'action="/team/reminders?scope={scope}&amp;status=not_begun"' in boss.get(f"/team/people?scope={scope}&status=not_begun").text
    answer = boss.post(f"/team/reminders?scope={scope}&status=not_begun")
    assert answer.location == f"/team/people?scope={scope}&status=not_begun"
    assert "Choose at least one person." in boss.get(answer.location).text


def test_a_supervisor_reminds_their_own_people_and_sees_no_telephone(client, cohort, make_user, make_unit, make_enrolment):
    unit = make_unit("Dinas")
    boss = make_user("Atasan")
    mine = make_enrolment(cohort, make_user("Ani", unit_id=unit.id, phone="08123456789"))
    other = make_enrolment(cohort, make_user("Ben", unit_id=make_unit("Lain").id))
    browser = client.as_(boss)
    people.report_to(actor_id=None, user_id=mine.user_id, supervisor_id=boss.id, since=TODAY)
    commit()
    form = {"scope": "reports", "enrolment": [mine.id, other.id]}
    assert browser.post("/team/reminders", data=form).location == "/notices/texts"
    page = browser.get("/notices/texts").get_data(as_text=True)
    assert names(page) == ["Ani"]
    assert "wa.me" not in page
    assert "8123456789" not in page
    assert browser.post("/team/reminders", data={**form, "scope": "unit-999"}).status_code == 404
    team = browser.get("/team/people?scope=reports").get_data(as_text=True)
    assert "diingatkan pada 23 November 2026" in team
    learning.withdraw(actor=load_actor(boss.id, TODAY), enrolment=db.session.get_one(Enrolment, mine.id))
    commit()
    assert names(browser.get("/notices/texts").get_data(as_text=True)) == []


@pytest.mark.parametrize(
    ("name", "greeted"), [("Siti Aminah", "Siti"), ("A. Ben Tukau", "A. Ben"), ("Suharto", "Suharto"), ("I Made Rai", "I Made")]
)
def test_by_which_name(name, greeted):
    assert copying.first_name(name) == greeted
