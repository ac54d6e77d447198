"""Asking for a review, commenting, deciding, answering. What was asked about never changes; what was said is never lost."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
import uuid
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from courses.base import WRITE, plugin
from courses.reviews.models import ApprovalRule, Comment, Review, ReviewActivity, Reviewer, Verdict
from courses.reviews.state import ReviewState, Stand, refuse_unapproved, review_state, state_for
from courses.studio.compare import Part, side_of_draft
from lms.api import Actor, Module, NotFound, Refused, audit, db, draft_activities, everybody_with, gettext, lazy_gettext, notify, utcnow

__all__ = ["ReviewState", "Stand", "refuse_unapproved", "review_state", "state_for"]

VALID_FOR = dt.timedelta(days=14)
MOST_LINKS = 20  # of one review
MOST_COMMENTS = 500  # of one reviewer on one text
KIND = "courses:review"

plugin.notice_kind(
    KIND,
    lazy_gettext("A review"),
    lazy_gettext("Somebody asks you to review a module, or has decided about yours."),
    topic="work",
    icon="clipboard-check",
)


# -- the author --------------------------------------------------------------------------------------------------------------------


def colleagues_of(actor: Actor) -> dict[uuid.UUID, str]:
    """Return {id: name} of those whom the actor can ask: everybody else who may write modules."""
    return {number: name for number, name in everybody_with(WRITE, utcnow().date()).items() if number != actor.id}


def ask(*, actor: Actor, module: Module, colleagues: Collection[uuid.UUID], note: str) -> Review:
    """Freeze the draft and ask colleagues what they think of it; without any, for links that are made afterwards.

    Asking again about the same text adds to the review that there is. Raises Refused when the draft cannot be published as it is, or when one of
    them may not write modules.
    """
    db.session.refresh(module, with_for_update=True)
    side = side_of_draft(module, draft_activities(module.id))
    if not side.parts:
        raise Refused(gettext("There is nothing to read yet. Add an activity first."))
    if side.problem:
        raise Refused(side.problem)
    if not set(colleagues) <= colleagues_of(actor).keys():
        raise Refused(gettext("Only somebody who may write modules can be asked here. For others, make a link."))
    same = sa.select(Review).where(Review.module_id == module.id, Review.digest == side.digest, Review.closed_at.is_(None))
    review = db.session.scalar(same.order_by(Review.id.desc()).limit(1))
    if review is None:
        review = Review(module_id=module.id, about=side.about, digest=side.digest, note=note, asked_by_id=actor.id)
        db.session.add(review)
        db.session.flush()
        db.session.add_all(_frozen(review.id, place, part) for place, part in enumerate(side.parts, start=1))
        audit(actor.id, "module:review:ask", "module", module.id, review=review.id)
    elif note:
        review.note = note
    known = {reviewer.user_id: reviewer for reviewer in db.session.scalars(sa.select(Reviewer).where(Reviewer.review_id == review.id))}
    for user_id in sorted(set(colleagues), key=str):
        before, when = known.get(user_id), utcnow()
        if before is None:
            db.session.add(Reviewer(review_id=review.id, user_id=user_id))
        elif before.revoked_at is not None:
            before.revoked_at, before.asked_at = None, when
        else:
            continue
        notify(
            user_id=user_id,
            key=f"review/{review.id}" if before is None else f"review/{review.id}/{when:%Y%m%d%H%M%S}",
            subject=lazy_gettext("A colleague asks for your review"),
            body=lazy_gettext("A module waits for your comments and your decision."),
            path=f"/reviews/{review.id}",
            kind=KIND,
        )
    db.session.flush()
    return review


def _frozen(review_id: int, place: int, part: Part) -> ReviewActivity:
    day = part.checked_on.isoformat() if part.checked_on else None
    rest = {"requires": [*part.requires], "tags": [*part.tags], "sources": [*part.sources], "checked_on": day, "rule": part.rule}
    names = ("key", "type", "title", "section", "minutes", "required", "settings", "prepared")
    return ReviewActivity(review_id=review_id, position=place, rest=rest, **{name: getattr(part, name) for name in names})


def make_link(*, actor: Actor, review: Review, label: str) -> str:
    """Let somebody without an account read and comment a review; return the secret of the address, which is kept nowhere.

    Raises Refused when the review is closed or has too many links.
    """
    _refuse_closed(review)
    links = sa.select(sa.func.count(Reviewer.id)).where(Reviewer.review_id == review.id, Reviewer.secret_hash.is_not(None))
    if (db.session.scalar(links) or 0) >= MOST_LINKS:
        raise Refused(gettext("A review has at most %(most)s links.", most=MOST_LINKS))
    secret = secrets.token_urlsafe(24)
    link = Reviewer(review_id=review.id, secret_hash=fingerprint(secret), label=label, expires_at=utcnow() + VALID_FOR)
    db.session.add(link)
    db.session.flush()
    audit(actor.id, "module:review:link", "module", review.module_id, review=review.id, link=link.id)
    return secret


def fingerprint(secret: str) -> str:
    """Return what is kept of the secret of a link."""
    return hashlib.sha256(secret.encode()).hexdigest()


def revoke(*, actor: Actor, review: Review, reviewer_id: int) -> None:
    """Make a reviewer's page unreachable; what they have said stays. Raises NotFound."""
    reviewer = db.session.scalar(sa.select(Reviewer).where(Reviewer.id == reviewer_id, Reviewer.review_id == review.id))
    if reviewer is None:
        raise NotFound("no such reviewer")
    if reviewer.revoked_at is None:
        reviewer.revoked_at = utcnow()
        audit(actor.id, "module:review:revoke", "module", review.module_id, review=review.id, link=reviewer.id)
        db.session.flush()


