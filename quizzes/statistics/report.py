"""The report of a quiz, made of the counts. Pure: rows of the tables in, figures out; all in percent unless it says otherwise."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

from lms.api import gettext as __
from quizzes.statistics import formulas
from quizzes.statistics.formulas import Interval
from quizzes.statistics.tally import UNIT, points_of

HIDDEN = 5  # with fewer attempts nothing is shown: people could be recognised
ENOUGH = 30  # with fewer attempts figures are shown, and nothing is concluded from them


class PairRow(NamedTuple):
    """So many attempts earned the share x of maximum while the rest was so much (ten-thousandths)."""

    item_id: int
    version_id: int
    x: int
    rest: int
    maximum: int
    n: int


class TotalRow(NamedTuple):
    """So many attempts got so many points of so many, for so many items (ten-thousandths of a point)."""

    total: int
    maximum: int
    asked: int
    n: int


class AnswerRow(NamedTuple):
    """So many gave an answer to a part; what they earned for it and what they had on the other items, added up (ten-thousandths)."""

    version_id: int
    part: str
    answer: str
    n: int
    sum_share: int
    sum_rest: int


class TimeRow(NamedTuple):
    """So many attempts took so many seconds for a version."""

    version_id: int
    seconds: int
    n: int


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to a part of an item: by how many, what it earns (percent), and the mean points of these people on the other items."""

    part: str
    answer: str
    count: int
    share: float
    mean_rest: float


@dataclass(frozen=True, slots=True)
class Wording:
    """The figures of one version of an item. Everything but `n` is empty when `hidden`."""

    item_id: int
    version_id: int
    n: int
    facility: float = 0.0
    facility_interval: Interval | None = None
    sd: float | None = None
    discrimination: float | None = None
    discrimination_interval: Interval | None = None
    efficiency: float | None = None
    guess: float | None = None
    seconds: float | None = None
    answers: tuple[Answer, ...] = ()

    @property
    def hidden(self) -> bool:
        """Tell whether there are so few attempts that people could be recognised."""
        return self.n < HIDDEN

    @property
    def few(self) -> bool:
        """Tell whether there are too few attempts to conclude anything."""
        return self.n < ENOUGH


@dataclass(frozen=True, slots=True)
class ItemReport:
    """An item in a quiz: what it weighs, and its wordings, the newest first. The effective weight is None where it is not defined."""

    item_id: int
    intended_weight: float
    effective_weight: float | None
    wordings: tuple[Wording, ...]

    @property
    def newest(self) -> Wording:
        """Return the wording that was asked last."""
        return self.wordings[0]


@dataclass(frozen=True, slots=True)
class QuizReport:
    """The figures of a quiz. Everything but `n` is empty when `hidden`; `seconds` is the middle of its questions' times."""

    n: int
    mean: float = 0.0
    mean_interval: Interval | None = None
    median: float = 0.0
    sd: float | None = None
    skewness: float | None = None
    kurtosis: float | None = None
    consistency: float | None = None
    no_consistency: str = ""  # why not
    error_ratio: float | None = None
    standard_error: float | None = None
    seconds: float | None = None
    items: tuple[ItemReport, ...] = ()

    @property
    def hidden(self) -> bool:
        """Tell whether there are so few attempts that people could be recognised."""
        return self.n < HIDDEN

    @property
    def few(self) -> bool:
        """Tell whether there are too few attempts to conclude anything."""
        return self.n < ENOUGH


