"""Who reviews what, and what reviews amount to: laws on random cohorts."""

import datetime as dt
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.peers import rules
from courses.peers.rules import Pool

RUBRIC = [
    {"key": "isi", "title": "Isi", "weight": 60, "levels": ["a", "b", "c", "d"]},
    {"key": "bahasa", "title": "Bahasa", "weight": 40, "levels": ["a", "b", "c", "d"]},
    {"key": "etika", "title": "Etika", "gate": True, "prompt": "?"},
]
LEVEL = st.sampled_from(["1", "2", "3", "4"])
REVIEW = st.fixed_dictionaries({"isi": LEVEL, "bahasa": LEVEL, "etika": st.just("kept")})


def hand_out(people, reviews, turns, lots):
    """Let reviewers take texts in the order of `turns`; return who reviews each text."""
    taken = {author: [] for author in range(people)}
    given_by = dict.fromkeys(range(people), 0)
    for reviewer, lot in zip(turns, lots, strict=True):
        order = sorted(taken, key=lambda author: (author * 7919 + lot) % 104729)
        author = rules.next_text(Pool(reviews, taken, given_by), reviewer, order)
        if author is not None:
            taken[author].append(reviewer)
            given_by[reviewer] += 1
    return taken


@st.composite
def cohorts(draw):
    reviews = draw(st.integers(1, 4))
    people = draw(st.integers(max(4, reviews + 1), 9))
    turns = draw(st.permutations([person for person in range(people) for _one in range(reviews)]))
    lots = draw(st.lists(st.integers(0, 10_000), min_size=len(turns), max_size=len(turns)))
    return people, reviews, turns, lots


@given(cohorts())
def test_when_everybody_gives_what_is_asked_everybody_gets_it(cohort):
    people, reviews, turns, lots = cohort
    taken = hand_out(people, reviews, turns, lots)
    for author, reviewers in taken.items():
        assert len(reviewers) == reviews
        assert author not in reviewers, "nobody reviews their own text"
        assert len(set(reviewers)) == len(reviewers), "nobody reviews one text twice"


@given(cohorts(), st.data())
def test_who_stops_early_or_goes_on_does_no_harm(cohort, data):
    """Some give less and some give more: nobody is given their own text or one twice, and no text has two more than another that they could take."""
    people, reviews, turns, lots = cohort
    keep = data.draw(st.lists(st.booleans(), min_size=len(turns), max_size=len(turns)))
    extra = data.draw(st.lists(st.integers(0, people - 1), max_size=6))
    some = [turn for turn, kept in zip(turns, keep, strict=True) if kept] + extra
    taken = hand_out(people, reviews, some, [*lots, *range(len(extra))][: len(some)])
    for author, reviewers in taken.items():
        assert author not in reviewers
        assert len(set(reviewers)) == len(reviewers)
    if len(set(map(len, taken.values()))) > 1 and not extra:
        assert max(map(len, taken.values())) <= reviews, "nobody gets more than asked while others lack"


@given(st.integers(1, 5), st.integers(2, 8))
def test_there_is_always_a_text_while_there_is_one(reviews, people):
    """Whoever has not reviewed every other text is given one, however many were asked for."""
    taken = {author: [] for author in range(people)}
    for _turn in range(people - 1):
        author = rules.next_text(Pool(reviews, taken, {}), 0, list(taken))
        assert author is not None
        taken[author].append(0)
    assert rules.next_text(Pool(reviews, taken, {}), 0, list(taken)) is None


def test_the_last_reviewer_is_not_left_with_their_own_text():
    """By fewest first alone the first reviewer could take C's text; then nobody but C would be left for it."""
    taken = {"a": ["b"], "b": ["a"], "c": []}
    assert rules.next_text(Pool(1, taken, {"a": 1, "b": 1}), "c", ["a", "b", "c"]) in {"a", "b"}
    begun = Pool(1, {"a": [], "b": ["a"], "c": []}, {"a": 1})
    assert rules.next_text(begun, "b", ["a", "c", "b"]) == "c", "else C would have only their own text left"


@given(st.datetimes(), st.integers(1, 14), st.integers(0, 20 * 24))
def test_a_lease_ends_by_itself(now, days, hours):
    until = rules.held_until(now.replace(tzinfo=dt.UTC, year=2026), dt.timedelta(days=days))
    later = now.replace(tzinfo=dt.UTC, year=2026) + dt.timedelta(hours=hours)
    assert rules.is_held(False, until, later) is (hours < days * 24)
    assert rules.is_held(True, until, later), "a review that was given stays"


@given(st.lists(REVIEW, min_size=1, max_size=7))
def test_medians(reviews):
    found = rules.medians(RUBRIC, reviews)
    for key in ("isi", "bahasa"):
        levels = [int(review[key]) for review in reviews]
        assert found[key] == statistics.median(levels)
        assert min(levels) <= found[key] <= max(levels)
    assert "etika" not in found
    assert rules.medians(RUBRIC, list(reversed(reviews))) == found


@given(st.lists(REVIEW, min_size=3, max_size=7), REVIEW)
def test_one_spiteful_review_moves_the_score_little(reviews, spiteful):
    """With the others agreed, a single review changes nothing."""
    agreed = [reviews[0]] * 3
    assert rules.score_of_medians(RUBRIC, [*agreed, spiteful]) == rules.score_of_medians(RUBRIC, agreed)
    score = rules.score_of_medians(RUBRIC, reviews)
    assert 25 <= score.percent <= 100


@pytest.mark.parametrize(
    ("reviews", "percent"),
    [
        ([("3", "4", "kept")] * 3, 85),
        ([("3", "4", "kept")] * 2, None),
        ([("3", "4", "kept")] * 3 + [("3", "4", "broken")], None),
        ([("1", "4", "kept"), ("2", "4", "kept"), ("3", "4", "kept"), ("4", "4", "kept")], 77.5),
        ([(None, "4", "kept")] * 3, None),
    ],
)
def test_the_score_of_medians(reviews, percent):
    levels = [{key: level for key, level in zip(("isi", "bahasa", "etika"), row, strict=True) if level} for row in reviews]
    score = rules.score_of_medians(RUBRIC, levels)
    assert (score.percent if score else None) == percent


def test_a_sample_is_compared_criterion_by_criterion():
    sample = {"marks": [{"criterion": "isi", "level": 2, "why": "Samar."}, {"criterion": "bahasa", "level": 3, "why": "Lancar."}]}
    told = rules.compared(RUBRIC, sample, {"isi": "4", "bahasa": "3"})
    assert [(row.criterion["key"], row.apart, row.why) for row in told] == [("isi", 2, "Samar."), ("bahasa", 0, "Lancar.")]
