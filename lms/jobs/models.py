"""The jobs table: what must happen after a commit. It is the truth; a broker, if there is one, is only the messenger.

A batch is a long job that somebody waits for: it tells how far it is, and what it made can be fetched.
"""

from __future__ import annotations

import datetime as dt
import enum
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, Json, personal, utcnow, uuid_key


class JobState(enum.StrEnum):
    """Where a job stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    ASIDE = "aside"  # failed, and a person has decided that it stays undone


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


def _batch(purpose: str) -> Json:
    return personal(purpose, retention="7 days", readable_by=("self",))


class Batch(Base):
    """Long work for one person: an export, a pile of certificates. `done` of `total` steps are committed, whatever ends the process."""

    __tablename__ = "batches"

    id: Mapped[uuid.UUID] = uuid_key()
    owner_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True, info=_batch("who waits for it"))
    title: Mapped[str] = mapped_column(sa.String(200), info=_batch("what the person reads"))
    # The page from which it was begun.
    origin: Mapped[str] = mapped_column(sa.String(200), default="", info=_batch("the way back"))
    total: Mapped[int] = mapped_column(default=0, info=_batch("progress"))
    done: Mapped[int] = mapped_column(default=0, info=_batch("progress"))
    state: Mapped[JobState] = mapped_column(default=JobState.WAITING, info=_batch("progress"))
    # What stands in its way, as a sentence, when trying again by itself would not help.
    problem: Mapped[str] = mapped_column(sa.String(300), default="", info=_batch("progress"))
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info=_batch("progress"))
    finished_at: Mapped[dt.datetime | None] = mapped_column(info=_batch("progress"))

    __table_args__ = (sa.CheckConstraint("done BETWEEN 0 AND total", "done_is_part_of_total"),)


class BatchFile(Base):
    """What a batch made. In the database, so that any web process can hand it out; gone after a week."""

    __tablename__ = "batch_files"

    batch_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("batches.id", ondelete="CASCADE"), primary_key=True, info=_batch("download"))
    name: Mapped[str] = mapped_column(sa.String(120), info=_batch("download"))
    content_type: Mapped[str] = mapped_column(sa.String(100), info=_batch("download"))
    data: Mapped[bytes] = mapped_column(sa.LargeBinary, info=_batch("download"))