def make_report(
    *,
    pairs: Sequence[PairRow],
    totals: Sequence[TotalRow],
    answers: Iterable[AnswerRow],
    times: Iterable[TimeRow],
    guesses: Mapping[int, float | None],
) -> QuizReport:
    """Return the report; guesses are {version id: the share that somebody who guesses earns}."""
    n = sum(row.n for row in totals)
    if n < HIDDEN:
        return QuizReport(n)
    wordings = _wordings(pairs, answers, times, guesses)
    timed = [wording.seconds for wording in wordings if wording.seconds is not None]
    by_item = defaultdict(list)
    for row in pairs:
        by_item[row.item_id].append(row)
    same = all(sum(row.n for row in rows) == n for rows in by_item.values()) and len({row.maximum for row in totals}) == 1
    return QuizReport(
        n=n,
        items=_items(by_item, wordings, same=same),
        seconds=sorted(timed)[len(timed) // 2] if timed else None,
        **_of_totals(totals),
        **_reliability(by_item, totals, same=same),
    )


def _of_totals(totals: Sequence[TotalRow]) -> dict[str, Any]:
    """Return what the totals look like, each as a percentage of its own maximum."""
    shares: Counter[Fraction] = Counter()
    for row in totals:
        shares[Fraction(100 * row.total, row.maximum or 1)] += row.n
    found = formulas.moments(shares)
    return {
        "mean": found.mean,
        "mean_interval": formulas.mean_interval(found),
        "median": formulas.median(shares),
        "sd": found.sd,
        "skewness": found.skewness,
        "kurtosis": found.kurtosis,
    }


def _reliability(by_item: Mapping[int, Sequence[PairRow]], totals: Sequence[TotalRow], *, same: bool) -> dict[str, Any]:
    """Return the internal consistency, the error ratio and the standard error, or the reason why they are not defined."""
    points: Counter[int] = Counter()
    for row in totals:
        points[row.total] += row.n
    whole = formulas.moments(points)
    if not same:
        return {"no_consistency": __("Internal consistency is defined only when all attempts were asked the same questions.")}
    if len(by_item) < 2:
        return {"no_consistency": __("Internal consistency needs at least two questions.")}
    if not whole.variance or whole.sd is None:
        return {"no_consistency": __("All attempts have the same result, so internal consistency is not defined.")}
    variances = [formulas.moments(_marks(rows)).variance or 0.0 for rows in by_item.values()]
    consistency = formulas.internal_consistency(len(by_item), sum(variances), whole.variance)
    assert consistency is not None
    ratio = formulas.error_ratio(consistency)
    return {"consistency": consistency, "error_ratio": ratio, "standard_error": ratio * whole.sd / totals[0].maximum}


def _marks(rows: Iterable[PairRow]) -> Counter[int]:
    marks: Counter[int] = Counter()
    for row in rows:
        marks[points_of(row.x, row.maximum)] += row.n
    return marks


def _items(by_item: Mapping[int, Sequence[PairRow]], wordings: Sequence[Wording], *, same: bool) -> tuple[ItemReport, ...]:
    offered = {item_id: sum(row.maximum * row.n for row in rows) for item_id, rows in by_item.items()}
    whole = sum(offered.values())
    with_total = [
        formulas.covariance(formulas.together((mark := points_of(row.x, row.maximum), mark + row.rest, row.n) for row in rows))
        for rows in by_item.values()
    ]
    effective = formulas.effective_weights(with_total) if same else [None] * len(by_item)
    return tuple(
        ItemReport(
            item_id=item_id,
            intended_weight=100 * offered[item_id] / whole if whole else 0.0,
            effective_weight=weight,
            wordings=tuple(wording for wording in wordings if wording.item_id == item_id),
        )
        for item_id, weight in zip(by_item, effective, strict=True)
    )


def _wordings(
    pairs: Iterable[PairRow], answers: Iterable[AnswerRow], times: Iterable[TimeRow], guesses: Mapping[int, float | None]
) -> list[Wording]:
    """Return the figures of every version, the newest first."""
    by_version: dict[int, list[PairRow]] = defaultdict(list)
    given: dict[int, list[AnswerRow]] = defaultdict(list)
    took: dict[int, dict[int, int]] = defaultdict(dict)
    for row in pairs:
        by_version[row.version_id].append(row)
    for answer in answers:
        given[answer.version_id].append(answer)
    for time in times:
        took[time.version_id][time.seconds] = time.n
    return [
        _wording(rows, given[version_id], took[version_id], guesses.get(version_id))
        for version_id, rows in sorted(by_version.items(), reverse=True)
    ]


def _wording(rows: Sequence[PairRow], answers: Sequence[AnswerRow], times: Mapping[int, int], guess: float | None) -> Wording:
    n, first = sum(row.n for row in rows), rows[0]
    if n < HIDDEN:
        return Wording(first.item_id, first.version_id, n)
    shares: Counter[int] = Counter()
    for row in rows:
        shares[row.x] += row.n
    joint = formulas.together((points_of(row.x, row.maximum), row.rest, row.n) for row in rows)
    found = formulas.moments(shares)
    index = formulas.discrimination_index(joint)
    return Wording(
        item_id=first.item_id,
        version_id=first.version_id,
        n=n,
        facility=100 * found.mean / UNIT,
        facility_interval=_facility_interval(shares, found),
        sd=None if found.sd is None else 100 * found.sd / UNIT,
        discrimination=index,
        discrimination_interval=None if index is None else formulas.correlation_interval(index, n),
        efficiency=formulas.discriminative_efficiency(joint),
        guess=None if guess is None else 100 * guess,
        seconds=formulas.median_time(times),
        answers=tuple(
            Answer(row.part, row.answer, row.n, 100 * row.sum_share / row.n / UNIT, row.sum_rest / row.n / UNIT)
            for row in sorted(answers, key=lambda row: (row.part, -row.n, row.answer))
        ),
    )


def _facility_interval(shares: Mapping[int, int], found: formulas.Moments) -> Interval | None:
    """Return Wilson's interval for an item that is right or wrong, else Student's, within what an item can earn."""
    if set(shares) <= {0, UNIT}:
        plain = formulas.proportion_interval(shares.get(UNIT, 0), found.n)
        return Interval(100 * plain.low, 100 * plain.high)
    around = formulas.mean_interval(found)
    if around is None:
        return None
    lowest = min(0, *shares)  # below nothing only where certainty counts
    return Interval(float(max(lowest, around.low)) * 100 / UNIT, min(UNIT, around.high) * 100 / UNIT)


# -- one item, by groups of attempts ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Trace:
    """How one answer, or the item's mark, goes through the groups of attempts, the weakest first: percent in each."""

    part: str
    answer: str
    shares: tuple[float, ...]


def group_sizes(pairs: Iterable[PairRow]) -> tuple[int, ...]:
    """Return how many attempts are in each group by the points on the other items, the weakest first."""
    scores = _rests(pairs)
    sizes: Counter[int] = Counter()
    for score, group in formulas.groups_of(scores).items():
        sizes[group] += scores[score]
    return tuple(sizes[group] for group in sorted(sizes))


def earned_by_group(pairs: Sequence[PairRow]) -> Trace:
    """Return the mean share that an item earned in each group."""
    groups = formulas.groups_of(_rests(pairs))
    earned: Counter[int] = Counter()
    for row in pairs:
        earned[groups[row.rest]] += row.x * row.n
    return Trace("", "", tuple(100 * earned[group] / size / UNIT for group, size in enumerate(group_sizes(pairs))))


def answers_by_group(pairs: Sequence[PairRow], answers: Iterable[tuple[str, str, int, int]]) -> list[Trace]:
    """Return what percentage of each group gave each answer; answers are rows (part, answer, rest, count)."""
    groups, sizes = formulas.groups_of(_rests(pairs)), group_sizes(pairs)
    given: dict[tuple[str, str], Counter[int]] = defaultdict(Counter)
    for part, answer, rest, count in answers:
        if rest in groups:  # an attempt may have been counted between the two reads
            given[part, answer][groups[rest]] += count
    return [
        Trace(part, answer, tuple(100 * counts[group] / size for group, size in enumerate(sizes)))
        for (part, answer), counts in sorted(given.items())
    ]


def _rests(pairs: Iterable[PairRow]) -> Counter[int]:
    scores: Counter[int] = Counter()
    for row in pairs:
        scores[row.rest] += row.n
    return scores
