"""Passing rules, marks and pieces are pure: properties on made-up programmes and people."""

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lms import i18n
from lms.decisions import editor
from lms.decisions.facts import Act, Attendance, ModuleFacts, ModuleState, Part, PartState, Person, Programme, piece
from lms.decisions.marks import band_of, final_mark, pass_mark, rounded
from lms.decisions.rules import Standing, check, evaluate, kind_of, lacking, parts_of, sentence
from lms.learning.grades import GRADE_SCALE
from lms.progress.models import CompletionState, EvidenceKind
from lms.progress.rules import RuleError

pytestmark = pytest.mark.sqlite

# Trees take long to draw on a busy machine.
few = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
THEN = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
PARTS = (("kuis", "independent", True), ("jurnal", "journal", False), ("kunjungan", "field", False), ("cek", "independent", True))
PROGRAMME = Programme(
    tuple(
        ModuleFacts(
            number,
            f"m{number}",
            f"Modul {number}",
            number < 3,
            float(number),
            tuple(Part(number, f"m{number}", key, f"{key} {number}", component, scored=scored) for key, component, scored in PARTS),
        )
        for number in (1, 2, 3)
    ),
    GRADE_SCALE,
    {"sessions": 3, "jp": 9, "days": 1},
)
LEAVES = st.one_of(
    st.sampled_from(["modules", "absence"]),
    st.builds(lambda number: {"module": number}, st.integers(1, 4)),
    st.builds(lambda number, key: {"part": f"{number}/{key}"}, st.integers(1, 4), st.sampled_from(["kuis", "jurnal", "tiada"])),
    st.builds(lambda kind, number: {kind: number}, st.sampled_from(["visits", "journals"]), st.integers(1, 4)),
    st.builds(
        lambda kind, number: check({"all": [{kind: number / 100}]})["all"][0], st.sampled_from(["sessions", "mark"]), st.integers(1, 10000)
    ),
)


def branches(parts):
    return st.one_of(
        st.builds(lambda word, rows: {word: rows}, st.sampled_from(["all", "any"]), st.lists(parts, min_size=1, max_size=4)),
        st.lists(parts, min_size=1, max_size=4).flatmap(
            lambda rows: st.builds(lambda least: {"at_least": least, "of": rows}, st.integers(1, len(rows)))
        ),
    )


RULES = branches(st.one_of(LEAVES, branches(LEAVES)))
ORDER = (CompletionState.NOT_STARTED, CompletionState.IN_PROGRESS, CompletionState.WAITING, CompletionState.COMPLETE)


@st.composite
def people(draw):
    """Return somebody, and the same one a little further."""
    states, better = {}, {}
    for place in [(module.id, part.key) for module in PROGRAMME.modules for part in module.parts]:
        low, high = sorted(draw(st.tuples(st.integers(0, 3), st.integers(0, 3))))
        score, more = sorted(draw(st.tuples(st.integers(0, 1000), st.integers(0, 1000))))
        states[place] = PartState(ORDER[low], score / 10, THEN if low == 3 else None)
        better[place] = PartState(ORDER[high], more / 10, THEN if high == 3 else None)
    held = draw(st.integers(0, 8))
    few, many = sorted(draw(st.tuples(st.integers(0, held), st.integers(0, held))))
    done, more = sorted(draw(st.tuples(st.integers(0, 5), st.integers(0, 5))))
    return _person(states, done, held, few), _person(better, more, held, many)


def _person(states, done, held, attended):
    modules = {number: ModuleState(5, done, 0 if number % 2 else 5 - done, THEN if done == 5 else None) for number in (1, 2, 3)}
    missed = held - attended
    return Person(modules, states, states, Attendance(held, attended, Decimal(3 * missed), missed))


@few
@given(RULES)
def test_a_checked_rule_stays_as_it_is(rule):
    assert check(check(rule)) == check(rule)


@few
@given(RULES)
def test_the_editor_gives_back_what_it_was_given(rule):
    rule = check(rule)
    for language in ("id", "en"):
        i18n.use(language)
        draft = editor.from_tree(rule)
        assert editor.to_tree(draft) == rule
        again = editor.from_form(dict(editor.to_fields(draft)))
        assert editor.to_tree(again) == rule
        assert sentence(rule, PROGRAMME)
    i18n.use("id")


@few
@given(RULES, people())
def test_being_further_never_makes_a_clause_worse(rule, pair):
    before, after = (evaluate(rule, PROGRAMME, person) for person in pair)
    assert before.standing <= after.standing


