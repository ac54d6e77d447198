"""Who attended which sessions: the one place where passing rules ask for it.

Sessions at which somebody was noted count, by the arithmetic of absence (`lms.attendance.limits`): what nobody wrote down is nobody's absence.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa

from lms.attendance.limits import Held, absence_of
from lms.attendance.models import Attendance as Noted
from lms.db import db
from lms.decisions.facts import Attendance
from lms.learning.models import Cohort, Enrolment, EnrolmentState, ScheduleEntry


def attendance_of(cohort: Cohort, now: dt.datetime, enrolment_id: int | None = None) -> dict[int, Attendance]:
    """Return {enrolment id: attendance} of sessions that are over: one statement.

    For the active people of the cohort, or for one enrolment; for whom no session is over is not in it.
    """
    over: dict[int, list[Any]] = {}
    for row in db.session.execute(_statement(cohort.id, now, enrolment_id)):
        over.setdefault(row.enrolment_id, []).append(row)
    return {number: _attendance(rows, cohort) for number, rows in over.items()}


def _statement(cohort_id: int, now: dt.datetime, enrolment_id: int | None) -> sa.Select[*tuple[Any, ...]]:
    here = Enrolment.id == enrolment_id if enrolment_id is not None else Enrolment.state == EnrolmentState.ACTIVE
    entry = ScheduleEntry
    for_them = sa.or_(entry.group_id.is_(None), entry.group_id == Enrolment.group_id, Noted.state.is_not(None))
    return (
        sa.select(Enrolment.id.label("enrolment_id"), Noted.state, entry.starts_at, entry.ends_at, entry.jp, entry.time_zone)
        .join(entry, entry.cohort_id == Enrolment.cohort_id)
        .outerjoin(Noted, sa.and_(Noted.entry_id == entry.id, Noted.enrolment_id == Enrolment.id))
        .where(Enrolment.cohort_id == cohort_id, here, entry.ends_at <= now, entry.cancelled_at.is_(None), for_them)
    )


def _attendance(sessions: list[Any], cohort: Cohort) -> Attendance:
    noted = [row for row in sessions if row.state is not None]
    absence = absence_of((Held(row.state, row.starts_at, row.ends_at, row.jp, row.time_zone or cohort.time_zone) for row in noted), {})
    return Attendance(len(noted), absence.attended, absence.missed["jp"], int(absence.missed["days"]), len(sessions))
