"""Addresses under which people's calendars read the schedule."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, Json, personal, utcnow, uuid_key


def _feed(purpose: str) -> Json:
    return personal(purpose, retention="until revoked", readable_by=("self",))


class CalendarFeed(Base):
    """One person's feed. Its address is made of the id and a signature of the site, so the table alone gives no address away."""

    __tablename__ = "calendar_feeds"

    id: Mapped[uuid.UUID] = uuid_key()
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), unique=True, info=_feed("one's own calendar"))
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info=_feed("one's own calendar"))
