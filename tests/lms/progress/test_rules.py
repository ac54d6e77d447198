"""Rules are pure: what a history of evidence amounts to."""

import datetime as dt
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.progress.models import CompletionState, EvidenceKind
from lms.progress.rules import Fact, RuleError, check, earned_at, evaluate, words_of

START = dt.datetime(2026, 10, 5, 2, tzinfo=dt.UTC)

leaves = st.one_of(
    st.sampled_from(["viewed", "submitted", "accepted", "attended"]),
    st.builds(lambda mark: {"passed": mark}, st.floats(1, 100).map(lambda value: round(value, 2))),
    st.builds(lambda words: {"minimum_words": words}, st.integers(1, 300)),
    st.builds(lambda day: {"before": (START.date() + dt.timedelta(days=day)).isoformat()}, st.integers(0, 30)),
)
rules = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(lambda parts: {"all": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda parts: {"any": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.lists(inner, min_size=1, max_size=3).flatmap(
            lambda parts: st.builds(lambda count: {"at_least": count, "of": parts}, st.integers(1, len(parts)))
        ),
    ),
    max_leaves=6,
)
happenings = st.one_of(
    st.tuples(st.sampled_from(["viewed", "submitted", "accepted", "returned", "attended"]), st.none()),
    st.tuples(st.just("scored"), st.floats(0, 100)),
    st.tuples(st.just("words"), st.integers(0, 400)),
    st.tuples(
        st.just("override"), st.sampled_from(["complete", "incomplete", "lifted"]).map(lambda state: {"state": state, "until": None})
    ),
)
histories = st.lists(happenings, max_size=12)


def facts_of(history):
    """Number a history into facts, one a day."""
    return [
        Fact(uuid.UUID(int=number), EvidenceKind(kind), value, moment := START + dt.timedelta(days=number), moment.date())
        for number, (kind, value) in enumerate(history)
    ]


@given(rules)
def test_a_rule_is_its_own_canonical_form(rule):
    assert check(check(rule)) == check(rule)
    assert words_of(check(rule))


@given(rules, histories)
def test_what_is_complete_stays_complete_unless_a_person_takes_it_away(rule, history):
    facts = facts_of(history)
    done = False
    for count in range(len(facts) + 1):
        state = evaluate(rule, facts[:count]).state
        last = facts[count - 1] if count else None
        taken = last is not None and last.kind is EvidenceKind.OVERRIDE and last.value["state"] != "complete"
        assert not done or state is CompletionState.COMPLETE or taken
        done = state is CompletionState.COMPLETE


@given(rules, histories)
def test_the_first_completion_date_never_changes_while_complete(rule, history):
    facts = facts_of(history)
    first = None
    for count in range(len(facts) + 1):
        outcome = evaluate(rule, facts[:count])
        if outcome.state is not CompletionState.COMPLETE:
            first = None
        elif first is None or facts[count - 1].kind is EvidenceKind.OVERRIDE:
            first = outcome.first_completed_at
        else:
            assert outcome.first_completed_at == first


@given(rules, histories)
def test_reasons_agree_with_the_state(rule, history):
    history = [step for step in history if step[0] != "override"]
    facts = facts_of(history)
    outcome = evaluate(rule, facts)
    known = {str(fact.id) for fact in facts}

    def ids(reason):
        return set(reason["by"]).union(*(ids(part) for part in reason.get("parts", [])))

    assert ids(outcome.reasons) <= known
    if outcome.reasons["met"]:
        assert outcome.state is CompletionState.COMPLETE
    assert (outcome.state is CompletionState.COMPLETE) == (earned_at(rule, facts) is not None)


@pytest.mark.parametrize(("score", "passes"), [(70.0, False), (70.004, False), (70.005, True), (70.01, True), (100, True), (69.99, False)])
def test_seventy_fails_and_seventy_point_zero_one_passes(score, passes):
    state = evaluate({"passed": 70.01}, facts_of([("scored", score)])).state
    assert (state is CompletionState.COMPLETE) is passes


def test_waiting_until_a_person_has_looked():
    rule = {"all": ["submitted", "accepted"]}
    assert evaluate(rule, facts_of([("submitted", None)])).state is CompletionState.WAITING
    assert evaluate(rule, facts_of([("submitted", None), ("returned", None)])).state is CompletionState.IN_PROGRESS
    assert evaluate(rule, facts_of([("submitted", None), ("returned", None), ("submitted", None)])).state is CompletionState.WAITING
    assert evaluate(rule, facts_of([("submitted", None), ("accepted", None)])).state is CompletionState.COMPLETE


def test_being_there_is_an_act_of_its_own_and_has_a_day():
    rule = {"all": ["attended", {"before": START.date().isoformat()}]}
    assert evaluate("attended", facts_of([("submitted", None)])).state is CompletionState.IN_PROGRESS
    assert evaluate("attended", facts_of([("attended", None)])).state is CompletionState.COMPLETE
    assert evaluate(rule, facts_of([("attended", None)])).state is CompletionState.COMPLETE
    assert evaluate({"all": ["attended", "submitted"]}, facts_of([("attended", None)])).state is CompletionState.IN_PROGRESS


def test_carried_completion_keeps_its_first_date():
    moment = START - dt.timedelta(days=30)
    carried = ("carried", {"first_completed_at": moment.isoformat(), "revision": 1})
    outcome = evaluate({"minimum_words": 999}, facts_of([("words", 10), carried]))
    assert outcome.state is CompletionState.COMPLETE
    assert outcome.first_completed_at == moment


@pytest.mark.parametrize(
    "bad",
    [
        "read", {}, {"passed": 0}, {"passed": 101}, {"passed": "80"}, {"passed": True}, {"minimum_words": 0}, {"minimum_words": 1.5},
        {"all": []}, {"any": "viewed"}, {"at_least": 3, "of": ["viewed"]}, {"at_least": 0, "of": ["viewed"]}, {"viewed": 1},
        {"before": "soon"}, {"all": ["viewed"], "any": ["viewed"]}, 7, None, {"all": [{"all": [{"all": [{"all": [{"all": [{"all": ["viewed"]}]}]}]}]}]},
    ],
)  # fmt: skip
def test_what_is_no_rule_is_refused_with_a_sentence(bad):
    with pytest.raises(RuleError):
        check(bad)
