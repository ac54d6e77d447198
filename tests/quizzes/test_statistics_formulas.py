"""The formulas of item analysis: against Moodle's published figures, against NumPy, and what must not change them."""

import math
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from quizzes.statistics import formulas
from quizzes.statistics.report import PairRow, TotalRow, make_report

pytestmark = pytest.mark.sqlite

# 25 attempts at seven questions and what a spreadsheet made of them: Moodle, mod/quiz/report/statistics/tests/fixtures, results00.csv and
# qstats00.csv, and the quiz's figures in stats_from_steps_walkthrough_test.php (Open University, GPL 3 or later).
MARKS = """
1 1 1 1 1 0 1;1 1 1 1 .5 1 0;1 1 1 1 .5 0 1;0 0 1 1 1 0 0;1 0 1 0 0 1 .5;1 1 1 1 .5 0 .5;0 1 1 1 .5 1 .5;1 1 1 0 .5 1 .5;1 0 1 1 1 1 1
0 1 1 0 .5 1 .5;.8 0 1 1 .5 1 .5;1 1 1 0 .5 1 1;1 0 1 1 .5 1 .5;1 0 1 1 1 0 .5;0 0 1 1 0 1 1;1 0 1 0 .5 1 1;.8 0 1 1 .5 0 1;1 0 1 1 0 1 .5
1 0 1 1 .5 0 .5;0 1 1 0 .5 1 0;1 1 .3333333 1 .5 0 .5;1 1 1 0 .5 0 .5;1 1 1 1 0 1 .5;0 0 1 0 .5 1 1;0 0 1 1 1 1 1
"""
# facility, sd, effective weight, discrimination index, discriminative efficiency
QUESTIONS = [
    (0.704, 0.4513682901, 21.2922742344, -7.0650767526, -9.4550536967),
    (0.48, 0.5099019514, 18.8979800309, -28.8982125772, -36.7834118938),
    (0.973333332, 0.13333334, 4.443012573, -9.1230674268, -21.6545012165),
    (0.68, 0.4760952286, 18.9347251357, -22.6306444113, -31.4411395613),
    (0.52, 0.3055050463, 11.1450138688, -17.6997047674, -21.1794802584),
    (0.64, 0.4898979486, 9.8081339177, -45.3785178421, -56.9365974439),
    (0.62, 0.331662479, 15.4788602394, -5.6543166602, -6.5043742058),
]
SCALE = 10_000_000  # the marks of the fixture have seven places


def moodle():
    return [[Fraction(mark) for mark in line.split()] for line in MARKS.strip().replace("\n", ";").split(";")]


def close(found, wanted, precision=1e-5):
    return found == pytest.approx(wanted, rel=precision)


def test_moodles_questions():
    rows = moodle()
    assert len(rows) == 25
    covariances = []
    for number, (facility, sd, _weight, index, efficiency) in enumerate(QUESTIONS):
        joint = Counter((int(row[number] * SCALE), int((sum(row) - row[number]) * SCALE)) for row in rows)
        found = formulas.moments(formulas.marginals(joint)[0])
        assert close(found.mean / SCALE, facility, 1e-6)
        assert close(found.sd / SCALE, sd, 1e-6)
        assert close(formulas.discrimination_index(joint), index)
        assert close(formulas.discriminative_efficiency(joint), efficiency)
        covariances.append(formulas.covariance(Counter((int(row[number] * SCALE), int(sum(row) * SCALE)) for row in rows)))
    assert close(formulas.effective_weights(covariances), [weight for _f, _s, weight, _i, _e in QUESTIONS])


def report_of(rows, unit=10_000):
    """Return the report of rows of shares of items that weigh one point each."""
    marks = [[round(share * unit) for share in row] for row in rows]
    pairs = Counter((number, mark, sum(row) - mark) for row in marks for number, mark in enumerate(row, start=1))
    totals = Counter(sum(row) for row in marks)
    return make_report(
        pairs=[PairRow(number, number, x, rest, unit, count) for (number, x, rest), count in pairs.items()],
        totals=[TotalRow(total, len(rows[0]) * unit, len(rows[0]), count) for total, count in totals.items()],
        answers=[],
        times=[],
        guesses={},
    )


