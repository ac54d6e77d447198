"""Who attended which sessions: the one place where passing rules ask for it.

Sessions at which somebody was noted count, as for absence (`lms.attendance`): what nobody wrote down is nobody's absence.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from lms.attendance.models import THERE
from lms.attendance.models import Attendance as Noted
from lms.db import db
from lms.decisions.facts import Attendance
from lms.i18n import local_day
from lms.learning.models import Cohort, Enrolment, EnrolmentState, ScheduleEntry


def attendance_of(cohort: Cohort, now: dt.datetime, enrolment_id: int | None = None) -> tuple[bool, dict[int, Attendance]]:
    """Return whether attendance is kept, and {enrolment id: attendance} of sessions that are over: one statement.

    For the active people of the cohort, or for one enrolment; who was noted at no session is not in it.
    """
    held: dict[int, list[Any]] = {}
    for row in db.session.execute(_statement(cohort.id, now, enrolment_id)):
        held.setdefault(row.enrolment_id, []).append(row)
    found = {number: _attendance(rows, cohort) for number, rows in held.items()}
    return bool(found), found


def _statement(cohort_id: int, now: dt.datetime, enrolment_id: int | None) -> sa.Select[*tuple[Any, ...]]:
    here = Enrolment.id == enrolment_id if enrolment_id is not None else Enrolment.state == EnrolmentState.ACTIVE
    return (
        sa.select(Noted.enrolment_id, Noted.state, ScheduleEntry.starts_at, ScheduleEntry.jp)
        .join(ScheduleEntry, ScheduleEntry.id == Noted.entry_id)
        .join(Enrolment, Enrolment.id == Noted.enrolment_id)
        .where(Enrolment.cohort_id == cohort_id, here, ScheduleEntry.ends_at <= now, ScheduleEntry.cancelled_at.is_(None))
    )


def _attendance(sessions: list[Any], cohort: Cohort) -> Attendance:
    missed = [row for row in sessions if row.state not in THERE]
    days = {local_day(row.starts_at, cohort.time_zone) for row in sessions}
    there = {local_day(row.starts_at, cohort.time_zone) for row in sessions if row.state in THERE}
    return Attendance(len(sessions), len(sessions) - len(missed), sum((row.jp for row in missed), Decimal(0)), len(days - there))
