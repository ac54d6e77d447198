"""Ways of answering, and what an attempt asks: pure functions."""

import datetime as dt
import random
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.attempts import answering
from quizzes.attempts.answering import cost, final_share, standing
from quizzes.attempts.models import Action
from quizzes.attempts.reveal import reveal_of
from quizzes.attempts.rules import Rules
from quizzes.attempts.variants import asking, make_variant, version_ids
from quizzes.items.services import Asked
from quizzes.kinds.base import KINDS, load_data

pytestmark = pytest.mark.sqlite  # no database


WAYS = ["deferred", "immediate", "interactive", "certainty"]
NOW = dt.datetime(2026, 11, 21, 8, tzinfo=dt.UTC)


def step(sequence, action=Action.ANSWER, choice="a", certainty=None):
    response = {"choice": [choice]} if choice else {}
    return SimpleNamespace(
        sequence=sequence, action=action, response=response, flagged=False, certainty=certainty, saved_at=NOW, receipt=f"R{sequence}"
    )


def mark(response):
    """Return 1 for a, a half for b, nothing for everything else."""
    return {"a": 1.0, "b": 0.5}.get("".join(response.get("choice", ())), 0.0)


histories = st.lists(
    st.tuples(st.sampled_from(list(Action)), st.sampled_from(["a", "b", "c", ""]), st.none() | st.integers(1, 3)), max_size=8
).map(lambda rows: [step(number, *row) for number, row in enumerate(rows, start=1)])


@given(st.sampled_from(WAYS), histories, st.integers(0, 4))
def test_answers_that_a_later_one_replaced_need_not_be_read(way, steps, hints):
    """`queries.STEPS` leaves them out."""
    latest = max((one.sequence for one in steps if one.action is Action.ANSWER), default=0)
    telling = [one for one in steps if one.action is not Action.ANSWER or one.sequence == latest]
    assert standing(way, telling, mark, hints) == standing(way, steps, mark, hints)


@given(st.sampled_from(WAYS), histories, st.integers(0, 4))
def test_what_does_not_count_changes_nothing(way, steps, hints):
    now = standing(way, steps, mark, hints)
    counting = [one for one in steps if one.action is not Action.ASIDE]
    without = standing(way, counting, mark, hints)
    assert now.aside == len(steps) - len(counting)
    assert (now.response, now.base, now.closed, now.tries, now.share) == (
        without.response,
        without.base,
        without.closed,
        without.tries,
        without.share,
    )
    assert now.base == (counting[-1].sequence if counting else 0)
    assert standing(way, list(reversed(steps)), mark, hints) == now, "the order in which rows are read does not matter"


@given(st.sampled_from(WAYS), histories, st.integers(0, 4))
def test_a_share_stays_within_its_bounds(way, steps, hints):
    share = final_share(way, standing(way, steps, mark, hints), mark)
    assert (-2 if way == "certainty" else 0) <= share <= 1
    if way == "deferred":
        assert share == mark(standing(way, steps, mark, hints).response)


@given(histories, st.integers(0, 4))
def test_only_who_asks_to_be_told_is_told(steps, hints):
    assert standing("deferred", steps, mark, hints).share is None
    assert standing("certainty", steps, mark, hints).share is None
    for way in ("immediate", "interactive"):
        now = standing(way, steps, mark, hints)
        assert (now.share is not None) == now.closed
        if not any(one.action is Action.CHECK for one in steps):
            assert not now.closed


def test_tries_cost_a_third_each():
    assert [cost(tries) for tries in range(1, 6)] == pytest.approx([1, 2 / 3, 1 / 3, 0, 0])
    steps = [step(1, Action.CHECK, "c"), step(2, Action.CHECK, "c")]
    first, second = (standing("interactive", steps[:count], mark, hints=2) for count in (1, 2))
    assert (first.hint, second.hint, second.closed) == (0, 1, False)
    assert final_share("interactive", standing("interactive", [*steps, step(3, Action.CHECK, "a")], mark, 2), mark) == pytest.approx(1 / 3)
    assert final_share("interactive", standing("interactive", [*steps, step(3, choice="a")], mark, 2), mark) == pytest.approx(1 / 3)
    over = standing("interactive", [*steps, step(3, Action.CHECK, "c")], mark, hints=2)
    assert (over.closed, over.share) == (True, 0)


