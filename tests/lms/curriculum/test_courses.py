"""The course editor, and bringing a planned cohort up to date."""

import datetime as dt
import re
from decimal import Decimal

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from support.forms import form_of

from lms.cohorts import refresh
from lms.curriculum import services
from lms.curriculum.services import ModulePlan, check_plans
from lms.db import at, commit, db
from lms.errors import Refused
from lms.learning.grades import GRADE_SCALE, PRESETS, band_of, check_scale
from lms.learning.models import Cohort, CohortModule, Course, CourseModule, Enrolment
from lms.people.access import load_actor
from lms.progress import recompute
from lms.progress import services as progress
from lms.progress.models import EvidenceKind, ModuleProgress

TODAY = dt.date(2026, 11, 21)
NOON = dt.datetime(2026, 11, 21, 5, tzinfo=dt.UTC)


@pytest.fixture
def office(client, make_unit, make_user, make_module, make_course):
    """Return an organizer of a unit: browser, actor, unit, three modules and a course of the first two."""
    unit = make_unit()
    organizer = make_user("Ratna", roles=[("organizer", "unit", unit.id)])
    modules = [make_module(key=key) for key in ("satu", "dua", "tiga")]
    course = make_course(*modules[:2])
    return client.as_(organizer), load_actor(organizer.id, TODAY), unit, modules, course


def places(course):
    rows = db.session.scalars(sa.select(CourseModule).where(CourseModule.course_id == course.id).order_by(CourseModule.position))
    db.session.expire_all()
    return list(rows)


def text_of(answer):
    return answer.get_data(as_text=True)


# -- grades -------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("mark", "passes"), [("70.00", False), ("70.004", False), ("70.005", True), ("70.01", True), ("100", True), ("0", False)]
)
def test_seventy_fails_and_one_hundredth_more_passes(mark, passes):
    assert band_of(GRADE_SCALE, mark)["passes"] is passes


@pytest.mark.sqlite
@pytest.mark.parametrize("name", PRESETS)
def test_every_usual_scale_is_in_order(name):
    check_scale(PRESETS[name][1])


@pytest.mark.sqlite
@given(st.lists(st.tuples(st.integers(-1, 101), st.booleans()), max_size=6), st.integers(0, 10_000))
def test_a_scale_that_is_taken_has_one_band_for_every_mark_and_passing_is_on_top(rows, hundredths):
    scale = [
        {"label": {"id": f"Pita {number}", "en": f"Band {number}"}, "minimum": minimum, "passes": passes}
        for number, (minimum, passes) in enumerate(rows)
    ]
    try:
        check_scale(scale)
    except Refused:
        return
    mark = Decimal(hundredths) / 100
    band = band_of(scale, mark)
    assert (band is None) == (not scale)
    if band:
        assert all(better["minimum"] > mark for better in scale[: scale.index(band)])
        assert not band["passes"] or all(better["passes"] for better in scale[: scale.index(band)])
        assert [one["minimum"] for one in scale] == sorted((one["minimum"] for one in scale), reverse=True)


@pytest.mark.sqlite
@given(st.lists(st.tuples(st.integers(1, 6), st.booleans(), st.sets(st.integers(1, 6))), unique_by=lambda row: row[0], min_size=1))
def test_in_a_course_that_is_taken_everything_required_can_be_reached(rows):
    plans = [ModulePlan(number, required, requires=tuple(sorted(requires))) for number, required, requires in rows]
    try:
        check_plans(plans, {number: f"M{number}" for number in range(1, 7)})
    except Refused:
        return
    done = set()
    for _round in plans:  # who takes required modules only
        done |= {plan.module_id for plan in plans if plan.required and done.issuperset(plan.requires)}
    assert done == {plan.module_id for plan in plans if plan.required}


# -- pages --------------------------------------------------------------------------------------------------------------------------------


