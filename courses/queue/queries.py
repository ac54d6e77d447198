"""What was handed in to an instructor: visits and journals from our own tables, assignments from the kernel's attempts."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from courses.assignments.queries import handed_in_to, same_work
from courses.entries.models import Entry, EntryKind, EntryState, Feedback, Version
from courses.entries.services import is_open
from lms.api import Actor, Attempt, AttemptState, Cohort, CohortModule, Enrolment, RevisionActivity, waiting_row

Rows = sa.Select[*tuple[Any, ...]]


def entries_waiting(actor: Actor, kind: EntryKind) -> Rows:
    """Return the visits or journals that wait for an instructor."""
    return _entries(actor, kind, EntryState.HANDED_IN, at=Entry.handed_in_at, promised_on=Entry.promised_on)


def entries_answered(actor: Actor, kind: EntryKind) -> Rows:
    """Return the visits or journals that an instructor has answered."""
    given = sa.select(sa.func.max(Feedback.given_at)).join(Version, Version.id == Feedback.version_id)
    at = given.where(Version.entry_id == Entry.id, Feedback.assessor_id == actor.id).correlate(Entry).scalar_subquery()
    return _entries(actor, kind, EntryState.ANSWERED, at=at).where(at.is_not(None))


def _entries(actor: Actor, kind: EntryKind, state: EntryState, **when: Any) -> Rows:
    versions = sa.select(sa.func.count()).where(Version.entry_id == Entry.id).correlate(Entry).scalar_subquery()
    return (
        sa.select(
            *waiting_row(
                reference=Entry.id,
                number=Entry.number,
                version=versions,
                module_id=Entry.module_id,
                revision_id=CohortModule.revision_id,
                activity_key=Entry.activity_key,
                cohort_id=Enrolment.cohort_id,
                group_id=Enrolment.group_id,
                **when,
            )
        )
        .join(Enrolment, Enrolment.id == Entry.enrolment_id)
        .join(CohortModule, sa.and_(CohortModule.cohort_id == Enrolment.cohort_id, CohortModule.module_id == Entry.module_id))
        .where(Entry.assessor_id == actor.id, Entry.kind == kind, Entry.state == state, is_open())
    )


def assignments_waiting(actor: Actor) -> Rows:
    """Return the newest version of each assignment that waits for an instructor."""
    days = RevisionActivity.settings["promised_days"].as_integer()
    return _assignments(actor, [AttemptState.SUBMITTED], at=Attempt.submitted_at, promised_days=sa.func.coalesce(days, 0))


def assignments_answered(actor: Actor) -> Rows:
    """Return the newest version of each assignment that an instructor has answered."""
    return _assignments(actor, [AttemptState.RETURNED, AttemptState.MARKED], at=Attempt.marked_at).where(Attempt.marked_by_id == actor.id)


def _assignments(actor: Actor, states: list[AttemptState], **when: Any) -> Rows:
    first, later = aliased(Attempt), aliased(Attempt)
    newer = sa.exists().where(same_work(later, Attempt), later.number > Attempt.number)
    row = waiting_row(
        reference=Attempt.id,
        code=first.id,
        version=Attempt.number,
        module_id=Attempt.module_id,
        revision_id=Attempt.revision_id,
        activity_key=Attempt.activity_key,
        cohort_id=Cohort.id,
        group_id=Enrolment.group_id,
        **when,
    )
    return (
        handed_in_to(actor.id, *row)
        .join(first, sa.and_(same_work(first, Attempt), first.number == 1))
        .where(Attempt.state.in_(states), ~newer)
    )
