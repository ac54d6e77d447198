"""The formulas of item analysis, as pure functions on weighted data: numbers in, numbers out, no database.

Data are pairs (value, how many) or triples (x, y, how many). Values are whole numbers or fractions, so sums are exact and only the last
division rounds. What is not defined (no spread, too few) is None. Sources: Moodle's documentation "Quiz statistics calculations" and the
Open University's guidance on item analysis; Fisher's k-statistics; Wilson (1927) for the interval of a proportion; Abramowitz and Stegun
26.7.5 for Student's t; Fisher (1921) for the interval of a correlation. A list of attempts and its weighted form give the same results.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

Weighted = Mapping[int, int] | Mapping[Fraction, int]  # value -> how many
Joint = Mapping[tuple[int, int], int]  # (x, y) -> how many

Z95 = 1.959963984540054  # the normal distribution between -Z95 and Z95 holds 95 %
GROUPS = 5  # of attempts, from the weakest to the strongest

# Lower bounds in seconds: two for each doubling, which is as fine as the time on a question is worth.
TIME_BOUNDS = tuple(sorted({0, *(int(2 ** (step / 2)) for step in range(31))}))


@dataclass(frozen=True, slots=True)
class Interval:
    """A 95 % confidence interval."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Moments:
    """What a distribution looks like. The variance has n-1 below; skewness and kurtosis are of Fisher's k-statistics.

    variance needs 2 values, skewness 3, kurtosis 4; the last two also need a spread.
    """

    n: int
    mean: float
    variance: float | None
    skewness: float | None
    kurtosis: float | None

    @property
    def sd(self) -> float | None:
        """Return the standard deviation."""
        return None if self.variance is None else math.sqrt(self.variance)


def moments(values: Weighted) -> Moments:
    """Return the moments of a distribution; raises ValueError when there is nothing in it."""
    n = sum(values.values())
    if not n:
        raise ValueError("no values")
    total = sum(value * count for value, count in values.items())
    # Deviations times n are exact; each power of them carries that power of n.
    powers = [sum(count * (n * value - total) ** power for value, count in values.items()) for power in (2, 3, 4)]
    m2, m3, m4 = (Fraction(power) / n ** (step + 1) for step, power in zip((2, 3, 4), powers, strict=True))
    mean = float(Fraction(total) / n)
    if n < 2:
        return Moments(n, mean, None, None, None)
    k2 = m2 * n / (n - 1)
    skewness = kurtosis = None
    if k2 and n > 2:
        skewness = float(m3 * n * n / ((n - 1) * (n - 2))) / float(k2) ** 1.5
    if k2 and n > 3:
        k4 = n * n * ((n + 1) * m4 - 3 * (n - 1) * m2 * m2) / ((n - 1) * (n - 2) * (n - 3))
        kurtosis = float(k4 / (k2 * k2))
    return Moments(n, mean, float(k2), skewness, kurtosis)


