"""Reads for learners' pages, each one statement whatever the number of other learners."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from lms.api import (
    DUE_ON,
    Cohort,
    CohortModule,
    Completion,
    Course,
    Enrolment,
    EnrolmentState,
    Group,
    ModuleProgress,
    ScheduleEntry,
    User,
    asked_until,
    extension_of,
    read,
)

_ENROLMENTS = (
    sa.select(
        Enrolment.id,
        Enrolment.cohort_id,
        Enrolment.group_id,
        Enrolment.required_count,
        Enrolment.done_count,
        Enrolment.waiting_count,
        Enrolment.completed_at,
        Enrolment.next_due_on,
        Enrolment.active_on,
        Enrolment.started_on,
        Enrolment.no_signal_until,
        Enrolment.place,
        asked_until(Enrolment.id).label("asked_until"),
        Cohort.title,
        Cohort.number,
        Cohort.year,
        Cohort.starts_on,
        Cohort.starts_on.label("cohort_starts_on"),
        Cohort.ends_on,
        Cohort.time_zone,
        Course.title.label("course_title"),
        Course.summary,
        Group.name.label("group_name"),
    )
    .join(Cohort, Cohort.id == Enrolment.cohort_id)
    .join(Course, Course.id == Cohort.course_id)
    .outerjoin(Group, Group.id == Enrolment.group_id)
    .where(Enrolment.user_id == sa.bindparam("user_id"), Enrolment.state == EnrolmentState.ACTIVE)
    .order_by(sa.desc(Enrolment.completed_at.is_(None)), Enrolment.active_on.desc().nulls_last(), Enrolment.id.desc())
    .limit(20)
)

_MODULES = (
    sa.select(
        CohortModule.cohort_id,
        CohortModule.module_id,
        CohortModule.revision_id,
        CohortModule.required,
        CohortModule.opens_on,
        DUE_ON.label("due_on"),
        CohortModule.requires,
        ModuleProgress.required_count,
        ModuleProgress.done_count,
        ModuleProgress.waiting_count,
        ModuleProgress.completed_at,
    )
    .join(Enrolment, Enrolment.cohort_id == CohortModule.cohort_id)
    .outerjoin(ModuleProgress, sa.and_(ModuleProgress.enrolment_id == Enrolment.id, ModuleProgress.module_id == CohortModule.module_id))
    .outerjoin(*extension_of(Enrolment.id))
    .where(Enrolment.id.in_(sa.bindparam("enrolments", expanding=True)))
    .order_by(CohortModule.cohort_id, CohortModule.position)
)

_STATES = sa.select(Completion.enrolment_id, Completion.module_id, Completion.activity_key, Completion.state).where(
    Completion.enrolment_id.in_(sa.bindparam("enrolments", expanding=True))
)

_SCHEDULE = (
    sa.select(ScheduleEntry, Cohort.time_zone.label("cohort_zone"))
    .join(Enrolment, Enrolment.cohort_id == ScheduleEntry.cohort_id)
    .join(Cohort, Cohort.id == ScheduleEntry.cohort_id)
    .where(
        Enrolment.id.in_(sa.bindparam("enrolments", expanding=True)),
        sa.or_(ScheduleEntry.group_id.is_(None), ScheduleEntry.group_id == Enrolment.group_id),
        ScheduleEntry.ends_at > sa.bindparam("now"),
    )
    .order_by(ScheduleEntry.starts_at)
    .limit(sa.bindparam("most", type_=sa.Integer))
)


def enrolments_of(user_id: uuid.UUID) -> Sequence[Any]:
    """Return the active enrolments of a person, those with work first."""
    return read(_ENROLMENTS, {"user_id": user_id}).all()


def modules_of(enrolments: list[int]) -> Sequence[Any]:
    """Return the modules of these enrolments' cohorts with their roll-ups, in order."""
    return read(_MODULES, {"enrolments": enrolments}).all()


def states_of(enrolments: list[int]) -> dict[tuple[int, int], dict[str, str]]:
    """Return {(enrolment id, module id): {activity key: state}}."""
    found: dict[tuple[int, int], dict[str, str]] = {}
    for row in read(_STATES, {"enrolments": enrolments}):
        found.setdefault((row.enrolment_id, row.module_id), {})[row.activity_key] = row.state
    return found


def schedule_of(enrolments: list[int], now: dt.datetime, most: int = 3) -> Sequence[Any]:
    """Return the next meetings."""
    return read(_SCHEDULE, {"enrolments": enrolments, "now": now, "most": most}).all()


def staff_names(user_ids: set[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Return {id: name}."""
    rows = read(sa.select(User.id, User.name).where(User.id.in_(user_ids)))
    return {row.id: row.name for row in rows}
