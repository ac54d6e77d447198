"""What the pages of peer review show."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from courses.assignments.rubric import Rubric
from courses.peers import queries, rules
from courses.peers.models import PeerReview
from courses.peers.rules import Plan, plan_of
from lms.api import Actor, Attempt, Body, Context, Item, NotFound, Outline, body, db, outline

MOST_KEPT = 20_000  # of a review that is half written; what is longer is no review


@dataclass(frozen=True, slots=True)
class Desk:
    """A review and the text that it is about, as one of the three sees them: reviewer, author or instructor."""

    review: PeerReview
    attempt: Attempt
    cohort_id: int
    outline: Outline
    text: Body
    assessor_id: uuid.UUID | None = None

    @property
    def item(self) -> Item:
        """Return the activity in the outline."""
        return self.outline.item(self.attempt.activity_key)

    @property
    def rubric(self) -> Rubric:
        """Return the criteria."""
        return cast("Rubric", self.text.settings["rubric"])

    @property
    def own(self) -> bool:
        """Tell whether reviewer and author are one."""
        return self.review.reviewer_id == self.attempt.enrolment_id

    @property
    def task_url(self) -> str:
        """Return the address of the assignment in the player."""
        return f"/learn/{self.cohort_id}/{self.outline.module_key}/{self.attempt.activity_key}"

    @property
    def kept(self) -> dict[str, str]:
        """Return what was typed so far, by the names of the form's fields."""
        return {"text": self.review.text} | {f"rubric-{key}": level for key, level in self.review.levels.items()}


def _desk(row: Any, cohort_id: int, **who: Any) -> Desk:
    attempt = row.Attempt
    found = outline(attempt.revision_id)
    return Desk(row.PeerReview, attempt, cohort_id, found, body(attempt.revision_id, attempt.activity_key), **who)


def desk_of(actor: Actor, review_id: uuid.UUID) -> Desk:
    """Return a review that the actor writes or has given. Raises NotFound for anybody else's."""
    row = db.session.execute(queries.written_by(actor.id, review_id)).one_or_none()
    if row is None:
        raise NotFound("no such review of this person")
    return _desk(row, row.cohort_id)


def received_of(actor: Actor, review_id: uuid.UUID) -> Desk:
    """Return a review that a colleague gave to the actor's text. Raises NotFound for anybody else's, and for one's own."""
    row = db.session.execute(queries.received_by(actor.id, review_id)).one_or_none()
    if row is None or row.PeerReview.reviewer_id == row.Attempt.enrolment_id:
        raise NotFound("no such review of this person's text")
    return _desk(row, row.cohort_id, assessor_id=row.assessor_id)


def complaint_of(assessor: Actor, review_id: uuid.UUID) -> Desk:
    """Return a review about which a learner of this instructor has complained. Raises NotFound for any other."""
    row = db.session.execute(queries.complained_to(assessor.id, review_id)).one_or_none()
    if row is None:
        raise NotFound("no complaint to this person")
    return _desk(row, row.cohort_id, assessor_id=assessor.id)


@dataclass(frozen=True, slots=True)
class Received:
    """The reviews that a text was given, as author and instructor see them."""

    plan: Plan
    rubric: Rubric
    reviews: Sequence[PeerReview]
    own: PeerReview | None

    @property
    def counted(self) -> list[PeerReview]:
        """Return the reviews that were not set aside."""
        return [review for review in self.reviews if review.counts]

    @property
    def medians(self) -> Mapping[str, float]:
        """Return the median of each criterion; none while there are fewer than three reviews."""
        levels = [review.levels for review in self.counted]
        return rules.medians(self.rubric, levels) if len(levels) >= rules.LEAST_FOR_A_MEDIAN else {}

    @property
    def doubts(self) -> Mapping[str, int]:
        """Return for each gate how many reviewers doubt it."""
        return rules.doubts(self.rubric, [review.levels for review in self.counted])


@dataclass(frozen=True, slots=True)
class Panel:
    """Peer review on the page of an assignment: what one has given, and what one's own text was given."""

    given: int
    received: Received


def panel_of(ctx: Context) -> Panel | None:
    """Return the panel of an activity for its learner: one statement; None where colleagues do not review."""
    plan = plan_of(ctx.settings)
    if not plan.wanted or ctx.enrolment_id is None:
        return None
    rows = db.session.execute(queries.around(ctx.enrolment_id, ctx.module_id, ctx.key)).all()
    mine = [row.PeerReview for row in rows if row.enrolment_id == ctx.enrolment_id and row.PeerReview.given_at]
    given = sum(row.PeerReview.reviewer_id == ctx.enrolment_id != row.enrolment_id and bool(row.PeerReview.given_at) for row in rows)
    return Panel(given, _received(plan, ctx.settings["rubric"], mine, ctx.enrolment_id))


def received_by_text(first: Attempt, settings: Mapping[str, Any]) -> Received | None:
    """Return the reviews of a work, by its first version: one statement; None where colleagues do not review."""
    plan = plan_of(settings)
    if not plan.wanted:
        return None
    return _received(plan, settings["rubric"], list(db.session.scalars(queries.given_to(first.id))), first.enrolment_id)


def _received(plan: Plan, rubric: Rubric, reviews: Sequence[PeerReview], author: int) -> Received:
    own = next((review for review in reviews if review.reviewer_id == author), None)
    return Received(plan, rubric, [review for review in reviews if review is not own], own)


def exported(review: PeerReview, activity: str, mine: bool, wrote: bool) -> dict[str, Any]:
    """Return a review as its author or reviewer may take it along: nobody's name is in it, and of a draft only its writer gets it."""
    data: dict[str, Any] = {"kind": "peer_review", "activity": activity, "levels": review.levels, "text": review.text}
    data |= {"of_my_text": mine, "written_by_me": wrote, "given_at": review.given_at.isoformat() if review.given_at else None}
    if mine and review.complained_at:
        data |= {"complaint": review.complaint, "ruling": review.ruling, "counts": review.counts}
    return data
