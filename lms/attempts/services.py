"""Attempts: start, hand in, mark, regrade. The same for every type; a type only grades, and that is pure."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa

from lms.activity import AttemptView, Gradable, Score, Submittable, frozen
from lms.attempts.models import Attempt, AttemptState, GradeChange
from lms.db import db, utcnow
from lms.errors import Refused
from lms.i18n import gettext as _
from lms.learning.models import RevisionActivity
from lms.people.access import Actor
from lms.plugin import announce, signal
from lms.privacy.services import audit
from lms.progress import services as progress
from lms.progress.models import CompletionState, EvidenceKind
from lms.registry import activity_type

attempt_submitted = signal("lms:attempt-submitted")

Where = Mapping[str, Any]
OPEN = frozenset({AttemptState.IN_PROGRESS, AttemptState.OVERDUE})


def where(enrolment_id: int, module_id: int, activity_key: str) -> dict[str, Any]:
    """Return the three names of an activity for one enrolment, as keyword arguments."""
    return {"enrolment_id": enrolment_id, "module_id": module_id, "activity_key": activity_key}


def attempts_of(enrolment_id: int, module_id: int, activity_key: str) -> list[Attempt]:
    """Return the attempts at an activity, latest first."""
    return list(
        db.session.scalars(
            sa.select(Attempt)
            .where(Attempt.enrolment_id == enrolment_id, Attempt.module_id == module_id, Attempt.activity_key == activity_key)
            .order_by(Attempt.number.desc())
        )
    )


def view(attempt: Attempt) -> AttemptView:
    """Return an attempt as an activity type may see it."""
    return AttemptView(
        attempt.id, attempt.number, attempt.state.value, frozen(attempt.answer), attempt.percent, attempt.feedback, attempt.submitted_at
    )


def start(
    *,
    enrolment_id: int,
    module_id: int,
    activity_key: str,
    revision_id: int,
    allowed: int = 0,
    variant: Callable[[int, Attempt | None], dict[str, Any]] | None = None,
) -> Attempt:
    """Return the running attempt, or begin the next one.

    Raises Refused when `allowed` attempts (0: no limit) are used up, and while the last one waits for a person to look.

    variant(number, last) makes the frozen form of the attempt: which items, in which order. It knows the attempt before, or None, and may
    raise Refused when none can begin now.
    """
    progress.lock(enrolment_id)
    earlier = attempts_of(enrolment_id, module_id, activity_key)
    if earlier and earlier[0].state in OPEN:
        return earlier[0]
    if earlier and earlier[0].state is AttemptState.SUBMITTED:
        raise Refused(_("This was handed in and waits for an answer."))
    number = len(earlier) + 1
    if allowed and number > allowed:
        raise Refused(_("All attempts are used up."))
    attempt = Attempt(
        **where(enrolment_id, module_id, activity_key),
        revision_id=revision_id,
        number=number,
        variant=variant(number, earlier[0] if earlier else None) if variant else {},
        answer={},
    )
    db.session.add(attempt)
    db.session.flush()
    return attempt


def submit(
    *,
    actor: Actor | None,
    attempt: Attempt,
    answer: dict[str, Any],
    score: Score | None,
    final: bool = False,
    moment: dt.datetime | None = None,
) -> CompletionState:
    """Hand in an attempt with its score (None: it is marked later, unless it is final) and return the state of the activity.

    Without an actor the program hands it in, because the time was up; `moment` is when (default: now). Evidence ids derive from the
    attempt's, so handing in twice changes nothing. Raises Refused when it was handed in before.
    """
    if attempt.state not in OPEN:
        raise Refused(_("This attempt has been handed in already."))
    now = moment or utcnow()
    attempt.answer, attempt.submitted_at = answer, now
    attempt.state = AttemptState.MARKED if score is None and final else AttemptState.SUBMITTED
    actor_id = actor.id if actor else None
    evidence = {**where(attempt.enrolment_id, attempt.module_id, attempt.activity_key), "actor_id": actor_id, "occurred_at": now}
    state = progress.record(**evidence, kind=EvidenceKind.SUBMITTED, evidence_id=uuid.uuid5(attempt.id, "submitted"))
    if score is not None:
        state = give_score(attempt=attempt, score=score, reason="marked", actor_id=actor_id)
    db.session.flush()
    announce(attempt_submitted, attempt_id=attempt.id)
    return state


def set_score(*, attempt: Attempt, score: Score, reason: str, actor_id: uuid.UUID | None, now: dt.datetime) -> None:
    """Write a score and the change of it."""
    before = attempt.percent
    attempt.points, attempt.maximum, attempt.feedback = score.points, score.maximum, score.feedback or attempt.feedback
    attempt.marked_at, attempt.marked_by_id = now, actor_id
    db.session.add(GradeChange(attempt_id=attempt.id, before=before, after=attempt.percent, reason=reason, actor_id=actor_id, at=now))


def give_score(
    *, attempt: Attempt, score: Score, reason: str, actor_id: uuid.UUID | None, marker_id: uuid.UUID | None = None
) -> CompletionState:
    """Give an attempt that was handed in its score, or a new one, and return the state of the activity. The change is kept with who and why.

    actor_id is whose act it was (the learner's, when a machine marks what they handed in), marker_id the person who marked. A lower score
    never takes a completion away: evidence only adds. Raises Refused before the hand-in.
    """
    if attempt.submitted_at is None:
        raise Refused(_("This attempt has not been handed in yet."))
    first = attempt.state is AttemptState.SUBMITTED
    attempt.state = AttemptState.MARKED
    set_score(attempt=attempt, score=score, reason=reason, actor_id=marker_id, now=utcnow())
    return progress.record(
        **where(attempt.enrolment_id, attempt.module_id, attempt.activity_key),
        kind=EvidenceKind.SCORED,
        value=attempt.percent,
        evidence_id=uuid.uuid5(attempt.id, "scored-1") if first else None,
        actor_id=actor_id,
        occurred_at=attempt.submitted_at if first else None,
        note="" if first else reason,
    )


def answer_once(
    *,
    actor: Actor,
    enrolment_id: int,
    module_id: int,
    activity_key: str,
    revision_id: int,
    type_key: str,
    settings: Mapping[str, Any],
    answer: dict[str, Any],
) -> CompletionState:
    """Take an answer from the kernel's own form: begin an attempt, grade it if the type can, hand it in."""
    kind = activity_type(type_key)
    if not isinstance(kind, Submittable):
        raise Refused(_("There is nothing to hand in here."))
    attempt = start(**where(enrolment_id, module_id, activity_key), revision_id=revision_id, allowed=kind.attempts_allowed(settings))
    if not isinstance(kind, Gradable):
        return submit(actor=actor, attempt=attempt, answer=answer, score=None, final=True)
    return submit(actor=actor, attempt=attempt, answer=answer, score=kind.grade(settings, frozen(answer)))


def mark(*, actor: Actor, attempt: Attempt, score: Score | None, accepted: bool, feedback: str) -> CompletionState:
    """Let a person mark what was handed in: accept it with or without a score, or return it with a request."""
    if attempt.state not in {AttemptState.SUBMITTED, AttemptState.MARKED}:
        raise Refused(_("This attempt does not wait for a mark."))
    now = utcnow()
    attempt.feedback = feedback
    attempt.state = AttemptState.MARKED if accepted else AttemptState.RETURNED
    attempt.marked_at, attempt.marked_by_id = now, actor.id
    evidence = {**where(attempt.enrolment_id, attempt.module_id, attempt.activity_key), "actor_id": actor.id, "occurred_at": now}
    if accepted and score is not None:
        set_score(attempt=attempt, score=score, reason="marked", actor_id=actor.id, now=now)
        progress.record(**evidence, kind=EvidenceKind.SCORED, value=attempt.percent)
    audit(actor.id, "attempt:mark", "attempt", attempt.id, accepted=accepted)
    return progress.record(**evidence, kind=EvidenceKind.ACCEPTED if accepted else EvidenceKind.RETURNED)


def regrade(*, actor: Actor, activity: RevisionActivity, reason: str, dry_run: bool) -> list[tuple[uuid.UUID, float | None, float]]:
    """Grade all marked attempts of an activity anew; return (attempt, before, after) in percent for those that change.

    A lower score never takes a completion away: evidence only adds. Attempts that a person marked are left alone.
    """
    kind = activity_type(activity.type)
    if not isinstance(kind, Gradable):
        raise Refused(_("This type is not graded by the program."))
    changes = []
    attempts = sa.select(Attempt).where(
        Attempt.revision_id == activity.revision_id,
        Attempt.activity_key == activity.key,
        Attempt.state == AttemptState.MARKED,
        Attempt.marked_by_id.is_(None),
    )
    for attempt in db.session.scalars(attempts):
        score = kind.grade(frozen(activity.settings), frozen(attempt.answer))
        if score is None or score.percent == attempt.percent:
            continue
        changes.append((attempt.id, attempt.percent, score.percent))
        if not dry_run:
            set_score(attempt=attempt, score=score, reason=reason, actor_id=actor.id, now=utcnow())
            progress.record(
                **where(attempt.enrolment_id, attempt.module_id, attempt.activity_key),
                kind=EvidenceKind.SCORED,
                value=attempt.percent,
                actor_id=actor.id,
                note=reason,
            )
    return changes