def test_modules_are_moved_changed_added_and_removed_without_a_script(office):
    browser, _actor, _unit, (first, second, third), course = office
    url = f"/cohorts/courses/{course.id}"
    assert course.title["id"] in text_of(browser.get("/cohorts/courses"))
    form = form_of(browser.get(url))
    assert browser.post(url, data={**form, "do": f"down-{first.id}", f"weight_{first.id}": "2,5"}).status_code == 302
    assert [(place.module_id, place.weight) for place in places(course)] == [(second.id, 1), (first.id, 2.5)]
    page = text_of(browser.get(url))
    assert re.findall(r"(\d+,\d) %", page) == ["28,6", "71,4"]
    form = form_of(browser.get(url))
    browser.post(url, data={**form, "do": "add", "new_module": third.id})
    form = form_of(browser.get(url))
    paced = {f"opens_{third.id}": "0", f"due_{third.id}": "6", f"requires_{third.id}": [first.id, second.id]}
    browser.post(url, data={**form, **paced, "do": "save", "order": f"{third.id},{first.id},{second.id}"})
    rows = places(course)
    assert [place.module_id for place in rows] == [third.id, first.id, second.id]
    assert (rows[0].opens_after, rows[0].due_after, sorted(rows[0].requires)) == (0, 6, sorted([first.id, second.id]))
    form = form_of(browser.get(url))
    refused = browser.post(url, data={**form, "do": f"remove-{first.id}"})
    assert refused.status_code == 422, "another module needs it"
    form[f"requires_{third.id}"] = []
    assert browser.post(url, data={**form, "do": f"remove-{first.id}"}).status_code == 302
    assert [place.module_id for place in places(course)] == [third.id, second.id]


def test_what_makes_no_sense_comes_back_with_everything_typed(office):
    browser, _actor, _unit, (first, second, _third), course = office
    url = f"/cohorts/courses/{course.id}"
    form = form_of(browser.get(url))
    for wrong, sentence in (
        ({f"weight_{first.id}": "banyak"}, "70,5"),
        ({f"weight_{first.id}": "1,234"}, "1,234"),
        ({f"weight_{first.id}": "1e30"}, "70,5"),
        ({f"weight_{first.id}": "-1"}, 'aria-invalid="true"'),
        ({f"opens_{first.id}": "7", f"due_{first.id}": "6"}, "Modul satu"),
        ({f"requires_{first.id}": [second.id], f"requires_{second.id}": [first.id]}, "“Modul satu” → “Modul dua” → “Modul satu”"),
        ({f"requires_{first.id}": [second.id], f"required_{second.id}": None}, "“Modul dua”"),
    ):
        data = {name: value for name, value in {**form, **wrong, "do": "save"}.items() if value is not None}
        answer = browser.post(url, data=data)
        assert answer.status_code == 422, wrong
        assert sentence in text_of(answer), wrong
    assert [place.requires for place in places(course)] == [[], []]


def test_titles_grades_and_limits(office):
    browser, _actor, _unit, _modules, course = office
    url = f"/cohorts/courses/{course.id}"
    assert browser.post(f"{url}/about", data={"title_id": "Baru", "title_en": "", "summary_id": "a", "summary_en": "b"}).status_code == 422
    texts = {"title_id": "Baru", "title_en": "New", "summary_id": "a", "summary_en": "b"}
    assert browser.post(f"{url}/about", data=texts).status_code == 302
    tried = browser.get(f"{url}/passing?scale=two")
    assert 'value="70,01"' in text_of(tried)
    assert db.session.get_one(Course, course.id).grade_scale == []
    form = form_of(tried)
    assert browser.post(f"{url}/passing", data={**form, "sessions": "6", "jp": "18,5", "days": ""}).status_code == 302
    db.session.expire_all()
    saved = db.session.get_one(Course, course.id)
    assert saved.title == {"id": "Baru", "en": "New"}
    assert saved.absence_limits == {"sessions": 6, "jp": 18.5}
    assert saved.grade_scale == PRESETS["two"][1]
    answer = browser.post(f"{url}/passing", data={**form, "bands-1-minimum": "80"})
    assert answer.status_code == 422
    assert 'value="80"' in text_of(answer)
    assert browser.post(f"{url}/passing", data={**form, "bands-0-label_en": ""}).status_code == 422


def test_only_organizers_of_a_unit_or_the_site_change_courses(office, make_user, make_cohort, client):
    _browser, _actor, _unit, _modules, course = office
    theirs = client.as_(make_user(roles=[("organizer", "cohort", make_cohort().id)]))
    assert theirs.get(f"/cohorts/courses/{course.id}").status_code == 404
    assert course.title["id"] not in text_of(theirs.get("/cohorts/courses"))
    assert client.as_(make_user()).get("/cohorts/courses").status_code == 403


def test_a_course_without_cohorts_can_be_removed(office, make_cohort):
    browser, _actor, unit, _modules, course = office
    used = make_cohort(unit=unit).course_id
    assert browser.post(f"/cohorts/courses/{used}/delete").status_code == 409
    assert browser.post(f"/cohorts/courses/{course.id}/delete").status_code == 302
    number = course.id
    db.session.expire_all()
    assert db.session.get(Course, number) is None


