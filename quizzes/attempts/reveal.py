"""What a learner may see of a result, and when. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from quizzes.attempts.questions import ALL, Reveal
from quizzes.attempts.rules import Rules

AFTER_CLOSING = "after_closing"
MARKS_ONLY = "marks"


def reveal_of(settings: Mapping[str, Any], conditions: Rules, now: dt.datetime) -> Reveal:
    """Return what the quiz shows after the hand-in: everything at once; marks now and the answers after it has closed; or marks alone.

    Without a closing "after it has closed" would be never, so it is at once.
    """
    shown = settings.get("reveal") or "all"
    if shown == MARKS_ONLY:
        return Reveal(right=False, rationale=False)
    if shown == AFTER_CLOSING and conditions.closes_at and now < conditions.closes_at:
        return Reveal(right=False, rationale=False)
    return ALL
