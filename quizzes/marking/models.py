"""Marks of single questions, what waits for a person, decisions about attempts, and marking anew; sentences that a marker uses again."""

from __future__ import annotations

import datetime as dt
import enum
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lms.api import Base, Json, personal, utcnow


def _mark() -> Json:
    return personal("assessment", retention="24 months", readable_by=("self", "instructor"))


class ItemMark(Base):
    """A mark of one question of an attempt. Append-only: the latest that is no second opinion counts."""

    __tablename__ = "quizzes_marks"

    id: Mapped[int] = mapped_column(sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True)
    attempt_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("attempts.id", ondelete="CASCADE"), info=_mark())
    slot: Mapped[int] = mapped_column(info=_mark())
    version_id: Mapped[int] = mapped_column(sa.ForeignKey("quizzes_item_versions.id"), index=True, info=_mark())  # marked by this wording
    share: Mapped[float] = mapped_column(info=_mark())  # of the item's points; below 0 only where certainty counts
    points: Mapped[float] = mapped_column(info=_mark())  # what the question weighs
    levels: Mapped[Json] = mapped_column(default=dict, info=_mark())  # of a rubric: {criterion's number: level's number}
    comment: Mapped[str] = mapped_column(sa.Text, default="", info=_mark())
    reason: Mapped[str] = mapped_column(sa.String(200), info=_mark())  # "marked", or why it was changed
    second: Mapped[bool] = mapped_column(default=False, info=_mark())  # a second opinion on a sample; does not count
    actor_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"), info=_mark())  # None: the program
    # The decision to mark anew that this mark came of; it says who decided.
    regrade_id: Mapped[int | None] = mapped_column(sa.ForeignKey("quizzes_regrades.id"), info=_mark())
    marked_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info=_mark())

    __table_args__ = (
        sa.Index("ix_quizzes_marks_slot", "attempt_id", "slot"),
        sa.CheckConstraint("share BETWEEN -2 AND 1", "a_share_of_the_points"),
    )


class Comment(Base):
    """A sentence that a marker uses again and again."""

    __tablename__ = "quizzes_comments"

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("users.id", ondelete="CASCADE"), index=True, info=personal("marking", retention="account", readable_by=("self",))
    )
    text: Mapped[str] = mapped_column(sa.Text, info=personal("marking", retention="account", readable_by=("self",)))
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info=personal("marking", retention="account", readable_by=("self",)))


class Paper(Base):
    """An answer that a person marks, under a code that tells nothing about its author. It waits while `marked_at` is empty."""

    __tablename__ = "quizzes_papers"

    id: Mapped[int] = mapped_column(sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True)
    attempt_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("attempts.id", ondelete="CASCADE"), info=_mark())
    slot: Mapped[int] = mapped_column(info=_mark())
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("quizzes_items.id", ondelete="CASCADE"), info=_mark())
    code: Mapped[str] = mapped_column(sa.String(12), unique=True, info=_mark())  # drawn by lot: papers come in its order
    since: Mapped[dt.datetime] = mapped_column(default=utcnow, info=_mark())
    marked_at: Mapped[dt.datetime | None] = mapped_column(info=_mark())
    marker_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"), info=_mark())

    __table_args__ = (sa.UniqueConstraint("attempt_id", "slot"), sa.Index("ix_quizzes_papers_waiting", "item_id", "marked_at"))


class DecisionKind(enum.StrEnum):
    """What was decided about an attempt."""

    COUNTED = "counted"  # an answer that was kept aside counts
    REOPENED = "reopened"


class Decision(Base):
    """Something that an instructor decided about an attempt, with the reason. Append-only."""

    __tablename__ = "quizzes_decisions"

    id: Mapped[int] = mapped_column(sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True)
    attempt_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("attempts.id", ondelete="CASCADE"), index=True, info=_mark())
    kind: Mapped[DecisionKind] = mapped_column(info=_mark())
    slot: Mapped[int | None] = mapped_column(info=_mark())
    sequence: Mapped[int | None] = mapped_column(info=_mark())  # of the step that was kept aside
    reason: Mapped[str] = mapped_column(sa.String(200), info=_mark())
    actor_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"), info=_mark())
    decided_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info=_mark())


class Regrade(Base):
    """The decision to mark a quiz of a cohort anew, made after a dry run; its changes are written in batches."""

    __tablename__ = "quizzes_regrades"

    id: Mapped[int] = mapped_column(primary_key=True)
    cohort_id: Mapped[int] = mapped_column(sa.ForeignKey("cohorts.id", ondelete="CASCADE"))
    module_id: Mapped[int] = mapped_column(sa.ForeignKey("modules.id"))
    activity_key: Mapped[str] = mapped_column(sa.String(60))
    choice: Mapped[Json]  # {item's id: "asked" or "newest"}
    reason: Mapped[str] = mapped_column(sa.String(200))
    actor_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("users.id", ondelete="SET NULL"), info=personal("accountability", retention="24 months", readable_by=("instructor",))
    )
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow)

    __table_args__ = (sa.Index("ix_quizzes_regrades_place", "cohort_id", "module_id", "activity_key"),)


class RegradeChange(Base):
    """A change that a dry run showed and somebody agreed to: one question of one attempt, from which share to which."""

    __tablename__ = "quizzes_regrade_changes"

    id: Mapped[int] = mapped_column(sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True)
    regrade_id: Mapped[int] = mapped_column(sa.ForeignKey("quizzes_regrades.id", ondelete="CASCADE"), info=_mark())
    attempt_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("attempts.id", ondelete="CASCADE"), index=True, info=_mark())
    slot: Mapped[int] = mapped_column(info=_mark())
    version_id: Mapped[int] = mapped_column(sa.ForeignKey("quizzes_item_versions.id"), info=_mark())
    before: Mapped[float] = mapped_column(info=_mark())
    after: Mapped[float] = mapped_column(info=_mark())
    # True: written; False: left alone, since the mark was another one by then; None: its turn has not come.
    applied: Mapped[bool | None] = mapped_column(info=_mark())

    __table_args__ = (sa.Index("ix_quizzes_regrade_changes_turn", "regrade_id", "applied", "attempt_id"),)