@given(st.floats(0, 1))
def test_honest_certainty_earns_most(belief):
    """The best certainty for a belief p: not very below 0.67, fairly up to 0.80, very above (features of certainty-based marking)."""
    earned = {sure: belief * answering.RIGHT[sure] + (1 - belief) * answering.WRONG[sure] for sure in (1, 2, 3)}
    honest = 1 if belief < 2 / 3 else 2 if belief < 0.8 else 3
    assert earned[honest] >= max(earned.values()) - 1e-9


# -- variants -----------------------------------------------------------------------------------------------------------------------------


DATA = {key: load_data(key, kind.example) for key, kind in KINDS.items()}


def item(number, kind="single_choice"):
    return Asked(number, number, f"i{number}", "", KINDS[kind], DATA[kind], {}, 1.0)


kinds = st.sampled_from(sorted(KINDS))


@given(st.lists(kinds, min_size=1, max_size=12), st.data())
def test_a_variant_asks_each_item_once_and_is_repeatable(chosen, data):
    items = {number: item(number, kind) for number, kind in enumerate(chosen, start=1)}
    draw = data.draw(st.integers(1, len(items)))
    settings = {"items": [{"version": number} for number in items], "draw": draw, "shuffle": data.draw(st.booleans())}
    seed = data.draw(st.text(max_size=5))
    variant = make_variant(settings, items, seed)
    asked = [slot["version"] for slot in variant["slots"]]
    assert variant == make_variant(settings, items, seed)
    assert len(asked) == len(set(asked)) == draw
    assert set(asked) <= set(items) == version_ids(settings)
    assert asking(variant["slots"]) == [place for place, number in enumerate(asked, start=1) if items[number].kind.asks]
    if draw == len(items):
        assert asked == sorted(items), "all of them keep the author's order"


@given(st.integers(0, 10_000))
def test_sections_and_pools(seed):
    items = {number: item(number) for number in range(1, 13)}
    settings = {
        "items": [{"version": number, "section": "" if number < 3 else "dua", "weight": 2.0} for number in range(1, 7)],
        "sections": [{"key": "dua", "title": "Dua", "draw": 2, "mix": True}],
        "pools": [{"count": 3, "versions": [5, 6, 7, 8, 9], "section": "dua"}, {"count": 9, "versions": [8, 9, 10]}],
    }
    slots = make_variant(settings, items, str(seed))["slots"]
    first, second = ([slot for slot in slots if slot["section"] == place] for place in (-1, 0))
    assert [slot["version"] for slot in first[:2]] == [1, 2]
    assert {slot["version"] for slot in first[2:]} == {8, 9, 10}, "as many as there are"
    numbers = [slot["version"] for slot in slots]
    assert len(numbers) == len(set(numbers)), "an item is asked once, whoever draws it"
    assert sum(slot["points"] == 2 for slot in second) == 2
    assert slots == first + second


def test_orders_differ_from_attempt_to_attempt():
    items = {number: item(number) for number in range(1, 9)}
    settings = {"items": [{"version": number} for number in items], "draw": 4}
    found = {tuple(slot["version"] for slot in make_variant(settings, items, str(random.random()))["slots"]) for _turn in range(40)}
    assert len(found) > 30


# -- what is shown ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reveal", "closes", "right"),
    [
        ("all", None, True),
        ("all", 5, True),
        ("marks", None, False),
        ("after_closing", 5, False),
        ("after_closing", -5, True),
        ("after_closing", None, True),
    ],
)
def test_what_a_result_shows(reveal, closes, right):
    limits = Rules(closes_at=NOW + dt.timedelta(minutes=closes) if closes else None)
    shown = reveal_of({"reveal": reveal}, limits, NOW)
    assert (shown.marks, shown.right, shown.rationale) == (True, right, right)
