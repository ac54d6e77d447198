"""Handing out texts to review, writing and giving reviews, complaints, and what medians amount to."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from courses.assignments.rubric import Levels
from courses.base import plugin
from courses.peers import queries, rules
from courses.peers.models import PeerReview, SampleReview
from courses.peers.rules import Plan, Pool, plan_of
from lms.api import (
    Actor,
    Attempt,
    AttemptState,
    Context,
    NotFound,
    Refused,
    attempts_of,
    audit,
    body,
    db,
    gettext,
    give_score,
    lazy_gettext,
    mark,
    notify,
    outline,
    upsert,
    utcnow,
    words_of,
)

KIND = "courses:peer_review"
plugin.notice_kind(
    KIND, lazy_gettext("Peer review"), lazy_gettext("A colleague has reviewed your text, or a complaint was decided."), icon="users"
)


@dataclass(frozen=True, slots=True)
class Board:
    """What somebody sees of peer review at an activity: the plan, whether there are enough people, texts, their reviews, their practice."""

    plan: Plan
    mine: int
    now: dt.datetime
    people: int
    texts: Mapping[int, uuid.UUID]
    reviews: Sequence[tuple[PeerReview, int]]
    samples: Sequence[Mapping[str, Any]]
    practice: Mapping[str, SampleReview]

    @property
    def enough_people(self) -> bool:
        """Tell whether the cohort is large enough."""
        return self.people >= rules.LEAST_PEOPLE

    @property
    def handed_in(self) -> bool:
        """Tell whether the person has handed in a text: reviewing begins then."""
        return self.mine in self.texts

    @property
    def practised(self) -> bool:
        """Tell whether every sample is done."""
        return all(sample["key"] in self.practice for sample in self.samples)

    @property
    def given(self) -> list[PeerReview]:
        """Return the reviews that the person has given to colleagues."""
        return [review for review, author in self.reviews if review.reviewer_id == self.mine != author and review.given_at]

    @property
    def held(self) -> PeerReview | None:
        """Return the review that the person is writing; its text is theirs for a while."""
        return next((row for row, author in self.reviews if row.reviewer_id == self.mine != author and self._is_held(row)), None)

    @property
    def lapsed(self) -> list[PeerReview]:
        """Return reviews that were begun and not given in time; they can be given all the same."""
        begun = [row for row, author in self.reviews if row.reviewer_id == self.mine != author and not row.given_at and row.saved_at]
        return [row for row in begun if row.held_until <= self.now]

    @property
    def own(self) -> PeerReview | None:
        """Return the person's review of their own text."""
        return next((review for review, author in self.reviews if review.reviewer_id == self.mine == author), None)

    @property
    def pool(self) -> Pool[int]:
        """Return the texts with their reviewers, as the distribution sees them."""
        taken: dict[int, list[int]] = {author: [] for author in self.texts}
        given: dict[int, int] = {}
        for review, author in self.reviews:
            if review.reviewer_id == author or not rules.is_held(bool(review.given_at), review.held_until, self.now):
                continue
            given[review.reviewer_id] = given.get(review.reviewer_id, 0) + 1
            if author in taken:
                taken[author].append(review.reviewer_id)
        return Pool(self.plan.reviews, taken, given)

    def _is_held(self, review: PeerReview) -> bool:
        return review.given_at is None and self.now < review.held_until


def board_of(ctx: Context) -> Board:
    """Return the board of an activity for the learner who has it open: four statements. Raises NotFound without peer review."""
    plan = plan_of(ctx.settings)
    if not plan.wanted or ctx.cohort_id is None or ctx.enrolment_id is None:
        raise NotFound("no peer review here")
    where = (ctx.cohort_id, ctx.module_id, ctx.key)
    practice = db.session.scalars(queries.samples_by(ctx.enrolment_id, ctx.module_id, ctx.key))
    return Board(
        plan=plan,
        mine=ctx.enrolment_id,
        now=utcnow(),
        people=db.session.scalar(queries.people_in(ctx.cohort_id)) or 0,
        texts={row.enrolment_id: row.id for row in db.session.execute(queries.texts_in(*where))},
        reviews=[(row.PeerReview, row.enrolment_id) for row in db.session.execute(queries.reviews_in(*where))],
        samples=ctx.settings.get("samples") or [],
        practice={row.sample: row for row in practice},
    )


