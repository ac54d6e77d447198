"""Dividing people over groups: sizes differ by at most one, agencies are mixed, nobody is forgotten."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lms.cohorts.split import balanced

AGENCIES = st.sampled_from(["dinkes", "bkd", "disdik", "dishub", ""])
PEOPLE = st.lists(AGENCIES, max_size=60).map(lambda agencies: list(enumerate(agencies)))


def sizes_of(found, groups):
    counts = Counter(found.values())
    return [counts[group] for group in groups]


@settings(deadline=None)
@given(PEOPLE, st.integers(1, 9))
def test_dealt_anew_all_groups_are_alike(people, number):
    groups = list(range(100, 100 + number))
    found = balanced(people, groups)
    assert set(found) == {person for person, _agency in people}
    sizes = sizes_of(found, groups)
    assert max(sizes) - min(sizes) <= 1
    for agency in {agency for _person, agency in people}:
        spread = sizes_of({person: found[person] for person, own in people if own == agency}, groups)
        assert max(spread) - min(spread) <= 1, agency


@settings(deadline=None)
@given(PEOPLE, st.lists(st.lists(AGENCIES, max_size=15), min_size=1, max_size=6))
def test_who_has_a_group_stays_and_the_smaller_ones_are_filled_first(people, present):
    groups = list(range(len(present)))
    found = balanced(people, groups, dict(enumerate(present)))
    before = [len(members) for members in present]
    after = [have + more for have, more in zip(before, sizes_of(found, groups), strict=True)]
    assert sum(after) == sum(before) + len(people)
    filled = [size for size, have in zip(after, before, strict=True) if size > have]
    if filled:
        assert max(filled) - min(after) <= 1
    assert max(after) - min(after) <= max(1, max(before) - min(before))


def test_it_deals_alike_every_time():
    people = [(name, "x") for name in "abcdefg"]
    assert balanced(people, [1, 2, 3]) == balanced(people, [1, 2, 3]) == dict(zip("abcdefg", [1, 2, 3, 1, 2, 3, 1], strict=True))


def test_without_groups_there_is_nothing_to_divide_over():
    with pytest.raises(ValueError, match="no group"):
        balanced([("a", "x")], [])


def test_among_equal_groups_the_one_with_fewer_of_the_agency_is_filled():
    present = {1: ["dinkes", "dinkes"], 2: ["bkd", "dishub"]}
    assert balanced([("ani", "dinkes")], [1, 2], present) == {"ani": 2}
    assert balanced([("ani", "bkd")], [1, 2], present) == {"ani": 1}
    assert balanced([("ani", "bkd"), ("budi", "bkd")], [1, 2], present) == {"ani": 1, "budi": 2}
