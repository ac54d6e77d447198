"""Groups: order, several at once, moving people in bulk, and dividing them as it was shown."""

from collections import Counter

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from support.forms import form_of

from lms.cohorts.split import balanced
from lms.db import commit, db
from lms.learning.models import Enrolment, Group

AGENCIES = st.lists(st.sampled_from("ABCDE"), max_size=60)


@pytest.mark.sqlite
@given(AGENCIES, st.integers(1, 6))
def test_everybody_anew_sizes_differ_by_one_at_most_and_each_agency_is_in_as_many_groups_as_it_can(agencies, groups):
    found = balanced(enumerate(agencies), range(groups))
    assert set(found) == set(range(len(agencies)))
    sizes = [Counter(found.values())[group] for group in range(groups)]
    assert max(sizes) - min(sizes) <= 1
    for agency, people in Counter(agencies).items():
        spread = Counter(found[person] for person, one in enumerate(agencies) if one == agency)
        counts = [spread[group] for group in range(groups)]
        assert max(counts) - min(counts) <= 1, "an agency is dealt evenly"
        assert len(spread) == min(people, groups)


def groups_of(cohort):
    db.session.expire_all()
    return db.session.scalars(sa.select(Group).where(Group.cohort_id == cohort.id).order_by(Group.position)).all()


def members(cohort):
    db.session.expire_all()
    return {row.id: row.group_id for row in db.session.scalars(sa.select(Enrolment).where(Enrolment.cohort_id == cohort.id))}


@pytest.fixture
def full(place, make_enrolment, make_user):
    """Return the place with four groups and six people in the first."""
    page = f"/cohorts/{place.cohort.id}/groups"
    assert place.browser.post(f"{page}/add", data={"count": "3"}).status_code == 302
    return place, page, [make_enrolment(place.cohort, make_user(f"Orang {letter}")) for letter in "ABCDEF"]


def test_several_groups_are_added_with_names_that_are_free(full):
    place, page, _people = full
    names = [group.name for group in groups_of(place.cohort)]
    assert len(set(names)) == 4
    for count in ("0", "-1", "41", "x", ""):
        assert place.browser.post(f"{page}/add", data={"count": count}).status_code == 409
    assert len(groups_of(place.cohort)) == 4


def test_groups_change_places_and_keep_what_was_typed(full):
    place, page, _people = full
    first, second, *_rest = groups_of(place.cohort)
    form = form_of(place.browser.get(page), "")
    assert place.browser.post(page, data={**form, "do": f"down-{first.id}", f"name_{first.id}": "Mawar"}).status_code == 302
    assert [group.id for group in groups_of(place.cohort)][:2] == [second.id, first.id]
    assert groups_of(place.cohort)[1].name == "Mawar"
    assert place.browser.post(page, data={**form, "do": "up-99999"}).status_code == 302


def test_people_are_moved_in_bulk_without_a_script(full, make_cohort, make_enrolment, queries):
    place, page, people = full
    target = groups_of(place.cohort)[2]
    foreign = make_enrolment(make_cohort())
    with queries() as seen:
        form = form_of(place.browser.get(f"{page}/people"), "")
    assert len(seen) <= 12
    assert "people" not in form, "nobody is ticked at first"
    chosen = {"people": [people[0].id, people[3].id, foreign.id, "x"], "group_id": target.id}
    before = foreign.group_id
    assert place.browser.post(f"{page}/people", data=chosen).status_code == 302
    assert [number for number, group in members(place.cohort).items() if group == target.id] == [people[0].id, people[3].id]
    assert db.session.get_one(Enrolment, foreign.id).group_id == before
    assert place.browser.post(f"{page}/people", data={"people": [people[0].id], "group_id": 0}).status_code == 302
    assert members(place.cohort)[people[0].id] is None
    assert place.browser.post(f"{page}/people", data={"people": [people[0].id], "group_id": before}).status_code == 409


def test_a_division_is_shown_and_done_exactly_so(full, queries):
    place, page, people = full
    with queries() as seen:
        shown = place.browser.get(f"{page}/split?who=all")
    assert len(seen) <= 12
    assert len(set(members(place.cohort).values())) == 1, "showing changes nothing"
    form = form_of(shown)
    first = db.session.get_one(Enrolment, people[0].id)
    first.group_id = None
    commit()
    assert place.browser.post(f"{page}/split", data=form).status_code == 302, "who goes where is still the same"
    counts = Counter(members(place.cohort).values())
    assert sorted(counts.values()) == [1, 1, 2, 2]
    form = form_of(place.browser.get(f"{page}/split?who=rest"))
    assert "seen" not in form, "nobody would move"
    stale = {"who": "all", "seen": "0" * 16}
    assert place.browser.post(f"{page}/split", data=stale).status_code == 409
