"""What a copy of a module remembers: where it comes from, the text it last took over, what waits, and the answers given so far."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lms.api import Base, Json, personal, utcnow


class OpenModule(Base):
    """A module that its authors have opened: other instructors may copy it for their agency."""

    __tablename__ = "courses_open_modules"

    module_id: Mapped[int] = mapped_column(sa.ForeignKey("modules.id", ondelete="CASCADE"), primary_key=True)
    opened_at: Mapped[dt.datetime] = mapped_column(default=utcnow)
    opened_by_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("users.id", ondelete="SET NULL"), info=personal("authorship", retention="module", readable_by=("instructor",))
    )


class Fork(Base):
    """A module that is a copy of another one, of this site or (`upstream_id` empty) of another installation.

    `base` is the original's text that was taken over last, `waiting` the newer one that was not yet; both as `Plain` in JSON.
    """

    __tablename__ = "courses_forks"

    module_id: Mapped[int] = mapped_column(sa.ForeignKey("modules.id", ondelete="CASCADE"), primary_key=True)
    upstream_id: Mapped[int | None] = mapped_column(sa.ForeignKey("modules.id", ondelete="SET NULL"), index=True)
    # What people call the original: its title and, of another installation, whose it is.
    origin: Mapped[str] = mapped_column(sa.String(200))
    base: Mapped[Json]
    base_digest: Mapped[str] = mapped_column(sa.String(64))
    # The number of the original's revision; None when the text came as a zip.
    base_number: Mapped[int | None]
    base_at: Mapped[dt.datetime] = mapped_column(default=utcnow)
    waiting: Mapped[Json | None]
    waiting_digest: Mapped[str] = mapped_column(sa.String(64), default="")
    waiting_number: Mapped[int | None]
    waiting_note: Mapped[str] = mapped_column(sa.String(500), default="")
    waiting_at: Mapped[dt.datetime | None]
    # How the copy's newest revision differs from `base`: activities added, with local examples alone, otherwise.
    added: Mapped[int] = mapped_column(default=0)
    local: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    made_at: Mapped[dt.datetime] = mapped_column(default=utcnow)
    made_by_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("users.id", ondelete="SET NULL"), info=personal("authorship", retention="module", readable_by=("instructor",))
    )


class ForkAnswer(Base):
    """What was answered to a conflict. It counts as long as the place and both texts are the same, whoever reloads when."""

    __tablename__ = "courses_fork_answers"

    module_id: Mapped[int] = mapped_column(sa.ForeignKey("courses_forks.module_id", ondelete="CASCADE"), primary_key=True)
    conflict: Mapped[str] = mapped_column(sa.String(16), primary_key=True)
    # A choice (ours, theirs, both) under `choice`, or what was written instead under `text`.
    answer: Mapped[Json]
    answered_at: Mapped[dt.datetime] = mapped_column(default=utcnow)
    by_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("users.id", ondelete="SET NULL"), info=personal("authorship", retention="module", readable_by=("instructor",))
    )
