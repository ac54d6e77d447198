"""The frozen text of a review as a side of a comparison."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from courses.reviews.models import Review, ReviewActivity
from courses.studio.compare import Part, Side
from lms.api import Module


def part_of_row(row: ReviewActivity) -> Part:
    """Return an activity of a frozen text."""
    day = row.rest["checked_on"]
    return Part(
        key=row.key,
        type=row.type,
        title=row.title,
        section=row.section,
        minutes=row.minutes,
        required=row.required,
        requires=row.rest["requires"],
        tags=row.rest["tags"],
        sources=row.rest["sources"],
        checked_on=dt.date.fromisoformat(day) if day else None,
        rule=row.rest["rule"],
        settings=row.settings,
        prepared=row.prepared,
    )


def side_of_review(module: Module, review: Review, rows: Iterable[ReviewActivity]) -> Side:
    """Return the frozen text of a review."""
    return Side(module, review.about, [part_of_row(row) for row in rows], review.digest)
