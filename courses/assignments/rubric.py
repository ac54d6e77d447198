"""What a filled-in rubric amounts to. Pure: a rubric and the chosen levels in, a score out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lms.api import Score

LEVELS = ("1", "2", "3", "4")
KEPT, BROKEN = "kept", "broken"
HIGHEST = len(LEVELS)

Rubric = Sequence[Mapping[str, Any]]
Levels = Mapping[str, str]  # key of a criterion: one of LEVELS; key of a gate: KEPT or BROKEN


def allowed(criterion: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what can be chosen for a criterion."""
    return (KEPT, BROKEN) if criterion.get("gate") else LEVELS


def undecided(rubric: Rubric, levels: Levels) -> int:
    """Return for how many criteria and gates nothing has been chosen."""
    return sum(levels.get(criterion["key"]) not in allowed(criterion) for criterion in rubric)


def score_of(rubric: Rubric, levels: Levels) -> Score | None:
    """Return the score: each criterion earns its weight times a quarter of its level.

    None while something is undecided or a gate is not kept, and for a rubric that weighs nothing.
    """
    weighed = [criterion for criterion in rubric if not criterion.get("gate")]
    maximum = sum(criterion.get("weight") or 0 for criterion in weighed)
    if not maximum or undecided(rubric, levels) or BROKEN in levels.values():
        return None
    points = sum((criterion.get("weight") or 0) * int(levels[criterion["key"]]) for criterion in weighed) / HIGHEST
    return Score(points, maximum)
