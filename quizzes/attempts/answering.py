"""Ways of answering: what the steps of one question amount to. Pure: steps in, standing out.

- **deferred**: answers are marked after the hand-in.
- **immediate**: a learner may ask to be told at once; that answer stays.
- **interactive**: several tries, a hint after each wrong one; each try costs a third of the points (as many tries as hints, and one more).
- **certainty**: marked after the hand-in, with how sure the learner was (certainty-based marking, Gardner-Medwin 1995): right earns 1, 2
  or 3, wrong costs 0, 2 or 6, so that being honest about one's certainty earns most.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from quizzes.attempts.models import Action

COST_OF_A_TRY = 1 / 3
RIGHT = {1: 1, 2: 2, 3: 3}
WRONG = {1: 0, 2: -2, 3: -6}
TOP = 3
AT_ONCE = frozenset({"immediate", "interactive"})

Marking = Callable[[Mapping[str, Any]], float | None]


class Taken(Protocol):
    """A step, as far as it matters here."""

    action: Any
    response: Any
    flagged: Any
    certainty: Any
    sequence: Any
    saved_at: Any
    receipt: Any


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one question of an attempt stands.

    `base` is the number of the latest step that counts: what a writer must have seen. `share` is known once it was told. `tries` counts the
    checks, `hint` is the number of the hint to show (from 0) or None.
    """

    response: Mapping[str, Any]
    flagged: bool = False
    certainty: int | None = None
    base: int = 0
    saved_at: dt.datetime | None = None
    receipt: str = ""
    share: float | None = None
    closed: bool = False  # nothing more can be answered here
    tries: int = 0
    hint: int | None = None
    aside: int = 0  # answers kept that do not count
    late: bool = False


UNTOUCHED = Standing({})


def counting(steps: Sequence[Taken]) -> list[Taken]:
    """Return the steps that count, in order."""
    return [step for step in sorted(steps, key=lambda step: step.sequence) if step.action is not Action.ASIDE]


def standing(way: str, steps: Sequence[Taken], mark: Marking, hints: int = 0) -> Standing:
    """Return where a question stands after its steps; mark(response) gives a response's share."""
    valid = counting(steps)
    aside = len(steps) - len(valid)
    if not valid:
        return Standing({}, aside=aside)
    last = valid[-1]
    checks = [step for step in valid if step.action is Action.CHECK]
    share, closed, hint = None, False, None
    if way in AT_ONCE and checks:
        earned = mark(checks[-1].response)
        right = earned is not None and earned >= 1
        closed = way == "immediate" or right or len(checks) > hints
        if closed and earned is not None:
            share = earned * cost(len(checks)) if way == "interactive" else earned
        hint = None if closed or not hints else len(checks) - 1
    return Standing(
        response=last.response,
        flagged=last.flagged,
        certainty=last.certainty,
        base=last.sequence,
        saved_at=last.saved_at,
        receipt=last.receipt,
        share=share,
        closed=closed,
        tries=len(checks),
        hint=hint,
        aside=aside,
        late=any(step.action is Action.LATE for step in valid),
    )


def cost(tries: int) -> float:
    """Return what is left of the points at the so-manieth try."""
    return max(0.0, 1 - COST_OF_A_TRY * (tries - 1))


def final_share(way: str, now: Standing, mark: Marking) -> float | None:
    """Return what a question earns when the attempt is marked, as a share of its points; None: a person must look.

    With certainties it can be below 0, down to -2: a sure wrong answer costs more than a right one earns.
    """
    earned = mark(now.response)
    if earned is None or not now.response:
        return earned
    if way == "interactive":
        return earned * cost(max(1, now.tries if now.closed else now.tries + 1))
    if way == "certainty":
        sure = now.certainty or 1
        return (RIGHT[sure] if earned >= 1 else WRONG[sure] if earned <= 0 else RIGHT[1] * earned) / TOP
    return earned
