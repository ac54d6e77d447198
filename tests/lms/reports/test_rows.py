"""What reports count, against plain Python over people that Hypothesis makes up."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter, defaultdict
from statistics import median

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.reports import NOON, PARTS, TODAY, Person, as_quizzes

from lms.attempts.models import Attempt
from lms.db import commit, db
from lms.learning.services import latest_revision
from lms.progress.models import Completion, Evidence, Extension, JpEntry
from lms.reports.catalogue import BY_KEY
from lms.reports.catalogue.weeks import monday

WEEK = dt.timedelta(days=7)
STATES = ("not_started", "in_progress", "waiting", "complete")
PEOPLE = st.builds(
    Person,
    states=st.lists(st.lists(st.sampled_from(STATES), min_size=PARTS, max_size=PARTS), min_size=2, max_size=2),
    group=st.sampled_from([None, 0, 1]),
    unit=st.sampled_from([None, 0, 1]),
    active=st.sampled_from([True, True, True, False]),
    days_ago=st.integers(0, 40),
    hours=st.sampled_from([0, 150, 1999, 2000, 2400]),
    outcome=st.sampled_from([None, "passed", "postponed", "failed"]),
    no_signal=st.sampled_from([False, False, True]),
)


def status(ground, person):
    """Say where somebody stands, in the plainest way."""
    done, waiting = (sum(of(module) for module in (0, 1)) for of in (person.done, person.waiting))
    if done == 2 * PARTS:
        return "complete"
    if waiting and done + waiting == 2 * PARTS:
        return "waiting"
    if person.no_signal:
        return "no_signal"
    if not done + waiting:
        return "not_begun"
    return "behind" if any(is_late(ground, person, module) for module in (0, 1)) else "on_schedule"


def is_late(ground, person, module):
    return ground.due[module] < TODAY and person.done(module) + person.waiting(module) < PARTS


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(people=st.lists(PEOPLE, max_size=9))
def test_reports_count_what_there_is(ground, people):
    ground.fill(people)
    here = [person for person in people if person.active]
    progress(ground, here)
    attention(ground, here)
    overdue(ground, here)
    drop_off(ground, here)
    hours(ground, here)
    results(ground, here)
    weeks(ground, here)
    marking(ground, here)


def progress(ground, here):
    expected = Counter((person.group, status(ground, person)) for person in here)
    names = [group.id for group in ground.groups]
    found = Counter()
    for row in ground.rows("progress"):
        words = ("complete", "waiting", "on_schedule", "behind", "not_begun", "no_signal")
        assert row.people == sum(getattr(row, word) for word in words)
        for word in words:
            found[None if row.group_id is None else names.index(row.group_id), word] += getattr(row, word)
        members = [person for person in here if (None if person.group is None else names[person.group]) == row.group_id]
        share = sum(person.done(0) + person.done(1) for person in members) / (len(members) * 2 * PARTS)
        assert row.people == len(members)
        assert row.done_share == pytest.approx(100 * share)
    assert +found == expected


def attention(ground, here):
    # The cohort began long ago: who has not begun may need help too.
    expected = {person.enrolment_id for person in here if status(ground, person) in {"behind", "not_begun"}}
    assert {row.enrolment_id for row in ground.rows("help")} == expected
    assert ground.shown("help").page.total == len(expected)


def overdue(ground, here):
    expected = defaultdict(lambda: [0, 0])
    for person in here:
        for module in (0, 1):
            if is_late(ground, person, module):
                place = expected[ground.modules[module].id, None if person.unit is None else ground.units[person.unit].id]
                place[0] += 1
                place[1] += PARTS - person.done(module) - person.waiting(module)
    assert {(row.module_id, row.unit_id): [row.people, row.parts] for row in ground.rows("overdue")} == expected


def drop_off(ground, here):
    modules = {row.module_id: (row.people, row.begun, row.finished) for row in ground.rows("drop-off")}
    for place, module in enumerate(ground.modules):
        begun = sum(person.done(place) + person.waiting(place) > 0 for person in here)
        finished = sum(person.done(place) == PARTS for person in here)
        assert modules.get(module.id, (0, 0, 0)) == (len(here), begun, finished)
    parts = ground.rows("drop-off", cohort=ground.cohort.id)
    expected = []
    for place in range(2):
        for part in range(PARTS):
            states = [person.states[place][part] for person in here]
            expected.append((len(here), len(states) - states.count("not_started"), states.count("complete")))
    assert [(row.people, row.begun, row.finished) for row in parts] == expected


def hours(ground, here):
    rows = {row.unit_id: (row.people, row.hours, row.reached) for row in ground.rows("hours")}
    expected = defaultdict(lambda: (0, 0, 0))
    for person in here:
        unit = None if person.unit is None else ground.units[person.unit].id
        people, earned, reached = expected[unit]
        expected[unit] = (people + 1, earned + person.hours, reached + (person.hours >= 2000))
    assert rows == expected


def results(ground, here):
    expected = Counter(person.outcome or "undecided" for person in here)
    found = ground.rows("results")
    assert [row.people for row in found] == ([len(here)] if here else [])
    assert +Counter({word: getattr(row, word) for row in found for word in ("passed", "postponed", "failed", "undecided")}) == expected


def weeks(ground, here):
    expected = defaultdict(lambda: [0, 0])
    for person in here:
        parts = person.done(0) + person.done(1)
        if parts:
            day = TODAY - dt.timedelta(days=person.days_ago)  # noon in the west of Indonesia
            week = expected[day - dt.timedelta(days=day.weekday())]
            week[0] += 1
            week[1] += parts
    assert {monday(row): [row.people, row.parts] for row in ground.rows("weeks")} == expected


def marking(ground, here):
    waiting = [person for person in here if person.waiting(0) + person.waiting(1)]
    answers = [person.days_ago for person in waiting for _part in range(person.waiting(0) + person.waiting(1))]
    found = ground.rows("marking")
    assert (sum(row.waiting for row in found), sum(row.people for row in found)) == (len(answers), len(waiting))
    assert sum(row.fresh + row.older + row.old for row in found) == len(answers)
    assert min((row.oldest_at for row in found), default=None) == (NOON - dt.timedelta(days=max(answers)) if answers else None)


def test_tries_of_a_quiz(ground):
    tries = [1, 1, 4, 2]
    ground.fill([Person([["complete" if number != 4 else "in_progress"] * 3, ["not_started"] * 3]) for number in tries])
    as_quizzes()
    revision = latest_revision(ground.modules[0].id).id
    for person, number in zip(ground.people, tries, strict=True):
        for place in range(1, number + 1):
            where = {"enrolment_id": person.enrolment_id, "module_id": ground.modules[0].id, "activity_key": "lesson-1"}
            marked = {"state": "marked", "submitted_at": NOON, "points": 1, "maximum": 1}
            db.session.add(Attempt(id=uuid.uuid4(), **where, **marked, revision_id=revision, number=place, variant={}, answer={}))
    commit()
    (row,) = ground.rows("quizzes")
    assert (row.people, row.tries, row.passed, row.median_tries) == (4, 8, 3, median(tries))


def test_days_until_an_answer(ground, make_user):
    assessor = make_user("Penilai")
    ground.fill([Person([["in_progress"] * 3] * 2) for _number in range(2)])
    for person, days in zip(ground.people, (2, 10), strict=True):
        where = {"enrolment_id": person.enrolment_id, "module_id": ground.modules[0].id, "activity_key": "lesson-1"}
        for kind, moment in (
            ("submitted", NOON - dt.timedelta(days=20)),
            ("submitted", NOON - dt.timedelta(days=days)),
            ("accepted", NOON),
        ):
            db.session.add(Evidence(id=uuid.uuid4(), **where, kind=kind, occurred_at=moment, actor_id=assessor.id))
            db.session.flush()
    commit()
    (row,) = ground.rows("answering")
    assert (row.answers, row.people, row.average, row.longest, row.within_a_week) == (2, 2, pytest.approx(6), pytest.approx(10), 50)


def test_filters_narrow(ground):
    ground.fill([Person([["complete"] * 3] * 2, group=number % 2, unit=number % 3 % 2) for number in range(9)])
    whole = {row.group_id: row.people for row in ground.rows("progress")}
    one = ground.rows("progress", group=ground.groups[0].id, cohort=ground.cohort.id)
    assert [(row.group_id, row.people) for row in one] == [(ground.groups[0].id, whole[ground.groups[0].id])]
    units = {unit.id: sum(row.people for row in ground.rows("progress", unit=unit.id)) for unit in ground.units}
    assert sum(units.values()) == 9
    assert ground.rows("progress", when="2020") == []
    assert len(ground.rows("progress", when="2026")) == 2
    assert ground.rows("weeks", since=TODAY + dt.timedelta(days=1)) == []


def test_a_later_day_that_somebody_was_given_counts(ground):
    ground.fill([Person([["in_progress"] * 3] * 2) for _number in range(2)])
    where = {"enrolment_id": ground.people[0].enrolment_id, "module_id": ground.modules[0].id}
    db.session.add(Extension(**where, due_on=TODAY - dt.timedelta(days=1), reason="Sakit."))
    db.session.add(Extension(**{**where, "enrolment_id": ground.people[1].enrolment_id}, due_on=TODAY, reason="Sakit."))
    commit()
    (row,) = ground.rows("overdue")
    assert (row.people, row.due_on) == (1, TODAY - dt.timedelta(days=1))


def test_hours_are_those_of_the_chosen_cohorts_year(ground):
    ground.fill([Person([["complete"] * 3] * 2, hours=150)])
    assert "2026" in ground.shown("hours").narrowed.rpartition(",")[2]
    ground.cohort.year = 2025
    db.session.execute(sa.update(JpEntry).values(occurred_on=dt.date(2025, 5, 5)))
    commit()
    assert [row.hours for row in ground.rows("hours")] == [0]
    shown = ground.shown("hours", cohort=ground.cohort.id)
    assert [row.hours for row in shown.page.items] == [150]
    assert "2025" in shown.narrowed.rpartition(",")[2]


def test_the_order_is_complete_in_every_report(ground, make_user):
    ground.fill([Person([["waiting"] * 3] * 2, group=number % 2, unit=number % 2, outcome="passed") for number in range(4)])
    for days, person in enumerate(ground.people):
        db.session.execute(
            sa.update(Completion).where(Completion.enrolment_id == person.enrolment_id).values(first_completed_at=NOON - days * WEEK)
        )
    commit()
    for key in BY_KEY:
        rows = ground.rows(key, cohort=ground.cohort.id)
        ids = {tuple(getattr(row, name) for name in row._fields if name.endswith("_id")) for row in rows}
        assert len(ids) == len(rows), key
    assert len(ground.rows("weeks")) == 4
    assert len(ground.rows("drop-off", cohort=ground.cohort.id)) == 2 * PARTS


def test_sorting(ground):
    ground.fill([Person([["complete"] * 3] * 2, name=name) for name in ("Beni", "Ani", "Citra")])
    assert [row.person_name for row in ground.rows("matrix")] == ["Ani", "Beni", "Citra"]
    assert [row.person_name for row in ground.rows("matrix", sort="-person")] == ["Citra", "Beni", "Ani"]
    assert [row.person_name for row in ground.rows("matrix", sort="no-such-column")] == ["Ani", "Beni", "Citra"]
    ground.fill([Person([["in_progress"] * 3] * 2, name=name) for name in ("Beni", "Ani")])
    assert [row.person_name for row in ground.rows("help", sort="person")] == ["Ani", "Beni"]
