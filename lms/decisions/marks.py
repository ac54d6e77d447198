"""The final mark: exact until the end, rounded half up to two places once, then compared.

A module's score is the mean of the best percentages of its required activities whose rule asks for a score; what has no score yet counts 0, so
that a mark only ever rises. The final mark is the mean of the scores of the required modules, weighted by the cohort's weights; modules in
which nothing is marked do not count. (Pass mark 70.01: LAN's rule for basic training; the scale is data of the course.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from lms.decisions.facts import ModuleFacts, Part, Person, Programme
from lms.i18n import half_up
from lms.progress.models import CompletionState


@dataclass(frozen=True, slots=True)
class PartMark:
    """The best percentage of an activity; None: none yet. `waits` tells whether somebody still marks it."""

    part: Part
    score: float | None
    waits: bool


@dataclass(frozen=True, slots=True)
class ModuleMark:
    """A module's score, rounded for showing only, its weight, and its activities."""

    module: ModuleFacts
    score: Decimal
    parts: tuple[PartMark, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """A final mark with its band of the grade scale, and how it came about. value None: nothing in the programme is marked."""

    value: Decimal | None
    band: Mapping[str, Any] | None
    modules: tuple[ModuleMark, ...]

    @property
    def passes(self) -> bool:
        """Tell whether the band passes."""
        return bool(self.band and self.band["passes"])

    @property
    def parts(self) -> list[PartMark]:
        """Return all marked activities."""
        return [part for module in self.modules for part in module.parts]

    @property
    def weight(self) -> float:
        """Return the sum of the weights."""
        return sum(row.module.weight for row in self.modules)


def final_mark(programme: Programme, person: Person, *, hopeful: bool = False) -> Mark:
    """Return the final mark; hopeful counts what somebody still marks as 100."""
    total, weights, rows = Fraction(0), Fraction(0), []
    for module in programme.modules:
        parts = tuple(_mark(part, person) for part in module.parts if part.scored)
        if not module.required or not parts or module.weight <= 0:
            continue
        scores = [Fraction(100) if hopeful and row.waits else Fraction(str(row.score or 0)) for row in parts]
        mean = sum(scores, Fraction(0)) / len(scores)
        weight = Fraction(str(module.weight))
        total, weights = total + mean * weight, weights + weight
        rows.append(ModuleMark(module, rounded(mean), parts))
    value = rounded(total / weights) if weights else None
    return Mark(value, None if value is None else band_of(programme.scale, value), tuple(rows))


def _mark(part: Part, person: Person) -> PartMark:
    state = person.state(part)
    return PartMark(part, state.score, state.state is CompletionState.WAITING)


def rounded(value: Fraction) -> Decimal:
    """Round half up to two places, exactly."""
    return (Decimal((value * 100 + Fraction(1, 2)).__floor__()) / 100).quantize(Decimal("0.01"))


def band_of(scale: Sequence[Mapping[str, Any]], value: Decimal) -> Mapping[str, Any] | None:
    """Return the best band whose minimum a rounded mark reaches, or None."""
    for band in sorted(scale, key=lambda row: row["minimum"], reverse=True):
        if value >= half_up(band["minimum"]):
            return band
    return None


def pass_mark(scale: Sequence[Mapping[str, Any]]) -> float:
    """Return the lowest minimum of a band that passes; 70.01 where the scale has none."""
    return float(min((row["minimum"] for row in scale if row["passes"]), default=70.01))
