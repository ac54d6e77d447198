"""What comes first: circles, shares, and modules that open for a learner by themselves."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.db import at, commit, db
from lms.errors import Refused
from lms.learning import services as learning
from lms.learning.gates import circle, missing_modules, shares
from lms.learning.models import CohortModule, CourseModule
from lms.learning.place import entrances, find_place
from lms.people.access import load_actor
from lms.progress import services as progress
from lms.progress.models import EvidenceKind

TODAY = dt.date(2026, 11, 21)
NOON = dt.datetime(2026, 11, 21, 5, tzinfo=dt.UTC)
NUMBERS = st.integers(1, 7)
GRAPHS = st.dictionaries(NUMBERS, st.lists(NUMBERS, max_size=4), max_size=7)


def reaches_itself(graph, start):
    seen, waiting = set(), list(graph.get(start, ()))
    while waiting:
        number = waiting.pop()
        if number == start:
            return True
        if number not in seen:
            seen.add(number)
            waiting += graph.get(number, ())
    return False


@pytest.mark.sqlite
@given(GRAPHS)
def test_a_circle_is_found_exactly_when_there_is_one(graph):
    found = circle(graph)
    assert bool(found) == any(reaches_itself(graph, number) for number in graph)
    for number, following in zip(found, [*found[1:], *found[:1]], strict=True):
        assert following in graph[number]


@pytest.mark.sqlite
@given(st.dictionaries(NUMBERS, st.integers(0, 99_999).map(lambda cents: cents / 100), max_size=7))
def test_shares_are_together_a_hundred(weights):
    found = shares(weights)
    assert found.keys() == weights.keys()
    assert sum(found.values()) == (100 if any(weights.values()) else 0)
    for number, share in found.items():
        exact = Decimal(str(weights[number])) * 100 / (sum(Decimal(str(weight)) for weight in weights.values()) or 1)
        assert abs(share - exact) < Decimal("0.1")


@pytest.mark.sqlite
@given(st.lists(NUMBERS), st.dictionaries(NUMBERS, st.booleans()))
def test_what_is_missing_is_asked_for_and_in_the_cohort(requires, settled):
    assert missing_modules(requires, settled) == [number for number in requires if settled.get(number) is False]


# -- a learner ----------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def two(make_module, make_cohort, make_enrolment, make_user, client):
    """Return a learner of a cohort whose second module needs the first: browser, actor, cohort, modules, enrolment."""
    first, second = make_module(key="satu"), make_module(key="dua")
    cohort = make_cohort(first, second)
    pin = db.session.get_one(CohortModule, (cohort.id, second.id))
    pin.requires = [first.id, 999]
    learner = make_user("Ani")
    enrolment = make_enrolment(cohort, learner)
    return client.as_(learner), load_actor(learner.id, TODAY), cohort, (first, second), enrolment


def read(enrolment, module):
    progress.record(
        enrolment_id=enrolment.id, module_id=module.id, activity_key="lesson-1", kind=EvidenceKind.VIEWED, actor_id=enrolment.user_id
    )
    commit()


def test_a_module_opens_by_itself_when_what_comes_first_is_complete(two):
    browser, actor, cohort, (first, second), enrolment = two
    with pytest.raises(Refused, match="Modul satu"):
        find_place(actor, cohort.id, "dua")
    answer = browser.get(f"/learn/{cohort.id}/dua/lesson-1")
    assert answer.status_code == 409
    assert "Modul satu" in answer.get_data(as_text=True)
    assert browser.post(f"/learn/{cohort.id}/dua/lesson-1/read").status_code == 409
    for page in ("/learn", f"/learn/{cohort.id}"):
        text = browser.get(page).get_data(as_text=True)
        assert f'href="/learn/{cohort.id}/dua"' not in text
        assert f'href="/learn/{cohort.id}/satu"' in text
    assert "Modul satu" in browser.get("/modules/dua").get_data(as_text=True)
    assert f"/learn/{cohort.id}/dua" not in browser.get("/modules/dua").get_data(as_text=True)
    read(enrolment, first)
    assert find_place(actor, cohort.id, "dua").outline.module_id == second.id
    assert f'href="/learn/{cohort.id}/dua"' in browser.get("/learn").get_data(as_text=True)
    assert f"/learn/{cohort.id}/dua" in browser.get("/modules/dua").get_data(as_text=True)
    assert [entrance.closed for entrance in entrances(actor, "dua")] == [""]


def test_what_has_begun_is_never_closed(two):
    browser, actor, cohort, (_first, second), enrolment = two
    read(enrolment, second)
    assert find_place(actor, cohort.id, "dua")
    assert f'href="/learn/{cohort.id}/dua"' in browser.get("/learn").get_data(as_text=True)


def test_the_day_holds_also_when_the_first_is_complete(two):
    browser, actor, cohort, (first, second), enrolment = two
    read(enrolment, first)
    db.session.get_one(CohortModule, (cohort.id, second.id)).opens_on = TODAY + dt.timedelta(days=1)
    commit()
    with at(NOON):
        with pytest.raises(Refused, match="22 November 2026"):
            find_place(actor, cohort.id, "dua")
        assert "22 November 2026" in browser.get(f"/learn/{cohort.id}").get_data(as_text=True)
    with at(NOON + dt.timedelta(days=1)):
        assert find_place(actor, cohort.id, "dua")


def test_a_closed_module_costs_no_more_than_the_budget(two, queries):
    browser, _actor, cohort, _modules, _enrolment = two
    for page in ("/learn", f"/learn/{cohort.id}", "/modules/dua", f"/learn/{cohort.id}/dua"):
        browser.get(page)  # what a revision holds is read once
        with queries() as seen:
            browser.get(page)
        assert len(seen) <= 8, (page, seen)


def test_a_cohort_copies_what_the_course_says(make_module, make_course, make_unit, make_user):
    first, second = make_module(), make_module()
    course = make_course(first, second)
    course.grade_scale, course.absence_limits = [{"label": {"id": "Lulus", "en": "Passed"}, "minimum": 0, "passes": True}], {"days": 2}
    place = db.session.get_one(CourseModule, (course.id, second.id))
    place.requires, place.opens_after, place.due_after, place.weight = [first.id], 0, 6, 2.5
    dates = {"starts_on": dt.date(2026, 12, 30), "ends_on": dt.date(2027, 2, 1), "time_zone": "Asia/Jayapura"}
    actor = load_actor(make_user().id, TODAY)
    cohort = learning.create_cohort(
        actor=actor, course=course, title="PKTBT", number=1, year=2027, organizer_unit_id=make_unit().id, wave="II", **dates
    )
    pin = db.session.get_one(CohortModule, (cohort.id, second.id))
    assert (pin.requires, pin.opens_on, pin.due_on, pin.weight) == ([first.id], dt.date(2026, 12, 30), dt.date(2027, 1, 5), 2.5)
    assert (cohort.wave, cohort.absence_limits, cohort.grade_scale) == ("II", {"days": 2}, course.grade_scale)
    course.absence_limits = {"days": 9}
    db.session.flush()
    db.session.refresh(cohort)
    assert cohort.absence_limits == {"days": 2}
