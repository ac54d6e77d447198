"""What is known of a file."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lms.api import Base, personal, utcnow


class File(Base):
    """A picture or document. The digest of its bytes is its name: the same file is kept once."""

    __tablename__ = "media_files"

    digest: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    suffix: Mapped[str] = mapped_column(sa.String(8))
    name: Mapped[str] = mapped_column(sa.String(200))
    size: Mapped[int]
    owner_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("users.id", ondelete="SET NULL"), info=personal("authorship", retention="module", readable_by=("instructor",))
    )
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow)
