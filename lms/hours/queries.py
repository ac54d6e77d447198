"""Reads of the ledger of hours."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from lms.learning.models import Cohort, Course, Enrolment
from lms.people.models import User
from lms.progress.models import JpEntry

Select = sa.Select[*tuple[Any, ...]]
_corrector = aliased(User)


def _lines() -> Select:
    return (
        sa.select(
            JpEntry,
            Cohort.title.label("cohort_title"),
            Cohort.number.label("cohort_number"),
            Cohort.year.label("cohort_year"),
            Course.title.label("course_title"),
            _corrector.name.label("corrector"),
        )
        .join(Enrolment, Enrolment.id == JpEntry.enrolment_id)
        .join(Cohort, Cohort.id == Enrolment.cohort_id)
        .join(Course, Course.id == Cohort.course_id)
        .outerjoin(_corrector, _corrector.id == JpEntry.actor_id)
    )


def lines_of_year(user_id: uuid.UUID, year: int) -> Select:
    """Return a person's lines of a calendar year with programme and corrector, by day; corrections after what they correct."""
    day = JpEntry.occurred_on.between(dt.date(year, 1, 1), dt.date(year, 12, 31))
    return _lines().where(JpEntry.user_id == user_id, day).order_by(JpEntry.occurred_on, JpEntry.id)


def lines_of_enrolment(enrolment_id: int) -> Select:
    """Return the lines of one enrolment, by day."""
    return _lines().where(JpEntry.enrolment_id == enrolment_id).order_by(JpEntry.occurred_on, JpEntry.id)


def years_of(user_id: uuid.UUID) -> Select:
    """Return the calendar years in which a person has lines, latest first."""
    year = sa.extract("year", JpEntry.occurred_on)
    return sa.select(year).where(JpEntry.user_id == user_id).distinct().order_by(year.desc())
