"""What modules cover: a matrix of tags by what is done with them, the gaps in words, the file; and the picker of tags."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.forms import form_of

from courses.coverage.matrix import Carrier, Way, coverage_of, ways_of
from courses.folder.tags import BEHAVIOURS, BERAKHLAK, VALUE_TITLES, VALUES
from lms.api import Course, CourseModule, activity_types, commit, db, draft_activities
from lms.testing.client import text_of

pytestmark = pytest.mark.sqlite


@pytest.mark.parametrize(
    ("offers", "scored", "ways"),
    [
        (("viewed",), False, {"taught"}),
        (("attended",), False, {"taught"}),
        (("passed", "submitted"), False, {"assessed"}),
        (("submitted", "accepted", "attended"), False, {"practised"}),
        (("submitted",), False, {"practised"}),
        (("submitted", "minimum_words", "accepted", "passed"), False, {"practised"}),
        (("submitted", "minimum_words", "accepted", "passed"), True, {"practised", "assessed"}),
    ],
)
def test_what_a_type_does_with_its_tags(offers, scored, ways):
    assert ways_of(offers, scored=scored) == ways


def test_every_installed_type_does_something(database):
    assert all(ways_of(kind.completion, scored=False) for kind in activity_types().values())


CARRIERS = st.lists(
    st.builds(
        Carrier,
        st.text("ab", min_size=1, max_size=3),
        st.just("t"),
        st.dictionaries(st.sampled_from([*BERAKHLAK, "empati", "menulis"]), st.frozensets(st.sampled_from(Way), min_size=1), max_size=6),
    ),
    max_size=6,
)


@given(CARRIERS)
def test_the_matrix_says_neither_more_nor_less_than_its_carriers(carriers):
    found = coverage_of(carriers)
    told = {(row.tag, way, id(carrier)) for row in found.rows for way, some in row.carriers.items() for carrier in some}
    assert told == {(tag, way, id(carrier)) for carrier in carriers for tag, ways in carrier.done.items() for way in ways}
    assert [row.tag for row in found.behaviours] == list(BERAKHLAK)
    assert {row.tag for row in found.used} == {tag for carrier in carriers for tag in carrier.done} & set(BERAKHLAK)
    assert all(not carrier.done for carrier in found.untagged)
    assert not {row.tag for row in found.only_assessed} & {row.tag for row in found.lacking(Way.TAUGHT, Way.ASSESSED)}
    assert set(found.bare_values) == {
        value for value in VALUES if not any(tag[:2] == value for carrier in carriers for tag in carrier.done)
    }


def test_every_code_has_its_words():
    assert (tuple(BEHAVIOURS), tuple(VALUE_TITLES)) == (BERAKHLAK, VALUES)


@pytest.fixture
def site(client, make_user, make_module):
    """Return an author's browser and a module: a lesson, a quiz whose question is tagged, a journal."""
    author = make_user(roles=["instructor"], language="en")
    item = {
        "key": "s",
        "kind": "single_choice",
        "stem": "Apa?",
        "tags": ["KL3"],
        "options": [{"text": "ya", "correct": True, "rationale": "a"}, {"text": "tidak", "rationale": "b"}],
    }
    module = make_module(
        {"type": "lesson", "key": "baca", "title": "Bacaan", "settings": {"source": "Halo."}, "tags": ["BP1", "empati"]},
        {"type": "quiz", "key": "cek", "title": "Cek", "settings": {"items": [item]}, "tags": ["BP1"]},
        {"type": "lesson", "key": "lagi", "title": "Lagi", "settings": {"source": "Halo."}},
        owner=author,
    )
    return client.as_(author), module


