"""What learners write in private: visits and journals. Texts are sealed; everything in the clear says only that something was written.

Made for phones without signal: whoever writes makes the id of the entry, a draft counts its versions, and what was edited in two places
is kept twice.
"""

from __future__ import annotations

import datetime as dt
import enum
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lms.api import Base, Json, personal, utcnow, uuid_key


def _status(purpose: str) -> Json:
    return personal(purpose, retention="training record", readable_by=("self", "assessor"))


def _confidential() -> Json:
    return personal(
        "reflection",
        retention="12 months after hand-in, drafts 90 days after the cohort",
        readable_by=("self", "assessor"),
        kind="confidential",
    )


class EntryKind(enum.StrEnum):
    """What is written: the record of a visit, or a journal."""

    VISIT = "field_visit"
    JOURNAL = "journal"


class EntryState(enum.StrEnum):
    """Where an entry stands. A draft can be open beside a version that was handed in: that is the free revision."""

    DRAFT = "draft"
    HANDED_IN = "handed_in"
    ANSWERED = "answered"


class Entry(Base):
    """One learner's writing for one activity."""

    __tablename__ = "courses_entries"

    id: Mapped[uuid.UUID] = uuid_key()
    kind: Mapped[EntryKind] = mapped_column(info=_status("status"))
    enrolment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrolments.id", ondelete="CASCADE"), info=_status("status"))
    module_id: Mapped[int] = mapped_column(sa.ForeignKey("modules.id"), info=_status("status"))
    activity_key: Mapped[str] = mapped_column(sa.String(60), info=_status("status"))
    author_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True, info=_status("status"))
    # Set when handing in: the one person who may read.
    assessor_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"), info=_status("who may read"))
    state: Mapped[EntryState] = mapped_column(default=EntryState.DRAFT, info=_status("status"))
    # Keys of the ethics checklist that the learner has ticked.
    ticks: Mapped[list[str]] = mapped_column(sa.JSON, default=list, info=_status("ethics gate"))
    happened_on: Mapped[dt.date | None] = mapped_column(info=_status("day of the visit"))
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info=_status("status"))
    handed_in_at: Mapped[dt.datetime | None] = mapped_column(info=_status("status"))
    promised_on: Mapped[dt.date | None] = mapped_column(info=_status("when an answer is promised"))

    drafts: Mapped[list[Draft]] = relationship(
        back_populates="entry", lazy="raise_on_sql", order_by="Draft.branch", cascade="all, delete-orphan"
    )
    versions: Mapped[list[Version]] = relationship(
        back_populates="entry", lazy="raise_on_sql", order_by="Version.number", cascade="all, delete-orphan"
    )

    __table_args__ = (
        sa.UniqueConstraint("enrolment_id", "module_id", "activity_key"),
        sa.Index("ix_courses_entries_queue", "assessor_id", "state", "promised_on"),
    )


class Draft(Base):
    """What is being written. Branch 0 is the draft; others hold what was edited elsewhere from an older version, until it is joined."""

    __tablename__ = "courses_drafts"

    entry_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("courses_entries.id", ondelete="CASCADE"), primary_key=True, info=_status("status")
    )
    branch: Mapped[int] = mapped_column(primary_key=True, default=0, info=_status("status"))
    version: Mapped[int] = mapped_column(default=0, info=_status("status"))
    sealed: Mapped[bytes] = mapped_column(sa.LargeBinary, info=_confidential())
    device: Mapped[str] = mapped_column(sa.String(60), default="", info=_status("tell two devices apart"))
    saved_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info=_status("status"))

    entry: Mapped[Entry] = relationship(back_populates="drafts", lazy="raise_on_sql")


class Version(Base):
    """What was handed in. Never changed; a revision is another version."""

    __tablename__ = "courses_versions"

    id: Mapped[uuid.UUID] = uuid_key()
    entry_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("courses_entries.id", ondelete="CASCADE"), info=_status("status"))
    number: Mapped[int] = mapped_column(info=_status("status"))
    sealed: Mapped[bytes] = mapped_column(sa.LargeBinary, info=_confidential())
    words: Mapped[int] = mapped_column(info=_status("completion"))
    receipt: Mapped[str] = mapped_column(sa.String(12), info=_status("proof"))
    handed_in_at: Mapped[dt.datetime] = mapped_column(info=_status("status"))

    entry: Mapped[Entry] = relationship(back_populates="versions", lazy="raise_on_sql")
    feedback: Mapped[Feedback | None] = relationship(back_populates="version", lazy="raise_on_sql", cascade="all, delete-orphan")

    __table_args__ = (sa.UniqueConstraint("entry_id", "number"),)


class Feedback(Base):
    """An instructor's answer to one version, sealed with the author's key: it speaks of their text."""

    __tablename__ = "courses_feedback"

    version_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("courses_versions.id", ondelete="CASCADE"), primary_key=True, info=_status("status")
    )
    assessor_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"), info=_status("status"))
    sealed: Mapped[bytes] = mapped_column(sa.LargeBinary, info=_confidential())
    accepted: Mapped[bool] = mapped_column(info=_status("result"))
    given_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info=_status("status"))

    version: Mapped[Version] = relationship(back_populates="feedback", lazy="raise_on_sql")
