"""A publishing that waits for its moment."""

from __future__ import annotations

import datetime as dt
import enum
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lms.api import Base, Json, personal, utcnow


class Obstacle(enum.StrEnum):
    """Why a planned publishing did not take place."""

    ERRORS = "errors"  # the checks find something that publishing waits for
    NEWER = "newer"  # another revision was published meanwhile
    REVIEW = "review"  # the approval that the module needs is not there any more
    RIGHTS = "rights"  # who planned it may not write the module any more
    TROUBLE = "trouble"  # nobody got to it for an hour


class PlannedPublishing(Base):
    """A draft as it was when its publishing was planned: at most one for a module. It leaves when it is published or cancelled."""

    __tablename__ = "courses_planned_publishings"

    # Another plan has another id, so that what was put in for an earlier one finds nothing to do.
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    module_id: Mapped[int] = mapped_column(sa.ForeignKey("modules.id", ondelete="CASCADE"), unique=True)
    due_at: Mapped[dt.datetime]
    note: Mapped[str] = mapped_column(sa.String(500), default="")
    # What will be published: {"about": …, "activities": […]}, and the pictures that the module had.
    content: Mapped[Json]
    files: Mapped[Json]
    # The newest revision at that moment; 0: it was never published.
    after_number: Mapped[int] = mapped_column(default=0)
    planned_at: Mapped[dt.datetime] = mapped_column(default=utcnow)
    # Why it did not take place; None: it still waits.
    obstacle: Mapped[Obstacle | None]
    by_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("users.id", ondelete="SET NULL"),
        index=True,
        info=personal("authorship", retention="module", readable_by=("instructor",)),
    )
