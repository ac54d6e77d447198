"""What an instructor chose in the rubric. Attempt, score and feedback are the kernel's."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lms.api import Base, Json, personal


def _marks() -> Json:
    return personal("assessment", retention="24 months", readable_by=("self", "assessor"))


class Marking(Base):
    """The rubric of one version, filled in: the key of each criterion with its level, `1` to `4`, of a gate `kept` or `broken`."""

    __tablename__ = "courses_markings"

    attempt_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("attempts.id", ondelete="CASCADE"), primary_key=True, info=_marks())
    levels: Mapped[Json] = mapped_column(info=_marks())
