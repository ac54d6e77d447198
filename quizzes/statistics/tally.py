"""What one marked attempt adds to the counts. Pure: marked items in, whole numbers out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from quizzes.kinds.base import KINDS, Piece
from quizzes.statistics.formulas import time_bucket

UNIT = 10_000  # shares and points are counted in ten-thousandths
LONGEST_ANSWER, LONGEST_PART = 200, 20
UNANSWERED = Piece("", "", 0.0)


@dataclass(frozen=True, slots=True)
class Marked:
    """An item of an attempt with its mark.

    data is what its author wrote, response what was answered; share is what it earned of the points, 1 for all; seconds is the time that
    was spent on it, None when nobody knows.
    """

    item_id: int
    version_id: int
    kind: str
    data: Mapping[str, Any]
    response: Mapping[str, Any]
    share: float
    points: float
    seconds: int | None


@dataclass(slots=True)
class Tally:
    """Counts of one attempt or of many, keyed like the tables (models.py) from `version_id` or `total` on.

    pairs: (version, x, rest, maximum, item); totals: (total, maximum, asked); times: (version, bucket); answers and the sums of their shares:
    (version, part, answer, rest).
    """

    pairs: Counter[tuple[int, int, int, int, int]] = field(default_factory=Counter)
    totals: Counter[tuple[int, int, int]] = field(default_factory=Counter)
    answers: Counter[tuple[int, str, str, int]] = field(default_factory=Counter)
    shares: Counter[tuple[int, str, str, int]] = field(default_factory=Counter)
    times: Counter[tuple[int, int]] = field(default_factory=Counter)


def tally(items: Sequence[Marked]) -> Tally:
    """Return what an attempt adds to the counts."""
    made = Tally()
    if not items:
        return made
    shares = [round(item.share * UNIT) for item in items]
    maxima = [round(item.points * UNIT) for item in items]
    marks = [points_of(share, maximum) for share, maximum in zip(shares, maxima, strict=True)]
    total = sum(marks)
    made.totals[total, sum(maxima), len(items)] += 1
    for item, share, maximum, mark in zip(items, shares, maxima, marks, strict=True):
        rest = total - mark
        made.pairs[item.version_id, share, rest, maximum, item.item_id] += 1
        if item.seconds is not None:
            made.times[item.version_id, time_bucket(item.seconds)] += 1
        for piece in _pieces(item):
            key = (item.version_id, piece.part[:LONGEST_PART], _plain(piece.answer), rest)
            made.answers[key] += 1
            made.shares[key] += round(piece.share * UNIT)
    return made


def points_of(share: int, maximum: int) -> int:
    """Return the points that a share of the maximum is, all in ten-thousandths, half of one rounded up."""
    return (2 * share * maximum + UNIT) // (2 * UNIT)


def _pieces(item: Marked) -> Sequence[Piece]:
    """Return the parts of a response; an empty one counts as such, where answers are counted at all."""
    kind = KINDS.get(item.kind)
    if kind is None or kind.by_person:
        return ()
    return kind.pieces(item.data, item.response) if item.response else [UNANSWERED]


def _plain(answer: str) -> str:
    """Return an answer as every database takes it."""
    return answer.replace("\x00", "")[:LONGEST_ANSWER]
