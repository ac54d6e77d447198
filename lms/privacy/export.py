"""What the kernel keeps about a person's learning, for "download my data"."""

from __future__ import annotations

import uuid
from typing import Any, cast

import sqlalchemy as sa

from lms.attempts.models import Attempt
from lms.db import Base, db
from lms.learning.models import Enrolment
from lms.messages.models import Mail
from lms.people.models import ReportingLine, RoleAssignment
from lms.progress.models import Completion, Evidence, Extension, JpEntry, ModuleProgress, TimeRequest

BY_ENROLMENT: tuple[type[Base], ...] = (Evidence, Completion, ModuleProgress, Attempt, Extension, TimeRequest)
BY_PERSON: tuple[type[Base], ...] = (Enrolment, JpEntry, Mail, RoleAssignment, ReportingLine)


def export_training_record(user_id: uuid.UUID) -> list[dict[str, Any]]:
    """Return every row about the person, each with the name of its table."""
    enrolments = sa.select(Enrolment.id).where(Enrolment.user_id == user_id)
    rows: list[dict[str, Any]] = []
    for model in BY_PERSON:
        table = cast("sa.Table", model.__table__)
        rows += [{"table": table.name, **row} for row in db.session.execute(sa.select(table).where(table.c.user_id == user_id)).mappings()]
    for model in BY_ENROLMENT:
        table = cast("sa.Table", model.__table__)
        found = db.session.execute(sa.select(table).where(table.c.enrolment_id.in_(enrolments)))
        rows += [{"table": table.name, **row} for row in found.mappings()]
    return rows
