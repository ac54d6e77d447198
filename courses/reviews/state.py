"""Whether a module's draft was approved as it is: one read, whatever the number of reviews."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from courses.reviews.models import ApprovalRule, Comment, Review, Reviewer, Verdict
from courses.studio.compare import Side, side_of_draft
from lms.api import Module, Refused, User, db, draft_activities, format_date, full_name, gettext


class Stand(enum.StrEnum):
    """Where a draft stands: nobody was asked, somebody reads it, exactly this text was approved, it has changed since, it came back."""

    NONE = "none"
    WAITING = "waiting"
    APPROVED = "approved"
    CHANGED = "changed"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class ReviewState:
    """Where a draft stands, who said so and when, how many comments are open, and whether it is published only after an approval.

    `exact` tells whether the review was of the text as it is now; `review_id` is that review, None while there is none.
    """

    stand: Stand
    review_id: int | None = None
    by: Sequence[str] = ()
    at: dt.datetime | None = None
    exact: bool = False
    open_comments: int = 0
    required: bool = False

    @property
    def may_publish(self) -> bool:
        """Tell whether nothing is in the way of publishing."""
        return not self.required or self.stand is Stand.APPROVED

    @property
    def sentence(self) -> str:
        """Say it in one sentence; nothing while nobody was asked."""
        names, day = ", ".join(self.by), format_date(self.at) if self.at else ""
        if self.stand is Stand.WAITING:
            return gettext("With %(names)s for review since %(day)s.", names=names, day=day)
        if self.stand is Stand.APPROVED:
            return gettext("Approved by %(names)s on %(day)s, for exactly this text.", names=names, day=day)
        if self.stand is Stand.CHANGED:
            return gettext("Approved by %(names)s on %(day)s; the text has changed since.", names=names, day=day)
        if self.stand is Stand.RETURNED and self.exact:
            return gettext("Returned by %(names)s on %(day)s.", names=names, day=day)
        if self.stand is Stand.RETURNED:
            return gettext("Returned by %(names)s on %(day)s; the text has changed since.", names=names, day=day)
        return ""

    @property
    def refusal(self) -> str:
        """Say why it cannot be published; nothing when it can."""
        if self.may_publish:
            return ""
        if self.stand is Stand.CHANGED:
            return gettext(
                "This module is published only after an approval, and its text has changed since the last one. Ask for a review again."
            )
        if self.stand is Stand.RETURNED:
            return gettext("This module is published only after an approval, and the reviewer has returned it. Ask for a review again.")
        if self.stand is Stand.WAITING:
            return gettext("This module is published only after an approval. The review is not finished yet.")
        return gettext("This module is published only after an approval. Ask a colleague or an expert for a review first.")


@dataclass(frozen=True, slots=True)
class Asked:
    """One reviewer of one review, as the state is made of them."""

    review_id: int
    digest: str
    asked_at: dt.datetime
    name: str
    verdict: Verdict | None
    decided_at: dt.datetime | None


def review_state(module: Module, now: Side | None = None) -> ReviewState:
    """Return where the draft of a module stands; `now` is the draft as `side_of_draft` gives it, read here when it is left out."""
    now = side_of_draft(module, draft_activities(module.id)) if now is None else now
    return state_for(module.id, now.digest)


def state_for(module_id: int, digest: str) -> ReviewState:
    """Return where a text of a module stands, of which only the fingerprint is known: one that was frozen for later, for instance."""
    comments = (
        sa.select(sa.func.count(Comment.id))
        .join(Review, Review.id == Comment.review_id)
        .where(Review.module_id == module_id, Comment.done_at.is_(None))
        .scalar_subquery()
    )
    waits = sa.and_(Reviewer.revoked_at.is_(None), Review.closed_at.is_(None))  # what was decided counts also when its review is closed
    rows = db.session.execute(
        sa.select(
            ApprovalRule.module_id.label("required"), comments.label("open_comments"), Review.id, Review.digest, Review.asked_at, Reviewer.id.label("reviewer_id"),
            Reviewer.label, Reviewer.name.label("typed"), Reviewer.verdict, Reviewer.decided_at, User.title_before, User.name, User.title_after,
        )
        .select_from(Module)
        .outerjoin(ApprovalRule, ApprovalRule.module_id == Module.id)
        .outerjoin(Review, Review.module_id == Module.id)
        .outerjoin(Reviewer, sa.and_(Reviewer.review_id == Review.id, sa.or_(waits, Reviewer.verdict.is_not(None))))
        .outerjoin(User, User.id == Reviewer.user_id)
        .where(Module.id == module_id)
        .order_by(Review.id.desc(), Reviewer.id)
    ).all()  # fmt: skip
    asked = [
        Asked(
            row.id, row.digest, row.asked_at, full_name(row.title_before, row.name, row.title_after) if row.name else row.typed or row.label or "",
            row.verdict, row.decided_at,
        )
        for row in rows
        if row.reviewer_id is not None
    ]  # fmt: skip
    required, open_comments = (rows[0].required is not None, rows[0].open_comments) if rows else (False, 0)
    stand, about = decide(asked, digest)
    said = [each for each in about if each.name and (each.verdict is not None) == (stand is not Stand.WAITING)]
    said = [each for each in said if (each.verdict is Verdict.RETURNED) == (stand is Stand.RETURNED)]
    return ReviewState(
        stand=stand,
        review_id=about[0].review_id if about else None,
        by=[each.name for each in said],
        at=max((each.decided_at for each in said if each.decided_at), default=about[0].asked_at if about else None),
        exact=bool(about) and about[0].digest == digest,
        open_comments=open_comments,
        required=required,
    )


def decide(asked: Sequence[Asked], digest: str) -> tuple[Stand, list[Asked]]:
    """Return where a text stands and the review that says so; `asked` are all reviewers, those of the newest review first. Pure.

    One who returns a text outweighs those who approve it. A review of exactly this text outweighs newer ones of another text, and one that
    is decided a newer one of the same text that is not yet.
    """
    reviews: dict[int, list[Asked]] = {}
    for each in asked:
        reviews.setdefault(each.review_id, []).append(each)
    stands = [(_stand(review), review) for review in reviews.values()]
    exact = [(stand, review) for stand, review in stands if digest and review[0].digest == digest]
    decided = next(((stand, review) for stand, review in exact if stand is not Stand.WAITING), None)
    if decided:
        return decided
    newest = (exact or stands or [(Stand.NONE, [])])[0]
    return (Stand.CHANGED, newest[1]) if newest[0] is Stand.APPROVED else newest


def _stand(review: Sequence[Asked]) -> Stand:
    verdicts = {each.verdict for each in review}
    return Stand.RETURNED if Verdict.RETURNED in verdicts else Stand.APPROVED if Verdict.APPROVED in verdicts else Stand.WAITING


def approval_needed(module_id: int) -> bool:
    """Tell whether a module is published only after an approval."""
    return db.session.get(ApprovalRule, module_id) is not None


def refuse_unapproved(module: Module, now: Side | None = None) -> None:
    """Raise Refused, with the reason, when a module needs an approval and its draft (or `now`) has none."""
    if approval_needed(module.id):
        refusal = review_state(module, now).refusal
        if refusal:
            raise Refused(refusal)