def take(*, ctx: Context) -> PeerReview:
    """Hand a text out to the learner: the one they hold already, else the next one. Raises Refused when there is none for them.

    Whoever takes one waits for the turn of the cohort's module, so two at once never get what only one of them should have.
    """
    db.session.execute(queries.turn_at(int(ctx.cohort_id or 0), ctx.module_id))
    board = board_of(ctx)
    _may_review(board)
    if board.held:
        return board.held
    order = sorted(board.texts, key=lambda author: uuid.uuid5(board.texts[author], str(board.mine)))
    author = rules.next_text(board.pool, board.mine, order)
    if author is None:
        raise Refused(gettext("There is no text for you at the moment. Look again when more colleagues have handed in."))
    return _hold(board, board.texts[author])


def review_own(*, ctx: Context) -> PeerReview:
    """Begin the learner's review of their own text, or return it. Raises Refused when that is not asked for."""
    board = board_of(ctx)
    _may_review(board)
    if not board.plan.own:
        raise Refused(gettext("A review of one's own text is not asked for here."))
    return board.own or _hold(board, board.texts[board.mine])


def _may_review(board: Board) -> None:
    if not board.enough_people:
        raise Refused(gettext("There are too few people in your cohort for reviews without names. Your instructor answers."))
    if not board.handed_in:
        raise Refused(gettext("Hand in your own text first, then you review those of colleagues."))
    if not board.practised:
        raise Refused(gettext("Practise on the samples first; it takes a few minutes."))


def _hold(board: Board, attempt_id: uuid.UUID) -> PeerReview:
    until = rules.held_until(board.now, board.plan.hold)
    values = {"id": uuid.uuid4(), "attempt_id": attempt_id, "reviewer_id": board.mine, "held_until": until, "levels": {}, "text": ""}
    values |= {"complaint": "", "ruling": "", "counts": True}
    begin = upsert(PeerReview).values(**values)
    again = {"held_until": until}  # one that had ended begins anew, with all that was typed
    db.session.execute(begin.on_conflict_do_update(index_elements=["attempt_id", "reviewer_id"], set_=again))
    found = sa.select(PeerReview).filter_by(attempt_id=attempt_id, reviewer_id=board.mine).execution_options(populate_existing=True)
    return db.session.scalars(found).one()


# -- samples ---------------------------------------------------------------------------------------------------------------------------------


def practise(*, ctx: Context, sample: str, levels: Levels) -> None:
    """Keep what a reviewer chose for a sample; the first choice stays, it was made without knowing."""
    values = {**ctx.where, "sample": sample, "levels": dict(levels), "done_at": utcnow()}
    db.session.execute(upsert(SampleReview).values(**values).on_conflict_do_nothing())


# -- writing and giving ------------------------------------------------------------------------------------------------------------------------


def keep(*, review: PeerReview, levels: Levels, text: str) -> dt.datetime:
    """Keep a review that is half written, and return when. Raises Refused when it was given already."""
    if review.given_at is not None:
        raise Refused(gettext("You have given this review already."))
    review.levels, review.text, review.saved_at = dict(levels), text, utcnow()
    return review.saved_at


def give(*, actor: Actor, review: PeerReview, attempt: Attempt, levels: Levels, text: str) -> None:
    """Give a review, also after its lease has ended: what was written is not lost. The author of the text is told."""
    keep(review=review, levels=levels, text=text)
    review.given_at = utcnow()
    db.session.flush()
    found = outline(attempt.revision_id)
    author = db.session.execute(queries.author_of(attempt.id)).one()
    if author.user_id == actor.id:
        return
    notify(
        kind=KIND,
        user_id=author.user_id,
        key=f"peer/{review.id}",
        subject=lazy_gettext("A colleague has reviewed your text"),
        body=lazy_gettext("You find the review, without a name, on the page of the assignment."),
        path=f"/learn/{author.cohort_id}/{found.module_key}/{attempt.activity_key}",
    )
    count(attempt=attempt, author_id=author.user_id)


