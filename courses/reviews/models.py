"""Reviews: the frozen text, who was asked, what they say about it. The text never changes once somebody was asked."""

from __future__ import annotations

import datetime as dt
import enum
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lms.api import Base, Json, personal, utcnow


class Verdict(enum.StrEnum):
    """What a reviewer decides about the whole text."""

    APPROVED = "approved"
    RETURNED = "returned"


def _told(purpose: str) -> Json:
    return personal(purpose, retention="module", readable_by=("instructor",))


class Review(Base):
    """A draft as it was when its author asked what others think of it. `digest` is the fingerprint that a revision of it would have."""

    __tablename__ = "courses_reviews"

    id: Mapped[int] = mapped_column(primary_key=True)
    module_id: Mapped[int] = mapped_column(sa.ForeignKey("modules.id", ondelete="CASCADE"), index=True)
    about: Mapped[Json]
    digest: Mapped[str] = mapped_column(sa.String(64))
    note: Mapped[str] = mapped_column(sa.String(1000), default="")
    asked_at: Mapped[dt.datetime] = mapped_column(default=utcnow)
    asked_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"), info=_told("authorship"))
    closed_at: Mapped[dt.datetime | None]  # its author does not wait for it any more


class ReviewActivity(Base):
    """An activity of the frozen text. Never changed."""

    __tablename__ = "courses_review_activities"

    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[int] = mapped_column(sa.ForeignKey("courses_reviews.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(sa.String(60))
    type: Mapped[str] = mapped_column(sa.String(30))
    title: Mapped[str] = mapped_column(sa.String(120))
    section: Mapped[str] = mapped_column(sa.String(60))
    position: Mapped[int]
    minutes: Mapped[int]
    required: Mapped[bool]
    settings: Mapped[Json]
    prepared: Mapped[Json]
    # {"requires", "tags", "sources", "checked_on" as text, "rule"}
    rest: Mapped[Json]

    __table_args__ = (sa.UniqueConstraint("review_id", "key"),)


class Reviewer(Base):
    """Somebody who was asked: a colleague with an account, or an expert who has a link. Of the link only a fingerprint is kept."""

    __tablename__ = "courses_reviewers"

    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[int] = mapped_column(sa.ForeignKey("courses_reviews.id", ondelete="CASCADE"))
    user_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"), index=True, info=_told("who reviews"))
    secret_hash: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    # For whom the author made the link, and how the expert calls herself.
    label: Mapped[str] = mapped_column(sa.String(120), default="", info=_told("who reviews"))
    name: Mapped[str] = mapped_column(sa.String(120), default="", info=_told("who reviews"))
    asked_at: Mapped[dt.datetime] = mapped_column(default=utcnow)
    expires_at: Mapped[dt.datetime | None]
    revoked_at: Mapped[dt.datetime | None]
    verdict: Mapped[Verdict | None]
    sentence: Mapped[str] = mapped_column(sa.String(1000), default="")
    decided_at: Mapped[dt.datetime | None]

    __table_args__ = (
        sa.UniqueConstraint("review_id", "user_id"),
        sa.CheckConstraint("(verdict IS NULL) = (decided_at IS NULL)", "a_verdict_has_a_time"),
    )


class Comment(Base):
    """What a reviewer says about a paragraph, or about an activity as a whole when `anchor` is empty; and what its author answers."""

    __tablename__ = "courses_review_comments"

    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[int] = mapped_column(sa.ForeignKey("courses_reviews.id", ondelete="CASCADE"), index=True)
    reviewer_id: Mapped[int] = mapped_column(sa.ForeignKey("courses_reviewers.id", ondelete="CASCADE"), index=True)
    key: Mapped[str] = mapped_column(sa.String(60))
    anchor: Mapped[str] = mapped_column(sa.String(20), default="")
    quote: Mapped[str] = mapped_column(sa.String(400), default="")
    text: Mapped[str] = mapped_column(sa.Text)
    made_at: Mapped[dt.datetime] = mapped_column(default=utcnow)
    answer: Mapped[str] = mapped_column(sa.Text, default="")
    answered_at: Mapped[dt.datetime | None]
    done_at: Mapped[dt.datetime | None]
    settled_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"), info=_told("authorship"))


class ApprovalRule(Base):
    """A module that is published only after a review has approved exactly its text. A module without a row needs none."""

    __tablename__ = "courses_approval_rules"

    module_id: Mapped[int] = mapped_column(sa.ForeignKey("modules.id", ondelete="CASCADE"), primary_key=True)
    set_at: Mapped[dt.datetime] = mapped_column(default=utcnow)
    set_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"), info=_told("authorship"))
