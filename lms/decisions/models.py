"""Passing rules, decisions and minutes.

A decision on passing is made by a person, never by a program. Rules, decisions and minutes are append-only; the latest holds.
"""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import JSON, Base, Json, personal, utcnow


def _decision(purpose: str) -> Json:
    return personal(purpose, retention="training record", readable_by=("self", "organizer"))


class Outcome(enum.StrEnum):
    """What was decided (lulus, ditunda, tidak lulus)."""

    PASSED = "passed"
    POSTPONED = "postponed"
    FAILED = "failed"


class PassingRule(Base):
    """One version of the passing rule (see `lms.decisions.rules`) of a course or of a cohort. Never changed: an edit is another version.

    A cohort without a version of its own has its course's rule as that was when the cohort was begun.
    """

    __tablename__ = "passing_rules"

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int | None] = mapped_column(sa.ForeignKey("courses.id", ondelete="CASCADE"))
    cohort_id: Mapped[int | None] = mapped_column(sa.ForeignKey("cohorts.id", ondelete="CASCADE"))
    version: Mapped[int]
    tree: Mapped[Any] = mapped_column(JSON)
    note: Mapped[str] = mapped_column(sa.String(300), default="")
    made_by_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("users.id", ondelete="SET NULL"),
        info=personal("accountability", retention="training record", readable_by=("organizer",)),
    )
    made_at: Mapped[dt.datetime] = mapped_column(default=utcnow)

    __table_args__ = (
        sa.UniqueConstraint("course_id", "version"),
        sa.UniqueConstraint("cohort_id", "version"),
        sa.CheckConstraint("(course_id IS NULL) <> (cohort_id IS NULL)", "of_a_course_or_of_a_cohort"),
    )


class Decision(Base):
    """The outcome for one enrolment: by whom, why, and for who is postponed the task and its day."""

    __tablename__ = "decisions"

    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrolments.id", ondelete="CASCADE"), index=True, info=_decision("outcome"))
    outcome: Mapped[Outcome] = mapped_column(info=_decision("outcome"))
    reason: Mapped[str] = mapped_column(sa.String(500), default="", info=_decision("outcome"))
    task: Mapped[str] = mapped_column(sa.String(500), default="", info=_decision("what is still to do"))
    due_on: Mapped[dt.date | None] = mapped_column(info=_decision("what is still to do"))
    # Final mark in percent (two places) and the label of its band, as they were at that moment; None where the course gives none.
    score: Mapped[float | None] = mapped_column(info=_decision("outcome"))
    band: Mapped[str] = mapped_column(sa.String(60), default="", info=_decision("outcome"))
    # Whether the rule was met then, and which version of it (None: the rule that everybody begins with).
    rule_met: Mapped[bool] = mapped_column(default=True, info=_decision("accountability"))
    rule_id: Mapped[int | None] = mapped_column(sa.ForeignKey("passing_rules.id", ondelete="SET NULL"), info=_decision("accountability"))
    decided_by_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("users.id", ondelete="SET NULL"), info=_decision("accountability")
    )
    decided_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info=_decision("outcome"))

    __table_args__ = (
        sa.CheckConstraint("outcome <> 'postponed' OR (task <> '' AND due_on IS NOT NULL)", "postponed_has_a_task_and_a_day"),
        sa.CheckConstraint("outcome <> 'failed' OR reason <> ''", "failed_has_a_reason"),
        sa.CheckConstraint("outcome <> 'passed' OR rule_met OR reason <> ''", "against_the_rule_has_a_reason"),
    )


class Minutes(Base):
    """The minutes (berita acara) of a meeting that decided: everything that is printed, in words, as it was then."""

    __tablename__ = "decision_minutes"

    id: Mapped[int] = mapped_column(primary_key=True)
    cohort_id: Mapped[int] = mapped_column(sa.ForeignKey("cohorts.id", ondelete="CASCADE"), index=True)
    number: Mapped[str] = mapped_column(sa.String(80), default="")
    held_on: Mapped[dt.date]
    content: Mapped[Json] = mapped_column(info=_decision("outcome"))
    # SHA-256 of the content as JSON with sorted names, in UTF-8.
    digest: Mapped[str] = mapped_column(sa.String(64))
    # The latest decision that was known when the minutes were written; later ones belong to the next minutes.
    last_decision_id: Mapped[int] = mapped_column(default=0)
    made_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"), info=_decision("accountability"))
    made_at: Mapped[dt.datetime] = mapped_column(default=utcnow)