def test_a_module_and_its_gaps(site, queries):
    browser, module = site
    with queries() as statements:
        page = browser.get(f"/studio/{module.key}/coverage")
    assert len(statements) <= 12
    told = text_of(page)
    assert "2 of 21 behaviours" in told
    taught, asked = told.index("Taught, but nobody practises it"), told.index("Asked for, without being taught")
    assert "BP1 Understands" in told[taught:asked]
    assert "empati" in told[taught:asked]
    assert "KL3 Moves" in told[asked:]
    assert "Without tags: Lagi" in told
    assert 'data-label="Assessed"><a href="/studio/' in page.text


def test_the_file_is_the_whole_matrix(site):
    browser, module = site
    answer = browser.get(f"/studio/{module.key}/coverage.csv")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert rows[0] == ["Tag", "What it says", "Bacaan", "Cek", "Lagi"]
    lines = {row[0]: row[2:] for row in rows[1:]}
    assert lines["BP1"] == ["Taught", "Assessed", ""]
    assert lines["KL3"] == ["", "Assessed", ""]
    assert lines["empati"] == ["Taught", "", ""]
    assert len(rows) == 1 + 21 + 1


def test_across_the_modules_of_a_course(site, make_module, queries):
    browser, module = site
    course = Course(key="pelatihan", title={"id": "Pelatihan", "en": "Training"}, summary={}, grade_scale=[])
    db.session.add(course)
    db.session.flush()
    others = [make_module({"type": "lesson", "tags": ["AD1"], "settings": {"source": "x"}}) for _number in range(3)]
    unpublished = make_module({"type": "lesson", "tags": ["LO1"], "settings": {"source": "x"}}, publish=False)
    for position, each in enumerate([module, *others, unpublished]):
        db.session.add(CourseModule(course_id=course.id, module_id=each.id, position=position))
    commit()
    with queries() as statements:
        told = text_of(browser.get("/studio/coverage?course=pelatihan"))
    assert len(statements) <= 12
    assert "What “Training” covers" in told
    assert "3 of 21 behaviours" in told, "what is not published is not covered"
    rows = list(csv.reader(io.StringIO(browser.get("/studio/coverage.csv?course=pelatihan").data.decode("utf-8-sig"))))
    assert {row[0]: row[2:] for row in rows}["KL3"] == ["Assessed", "", "", ""], "the draft of somebody else is not named"
    assert browser.get("/studio/coverage?course=tiada").status_code == 404
    assert "Training" in text_of(browser.get("/studio/coverage"))


# -- the picker ------------------------------------------------------------------------------------------------------------------------


def test_behaviours_are_chosen_by_name(site):
    browser, module = site
    url = f"/studio/{module.key}/baca"
    page = browser.get(url).text
    assert "Understands and meets the needs of the public" in page
    fields = form_of(browser.get(url))
    assert (fields["tags"], fields["competencies"]) == (["BP1"], "empati") or (fields["tags"], fields["competencies"]) == ("BP1", "empati")
    assert browser.post(url, data=fields | {"tags": ["KL1", "BP2"], "competencies": "empati, menulis"}).status_code == 302
    db.session.expire_all()
    assert draft_activities(module.id)[0].tags == ["BP2", "KL1", "empati", "menulis"]


def test_what_is_no_tag_comes_back_as_it_was_typed(site):
    browser, module = site
    url = f"/studio/{module.key}/baca"
    answer = browser.post(url, data=form_of(browser.get(url)) | {"tags": ["KL1"], "competencies": "BP9, Empati"})
    assert answer.status_code == 422
    assert 'value="BP9, Empati"' in answer.text
    assert "“BP9” is no tag" in text_of(answer)


def test_a_save_of_something_else_leaves_the_order_of_tags(site):
    browser, module = site
    activity = draft_activities(module.id)[0]
    activity.tags = ["empati", "KL3", "BP1"]
    commit()
    url = f"/studio/{module.key}/baca"
    browser.post(url, data=form_of(browser.get(url)) | {"title": "Bacaan lain"})
    db.session.expire_all()
    again = draft_activities(module.id)[0]
    assert (again.title, again.tags) == ("Bacaan lain", ["empati", "KL3", "BP1"])