# -- bringing a planned cohort up to date ---------------------------------------------------------------------------------------------------


@pytest.fixture
def planned(office, make_cohort, make_module, make_enrolment):
    """Return (browser, actor, course, cohort that begins in December, its modules, an enrolment)."""
    browser, actor, unit, (_first, _second, third), _course = office
    modules = [make_module(key=key) for key in ("a", "b")]
    cohort = make_cohort(*modules, unit=unit, starts_on=dt.date(2026, 12, 1))
    return browser, actor, db.session.get_one(Course, cohort.course_id), cohort, [*modules, third], make_enrolment(cohort)


def plan(*numbers, **values):
    return [ModulePlan(number, **(values if number == numbers[-1] else {})) for number in numbers]


def test_a_planned_cohort_gets_exactly_what_was_shown(planned, queries):
    browser, actor, course, cohort, (first, second, third), enrolment = planned
    url = f"/cohorts/{cohort.id}/course"
    with at(NOON):
        assert 'name="seen"' not in text_of(browser.get(url)), "nothing differs"
        services.change_modules(
            actor=actor, course=course, plans=plan(second.id, third.id, requires=(second.id,), opens_after=0, due_after=9)
        )
        services.change_passing(actor=actor, course=course, grade_scale=PRESETS["two"][1], absence_limits={"days": 2})
        commit()
        with queries() as seen:
            page = browser.get(url)
        assert len(seen) <= 12
        form = form_of(page)
        course.absence_limits = {"days": 3}
        commit()
        assert browser.post(url, data=form).status_code == 409, "something else than what was shown"
        assert browser.post(url, data=form_of(browser.get(url))).status_code == 302
        db.session.expire_all()
        pins = db.session.scalars(sa.select(CohortModule).where(CohortModule.cohort_id == cohort.id).order_by(CohortModule.position)).all()
        assert [pin.module_id for pin in pins] == [second.id, third.id]
        assert (pins[1].requires, pins[1].opens_on, pins[1].due_on) == ([second.id], dt.date(2026, 12, 1), dt.date(2026, 12, 10))
        assert db.session.get_one(Cohort, cohort.id).absence_limits == {"days": 3}
        assert db.session.get_one(Enrolment, enrolment.id).required_count == 2
        assert {row.module_id for row in db.session.scalars(sa.select(ModuleProgress))} == {second.id, third.id}
        assert first.id not in {pin.module_id for pin in pins}
        assert recompute.recompute(enrolment.id) == []
        assert refresh.refresh_page(db.session.get_one(Cohort, cohort.id)).lines == []


def test_a_module_that_somebody_has_begun_stays(planned):
    browser, actor, course, cohort, (first, second, _third), enrolment = planned
    with at(NOON):
        progress.record(enrolment_id=enrolment.id, module_id=first.id, activity_key="lesson-1", kind=EvidenceKind.VIEWED, actor_id=actor.id)
        services.change_modules(actor=actor, course=course, plans=plan(second.id))
        commit()
        url = f"/cohorts/{cohort.id}/course"
        assert browser.post(url, data=form_of(browser.get(url))).status_code == 302
    assert db.session.get(CohortModule, (cohort.id, first.id))


def test_a_cohort_that_has_begun_stays_as_it_is(planned):
    browser, actor, course, cohort, (_first, second, _third), _enrolment = planned
    services.change_modules(actor=actor, course=course, plans=plan(second.id))
    commit()
    with at(NOON):
        form = form_of(browser.get(f"/cohorts/{cohort.id}/course"))
        assert f"/cohorts/{cohort.id}/course" in text_of(browser.get(f"/cohorts/courses/{course.id}"))
    with at(NOON + dt.timedelta(days=10)):
        assert browser.post(f"/cohorts/{cohort.id}/course", data=form).status_code == 409
        assert f"/cohorts/{cohort.id}/course" not in text_of(browser.get(f"/cohorts/courses/{course.id}"))


def test_the_editor_stays_within_its_budget(office, queries):
    browser, _actor, _unit, _modules, course = office
    for path in ("", "/about", "/passing"):
        with queries() as seen:
            assert browser.get(f"/cohorts/courses/{course.id}{path}").status_code == 200
        assert len(seen) <= 12