def test_moodles_quiz():
    found = report_of(moodle())
    assert found.n == 25
    assert close(found.mean, 100 * 4.617333332 / 7)
    assert close(found.median, 100 * 4.5 / 7)
    assert close(found.sd, 100 * 0.8117265554 / 7, 1.5e-5)
    assert close(found.skewness, -0.092502502, 1e-3), "Moodle's own tolerance and one third kept in four places"
    assert close(found.kurtosis, -0.7073968557, 1e-4)
    assert close(found.consistency, -87.2230935542, 1e-4)
    assert close(found.error_ratio, 136.8294900795, 1e-4)
    assert close(found.standard_error, 100 * 1.1106813066 / 7, 1e-4)
    for item, (facility, sd, weight, index, efficiency) in zip(found.items, QUESTIONS, strict=True):
        assert close(item.newest.facility, 100 * facility)
        assert close(item.newest.sd, 100 * sd, 1e-4)
        assert close(item.effective_weight, weight, 1e-3)
        assert close(item.newest.discrimination, index, 1e-3)
        assert close(item.newest.efficiency, efficiency, 1e-3)
        assert close(item.intended_weight, 100 / 7)


# -- against NumPy --------------------------------------------------------------------------------------------------------------------

matrices = st.tuples(st.integers(5, 40), st.integers(2, 8)).flatmap(
    lambda size: st.lists(
        st.lists(st.sampled_from([0, 0.25, 0.5, 1]), min_size=size[1], max_size=size[1]), min_size=size[0], max_size=size[0]
    )
)


@given(matrices)
def test_numpy_agrees(rows):
    marks = np.array(rows)
    totals = marks.sum(axis=1)
    found = report_of(rows)
    assert found.mean == pytest.approx(100 * totals.mean() / marks.shape[1])
    assert found.median == pytest.approx(100 * np.median(totals) / marks.shape[1])
    assert found.sd == pytest.approx(100 * totals.std(ddof=1) / marks.shape[1], abs=1e-6)
    variance = totals.var(ddof=1)
    if variance > 1e-9:
        items = marks.shape[1]
        alpha = 100 * items / (items - 1) * (1 - marks.var(axis=0, ddof=1).sum() / variance)
        assert found.consistency == pytest.approx(alpha, abs=1e-6)
    else:
        assert found.consistency is None
        assert found.no_consistency
    for item, column in zip(found.items, marks.T, strict=True):
        rest = totals - column
        assert item.newest.facility == pytest.approx(100 * column.mean())
        if column.std() > 1e-9 and rest.std() > 1e-9:
            assert item.newest.discrimination == pytest.approx(100 * np.corrcoef(column, rest)[0, 1], abs=1e-6)
            greatest = np.cov(np.sort(column), np.sort(rest))[0, 1]
            assert item.newest.efficiency == pytest.approx(100 * np.cov(column, rest)[0, 1] / greatest, abs=1e-6)
        else:
            assert item.newest.discrimination is None


@given(st.lists(st.integers(-50, 50), min_size=4, max_size=60))
def test_skewness_and_kurtosis_are_unbiased_cumulants(values):
    """By another road: k-statistics from power sums (Kendall and Stuart), in exact fractions."""
    n = len(values)
    s1, s2, s3, s4 = (sum(Fraction(value) ** power for value in values) for power in (1, 2, 3, 4))
    k2 = (n * s2 - s1**2) / (n * (n - 1))
    assume(k2)
    k3 = (n**2 * s3 - 3 * n * s2 * s1 + 2 * s1**3) / (n * (n - 1) * (n - 2))
    k4 = ((n**3 + n**2) * s4 - 4 * (n**2 + n) * s3 * s1 - 3 * (n**2 - n) * s2**2 + 12 * n * s2 * s1**2 - 6 * s1**4) / (
        n * (n - 1) * (n - 2) * (n - 3)
    )
    found = formulas.moments(Counter(values))
    assert found.skewness == pytest.approx(float(k3) / float(k2) ** 1.5)
    assert found.kurtosis == pytest.approx(float(k4 / k2**2))
    assert formulas.median(Counter(values)) == np.median(values)


# -- what must not change them --------------------------------------------------------------------------------------------------------

joints = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 12)), min_size=2, max_size=40)


@given(joints, st.integers(1, 1000), st.integers(1, 1000), st.integers(-100, 100))
def test_units_do_not_matter(pairs, by, rest_by, shift):
    plain, scaled = Counter(pairs), Counter((x * by, y * rest_by + shift) for x, y in pairs)
    for formula in (formulas.discrimination_index, formulas.discriminative_efficiency):
        assert formula(scaled) == pytest.approx(formula(plain)), formula.__name__


@given(joints, st.randoms())
def test_the_order_of_attempts_does_not_matter(pairs, chance):
    mixed = list(pairs)
    chance.shuffle(mixed)
    assert formulas.covariance(Counter(mixed)) == formulas.covariance(Counter(pairs))
    assert formulas.discrimination_index(Counter(mixed)) == formulas.discrimination_index(Counter(pairs))


