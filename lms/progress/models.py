"""Evidence is append-only and the truth; everything else here is a projection that can be rebuilt from it."""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import JSON, Base, Json, personal, utcnow


def _record(purpose: str) -> Json:
    return personal(purpose, retention="training record", readable_by=("self", "instructor", "organizer"))


class EvidenceKind(enum.StrEnum):
    """What can be seen to happen."""

    VIEWED = "viewed"  # the learner says: I have read this
    SUBMITTED = "submitted"
    SCORED = "scored"  # value: percent
    WORDS = "words"  # value: number of words handed in
    ACCEPTED = "accepted"  # by an instructor
    RETURNED = "returned"  # by an instructor, with a request
    OVERRIDE = "override"  # value: {"state": "complete" | "incomplete" | "lifted", "until": date or null}; the note says why
    CARRIED = "carried"  # complete under an older revision; value: {"first_completed_at": …, "revision": id}
    FINISHED = "finished"  # the whole course; activity key is empty


class Evidence(Base):
    """Something that happened, once. The id is made by whoever saw it, so sending it twice changes nothing."""

    __tablename__ = "evidence"

    # Order of arrival; within an enrolment it is the order of truth, because the enrolment's row is locked while evidence is added.
    sequence: Mapped[int] = mapped_column(sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(unique=True, info=_record("accountability"))
    enrolment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrolments.id", ondelete="CASCADE"), info=_record("progress"))
    module_id: Mapped[int | None] = mapped_column(sa.ForeignKey("modules.id"), info=_record("progress"))
    activity_key: Mapped[str] = mapped_column(sa.String(60), info=_record("progress"))
    kind: Mapped[EvidenceKind] = mapped_column(info=_record("progress"))
    value: Mapped[Any | None] = mapped_column(JSON, info=_record("progress"))
    note: Mapped[str] = mapped_column(sa.String(500), default="", info=_record("accountability"))
    actor_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"), info=_record("accountability"))
    occurred_at: Mapped[dt.datetime] = mapped_column(info=_record("progress"))
    received_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info=_record("accountability"))
    source: Mapped[str] = mapped_column(sa.String(20), default="web", info=_record("accountability"))
    device: Mapped[str] = mapped_column(sa.String(60), default="", info=_record("accountability"))

    __table_args__ = (sa.Index("ix_evidence_activity", "enrolment_id", "module_id", "activity_key", "sequence"),)


class CompletionState(enum.StrEnum):
    """How far a learner is with an activity."""

    NOT_STARTED = "not_started"
    IN_PROGRESS = "in_progress"
    WAITING = "waiting"  # for a person to look
    COMPLETE = "complete"


class Completion(Base):
    """The state of one activity for one enrolment, why, and since when."""

    __tablename__ = "completions"

    enrolment_id: Mapped[int] = mapped_column(
        sa.ForeignKey("enrolments.id", ondelete="CASCADE"), primary_key=True, info=_record("progress")
    )
    module_id: Mapped[int] = mapped_column(sa.ForeignKey("modules.id"), primary_key=True, info=_record("progress"))
    activity_key: Mapped[str] = mapped_column(sa.String(60), primary_key=True, info=_record("progress"))
    state: Mapped[CompletionState] = mapped_column(info=_record("progress"))
    score: Mapped[float | None] = mapped_column(info=_record("progress"))  # best, percent
    first_completed_at: Mapped[dt.datetime | None] = mapped_column(info=_record("progress"))
    revision_id: Mapped[int] = mapped_column(sa.ForeignKey("revisions.id"), info=_record("progress"))
    # The rule tree with, for each clause, whether it is met and the ids of the evidence that meets it.
    reasons: Mapped[Json] = mapped_column(info=_record("progress"))

    __table_args__ = (sa.CheckConstraint("state <> 'complete' OR first_completed_at IS NOT NULL", "complete_since_when"),)


class ModuleProgress(Base):
    """The roll-up of one module for one enrolment."""

    __tablename__ = "module_progress"

    enrolment_id: Mapped[int] = mapped_column(
        sa.ForeignKey("enrolments.id", ondelete="CASCADE"), primary_key=True, info=_record("progress")
    )
    module_id: Mapped[int] = mapped_column(sa.ForeignKey("modules.id"), primary_key=True, info=_record("progress"))
    required_count: Mapped[int] = mapped_column(info=_record("progress"))
    done_count: Mapped[int] = mapped_column(info=_record("progress"))
    waiting_count: Mapped[int] = mapped_column(info=_record("progress"))
    completed_at: Mapped[dt.datetime | None] = mapped_column(info=_record("progress"))

    __table_args__ = (sa.CheckConstraint("done_count BETWEEN 0 AND required_count", "done_is_part_of_required"),)


class JpForm(enum.StrEnum):
    """How hours were learned; the recognition rules differ by form."""

    E_LEARNING = "e_learning"
    PRACTICE = "practice"
    REFLECTION = "reflection"


class JpEntry(Base):
    """One line of the hours ledger. Never changed; a correction is another line.

    `nominal` is what the section is designed for, `recognized` what the dated rules allow on that local day.
    """

    __tablename__ = "jp_entries"

    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrolments.id", ondelete="CASCADE"), info=_record("hours"))
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id"), info=_record("hours"))
    module_id: Mapped[int] = mapped_column(sa.ForeignKey("modules.id"), info=_record("hours"))
    section: Mapped[str] = mapped_column(sa.String(60), info=_record("hours"))
    form: Mapped[JpForm] = mapped_column(info=_record("hours"))
    nominal: Mapped[Decimal] = mapped_column(info=_record("hours"))
    recognized: Mapped[Decimal] = mapped_column(info=_record("hours"))
    rule: Mapped[str] = mapped_column(sa.String(60), info=_record("hours"))
    occurred_on: Mapped[dt.date] = mapped_column(info=_record("hours"))
    recorded_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info=_record("hours"))

    __table_args__ = (
        sa.UniqueConstraint("enrolment_id", "module_id", "section"),
        sa.CheckConstraint("recognized BETWEEN 0 AND nominal", "recognized_is_part_of_nominal"),
        sa.Index("ix_jp_entries_user_day", "user_id", "occurred_on"),
    )