@few
@given(RULES, people(), st.integers())
def test_the_order_of_clauses_changes_nothing(rule, pair, seed):
    chance = Random(seed)

    def shuffled(tree):
        kind = kind_of(tree)
        if kind not in ("all", "any", "at_least"):
            return tree
        rows = [shuffled(part) for part in parts_of(tree)]
        chance.shuffle(rows)
        return {"at_least": tree["at_least"], "of": rows} if kind == "at_least" else {kind: rows}

    one, other = (evaluate(tree, PROGRAMME, pair[0]) for tree in (rule, shuffled(rule)))
    assert (one.standing, one.have, one.since) == (other.standing, other.have, other.since)
    assert sorted(gap.title for gap in lacking(one)) == sorted(gap.title for gap in lacking(other))


@few
@given(RULES, people())
def test_who_meets_a_rule_lacks_nothing_and_who_does_not_is_told_what(rule, pair):
    clause = evaluate(rule, PROGRAMME, pair[0])
    assert (clause.standing is Standing.MET) == (not list(lacking(clause)))


@pytest.mark.parametrize(
    "rule",
    [
        "modules",
        {"all": []},
        {"all": ["viewed"]},
        {"all": [{"all": [{"all": ["modules"]}]}]},
        {"at_least": 2, "of": ["modules"]},
        {"at_least": True, "of": ["modules"]},
        {"all": [{"mark": 100.5}]},
        {"all": [{"mark": 70.001}]},
        {"all": [{"mark": True}]},
        {"all": [{"journals": 0}]},
        {"all": [{"part": "x"}]},
        {"all": [{"module": "1"}]},
        {"all": ["modules"] * 13},
        {"all": ["modules"], "any": ["modules"]},
    ],
)
def test_what_is_no_rule_is_refused(rule):
    with pytest.raises(RuleError):
        check(rule)


# -- marks ---------------------------------------------------------------------------------------------------------------------------


def marked(*scores, weights=None):
    """Return a programme with a module for each list of scores, and somebody who has these."""
    weights = weights or [1.0] * len(scores)
    modules, states = [], {}
    for number, (row, weight) in enumerate(zip(scores, weights, strict=True), start=1):
        keys = [f"k{place}" for place in range(len(row))]
        modules.append(ModuleFacts(number, f"m{number}", "", True, weight, tuple(Part(number, "", key, key, scored=True) for key in keys)))
        states |= {(number, key): PartState(CompletionState.COMPLETE, score) for key, score in zip(keys, row, strict=True)}
    return Programme(tuple(modules), GRADE_SCALE), Person(parts=states)


@pytest.mark.parametrize(
    ("scores", "weights", "value", "band", "passes"),
    [
        ([[70.0]], [1.0], "70.00", "Kurang Memuaskan", False),
        ([[70.01]], [1.0], "70.01", "Cukup Memuaskan", True),
        ([[70.004]], [1.0], "70.00", "Kurang Memuaskan", False),
        ([[70.005]], [1.0], "70.01", "Cukup Memuaskan", True),
        # Rounded once at the end: each module alone would round up to 70.01.
        ([[70.005], [70.004]], [1.0, 1.0], "70.00", "Kurang Memuaskan", False),
        ([[70.01], [70.0]], [1.0, 1.0], "70.01", "Cukup Memuaskan", True),
        ([[80.0]], [1.0], "80.00", "Cukup Memuaskan", True),
        ([[90.01, 90.01]], [2.0], "90.01", "Sangat Memuaskan", True),
        ([[100.0], [40.0]], [1.0, 2.0], "60.00", "Tidak Memuaskan", False),
        ([[100.0, None]], [1.0], "50.00", "Tidak Memuaskan", False),
        ([[100.0], [0.0]], [1.0, 0.0], "100.00", "Sangat Memuaskan", True),
    ],
)
def test_final_marks(scores, weights, value, band, passes):
    mark = final_mark(*marked(*scores, weights=weights))
    assert (str(mark.value), mark.band["label"]["id"], mark.passes) == (value, band, passes)


@few
@given(st.lists(st.lists(st.integers(0, 100_000), min_size=1, max_size=4), min_size=1, max_size=4), st.data())
def test_a_mark_is_the_exact_mean_rounded_half_up_once(rows, data):
    weights = data.draw(st.lists(st.sampled_from([0.5, 1.0, 2.0, 3.25]), min_size=len(rows), max_size=len(rows)))
    scores = [[number / 1000 for number in row] for row in rows]
    mark = final_mark(*marked(*scores, weights=weights))
    means = [Fraction(sum(row), 1000 * len(row)) for row in rows]
    exact = sum(Fraction(str(weight)) * mean for weight, mean in zip(weights, means, strict=True)) / sum(Fraction(str(w)) for w in weights)
    assert Fraction(mark.value) - Fraction(1, 200) <= exact < Fraction(mark.value) + Fraction(1, 200)
    assert mark.passes == (mark.value >= Decimal("70.01"))


