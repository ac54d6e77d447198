"""One-time codes: one for each account at most, kept as a keyed hash alone."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, Json, personal, utcnow


def _code(purpose: str, *readers: str) -> Json:
    return personal(purpose, retention="30 days", readable_by=readers)


class ActivationCode(Base):
    """A code with which somebody may choose a password, once. A new one takes its place."""

    __tablename__ = "activation_codes"

    user_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, info=_code("first sign-in", "self", "organizer")
    )
    # HMAC-SHA-256 of person and code with the site's key: a copy of the table opens nothing.
    code_hash: Mapped[bytes] = mapped_column(sa.LargeBinary(32), info=_code("first sign-in"))
    issued_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info=_code("first sign-in", "organizer"))
    issued_by_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("users.id", ondelete="SET NULL"), index=True, info=_code("accountability", "organizer")
    )
    expires_at: Mapped[dt.datetime] = mapped_column(info=_code("first sign-in", "organizer"))
    failures: Mapped[int] = mapped_column(default=0, info=_code("protection against guessing", "organizer"))
    used_at: Mapped[dt.datetime | None] = mapped_column(info=_code("first sign-in", "organizer"))

    __table_args__ = (sa.CheckConstraint("failures >= 0", "failures_are_counted_up"),)
