"""Decisions of instructors about one attempt: an answer counts, a mark is another one, the attempt is open again. Each is kept with why."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa

from lms.api import Actor, Attempt, AttemptState, Enrolment, NotFound, Refused, audit, body, db, gettext, lazy_gettext, notify, read, utcnow
from quizzes.attempts import proofs
from quizzes.attempts import queries as attempt_queries
from quizzes.attempts.models import Action, Sitting, Step
from quizzes.attempts.questions import questions_of
from quizzes.attempts.services import rules_of
from quizzes.marking import queries
from quizzes.marking.models import Decision, DecisionKind
from quizzes.marking.services import Given, Why, give_marks, lay_out_papers, lock, locked, marks_by_program

HANDED_IN = frozenset({AttemptState.SUBMITTED, AttemptState.MARKED})


def count_answer(*, actor: Actor, attempt: Attempt, sequence: int, reason: str) -> bool:
    """Let an answer count that was kept aside, and mark anew; tell whether a person must look at its question again.

    The answer is written once more as a step that counts; the one that was kept aside stays. Raises Refused while the learner is answering,
    NotFound when no answer was kept aside under this number.
    """
    clock = read(attempt_queries.NEXT_STEP, {"of_attempt": attempt.id}).one()
    now = locked(attempt.id)
    aside = db.session.scalar(sa.select(Step).where(Step.attempt_id == attempt.id, Step.sequence == sequence, Step.action == Action.ASIDE))
    if aside is None or now is None:
        raise NotFound("no answer was kept aside under this number")
    if now.state not in HANDED_IN:
        raise Refused(gettext("This attempt has not been handed in. While it is open, its learner decides which answer counts."))
    _count_step(aside, clock.sequence)
    db.session.add(
        Decision(attempt_id=now.id, kind=DecisionKind.COUNTED, slot=aside.slot, sequence=sequence, reason=reason, actor_id=actor.id)
    )
    db.session.flush()
    before = questions_of(now, marks=True)
    lay_out_papers(now, before)
    given = marks_by_program(now, before)
    give_marks(attempt=now, before=before, given=given, why=Why(reason, decided_by=actor.id))
    audit(actor.id, "quiz:count", "attempt", now.id, slot=aside.slot, sequence=sequence)
    return before[aside.slot - 1].kind.by_person


def _count_step(aside: Step, sequence: int) -> None:
    """Write an answer once more, as one that counts. It was written when it was sent, so that stays its time of writing."""
    moment = utcnow()
    code = proofs.answer_receipt(aside.attempt_id, aside.slot, aside.response, moment).code
    db.session.add(
        Step(
            attempt_id=aside.attempt_id,
            slot=aside.slot,
            sequence=sequence,
            action=Action.LATE,
            response=aside.response,
            flagged=aside.flagged,
            certainty=aside.certainty,
            written_at=aside.written_at or aside.saved_at,
            saved_at=moment,
            receipt=code,
        )
    )


def change_mark(*, actor: Actor, attempt: Attempt, slot: int, points: float, comment: str, reason: str, seen: str = "") -> None:
    """Give a question other points. `seen` is what the person has looked at (Question.seen), where they have.

    Raises Refused before the hand-in and when the answer or its mark is another one by now, NotFound for what asks nothing.
    """
    now = locked(attempt.id)
    if now is None or now.state not in HANDED_IN:
        raise Refused(gettext("This attempt has not been handed in yet."))
    before = questions_of(now, marks=True)
    question = before[slot - 1] if 1 <= slot <= len(before) else None
    if question is None or not question.kind.asks:
        raise NotFound("this asks nothing")
    if seen and seen != question.seen:
        raise Refused(gettext("The answer or its mark has changed since you opened this page. Look at it again."))
    given = Given(slot, min(points / question.points, 1.0), question.item.version_id, comment)
    give_marks(attempt=now, before=before, given=[given], why=Why(reason, marker_id=actor.id))
    audit(actor.id, "quiz:mark-change", "attempt", now.id, slot=slot)


def reopen(*, actor: Actor, attempt: Attempt, minutes: int, reason: str) -> dt.datetime:
    """Open an attempt again that was given up by the clock, for so many minutes from now; return when it ends. The learner gets a mail.

    Raises Refused for any other, and when its learner has begun another one since.
    """
    lock(attempt.id)
    now = locked(attempt.id)
    if now is None or now.state is not AttemptState.ABANDONED:
        raise Refused(gettext("Only an attempt that was not handed in can be opened again."))
    if db.session.scalar(queries.later_attempts(now).limit(1)) is not None:
        raise Refused(gettext("A later attempt has begun already. That one counts."))
    settings = body(now.revision_id, now.activity_key).settings
    conditions = rules_of(now.enrolment_id, now.module_id, now.activity_key, settings)
    sitting = db.session.get_one(Sitting, now.id, populate_existing=True)
    now.state, ends_at = AttemptState.IN_PROGRESS, utcnow() + dt.timedelta(minutes=minutes)
    # What was shown of it so far told nothing, so that answers on their way count again.
    sitting.ends_at, sitting.seen_at, sitting.by_clock = ends_at, None, False
    sitting.check_at = conditions.check_after(ends_at, now.state)
    decision = Decision(attempt_id=now.id, kind=DecisionKind.REOPENED, reason=reason, actor_id=actor.id)
    db.session.add(decision)
    db.session.flush()
    audit(actor.id, "quiz:reopen", "attempt", now.id, minutes=minutes)
    _tell_learner(now, decision.id)
    return ends_at


def _tell_learner(attempt: Attempt, decision_id: int) -> None:
    """Write to the learner that they can go on."""
    learner_id: uuid.UUID = db.session.scalars(sa.select(Enrolment.user_id).where(Enrolment.id == attempt.enrolment_id)).one()
    notify(
        kind="attempt",
        user_id=learner_id,
        key=f"quiz-reopened/{decision_id}",
        subject=lazy_gettext("Your quiz is open again"),
        body=lazy_gettext("Your instructor has opened your attempt again. The time left stands on its page."),
        path=f"/quizzes/{attempt.id}",
    )
