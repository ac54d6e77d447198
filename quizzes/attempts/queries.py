"""What is read of attempts; prebuilt, since these run at every answer."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa

from lms.api import Attempt, Enrolment
from quizzes.attempts.models import Accommodation, Action, Sitting, Step
from quizzes.marking.models import ItemMark

_answers = sa.select(sa.func.max(Step.sequence)).where(Step.attempt_id == sa.bindparam("attempt_id"), Step.action == Action.ANSWER)
_of_slot = Step.slot == sa.bindparam("slot")


def _telling(latest: sa.Select[int]) -> sa.Select[*tuple[Any, ...]]:
    """Return the steps that say where questions stand: all but answers that a later one replaced, which may be hundreds for one essay."""
    return (
        sa.select(Step.slot, Step.sequence, Step.action, Step.response, Step.flagged, Step.certainty, Step.saved_at, Step.receipt)
        .where(Step.attempt_id == sa.bindparam("attempt_id"), sa.or_(Step.action != Action.ANSWER, Step.sequence.in_(latest)))
        .order_by(Step.sequence)
    )


STEPS = _telling(_answers.group_by(Step.slot))
STEPS_OF_SLOT = _telling(_answers.where(_of_slot)).where(_of_slot)

_newest = (
    sa.select(sa.func.max(ItemMark.id).label("id"), sa.func.count().label("times"))
    .where(ItemMark.attempt_id == sa.bindparam("attempt_id"), ItemMark.second.is_(False))
    .group_by(ItemMark.slot)
    .subquery()
)
MARKS = sa.select(
    ItemMark.slot, ItemMark.version_id, ItemMark.share, ItemMark.comment, ItemMark.levels, ItemMark.actor_id, _newest.c.times
).join(_newest, _newest.c.id == ItemMark.id)

# Locks an attempt for writing and counts its next step.
NEXT_STEP = (
    sa.update(Sitting)
    .where(Sitting.attempt_id == sa.bindparam("of_attempt"))
    .values(sequence=Sitting.sequence + 1)
    .returning(Sitting.sequence, Sitting.ends_at, Sitting.by_clock, Sitting.seen_at)
)
_clock = sa.select(Sitting.attempt_id).where(Sitting.attempt_id == sa.bindparam("of_attempt"))
LOCK = _clock.with_for_update()
LOCK_IF_FREE = _clock.with_for_update(skip_locked=True)
OWN = (
    sa.select(Attempt.id, Attempt.state, Attempt.variant, Attempt.revision_id, Attempt.activity_key)
    .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
    .where(Attempt.id == sa.bindparam("attempt_id"), Enrolment.user_id == sa.bindparam("user_id"))
)
ADD_STEP = sa.insert(Step)

# What was arranged in a quiz that concerns an enrolment: for the cohort, its group, or the person.
ACCOMMODATIONS = (
    sa.select(
        Accommodation.group_id,
        Accommodation.enrolment_id,
        Accommodation.opens_at,
        Accommodation.closes_at,
        Accommodation.minutes,
        Accommodation.attempts,
        Accommodation.password,
    )
    .join(Enrolment, Enrolment.cohort_id == Accommodation.cohort_id)
    .where(
        Enrolment.id == sa.bindparam("of_enrolment"),
        Accommodation.module_id == sa.bindparam("module_id"),
        Accommodation.activity_key == sa.bindparam("activity_key"),
        Accommodation.ended_at.is_(None),
        sa.or_(Accommodation.group_id.is_(None), Accommodation.group_id == Enrolment.group_id),
        sa.or_(Accommodation.enrolment_id.is_(None), Accommodation.enrolment_id == Enrolment.id),
    )
)


def own_attempt(user_id: uuid.UUID, attempt_id: uuid.UUID) -> sa.Select[Attempt, Sitting]:
    """Return a learner's attempt with its clock."""
    return (
        sa.select(Attempt, Sitting)
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .join(Sitting, Sitting.attempt_id == Attempt.id)
        .where(Attempt.id == attempt_id, Enrolment.user_id == user_id)
    )


def running_attempts(cohort_id: int, module_id: int, activity_key: str) -> sa.Select[Attempt, Sitting]:
    """Return the attempts of a cohort at a quiz that have not ended, with their clocks."""
    return (
        sa.select(Attempt, Sitting)
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .join(Sitting, Sitting.attempt_id == Attempt.id)
        .where(
            Enrolment.cohort_id == cohort_id,
            Attempt.module_id == module_id,
            Attempt.activity_key == activity_key,
            Attempt.state.in_(["in_progress", "overdue"]),
        )
    )
