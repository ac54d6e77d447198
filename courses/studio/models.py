"""What the studio remembers beside the draft itself: its earlier states, what was deleted from it, and who has it open."""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lms.api import Base, Json, personal, utcnow

ABOUT = "about"  # stands where an activity's key stands, for what a module says about itself; no activity may have this key


class What(enum.StrEnum):
    """What a version is: a saved state, one that could not be saved yet, one brought back, the last one before a deletion."""

    SAVED = "saved"
    UNFINISHED = "unfinished"
    RESTORED = "restored"
    DELETED = "deleted"


class DraftVersion(Base):
    """A state of an activity of a draft, or of what a module says about itself. Rows are added and, when old, thinned out; never changed."""

    __tablename__ = "courses_draft_versions"

    id: Mapped[int] = mapped_column(primary_key=True)
    module_id: Mapped[int] = mapped_column(sa.ForeignKey("modules.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(sa.String(60))
    type: Mapped[str] = mapped_column(sa.String(30))
    title: Mapped[str] = mapped_column(sa.String(120))
    what: Mapped[What] = mapped_column(default=What.SAVED)
    # The fingerprint of this state; of an unfinished one, of the state that it was typed on.
    mark: Mapped[str] = mapped_column(sa.String(16))
    # {"fields": [[name, text], …]} as the form posts them; of a type that is not installed also {"stored": settings}
    data: Mapped[Json]
    saved_at: Mapped[dt.datetime] = mapped_column(default=utcnow)
    # When the run of quick saves began that this one belongs to: the list shows the last of each run.
    run_at: Mapped[dt.datetime] = mapped_column(default=utcnow)
    by_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("users.id", ondelete="SET NULL"), info=personal("authorship", retention="module", readable_by=("instructor",))
    )

    __table_args__ = (sa.Index("ix_courses_draft_versions_module_id", "module_id", "key", "id"),)


def _open() -> Json:
    return personal("who writes at the same time", retention="one minute", readable_by=("instructor",))


class Presence(Base):
    """Somebody has a page of the studio open. Counts for a minute."""

    __tablename__ = "courses_presence"

    module_id: Mapped[int] = mapped_column(sa.ForeignKey("modules.id", ondelete="CASCADE"), primary_key=True, info=_open())
    key: Mapped[str] = mapped_column(sa.String(60), primary_key=True, info=_open())
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True, info=_open())
    seen_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info=_open())


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