def count(*, attempt: Attempt, author_id: uuid.UUID) -> None:
    """Let the medians be the score, when the author of the module wants that and nothing speaks against it.

    Never where acceptance by an instructor is asked for, with fewer reviews than asked for, while a complaint waits, when a reviewer doubts a
    gate, or over the mark of a person. The text is locked: of two who give their reviews at once the second one sees both.
    """
    db.session.refresh(attempt, with_for_update=True)
    settings = body(attempt.revision_id, attempt.activity_key).settings
    plan, rule = plan_of(settings), outline(attempt.revision_id).item(attempt.activity_key).rule
    open_to_it = attempt.state is AttemptState.SUBMITTED or (attempt.state is AttemptState.MARKED and attempt.marked_by_id is None)
    if not plan.counts or "accepted" in words_of(rule) or not open_to_it:
        return
    given = db.session.scalars(queries.given_to(attempt.id).execution_options(populate_existing=True))
    received = [row for row in given if row.reviewer_id != attempt.enrolment_id]
    score = rules.score_of_medians(settings["rubric"], [row.levels for row in received if row.counts])
    if score is not None and len(received) >= plan.reviews and not any(row.waits for row in received):
        give_score(attempt=attempt, score=score, reason="medians", actor_id=author_id)


# -- what the author can do ----------------------------------------------------------------------------------------------------------------------


def complain(*, review: PeerReview, attempt: Attempt, assessor_id: uuid.UUID | None, text: str) -> None:
    """Let the author say why a review of their text is unfair; the instructor looks at it. Raises Refused the second time."""
    if review.complained_at is not None:
        raise Refused(gettext("You have said this already; your instructor looks at it."))
    review.complaint, review.complained_at = text, utcnow()
    if assessor_id:
        notify(
            kind="work",
            user_id=assessor_id,
            key=f"complaint/{review.id}",
            subject=lazy_gettext("A learner doubts a colleague's review"),
            body=lazy_gettext("Open Peduli to read the review and decide whether it counts."),
            path=f"/journals/queue/assignments/{attempt.id}",
        )


def settle(*, actor: Actor, review: PeerReview, attempt: Attempt, path: str, counts: bool, ruling: str) -> None:
    """Decide a complaint: the review counts or is set aside, and the author reads why. Medians that were the score are made anew."""
    if not review.waits:
        raise Refused(gettext("This has been decided already."))
    review.counts, review.ruling, review.settled_at, review.settled_by_id = counts, ruling, utcnow(), actor.id
    author_id = db.session.execute(queries.author_of(attempt.id)).one().user_id
    audit(actor.id, "peers:settle", "peer_review", review.id, counts=counts)
    notify(
        kind=KIND,
        user_id=author_id,
        key=f"ruling/{review.id}",
        subject=lazy_gettext("Your instructor has looked at a review"),
        body=lazy_gettext("You find the decision on the page of the assignment."),
        path=path,
    )
    db.session.flush()
    count(attempt=attempt, author_id=author_id)


def revise(*, actor: Actor, ctx: Context) -> None:
    """Let the author take their text back to revise it with what colleagues said, before the instructor has answered.

    Raises Refused when no colleague has reviewed it, or it does not wait.
    """
    latest = next(iter(attempts_of(**ctx.where)), None)
    if latest is not None:
        db.session.refresh(latest, with_for_update=True)  # the instructor may be answering
    received = db.session.scalars(queries.given_to(latest.id)).all() if latest else []
    if latest is None or latest.state is not AttemptState.SUBMITTED or all(row.reviewer_id == ctx.enrolment_id for row in received):
        raise Refused(gettext("There is nothing to revise at the moment."))
    mark(actor=actor, attempt=latest, score=None, accepted=False, feedback="")
