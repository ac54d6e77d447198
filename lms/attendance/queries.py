"""Reads of attendance: each one statement, whatever the number of people."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from lms.attendance.models import THERE, Attendance, AttendanceNote
from lms.i18n import nothing
from lms.learning.models import Cohort, Enrolment, EnrolmentState, Group, ScheduleEntry
from lms.people.models import Unit, User
from lms.waits import Waits

Select = sa.Select[*tuple[Any, ...]]

_active = Enrolment.state == EnrolmentState.ACTIVE
_for_them = sa.or_(ScheduleEntry.group_id.is_(None), ScheduleEntry.group_id == Enrolment.group_id)


def roster_of(entry: ScheduleEntry) -> Select:
    """Return who is expected at a meeting, by name: enrolment, person, unit, group, state, moment and source of what is noted.

    Who was noted and has left the group or the cohort since is among them.
    """
    return (
        sa.select(
            Enrolment.id,
            Enrolment.user_id,
            User.title_before,
            User.name,
            User.title_after,
            User.institution,
            Unit.name.label("unit_name"),
            Unit.short_name.label("unit_short"),
            Group.name.label("group_name"),
            Attendance.state,
            Attendance.moment,
            Attendance.source,
        )
        .join(User, User.id == Enrolment.user_id)
        .outerjoin(Unit, Unit.id == User.unit_id)
        .outerjoin(Group, Group.id == Enrolment.group_id)
        .outerjoin(Attendance, sa.and_(Attendance.enrolment_id == Enrolment.id, Attendance.entry_id == entry.id))
        .where(
            Enrolment.cohort_id == entry.cohort_id,
            sa.or_(
                sa.and_(_active, sa.true() if entry.group_id is None else Enrolment.group_id == entry.group_id),
                Attendance.state.is_not(None),
            ),
        )
        .order_by(User.name, Enrolment.id)
    )


def who_is_in(cohort_id: int) -> Select:
    """Return (enrolment, person) of everybody who was ever in a cohort."""
    return sa.select(Enrolment.id, Enrolment.user_id).where(Enrolment.cohort_id == cohort_id)


def notes_at(entry_id: int, enrolment_id: int | None = None) -> Select:
    """Return (note, name of who made it) about a meeting, or about one person at it, the latest moment first."""
    found = (
        sa.select(AttendanceNote, User.name)
        .outerjoin(User, User.id == AttendanceNote.actor_id)
        .where(AttendanceNote.entry_id == entry_id)
        .order_by(AttendanceNote.moment.desc(), AttendanceNote.received_at.desc())
    )
    return found if enrolment_id is None else found.where(AttendanceNote.enrolment_id == enrolment_id)


def words_about(entry_id: int, enrolments: Collection[int]) -> Select:
    """Return what decides of the notes about people at a meeting."""
    columns = (AttendanceNote.id, AttendanceNote.state, AttendanceNote.source, AttendanceNote.moment, AttendanceNote.received_at)
    return sa.select(AttendanceNote.enrolment_id, *columns).where(
        AttendanceNote.entry_id == entry_id, AttendanceNote.enrolment_id.in_(enrolments)
    )


def open_notes(entry_id: int) -> Select:
    """Return (enrolment, moment, received) of codes about which a person must decide, because nothing else is noted."""
    return sa.select(AttendanceNote.enrolment_id, AttendanceNote.moment, AttendanceNote.received_at).where(
        AttendanceNote.entry_id == entry_id, AttendanceNote.state.is_(None)
    )


def undecided_in(cohort_id: int, _today: dt.date) -> Select:
    """Return about how many codes typed at the meetings of a cohort a person must decide, because nothing else is noted."""
    settled = sa.and_(Attendance.entry_id == AttendanceNote.entry_id, Attendance.enrolment_id == AttendanceNote.enrolment_id)
    return (
        sa.select(sa.func.count(AttendanceNote.id))
        .join(ScheduleEntry, ScheduleEntry.id == AttendanceNote.entry_id)
        .join(Enrolment, Enrolment.id == AttendanceNote.enrolment_id)
        .outerjoin(Attendance, settled)
        .where(ScheduleEntry.cohort_id == cohort_id, _active, AttendanceNote.state.is_(None), Attendance.entry_id.is_(None))
    )


WAITS = Waits(nothing("%(num)s check-in to decide about", "%(num)s check-ins to decide about"), undecided_in)


def counts_of(cohort_id: int) -> Select:
    """Return (meeting, group name, present, late, excused, absent) of a cohort's meetings in order of time."""
    counts = (
        sa.select(
            Attendance.entry_id,
            *(
                sa.func.sum(sa.case((Attendance.state == state, 1), else_=0)).label(state.value)
                for state in Attendance.state.type.enum_class
            ),
        )
        .join(ScheduleEntry, ScheduleEntry.id == Attendance.entry_id)
        .where(ScheduleEntry.cohort_id == cohort_id)
        .group_by(Attendance.entry_id)
        .subquery()
    )
    states = [sa.func.coalesce(counts.c[state.value], 0).label(state.value) for state in Attendance.state.type.enum_class]
    return (
        sa.select(ScheduleEntry, Group.name, *states)
        .outerjoin(Group, Group.id == ScheduleEntry.group_id)
        .outerjoin(counts, counts.c.entry_id == ScheduleEntry.id)
        .where(ScheduleEntry.cohort_id == cohort_id)
        .order_by(ScheduleEntry.starts_at, ScheduleEntry.id)
    )


