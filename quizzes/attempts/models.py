"""Attempts: the clock of each, every step that was taken in it, and what was arranged for cohorts, groups and persons."""

from __future__ import annotations

import datetime as dt
import enum
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lms.api import Base, Json, personal, utcnow


def _answer() -> Json:
    return personal("assessment", retention="24 months", readable_by=("self", "instructor"))


def _arranged() -> Json:
    return personal("fair conditions for everybody", retention="cohort", readable_by=("self", "instructor", "organizer"))


class Sitting(Base):
    """The clock of an attempt. Its row is what writers lock: `sequence` counts the attempt's steps."""

    __tablename__ = "quizzes_sittings"

    attempt_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("attempts.id", ondelete="CASCADE"), primary_key=True, info=_answer())
    sequence: Mapped[int] = mapped_column(default=0, info=_answer())
    # When the time is up, accommodations included; None without a limit.
    ends_at: Mapped[dt.datetime | None] = mapped_column(info=_answer())
    # When the program must look at the attempt next: at the end, or at the end of the grace period.
    check_at: Mapped[dt.datetime | None] = mapped_column(index=True, info=_answer())
    # Whether the program handed it in because the time was up; then answers may still be on their way.
    by_clock: Mapped[bool] = mapped_column(default=False, info=_answer())
    # When the learner first saw the result: from then on nothing that arrives late counts by itself.
    seen_at: Mapped[dt.datetime | None] = mapped_column(info=_answer())


class Action(enum.StrEnum):
    """What a step is."""

    ANSWER = "answer"
    CHECK = "check"  # answered and asked to be told at once
    LATE = "late"  # written before the end, delivered after it; counts
    ASIDE = "aside"  # kept as evidence and does not count: met another answer, or came too late


class Step(Base):
    """One thing that was done with one question of an attempt, with its receipt. Append-only: the latest that counts is the answer."""

    __tablename__ = "quizzes_steps"

    id: Mapped[int] = mapped_column(sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True)
    attempt_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("attempts.id", ondelete="CASCADE"), info=_answer())
    slot: Mapped[int] = mapped_column(info=_answer())  # the question's number, from 1
    sequence: Mapped[int] = mapped_column(info=_answer())
    action: Mapped[Action] = mapped_column(default=Action.ANSWER, info=_answer())
    response: Mapped[Json] = mapped_column(info=_answer())
    flagged: Mapped[bool] = mapped_column(default=False, info=_answer())
    certainty: Mapped[int | None] = mapped_column(info=_answer())  # 1 not very, 2 fairly, 3 very
    seconds: Mapped[int | None] = mapped_column(info=_answer())  # spent on the question since the step before, as the device says
    # When it was written, as far as the device can show it; only of what arrived late.
    written_at: Mapped[dt.datetime | None] = mapped_column(info=_answer())
    saved_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info=_answer())
    receipt: Mapped[str] = mapped_column(sa.String(12), index=True, info=_answer())

    __table_args__ = (
        sa.UniqueConstraint("attempt_id", "sequence"),
        sa.Index("ix_quizzes_steps_slot", "attempt_id", "slot"),
        sa.CheckConstraint("certainty BETWEEN 1 AND 3", "three_certainties"),
    )


class Upload(Base):
    """A file handed in as an answer. Kept here, with the answer: it belongs to one attempt and nobody else may have its address."""

    __tablename__ = "quizzes_uploads"

    id: Mapped[int] = mapped_column(primary_key=True)
    attempt_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("attempts.id", ondelete="CASCADE"), index=True, info=_answer())
    slot: Mapped[int] = mapped_column(info=_answer())
    name: Mapped[str] = mapped_column(sa.String(200), info=_answer())
    size: Mapped[int] = mapped_column(info=_answer())
    sha256: Mapped[str] = mapped_column(sa.String(64), info=_answer())
    content: Mapped[bytes] = mapped_column(sa.LargeBinary, deferred=True, info=_answer())
    saved_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info=_answer())


class Accommodation(Base):
    """Conditions of a quiz for a cohort, a group or one person; what is empty is inherited. Never changed: a new one ends the one before."""

    __tablename__ = "quizzes_accommodations"

    id: Mapped[int] = mapped_column(primary_key=True)
    cohort_id: Mapped[int] = mapped_column(sa.ForeignKey("cohorts.id", ondelete="CASCADE"), info=_arranged())
    module_id: Mapped[int] = mapped_column(sa.ForeignKey("modules.id"), info=_arranged())
    activity_key: Mapped[str] = mapped_column(sa.String(60), info=_arranged())
    group_id: Mapped[int | None] = mapped_column(sa.ForeignKey("groups.id", ondelete="CASCADE"), info=_arranged())
    enrolment_id: Mapped[int | None] = mapped_column(sa.ForeignKey("enrolments.id", ondelete="CASCADE"), index=True, info=_arranged())
    opens_at: Mapped[dt.datetime | None] = mapped_column(info=_arranged())
    closes_at: Mapped[dt.datetime | None] = mapped_column(info=_arranged())
    minutes: Mapped[int | None] = mapped_column(info=_arranged())  # of an attempt
    attempts: Mapped[int | None] = mapped_column(info=_arranged())
    password: Mapped[str | None] = mapped_column(sa.String(60), info=_arranged())  # said aloud in a room; not a secret of a person
    reason: Mapped[str] = mapped_column(sa.String(200), default="", info=_arranged())
    actor_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"), info=_arranged())
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info=_arranged())
    ended_at: Mapped[dt.datetime | None] = mapped_column(info=_arranged())

    __table_args__ = (
        sa.CheckConstraint("group_id IS NULL OR enrolment_id IS NULL", "for_a_group_or_a_person"),
        sa.CheckConstraint("closes_at > opens_at", "it_closes_after_it_opens"),
        sa.Index("ix_quizzes_accommodations_place", "cohort_id", "module_id", "activity_key"),
    )
