"""Which operations of which devices have been taken, and what the device was told."""

from __future__ import annotations

import datetime as dt
import enum
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, Json, personal, utcnow


def _sync(purpose: str) -> Json:
    return personal(purpose, retention="12 months", readable_by=("self",))


class OperationState(enum.StrEnum):
    """What became of an operation."""

    TAKEN = "taken"
    REFUSED = "refused"  # and will be, however often it is sent


class TakenOperation(Base):
    """One operation of one device: a line that lets it be sent twice and count once. Holds no text that a person wrote."""

    __tablename__ = "sync_operations"

    device: Mapped[str] = mapped_column(sa.String(16), primary_key=True, info=_sync("idempotency"))
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=_sync("idempotency"))
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True, info=_sync("idempotency"))
    kind: Mapped[str] = mapped_column(sa.String(60), info=_sync("idempotency"))
    # Keyed digest of the content: tells the same content from another, and nobody what it was.
    digest: Mapped[bytes] = mapped_column(sa.LargeBinary(32), info=_sync("idempotency"))
    state: Mapped[OperationState] = mapped_column(info=_sync("idempotency"))
    answer: Mapped[Json] = mapped_column(info=_sync("receipt"))
    code: Mapped[str] = mapped_column(sa.String(12), default="", index=True, info=_sync("receipt"))
    made_at: Mapped[dt.datetime] = mapped_column(info=_sync("the device's clock"))
    happened_at: Mapped[dt.datetime] = mapped_column(info=_sync("time of the act"))
    received_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info=_sync("accountability"))
