"""The jobs table: what must happen after a commit. It is the truth; a broker, if there is one, is only the messenger."""

from __future__ import annotations

import datetime as dt
import enum
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, Json, utcnow, uuid_key


class JobState(enum.StrEnum):
    """Where a job stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Job(Base):
    """One piece of work, written in the transaction that makes it necessary. Arguments are ids and keys, never texts of people."""

    __tablename__ = "jobs"

    id: Mapped[uuid.UUID] = uuid_key()
    task: Mapped[str] = mapped_column(sa.String(80))
    arguments: Mapped[Json]
    # Two jobs with the same key are one.
    key: Mapped[str | None] = mapped_column(sa.String(120), unique=True)
    state: Mapped[JobState] = mapped_column(default=JobState.WAITING)
    tries: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[dt.datetime] = mapped_column(default=utcnow)
    # Who runs it must finish or renew by then; afterwards anybody may take it.
    leased_until: Mapped[dt.datetime | None]
    error: Mapped[str] = mapped_column(sa.String(500), default="")
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow)
    finished_at: Mapped[dt.datetime | None]

    __table_args__ = (sa.Index("ix_jobs_due", "state", "due_at"),)
