"""What is kept about a person's attendance, for "download my data"."""

from __future__ import annotations

import uuid
from typing import Any, cast

import sqlalchemy as sa

from lms.attendance.models import Attendance, AttendanceNote
from lms.db import Base, db
from lms.learning.models import Enrolment
from lms.schedule.models import CalendarFeed


def export_attendance(user_id: uuid.UUID) -> list[dict[str, Any]]:
    """Return every row about the person, each with the name of its table."""
    enrolments = sa.select(Enrolment.id).where(Enrolment.user_id == user_id)
    tables: list[type[Base]] = [Attendance, AttendanceNote]
    rows: list[dict[str, Any]] = []
    for model in tables:
        table = cast("sa.Table", model.__table__)
        found = db.session.execute(sa.select(table).where(table.c.enrolment_id.in_(enrolments)))
        rows += [{"table": table.name, **row} for row in found.mappings()]
    feeds = cast("sa.Table", CalendarFeed.__table__)
    rows += [{"table": feeds.name, **row} for row in db.session.execute(sa.select(feeds).where(feeds.c.user_id == user_id)).mappings()]
    return rows
