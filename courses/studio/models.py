"""What the studio keeps beside the draft."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lms.api import Base, Json, personal, utcnow


class DeletedActivity(Base):
    """An activity that was deleted from a draft, as it was, so that its author can bring it back. A module keeps the newest ones."""

    __tablename__ = "courses_deleted_activities"

    id: Mapped[int] = mapped_column(primary_key=True)
    module_id: Mapped[int] = mapped_column(sa.ForeignKey("modules.id", ondelete="CASCADE"), index=True)
    batch: Mapped[uuid.UUID]  # those that were deleted together have the same
    key: Mapped[str] = mapped_column(sa.String(60))
    title: Mapped[str] = mapped_column(sa.String(120))
    kept: Mapped[Json]  # the other columns of the activity; its date as text
    waiting: Mapped[list[Any]] = mapped_column(default=list)  # keys of the activities that opened after it
    deleted_at: Mapped[dt.datetime] = mapped_column(default=utcnow)
    deleted_by_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("users.id", ondelete="SET NULL"), info=personal("authorship", retention="module", readable_by=("instructor",))
    )
