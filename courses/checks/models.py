"""What is kept of checks: what other sites have answered, and warnings that an author has set aside."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from courses.checks.links import Told
from lms.api import Base, personal, utcnow


class CheckedLink(Base):
    """What came of asking for an address on another site; one row however many modules name it."""

    __tablename__ = "courses_checked_links"

    digest: Mapped[str] = mapped_column(sa.String(64), primary_key=True)  # of the address, which may be longer than an index takes
    address: Mapped[str] = mapped_column(sa.Text)
    told: Mapped[Told]
    # The status that the site answered; None when it did not.
    status: Mapped[int | None]
    checked_at: Mapped[dt.datetime] = mapped_column(default=utcnow, index=True)


class SetAside(Base):
    """A warning that an author has looked at and leaves as it is, with the reason. `mark` holds as long as the text is the same."""

    __tablename__ = "courses_set_aside"

    module_id: Mapped[int] = mapped_column(sa.ForeignKey("modules.id", ondelete="CASCADE"), primary_key=True)
    mark: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    reason: Mapped[str] = mapped_column(sa.String(300))
    at: Mapped[dt.datetime] = mapped_column(default=utcnow)
    by_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("users.id", ondelete="SET NULL"), info=personal("authorship", retention="module", readable_by=("instructor",))
    )