def close(*, actor: Actor, review: Review) -> None:
    """Stop waiting for a review: nobody can comment any more, and what it decided does not count. Comments stay."""
    if review.closed_at is None:
        review.closed_at = utcnow()
        audit(actor.id, "module:review:close", "module", review.module_id, review=review.id)
        db.session.flush()


def settle(*, actor: Actor, comment: Comment, answer: str, done: bool) -> None:
    """Answer a comment, and mark it as done or open again."""
    if answer != comment.answer:
        comment.answer, comment.answered_at = answer, utcnow() if answer else None
    if done != (comment.done_at is not None):
        comment.done_at = utcnow() if done else None
    comment.settled_by_id = actor.id
    db.session.flush()


def demand_approval(*, actor: Actor, module: Module, demanded: bool) -> None:
    """Say that a module is published only after an approval, or that it needs none. Raises Refused unless the actor owns it."""
    if module.owner_id not in {None, actor.id}:
        raise Refused(gettext("Only the owner of the module decides this."))
    found = db.session.get(ApprovalRule, module.id)
    if demanded and found is None:
        db.session.add(ApprovalRule(module_id=module.id, set_by_id=actor.id))
    elif not demanded and found is not None:
        db.session.delete(found)
    else:
        return
    audit(actor.id, "module:review:rule", "module", module.id, demanded=demanded)
    db.session.flush()


# -- the reviewer ------------------------------------------------------------------------------------------------------------------


def comment(*, review: Review, reviewer: Reviewer, key: str, anchor: str, quote: str, text: str) -> Comment:
    """Keep what a reviewer says. The same text on the same paragraph, sent twice, is one comment. Raises Refused when the review is closed."""
    _refuse_closed(review)
    mine = sa.select(Comment).where(Comment.reviewer_id == reviewer.id)
    said = db.session.scalar(mine.where(Comment.key == key, Comment.anchor == anchor, Comment.text == text))
    if said is not None:
        return said
    if (db.session.scalar(sa.select(sa.func.count()).select_from(mine.subquery())) or 0) >= MOST_COMMENTS:
        raise Refused(gettext("These are very many comments. Please talk to the author."))
    made = Comment(review_id=review.id, reviewer_id=reviewer.id, key=key, anchor=anchor, quote=quote[:400], text=text)
    db.session.add(made)
    db.session.flush()
    return made


def remove_comment(*, review: Review, reviewer: Reviewer, comment_id: int) -> None:
    """Take one's own comment back, as long as nobody has answered it. Raises NotFound, Refused."""
    _refuse_closed(review)
    found = db.session.scalar(sa.select(Comment).where(Comment.id == comment_id, Comment.reviewer_id == reviewer.id))
    if found is None:
        raise NotFound("no such comment of this reviewer")
    if found.answer or found.done_at is not None:
        raise Refused(gettext("The author has answered this comment already. It stays."))
    db.session.delete(found)
    db.session.flush()


def decide(*, review: Review, reviewer: Reviewer, verdict: Verdict, sentence: str) -> None:
    """Approve the frozen text or return it, with a sentence; the author is told. It can be changed until the author closes the review.

    Raises Refused when the review is closed.
    """
    _refuse_closed(review)
    if (reviewer.verdict, reviewer.sentence) == (verdict, sentence):
        return
    reviewer.verdict, reviewer.sentence, reviewer.decided_at = verdict, sentence, utcnow()
    detail: dict[str, Any] = {"review": review.id, "reviewer": reviewer.id, "verdict": verdict.value}
    audit(reviewer.user_id, "module:review:decide", "module", review.module_id, **detail)
    module = db.session.get_one(Module, review.module_id)
    if review.asked_by_id is not None:
        notify(
            user_id=review.asked_by_id,
            key=f"review/{review.id}/{reviewer.id}/{verdict.value}",
            subject=lazy_gettext("Your draft was approved") if verdict is Verdict.APPROVED else lazy_gettext("Your draft came back"),
            body=lazy_gettext("A reviewer has read it and decided. Their comments stand beside your texts."),
            path=f"/studio/{module.key}/reviews/{review.id}",
            kind=KIND,
        )
    db.session.flush()


def introduce(*, reviewer: Reviewer, name: str) -> None:
    """Keep how somebody without an account calls herself."""
    reviewer.name = name
    db.session.flush()


def _refuse_closed(review: Review) -> None:
    if review.closed_at is not None:
        raise Refused(gettext("The author has closed this review. Nothing can be added any more."))
