"""Reviews on the desk of those who were asked for them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from courses.base import plugin
from courses.reviews.models import Review, Reviewer
from lms.api import Actor, WaitingKind, waiting_row
from lms.api import lazy_gettext as _

Rows = sa.Select[*tuple[Any, ...]]


def reviews_waiting(actor: Actor) -> Rows:
    """Return the reviews that wait for a colleague."""
    return _reviews(actor, Reviewer.asked_at).where(Reviewer.verdict.is_(None), Review.closed_at.is_(None))


def reviews_decided(actor: Actor) -> Rows:
    """Return the reviews in which a colleague has decided."""
    return _reviews(actor, Reviewer.decided_at).where(Reviewer.verdict.is_not(None))


def _reviews(actor: Actor, at: Any) -> Rows:
    row = waiting_row(
        reference=Review.id, number=Review.id, title=Review.about["title"]["id"].as_string(), module_id=Review.module_id, at=at
    )
    return (
        sa.select(*row).join(Reviewer, Reviewer.review_id == Review.id).where(Reviewer.user_id == actor.id, Reviewer.revoked_at.is_(None))
    )


def place(row: Any) -> tuple[str, str]:
    """Return code and address of a review."""
    return f"R-{row.number}", f"/reviews/{row.number}"


plugin.waiting(WaitingKind("courses:review", _("Reviews of modules"), "messages-square", reviews_waiting, place, reviews_decided))
