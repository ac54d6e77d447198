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
    ATTENDED = "attended"  # was there, as both sides or a signed list say
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

    __table_args__ = (
        sa.CheckConstraint("state <> 'complete' OR first_completed_at IS NOT NULL", "complete_since_when"),
        # The few that wait, among millions that do not.
        sa.Index(
            "ix_completions_waiting",
            "enrolment_id",
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        ),
    )


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


class Extension(Base):
    """A later due day of a module for one enrolment, given by a person who says why. It moves nothing forward: the later day counts."""

    __tablename__ = "extensions"

    enrolment_id: Mapped[int] = mapped_column(
        sa.ForeignKey("enrolments.id", ondelete="CASCADE"), primary_key=True, info=_record("progress")
    )
    module_id: Mapped[int] = mapped_column(sa.ForeignKey("modules.id"), primary_key=True, index=True, info=_record("progress"))
    due_on: Mapped[dt.date] = mapped_column(info=_record("progress"))
    reason: Mapped[str] = mapped_column(sa.String(500), info=_record("accountability"))
    given_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"), info=_record("accountability"))
    given_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info=_record("accountability"))


class TimeRequest(Base):
    """A learner's wish for a later due day of a module, and what an organizer answered: a day, or a sentence why it stays."""

    __tablename__ = "time_requests"

    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrolments.id", ondelete="CASCADE"), index=True, info=_record("progress"))
    module_id: Mapped[int] = mapped_column(sa.ForeignKey("modules.id"), index=True, info=_record("progress"))
    wished_on: Mapped[dt.date] = mapped_column(info=_record("progress"))
    reason: Mapped[str] = mapped_column(sa.String(500), info=_record("accountability"))
    asked_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info=_record("accountability"))
    answered_at: Mapped[dt.datetime | None] = mapped_column(info=_record("accountability"))
    answered_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"), info=_record("accountability"))
    given_on: Mapped[dt.date | None] = mapped_column(info=_record("progress"))
    answer: Mapped[str] = mapped_column(sa.String(500), default="", info=_record("explanation"))

    __table_args__ = (
        # One request waits for each module and person, whatever is sent at once.
        sa.Index(
            "uq_time_requests_open",
            "enrolment_id",
            "module_id",
            unique=True,
            sqlite_where=sa.text("answered_at IS NULL"),
            postgresql_where=sa.text("answered_at IS NULL"),
        ),
        sa.CheckConstraint("answered_at IS NULL OR given_on IS NOT NULL OR answer <> ''", "declined_has_a_sentence"),
    )


class JpForm(enum.StrEnum):
    """How hours were learned; the recognition rules differ by form."""

    CLASSROOM = "classroom"
    DISTANCE = "distance"
    E_LEARNING = "e_learning"
    PRACTICE = "practice"
    REFLECTION = "reflection"
    SELF_STUDY = "self_study"
    SEMINAR = "seminar"
    WORKSHOP = "workshop"
    SOCIALISATION = "socialisation"
    COACHING = "coaching"
    MENTORING = "mentoring"
    BENCHMARKING = "benchmarking"
    INTERNSHIP = "internship"


class JpRule(Base):
    """How hours of one form are recognised from one day to another, both included. A limit that is None does not limit.

    `per_day` and `per_event` are hours; `per_month` is how many events of a calendar month count at all.
    """

    __tablename__ = "jp_rules"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(60), unique=True)
    form: Mapped[JpForm]
    valid_from: Mapped[dt.date]
    valid_to: Mapped[dt.date | None]
    per_day: Mapped[Decimal | None]
    per_event: Mapped[Decimal | None]
    per_month: Mapped[int | None]
    source: Mapped[str] = mapped_column(sa.String(300), default="")
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow)

    __table_args__ = (
        sa.UniqueConstraint("form", "valid_from"),
        sa.CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", "it_ends_after_it_starts"),
        sa.CheckConstraint("per_day >= 0 AND per_event >= 0 AND per_month >= 0", "limits_are_not_negative"),
    )


class JpCause(enum.StrEnum):
    """Why a line was written."""

    EARNED = "earned"
    CORRECTED = "corrected"  # by a person, with a reason
    WITHDRAWN = "withdrawn"  # the attendance behind it was taken back
    RESTORED = "restored"  # and given again
    CHANGED = "changed"  # the meeting behind it was given other hours
    RECOUNTED = "recounted"  # another correction has made or taken room under a limit


class JpLimit(enum.StrEnum):
    """What kept hours from being recognised."""

    NONE = "none"
    DAY = "day"
    MONTH = "month"
    EVENT = "event"
    REPEATED = "repeated"  # the same section was recognised in another cohort of the same year


class JpEntry(Base):
    """One line of the hours ledger. Never changed; a correction is another line.

    The first line of something learned says what it is designed for (`nominal`) and what the dated rules allow on that local day
    (`recognized`). Lines that correct it (`corrects_id`) hold differences, also negative ones, under the same day: the sum is what holds.
    """

    __tablename__ = "jp_entries"

    id: Mapped[int] = mapped_column(sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrolments.id", ondelete="CASCADE"), info=_record("hours"))
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id"), info=_record("hours"))
    # What was learned, the same however often it is told: "section/12/key", "meeting/45", "correction/7/1".
    key: Mapped[str] = mapped_column(sa.String(120), info=_record("hours"))
    module_id: Mapped[int | None] = mapped_column(sa.ForeignKey("modules.id"), info=_record("hours"))
    section: Mapped[str] = mapped_column(sa.String(60), default="", info=_record("hours"))
    title: Mapped[Json] = mapped_column(info=_record("hours"))
    form: Mapped[JpForm] = mapped_column(info=_record("hours"))
    nominal: Mapped[Decimal] = mapped_column(info=_record("hours"))
    recognized: Mapped[Decimal] = mapped_column(info=_record("hours"))
    rule: Mapped[str] = mapped_column(sa.String(60), info=_record("hours"))
    limit: Mapped[JpLimit] = mapped_column(default=JpLimit.NONE, info=_record("hours"))
    occurred_on: Mapped[dt.date] = mapped_column(info=_record("hours"))
    recorded_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info=_record("hours"))
    corrects_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("jp_entries.id", ondelete="CASCADE"), index=True, info=_record("accountability")
    )
    cause: Mapped[JpCause] = mapped_column(default=JpCause.EARNED, info=_record("accountability"))
    reason: Mapped[str] = mapped_column(sa.String(300), default="", info=_record("accountability"))
    actor_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"), info=_record("accountability"))

    __table_args__ = (
        sa.UniqueConstraint("enrolment_id", "key"),
        sa.CheckConstraint("corrects_id IS NOT NULL OR recognized BETWEEN 0 AND nominal", "recognized_is_part_of_nominal"),
        sa.CheckConstraint("(corrects_id IS NULL) = (cause = 'earned')", "what_is_not_earned_corrects"),
        sa.CheckConstraint("cause <> 'corrected' OR reason <> ''", "corrections_say_why"),
        sa.Index("ix_jp_entries_user_day", "user_id", "occurred_on"),
    )