@given(joints)
def test_nothing_discriminates_better_than_sorted(pairs):
    joint = Counter(pairs)
    efficiency, index = formulas.discriminative_efficiency(joint), formulas.discrimination_index(joint)
    assert efficiency is None or efficiency <= 100 + 1e-9
    assert index is None or -100 <= index <= 100
    best = Counter(zip(sorted(x for x, _y in pairs), sorted(y for _x, y in pairs), strict=True))
    if efficiency is not None:
        assert formulas.discriminative_efficiency(best) == pytest.approx(100)


# -- intervals, groups, times ---------------------------------------------------------------------------------------------------------


def test_wilson():
    """Newcombe (1998), table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29."""
    for right, n, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)):
        found = formulas.proportion_interval(right, n)
        assert (found.low, found.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


@pytest.mark.parametrize(
    ("freedom", "wanted"), [(1, 12.7062), (2, 4.3027), (3, 3.1824), (4, 2.7764), (9, 2.2622), (29, 2.0452), (500, 1.9647)]
)
def test_student(freedom, wanted):
    assert formulas.student(freedom) == pytest.approx(wanted, abs=0.01)


def test_the_interval_of_a_mean_holds_it_as_often_as_it_says():
    chance, held = np.random.default_rng(7), 0
    for _trial in range(2000):
        found = formulas.mean_interval(formulas.moments(Counter(chance.integers(0, 101, size=12).tolist())))
        held += found.low <= 50 <= found.high
    assert held / 2000 == pytest.approx(0.95, abs=0.02)


def test_the_interval_of_a_correlation():
    found = formulas.correlation_interval(50, 28)
    assert (found.low, found.high) == (pytest.approx(100 * math.tanh(math.atanh(0.5) - 0.39199), abs=0.01), pytest.approx(73.58, abs=0.01))
    assert formulas.correlation_interval(100, 28) is None
    assert formulas.correlation_interval(50, 3) is None


@given(st.lists(st.integers(0, 30), min_size=1, max_size=100))
def test_groups_keep_order_and_ties(scores):
    groups = formulas.groups_of(Counter(scores))
    assert set(groups) == set(scores)
    ordered = [groups[score] for score in sorted(groups)]
    assert ordered == sorted(ordered)
    assert sorted(set(ordered)) == list(range(len(set(ordered)))), "none is empty"
    assert len(set(ordered)) <= formulas.GROUPS


def test_groups_are_fifths_where_they_can_be():
    groups = formulas.groups_of(dict.fromkeys(range(100), 1))
    assert Counter(groups.values()) == dict.fromkeys(range(5), 20)


@given(st.lists(st.integers(0, 20_000), min_size=1, max_size=60))
def test_the_median_time_is_in_the_bucket_of_the_median(seconds):
    found = formulas.median_time(Counter(formulas.time_bucket(each) for each in seconds))
    below = formulas.time_bucket(sorted(seconds)[(len(seconds) - 1) // 2])
    above = next(bound for bound in (*formulas.TIME_BOUNDS, 10**6) if bound > formulas.time_bucket(sorted(seconds)[len(seconds) // 2]))
    assert below <= found <= above
    assert formulas.median_time({}) is None


def test_what_is_not_defined():
    assert formulas.moments({3: 1}).variance is None
    assert formulas.moments({3: 9}).skewness is None
    assert formulas.covariance({(1, 1): 1}) is None
    assert formulas.discrimination_index({(1, 1): 5, (1, 2): 5}) is None
    assert formulas.effective_weights([None, -1.0, 4.0]) == [None, None, 100.0]
    assert formulas.effective_weights([0.0]) == [None]
    assert formulas.internal_consistency(1, 1.0, 2.0) is None
    for formula in (formulas.moments, formulas.median):
        with pytest.raises(ValueError, match="no values"):
            formula({})


def test_questions_from_a_pool_have_no_consistency():
    """Three questions, two of which are drawn: attempts cannot be compared."""
    rows = [PairRow(item, item, 10_000 * (item % 2), 10_000, 10_000, 4) for item in (1, 2, 3)]
    found = make_report(pairs=rows, totals=[TotalRow(10_000, 20_000, 2, 6)], answers=[], times=[], guesses={})
    assert found.consistency is None
    assert "same questions" in found.no_consistency or "sama" in found.no_consistency
    assert [item.effective_weight for item in found.items] == [None, None, None]
    assert sum(item.intended_weight for item in found.items) == pytest.approx(100)
