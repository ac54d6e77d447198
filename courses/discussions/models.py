"""Posts of discussions, and reports of them. Shared with one's own cohort, so not confidential; supervisors never see them."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lms.api import Base, Json, personal, utcnow, uuid_key

MOST_CHARACTERS = 5000
MOST_REASON = 500


def _post() -> Json:
    return personal("discussion", retention="24 months after the cohort", readable_by=("cohort", "instructor"))


def _report() -> Json:
    return personal("moderation", retention="24 months after the cohort", readable_by=("self", "instructor"))


class Post(Base):
    """An answer, or a reply to one. Of what was withdrawn the text is gone; what is hidden only its author and instructors see."""

    __tablename__ = "courses_posts"

    id: Mapped[uuid.UUID] = uuid_key()
    enrolment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrolments.id", ondelete="CASCADE"), index=True, info=_post())
    module_id: Mapped[int] = mapped_column(sa.ForeignKey("modules.id"), info=_post())
    activity_key: Mapped[str] = mapped_column(sa.String(60), info=_post())
    # The answer that a reply belongs to; None for an answer.
    parent_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("courses_posts.id", ondelete="CASCADE"), index=True, info=_post())
    # For whom it was written, cohort or group; a later revision of the module does not widen it.
    circle: Mapped[str] = mapped_column(sa.String(10), info=_post())
    text: Mapped[str] = mapped_column(sa.Text, info=_post())
    written_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info=_post())
    edited_at: Mapped[dt.datetime | None] = mapped_column(info=_post())
    withdrawn_at: Mapped[dt.datetime | None] = mapped_column(info=_post())
    hidden_at: Mapped[dt.datetime | None] = mapped_column(info=_post())
    hidden_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"), info=_post())
    hidden_because: Mapped[str] = mapped_column(sa.String(MOST_REASON), default="", info=_post())

    __table_args__ = (
        sa.Index("ix_courses_posts_place", "module_id", "activity_key", "parent_id"),
        sa.CheckConstraint("(hidden_at IS NULL) = (hidden_because = '')", "hidden_with_a_reason"),
        sa.CheckConstraint("withdrawn_at IS NULL OR text = ''", "withdrawn_without_text"),
    )


class PostReport(Base):
    """Somebody asks the instructors to look at a post. Who it was, instructors do not see."""

    __tablename__ = "courses_post_reports"

    post_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("courses_posts.id", ondelete="CASCADE"), primary_key=True, info=_report())
    enrolment_id: Mapped[int] = mapped_column(
        sa.ForeignKey("enrolments.id", ondelete="CASCADE"), primary_key=True, index=True, info=_report()
    )
    reason: Mapped[str] = mapped_column(sa.String(MOST_REASON), info=_report())
    made_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info=_report())
    settled_at: Mapped[dt.datetime | None] = mapped_column(info=_report())
