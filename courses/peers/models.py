"""Reviews that learners write of one another's assignments, and their practice on samples."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lms.api import Base, Json, personal, utcnow, uuid_key


def _review() -> Json:
    return personal("peer review", retention="24 months", readable_by=("self", "author without a name", "assessor without a name"))


class PeerReview(Base):
    """One reviewer's review of one version, from the moment the text was handed to them. Of one's own text it is a self-review.

    Until `given_at` it is a draft that only the reviewer sees; a lease that ends takes nothing away from what was typed.
    """

    __tablename__ = "courses_peer_reviews"

    id: Mapped[uuid.UUID] = uuid_key()
    attempt_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("attempts.id", ondelete="CASCADE"), info=_review())
    reviewer_id: Mapped[int] = mapped_column(sa.ForeignKey("enrolments.id", ondelete="CASCADE"), index=True, info=_review())
    held_until: Mapped[dt.datetime] = mapped_column(info=_review())
    levels: Mapped[Json] = mapped_column(default=dict, info=_review())
    text: Mapped[str] = mapped_column(sa.Text, default="", info=_review())
    saved_at: Mapped[dt.datetime | None] = mapped_column(info=_review())
    given_at: Mapped[dt.datetime | None] = mapped_column(info=_review())
    # What the author of the text says about an unfair review, and what the instructor has decided.
    complaint: Mapped[str] = mapped_column(sa.Text, default="", info=_review())
    complained_at: Mapped[dt.datetime | None] = mapped_column(info=_review())
    counts: Mapped[bool] = mapped_column(default=True, info=_review())
    ruling: Mapped[str] = mapped_column(sa.Text, default="", info=_review())
    settled_at: Mapped[dt.datetime | None] = mapped_column(info=_review())
    settled_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"), info=_review())

    __table_args__ = (
        sa.UniqueConstraint("attempt_id", "reviewer_id"),
        sa.CheckConstraint("complained_at IS NULL OR given_at IS NOT NULL", "complaints_are_about_reviews"),
        sa.CheckConstraint("settled_at IS NULL OR complained_at IS NOT NULL", "decisions_are_about_complaints"),
    )

    @property
    def code(self) -> str:
        """Return the code under which author and instructor see the review: no name, and another one for each text."""
        return f"R-{self.id.hex[:4].upper()}"

    @property
    def waits(self) -> bool:
        """Tell whether a complaint waits for the instructor."""
        return self.complained_at is not None and self.settled_at is None


class SampleReview(Base):
    """A reviewer's practice on a sample: what they chose before they saw the right levels."""

    __tablename__ = "courses_sample_reviews"

    enrolment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrolments.id", ondelete="CASCADE"), primary_key=True, info=_review())
    module_id: Mapped[int] = mapped_column(sa.ForeignKey("modules.id"), primary_key=True, info=_review())
    activity_key: Mapped[str] = mapped_column(sa.String(60), primary_key=True, info=_review())
    sample: Mapped[str] = mapped_column(sa.String(60), primary_key=True, info=_review())
    levels: Mapped[Json] = mapped_column(info=_review())
    done_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info=_review())
