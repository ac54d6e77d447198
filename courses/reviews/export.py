"""What somebody asked for and said in reviews, for "download my data"."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa

from courses.base import plugin
from courses.reviews.models import Comment, Review, Reviewer
from lms.api import Module, db


@plugin.personal_data
def export_reviews(user_id: uuid.UUID) -> list[dict[str, Any]]:
    """Return the reviews that a person asked for, and those that they were asked for with what they decided and said."""
    asked = db.session.execute(
        sa.select(Module.key, Review.asked_at, Review.note).join(Module, Module.id == Review.module_id).where(Review.asked_by_id == user_id)
    )
    given = db.session.execute(
        sa.select(Module.key, Reviewer.id, Reviewer.verdict, Reviewer.sentence, Reviewer.decided_at)
        .join(Review, Review.id == Reviewer.review_id)
        .join(Module, Module.id == Review.module_id)
        .where(Reviewer.user_id == user_id)
    ).all()
    said: dict[int, list[dict[str, Any]]] = {}
    for comment in db.session.scalars(
        sa.select(Comment).join(Reviewer, Reviewer.id == Comment.reviewer_id).where(Reviewer.user_id == user_id)
    ):
        said.setdefault(comment.reviewer_id, []).append({"activity": comment.key, "text": comment.text, "made_at": comment.made_at})
    return [
        *({"kind": "asked for a review", "module": key, "asked_at": asked_at, "note": note} for key, asked_at, note in asked),
        *(
            {"kind": "review", "module": key, "verdict": verdict, "sentence": sentence, "decided_at": at, "comments": said.get(number, [])}
            for key, number, verdict, sentence, at in given
        ),
    ]
