"""The audit trail, the keys of confidential text, and who opened it."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, Json, personal, utcnow


def _trail(purpose: str) -> Json:
    return personal(purpose, retention="24 months", readable_by=("admin",))


class AuditEntry(Base):
    """Who did what to what, when. Never changed; holds no text that a person wrote."""

    __tablename__ = "audit_entries"

    id: Mapped[int] = mapped_column(sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(default=utcnow, index=True, info=_trail("accountability"))
    actor_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("users.id", ondelete="SET NULL"), index=True, info=_trail("accountability")
    )
    action: Mapped[str] = mapped_column(sa.String(60), info=_trail("accountability"))
    object_kind: Mapped[str] = mapped_column(sa.String(30), info=_trail("accountability"))
    object_id: Mapped[str] = mapped_column(sa.String(60), info=_trail("accountability"))
    detail: Mapped[Json] = mapped_column(info=_trail("accountability"))

    __table_args__ = (sa.Index("ix_audit_entries_object", "object_kind", "object_id"),)


class DataKey(Base):
    """The key of one person's confidential texts, wrapped by a master key. Without it their texts are noise."""

    __tablename__ = "data_keys"

    user_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, info=personal("encryption", retention="account", readable_by=())
    )
    master_key: Mapped[str] = mapped_column(sa.String(40), info=personal("encryption", retention="account", readable_by=()))
    wrapped: Mapped[bytes] = mapped_column(sa.LargeBinary(80), info=personal("encryption", retention="account", readable_by=()))
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info=personal("encryption", retention="account", readable_by=()))


class Reading(Base):
    """Somebody other than the author opened a confidential text. The author sees it."""

    __tablename__ = "readings"

    id: Mapped[int] = mapped_column(sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True)
    author_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("users.id", ondelete="CASCADE"), info=personal("who read me", retention="24 months", readable_by=("self",))
    )
    reader_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("users.id", ondelete="SET NULL"), info=personal("who read me", retention="24 months", readable_by=("self",))
    )
    kind: Mapped[str] = mapped_column(sa.String(30), info=personal("who read me", retention="24 months", readable_by=("self",)))
    item_id: Mapped[uuid.UUID] = mapped_column(info=personal("who read me", retention="24 months", readable_by=("self",)))
    reason: Mapped[str] = mapped_column(sa.String(20), info=personal("who read me", retention="24 months", readable_by=("self",)))
    at: Mapped[dt.datetime] = mapped_column(default=utcnow, info=personal("who read me", retention="24 months", readable_by=("self",)))

    __table_args__ = (sa.Index("ix_readings_author", "author_id", "at"), sa.Index("ix_readings_item", "kind", "item_id"))
