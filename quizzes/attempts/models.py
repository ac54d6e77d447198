"""Answers: every one that was given, in order. The latest of an item counts; none is ever lost or written over."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lms.api import Base, Json, personal, utcnow


def _answer() -> Json:
    return personal("assessment", retention="24 months", readable_by=("self", "instructor"))


class Answer(Base):
    """One answer to one item of an attempt, with its receipt."""

    __tablename__ = "quizzes_answers"

    id: Mapped[int] = mapped_column(sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True)
    attempt_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("attempts.id", ondelete="CASCADE"), info=_answer())
    version_id: Mapped[int] = mapped_column(sa.ForeignKey("quizzes_item_versions.id"), info=_answer())
    # Counts the answers of an attempt; made under the attempt's lock.
    sequence: Mapped[int] = mapped_column(info=_answer())
    chosen: Mapped[list[Any]] = mapped_column(info=_answer())
    flagged: Mapped[bool] = mapped_column(default=False, info=_answer())
    saved_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info=_answer())
    receipt: Mapped[str] = mapped_column(sa.String(12), info=_answer())

    __table_args__ = (sa.UniqueConstraint("attempt_id", "sequence"), sa.Index("ix_quizzes_answers_item", "attempt_id", "version_id"))
