"""What was handed in to an instructor, as one list: visits and journals from our own tables, assignments from the kernel's attempts."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from courses.assignments.queries import TYPE, handed_in_to, same_work
from courses.entries.models import Entry, EntryState, Version
from courses.entries.services import is_open
from lms.api import Attempt, AttemptState, Cohort, CohortModule, Enrolment, Group, RevisionActivity

MOST = 500


def waiting_for(assessor_id: uuid.UUID) -> sa.Select[Any]:
    """Return what waits for an instructor, the oldest first, and no more than anybody can wait for."""
    rows = _everything(assessor_id, EntryState.HANDED_IN, [AttemptState.SUBMITTED])
    return sa.select(rows).order_by(rows.c.handed_in_at, rows.c.id).limit(MOST)


def answered_by(assessor_id: uuid.UUID) -> sa.Select[Any]:
    """Return what an instructor has answered, what came in last first."""
    rows = _everything(assessor_id, EntryState.ANSWERED, [AttemptState.RETURNED, AttemptState.MARKED])
    return sa.select(rows).order_by(rows.c.handed_in_at.desc(), rows.c.id)


def _everything(assessor_id: uuid.UUID, entry_state: EntryState, attempt_states: list[AttemptState]) -> sa.Subquery:
    return sa.union_all(_entries(assessor_id, entry_state), _assignments(assessor_id, attempt_states)).subquery()


def _entries(assessor_id: uuid.UUID, state: EntryState) -> sa.Select[Any]:
    versions = sa.select(sa.func.count()).where(Version.entry_id == Entry.id).correlate(Entry).scalar_subquery()
    return (
        sa.select(
            Entry.id,
            Entry.id.label("first_id"),
            Entry.number,
            sa.type_coerce(Entry.kind, sa.String()).label("kind"),
            Entry.activity_key,
            versions.label("version"),
            CohortModule.revision_id,
            Group.name.label("group"),
            Cohort.time_zone,
            Entry.handed_in_at,
            Entry.promised_on,
            sa.cast(sa.null(), sa.Integer).label("promised_days"),
        )
        .join(Enrolment, Enrolment.id == Entry.enrolment_id)
        .join(Cohort, Cohort.id == Enrolment.cohort_id)
        .join(CohortModule, sa.and_(CohortModule.cohort_id == Cohort.id, CohortModule.module_id == Entry.module_id))
        .outerjoin(Group, Group.id == Enrolment.group_id)
        .where(Entry.assessor_id == assessor_id, Entry.state == state, is_open())
    )


def _assignments(assessor_id: uuid.UUID, states: list[AttemptState]) -> sa.Select[Any]:
    """Return the newest version of each assignment, when it is in one of the states."""
    first, later = aliased(Attempt), aliased(Attempt)
    newer = sa.exists().where(same_work(later, Attempt), later.number > Attempt.number)
    return (
        handed_in_to(
            assessor_id,
            Attempt.id,
            first.id,
            sa.cast(sa.null(), sa.Integer),
            sa.literal(TYPE),
            Attempt.activity_key,
            Attempt.number,
            Attempt.revision_id,
            Group.name,
            Cohort.time_zone,
            Attempt.submitted_at,
            sa.cast(sa.null(), sa.Date),
            RevisionActivity.settings["promised_days"].as_integer(),
        )
        .join(first, sa.and_(same_work(first, Attempt), first.number == 1))
        .where(Attempt.state.in_(states), ~newer)
    )
