"""Reads of the schedule."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa

from lms.attendance.models import Attendance, AttendanceNote
from lms.learning.models import Cohort, CohortModule, Enrolment, EnrolmentState, Group, ScheduleEntry, ScheduleKind
from lms.progress.models import Extension
from lms.progress.queries import DUE_ON, extension_of
from lms.schedule.models import CalendarFeed

Select = sa.Select[*tuple[Any, ...]]


def schedule_of(cohort_id: int) -> Select:
    """Return (meeting, name of its group or None) of a cohort in order of time, also those that were cancelled."""
    return (
        sa.select(ScheduleEntry, Group.name)
        .outerjoin(Group, Group.id == ScheduleEntry.group_id)
        .where(ScheduleEntry.cohort_id == cohort_id)
        .order_by(ScheduleEntry.starts_at, ScheduleEntry.id)
    )


def meeting_of(cohort_id: int, entry_id: int) -> sa.Select[ScheduleEntry]:
    """Return a meeting of a cohort."""
    return sa.select(ScheduleEntry).where(ScheduleEntry.cohort_id == cohort_id, ScheduleEntry.id == entry_id)


def sizes(cohort_id: int) -> Select:
    """Return (group id or None, how many take part) of a cohort."""
    return (
        sa.select(Enrolment.group_id, sa.func.count())
        .where(Enrolment.cohort_id == cohort_id, Enrolment.state == EnrolmentState.ACTIVE)
        .group_by(Enrolment.group_id)
    )


def elsewhere_at(entry: ScheduleEntry) -> Select:
    """Return the meetings of other cohorts that take place there at the same time (times and places as people write them)."""
    return sa.select(ScheduleEntry.id).where(
        ScheduleEntry.cohort_id != entry.cohort_id,
        ScheduleEntry.cancelled_at.is_(None),
        ScheduleEntry.kind != ScheduleKind.ONLINE,
        ScheduleEntry.starts_at < entry.ends_at,
        ScheduleEntry.ends_at > entry.starts_at,
        sa.func.lower(sa.func.trim(ScheduleEntry.place)) == entry.place.strip().lower(),
    )


def somebody_knows(entry: ScheduleEntry) -> Select:
    """Return whether anybody could have read of a meeting, or has been noted at it: then it is cancelled and not removed."""
    return sa.select(
        sa.or_(
            sa.exists().where(Enrolment.cohort_id == entry.cohort_id),
            sa.exists().where(Attendance.entry_id == entry.id),
            sa.exists().where(AttendanceNote.entry_id == entry.id),
        )
    )


# -- calendar -------------------------------------------------------------------------------------------------------------------------------


def feed_of(user_id: uuid.UUID) -> sa.Select[CalendarFeed]:
    """Return the calendar feed of a person, if they have one."""
    return sa.select(CalendarFeed).where(CalendarFeed.user_id == user_id)


def meetings_for(user_id: uuid.UUID, led: list[int], since: dt.datetime) -> Select:
    """Return (meeting, zone, title, number and year of its cohort) of a person: those of their groups, and all of the cohorts they lead.

    Cancelled ones are among them when they were cancelled after `since`.
    """
    joined = sa.exists().where(
        Enrolment.cohort_id == ScheduleEntry.cohort_id,
        Enrolment.user_id == user_id,
        Enrolment.state == EnrolmentState.ACTIVE,
        sa.or_(ScheduleEntry.group_id.is_(None), ScheduleEntry.group_id == Enrolment.group_id),
    )
    return (
        sa.select(ScheduleEntry, Cohort.title, Cohort.number, Cohort.year)
        .join(Cohort, Cohort.id == ScheduleEntry.cohort_id)
        .where(
            sa.or_(joined, ScheduleEntry.cohort_id.in_(led)),
            sa.or_(ScheduleEntry.cancelled_at.is_(None), ScheduleEntry.cancelled_at > since),
        )
        .order_by(ScheduleEntry.starts_at, ScheduleEntry.id)
    )


def due_days_for(user_id: uuid.UUID) -> Select:
    """Return (cohort id, module id, revision id, due day, when it was changed and extended, when the cohort was made, its title, number and year).

    Of what a person learns, with the days that are theirs.
    """
    return (
        sa.select(
            CohortModule.cohort_id,
            CohortModule.module_id,
            CohortModule.revision_id,
            DUE_ON.label("due_on"),
            CohortModule.due_changed_at,
            Extension.given_at,
            Cohort.created_at,
            Cohort.title,
            Cohort.number,
            Cohort.year,
        )
        .join(Cohort, Cohort.id == CohortModule.cohort_id)
        .join(Enrolment, Enrolment.cohort_id == Cohort.id)
        .outerjoin(*extension_of(Enrolment.id))
        .where(Enrolment.user_id == user_id, Enrolment.state == EnrolmentState.ACTIVE, CohortModule.due_on.is_not(None))
        .order_by("due_on", CohortModule.module_id)
    )