def median(values: Weighted) -> float:
    """Return the middle value, of an even number the mean of the two in the middle; raises ValueError when there is nothing."""
    n = sum(values.values())
    if not n:
        raise ValueError("no values")
    ordered, ends, seen = [], [], 0
    for value, count in sorted((Fraction(value), count) for value, count in values.items() if count):
        seen += count
        ordered.append(value)
        ends.append(seen)
    low, high = (ordered[bisect_right(ends, place)] for place in ((n - 1) // 2, n // 2))
    return float((low + high) / 2)


def covariance(joint: Joint) -> float | None:
    """Return the covariance of x and y with n-1 below; None for fewer than two."""
    n = sum(joint.values())
    if n < 2:
        return None
    sum_x = sum(x * count for (x, _y), count in joint.items())
    sum_y = sum(y * count for (_x, y), count in joint.items())
    sum_xy = sum(x * y * count for (x, y), count in joint.items())
    return float(Fraction(n * sum_xy - sum_x * sum_y, n * (n - 1)))


def marginals(joint: Joint) -> tuple[Counter[int], Counter[int]]:
    """Return the distributions of x and of y alone."""
    xs: Counter[int] = Counter()
    ys: Counter[int] = Counter()
    for (x, y), count in joint.items():
        xs[x] += count
        ys[y] += count
    return xs, ys


def discrimination_index(joint: Joint) -> float | None:
    """Return Pearson's correlation of x and y, times 100; None without a spread in both."""
    xs, ys = (moments(side).variance if side else None for side in marginals(joint))
    together = covariance(joint)
    if together is None or not xs or not ys:
        return None
    return 100 * max(-1.0, min(1.0, together / math.sqrt(xs) / math.sqrt(ys)))


def discriminative_efficiency(joint: Joint) -> float | None:
    """Return the covariance of x and y as a percentage of the greatest that the same values could have: both sorted."""
    together, greatest = covariance(joint), covariance(_sorted(joint))
    return None if together is None or not greatest else 100 * together / greatest


def _sorted(joint: Joint) -> Joint:
    """Return the joint distribution in which the smallest x meets the smallest y, and so on."""
    xs, ys = marginals(joint)
    matched: Counter[tuple[int, int]] = Counter()
    columns = iter(sorted(ys.items()))
    y, left = next(columns, (0, 0))
    for x, many in sorted(xs.items()):
        wanted = many
        while wanted:
            if not left:
                y, left = next(columns)
            taken = min(wanted, left)
            matched[x, y] += taken
            wanted, left = wanted - taken, left - taken
    return matched


def effective_weights(with_total: Sequence[float | None]) -> list[float | None]:
    """Return how much each item really moves the totals, in percent, from the covariances of items with the total.

    The square root of each as a share of the sum of all square roots. None for an item whose covariance is negative: it works against the
    others, and no weight can be given to that.
    """
    roots = [math.sqrt(each) if each is not None and each >= 0 else None for each in with_total]
    whole = sum(root for root in roots if root is not None)
    return [None if root is None or not whole else 100 * root / whole for root in roots]


def internal_consistency(items: int, sum_of_variances: float, variance_of_totals: float) -> float | None:
    """Return Cronbach's alpha times 100 (Moodle's coefficient of internal consistency); None for one item or totals without a spread."""
    if items < 2 or variance_of_totals <= 0:
        return None
    return 100 * items / (items - 1) * (1 - sum_of_variances / variance_of_totals)


def error_ratio(consistency: float) -> float:
    """Return how much of the spread of totals is chance, in percent; above 100 where the consistency is negative."""
    return 100 * math.sqrt(max(0.0, 1 - consistency / 100))


# -- intervals ----------------------------------------------------------------------------------------------------------------------


def proportion_interval(successes: int, n: int) -> Interval:
    """Return Wilson's interval of a proportion; n is at least 1."""
    share, square = successes / n, Z95 * Z95
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = Z95 / (1 + square / n) * math.sqrt(share * (1 - share) / n + square / (4 * n * n))
    return Interval(max(0.0, middle - half), min(1.0, middle + half))


def mean_interval(found: Moments) -> Interval | None:
    """Return the interval of a mean by Student's t; None for fewer than two values."""
    if found.sd is None:
        return None
    half = student(found.n - 1) * found.sd / math.sqrt(found.n)
    return Interval(found.mean - half, found.mean + half)


def student(freedom: int) -> float:
    """Return the two-sided 95 % point of Student's t: exact for 1 and 2 degrees of freedom, else by expansion, wrong by less than 0.01."""
    if freedom == 1:
        return 12.706204736432095
    if freedom == 2:
        return 4.302652729911275
    z = Z95
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    powers = (freedom, freedom**2, freedom**3, freedom**4)
    return z + sum(term / power for term, power in zip(terms, powers, strict=True))


def correlation_interval(index: float, n: int) -> Interval | None:
    """Return Fisher's interval of a correlation given in percent; None for fewer than four pairs or a correlation that is perfect."""
    r = index / 100
    if n < 4 or abs(r) >= 1:
        return None
    half = Z95 / math.sqrt(n - 3)
    return Interval(100 * math.tanh(math.atanh(r) - half), 100 * math.tanh(math.atanh(r) + half))


# -- groups and times ---------------------------------------------------------------------------------------------------------------


def groups_of(scores: Mapping[int, int]) -> dict[int, int]:
    """Return {score: its group, 0 the weakest}: five groups as equal as they can be while equal scores stay together, fewer where many are equal."""
    n, below = sum(scores.values()), 0
    fifth = {}
    for score in sorted(score for score, count in scores.items() if count):
        fifth[score] = GROUPS * (2 * below + scores[score]) // (2 * n)
        below += scores[score]
    number = {each: place for place, each in enumerate(sorted(set(fifth.values())))}
    return {score: number[each] for score, each in fifth.items()}


def time_bucket(seconds: int) -> int:
    """Return the lower bound of the bucket that a time falls in."""
    return TIME_BOUNDS[bisect_right(TIME_BOUNDS, max(0, seconds)) - 1]


def median_time(buckets: Mapping[int, int]) -> float | None:
    """Return about the middle of times kept in buckets, in seconds; None for nothing.

    Inside its bucket the median lies where the counts below and above are equal, as if times were spread evenly there.
    """
    n, below = sum(buckets.values()), 0
    for bound in sorted(buckets):
        count = buckets[bound]
        if count and 2 * (below + count) >= n:
            place = TIME_BOUNDS.index(bound)
            upper = TIME_BOUNDS[place + 1] if place + 1 < len(TIME_BOUNDS) else 2 * bound
            return bound + (upper - bound) * (n / 2 - below) / count
        below += count
    return None


def together(rows: Iterable[tuple[int, int, int]]) -> Counter[tuple[int, int]]:
    """Return rows (x, y, how many) as a joint distribution."""
    joint: Counter[tuple[int, int]] = Counter()
    for x, y, count in rows:
        joint[x, y] += count
    return joint
