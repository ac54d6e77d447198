"""Attempts of submittable activities, and every change of a mark."""

from __future__ import annotations

import datetime as dt
import enum
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, Json, personal, utcnow, uuid_key


def _answer(purpose: str) -> Json:
    return personal(purpose, retention="24 months", readable_by=("self", "instructor"))


class AttemptState(enum.StrEnum):
    """Where an attempt stands."""

    IN_PROGRESS = "in_progress"
    OVERDUE = "overdue"  # the time is up; it can still be handed in
    SUBMITTED = "submitted"  # handed in; a person must look
    RETURNED = "returned"  # looked at, with a request; the learner may hand in again
    MARKED = "marked"
    ABANDONED = "abandoned"  # the time is up and it was not handed in


class Attempt(Base):
    """One go at an activity. `answer` and `variant` are the type's own data; the score is the kernel's."""

    __tablename__ = "attempts"

    id: Mapped[uuid.UUID] = uuid_key()
    enrolment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrolments.id", ondelete="CASCADE"), info=_answer("assessment"))
    module_id: Mapped[int] = mapped_column(sa.ForeignKey("modules.id"), info=_answer("assessment"))
    activity_key: Mapped[str] = mapped_column(sa.String(60), info=_answer("assessment"))
    revision_id: Mapped[int] = mapped_column(sa.ForeignKey("revisions.id"), info=_answer("assessment"))
    number: Mapped[int] = mapped_column(info=_answer("assessment"))
    state: Mapped[AttemptState] = mapped_column(default=AttemptState.IN_PROGRESS, info=_answer("assessment"))
    variant: Mapped[Json] = mapped_column(info=_answer("assessment"))
    answer: Mapped[Json] = mapped_column(info=_answer("assessment"))
    points: Mapped[float | None] = mapped_column(info=_answer("assessment"))
    maximum: Mapped[float | None] = mapped_column(info=_answer("assessment"))
    feedback: Mapped[str] = mapped_column(sa.Text, default="", info=_answer("assessment"))
    started_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info=_answer("assessment"))
    submitted_at: Mapped[dt.datetime | None] = mapped_column(info=_answer("assessment"))
    marked_at: Mapped[dt.datetime | None] = mapped_column(info=_answer("assessment"))
    marked_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"), info=_answer("assessment"))

    __table_args__ = (
        sa.UniqueConstraint("enrolment_id", "module_id", "activity_key", "number"),
        sa.CheckConstraint("points BETWEEN 0 AND maximum", "points_are_part_of_maximum"),
        sa.CheckConstraint("(state IN ('submitted', 'returned', 'marked')) = (submitted_at IS NOT NULL)", "handed_in_since_when"),
        sa.Index("ix_attempts_waiting", "state", "module_id", "activity_key"),
    )

    @property
    def percent(self) -> float | None:
        """Return 0 to 100, or None while nobody has marked it."""
        if self.points is None or not self.maximum:
            return None
        return 100 * self.points / self.maximum


class GradeChange(Base):
    """A mark was given or changed: from what to what, by whom, why. Append-only."""

    __tablename__ = "grade_changes"

    id: Mapped[int] = mapped_column(sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True)
    attempt_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("attempts.id", ondelete="CASCADE"), index=True, info=_answer("accountability")
    )
    before: Mapped[float | None] = mapped_column(info=_answer("accountability"))
    after: Mapped[float | None] = mapped_column(info=_answer("accountability"))
    reason: Mapped[str] = mapped_column(sa.String(200), info=_answer("accountability"))
    actor_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"), info=_answer("accountability"))
    at: Mapped[dt.datetime] = mapped_column(default=utcnow, info=_answer("accountability"))
