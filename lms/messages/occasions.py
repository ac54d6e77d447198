"""What a whole cohort is told at once: that they take part, that a meeting has changed. A few statements, whatever their number."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from lms import i18n
from lms.db import db, utcnow
from lms.i18n import zone
from lms.learning.models import Cohort, Enrolment, EnrolmentState, ScheduleEntry
from lms.learning.words import cohort_title
from lms.messages.services import Telling, tell
from lms.messages.words import CANCELLED, ENROLLED, MOVED, say
from lms.people.models import User


def welcome(*, cohort: Cohort, enrolment_ids: Collection[int]) -> None:
    """Tell people that they take part. Called when an organizer confirms, and not before: until then nobody gets a mail."""
    values = {"cohort": lambda: cohort_title(cohort), "day": lambda: i18n.format_day(cohort.starts_on)}
    tellings = []
    for row in _learners(Enrolment.id.in_(enrolment_ids)):
        title, body = say(ENROLLED, values, language=row.language, time_zone=row.time_zone)
        tellings.append(Telling(row.user_id, "enrolled", f"enrolment/{row.id}", title, body, "/learn"))
    tell(tellings)


def meeting_changed(*, cohort: Cohort, entry: ScheduleEntry, cancelled: bool = False) -> None:
    """Tell the learners whose meeting it is that it is at another time or place, or does not take place; of past ones nobody."""
    if entry.starts_at <= utcnow():
        return
    there = entry.time_zone or cohort.time_zone
    values = {
        "title": entry.title,
        "day": lambda: i18n.format_day(entry.starts_at.astimezone(zone(there)).date()),
        "time": lambda: i18n.in_language(i18n.language(), lambda: i18n.format_time(entry.starts_at), time_zone=there),
        "place": entry.place,
    }
    bucket = "cancelled" if cancelled else f"{utcnow():%Y-%m-%dT%H:%M:%S}"
    theirs = sa.true() if entry.group_id is None else Enrolment.group_id == entry.group_id
    tellings = []
    for row in _learners(Enrolment.cohort_id == cohort.id, theirs):
        title, body = say(CANCELLED if cancelled else MOVED, values, language=row.language, time_zone=row.time_zone)
        tellings.append(Telling(row.user_id, "meeting_changed", f"meeting/{entry.id}", title, body, "/learn", bucket))
    tell(tellings)


def _learners(*which: sa.ColumnElement[bool]) -> Any:
    """Return the active ones of some learners: enrolment, person, language, zone."""
    statement = sa.select(Enrolment.id, Enrolment.user_id, User.language, User.time_zone).join(User, User.id == Enrolment.user_id)
    return db.session.execute(statement.where(*which, Enrolment.state == EnrolmentState.ACTIVE, User.is_active).order_by(Enrolment.id))