def held_by(enrolments: Collection[int]) -> Select:
    """Return what absence is made of: for each meeting at which these people were noted its state, times, JP and zone, and the cohort's limits."""
    return (
        sa.select(
            Attendance.enrolment_id,
            Attendance.state,
            ScheduleEntry.starts_at,
            ScheduleEntry.ends_at,
            ScheduleEntry.jp,
            ScheduleEntry.time_zone,
            Cohort.time_zone.label("cohort_zone"),
            Cohort.absence_limits,
        )
        .join(ScheduleEntry, ScheduleEntry.id == Attendance.entry_id)
        .join(Cohort, Cohort.id == ScheduleEntry.cohort_id)
        .where(Attendance.enrolment_id.in_(enrolments), ScheduleEntry.cancelled_at.is_(None))
    )


def count_sessions(enrolments: Collection[int]) -> sa.Update:
    """Return what brings the counts of sessions on enrolments up to date: those at which somebody was noted, and those they attended."""
    noted = (
        sa.select(sa.func.count())
        .select_from(Attendance)
        .join(ScheduleEntry, ScheduleEntry.id == Attendance.entry_id)
        .where(Attendance.enrolment_id == Enrolment.id, ScheduleEntry.cancelled_at.is_(None))
        .correlate(Enrolment)
    )
    return (
        sa.update(Enrolment)
        .where(Enrolment.id.in_(enrolments))
        .values(sessions_held=noted.scalar_subquery(), sessions_attended=noted.where(Attendance.state.in_([*THERE])).scalar_subquery())
        .execution_options(synchronize_session=False)
    )


def absent_in(cohort_id: int) -> Select:
    """Return (enrolment, person, group) of those in a cohort who have missed anything, by name."""
    missed = (
        sa.select(Attendance.enrolment_id)
        .join(ScheduleEntry, ScheduleEntry.id == Attendance.entry_id)
        .where(ScheduleEntry.cohort_id == cohort_id, ScheduleEntry.cancelled_at.is_(None), Attendance.state.not_in(THERE))
    )
    return (
        sa.select(Enrolment.id, User.title_before, User.name, User.title_after, Group.name.label("group_name"))
        .join(User, User.id == Enrolment.user_id)
        .outerjoin(Group, Group.id == Enrolment.group_id)
        .where(Enrolment.cohort_id == cohort_id, _active, Enrolment.id.in_(missed))
        .order_by(User.name, Enrolment.id)
    )


def meetings_with(enrolment_id: int) -> Select:
    """Return (meeting, state or None) of one enrolment in order of time: what was for them, and where they were noted."""
    return (
        sa.select(ScheduleEntry, Attendance.state, Cohort.time_zone)
        .join(Enrolment, Enrolment.cohort_id == ScheduleEntry.cohort_id)
        .join(Cohort, Cohort.id == Enrolment.cohort_id)
        .outerjoin(Attendance, sa.and_(Attendance.entry_id == ScheduleEntry.id, Attendance.enrolment_id == Enrolment.id))
        .where(Enrolment.id == enrolment_id, sa.or_(_for_them, Attendance.state.is_not(None)), ScheduleEntry.cancelled_at.is_(None))
        .order_by(ScheduleEntry.starts_at, ScheduleEntry.id)
    )


def meetings_for(user_id: uuid.UUID, first: dt.datetime, last: dt.datetime) -> Select:
    """Return (meeting, enrolment id, zone of the cohort, state or None) of a person's meetings that touch a span of time, earliest first."""
    return (
        sa.select(ScheduleEntry, Enrolment.id, Cohort.time_zone, Attendance.state)
        .join(Enrolment, Enrolment.cohort_id == ScheduleEntry.cohort_id)
        .join(Cohort, Cohort.id == Enrolment.cohort_id)
        .outerjoin(Attendance, sa.and_(Attendance.entry_id == ScheduleEntry.id, Attendance.enrolment_id == Enrolment.id))
        .where(
            Enrolment.user_id == user_id,
            _active,
            _for_them,
            ScheduleEntry.cancelled_at.is_(None),
            ScheduleEntry.starts_at < last,
            ScheduleEntry.ends_at > first,
        )
        .order_by(ScheduleEntry.starts_at, ScheduleEntry.id)
    )