def test_marks_are_written_with_the_comma_and_a_programme_without_marks_has_none():
    clause = evaluate({"all": [{"mark": 70.01}]}, *marked([70.0])).parts[0]
    assert (clause.have, clause.standing) == ("70,00", Standing.OPEN)
    assert evaluate({"all": [{"mark": 70.01}]}, *marked([70.01])).standing is Standing.MET
    assert final_mark(Programme(()), Person()).value is None
    assert evaluate({"all": [{"mark": 1}]}, Programme(()), Person()).standing is Standing.OPEN
    assert (pass_mark(GRADE_SCALE), pass_mark([])) == (70.01, 70.01)
    assert band_of([], Decimal(50)) is None
    assert rounded(Fraction("0.005")) == Decimal("0.01")


def test_a_mark_that_may_still_rise_by_marking_waits():
    programme, person = marked([60.0, None])
    waiting = Person(parts={**person.parts, (1, "k1"): PartState(CompletionState.WAITING)})
    assert evaluate({"all": [{"mark": 70.01}]}, programme, waiting).standing is Standing.WAITING
    assert evaluate({"all": [{"mark": 90}]}, programme, waiting).standing is Standing.OPEN


# -- journals and visits ------------------------------------------------------------------------------------------------------------------

ACCEPTED, ATTENDED, SUBMITTED, RETURNED, OVERRIDE = (
    EvidenceKind.ACCEPTED,
    EvidenceKind.ATTENDED,
    EvidenceKind.SUBMITTED,
    EvidenceKind.RETURNED,
    EvidenceKind.OVERRIDE,
)


@pytest.mark.parametrize(
    ("component", "acts", "state"),
    [
        ("journal", [], "not_started"),
        ("journal", [SUBMITTED], "waiting"),
        ("journal", [SUBMITTED, RETURNED], "in_progress"),
        ("journal", [SUBMITTED, RETURNED, SUBMITTED], "waiting"),
        ("journal", [SUBMITTED, ACCEPTED], "complete"),
        ("journal", [SUBMITTED, ACCEPTED, RETURNED], "complete"),
        ("journal", [SUBMITTED, ACCEPTED, "incomplete"], "not_started"),
        ("journal", [SUBMITTED, "complete"], "complete"),
        ("journal", [SUBMITTED, "complete", "lifted"], "waiting"),
        ("field", [SUBMITTED, ACCEPTED], "in_progress"),
        ("field", [SUBMITTED], "in_progress"),
        ("field", [ATTENDED, SUBMITTED], "waiting"),
        ("field", [SUBMITTED, ACCEPTED, ATTENDED], "complete"),
    ],
)
def test_what_evidence_makes_of_a_journal_or_a_visit(component, acts, state):
    facts = [Act(OVERRIDE, {"state": act}, THEN) if not isinstance(act, EvidenceKind) else Act(act, None, THEN) for act in acts]
    assert piece(component, facts).state == state


def test_a_rule_says_which_half_of_a_visit_is_missing():
    part = PROGRAMME.of("field")[0]
    there = Person(pieces={(part.module_id, part.key): piece("field", [Act(SUBMITTED, None, THEN), Act(ACCEPTED, None, THEN)])})
    i18n.use("en")
    assert next(gap.title for gap in lacking(evaluate({"all": [{"visits": 1}]}, PROGRAMME, there))) == "kunjungan 1: attendance"
    i18n.use("id")


@pytest.mark.parametrize(
    ("attendance", "sessions", "absence"),
    [
        (Attendance(), Standing.OPEN, Standing.MET),
        (Attendance(over=2), Standing.OPEN, Standing.OPEN),
        (Attendance(10, 8, Decimal(6), 1), Standing.MET, Standing.MET),
        (Attendance(10, 7, Decimal(9), 1), Standing.OPEN, Standing.MET),
        (Attendance(10, 6, Decimal(9), 1), Standing.OPEN, Standing.OPEN),
        (Attendance(10, 9, Decimal("9.5"), 1), Standing.MET, Standing.OPEN),
        (Attendance(10, 9, Decimal(3), 2), Standing.MET, Standing.OPEN),
    ],
)
def test_sessions_and_absence(attendance, sessions, absence):
    person = Person(attendance=attendance)
    assert evaluate({"all": [{"sessions": 80}]}, PROGRAMME, person).standing is sessions
    assert evaluate({"all": ["absence"]}, PROGRAMME, person).standing is absence
