"""The audit trail, the keys of confidential text, who opened it, and emergencies."""

from __future__ import annotations

import datetime as dt
import enum
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, Json, personal, utcnow, uuid_key
from lms.people.roles import Role

REFERENCE = 80  # characters: a code, and where that is not enough, an activity


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


def _read(purpose: str = "who read me") -> Json:
    return personal(purpose, retention="24 months", readable_by=("self", "dpo"))


class Reading(Base):
    """Somebody other than the author opened a confidential text. The author sees it.

    Rows are a chain, see `lms/privacy/chain.py`: nobody changes, removes or adds one without being found out. So no foreign key may
    touch them either; the ids stay when an account is gone.
    """

    __tablename__ = "readings"

    number: Mapped[int] = mapped_column(
        sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=False, info=_read()
    )
    author_id: Mapped[uuid.UUID] = mapped_column(info=_read())
    reader_id: Mapped[uuid.UUID] = mapped_column(info=_read())
    kind: Mapped[str] = mapped_column(sa.String(30), info=_read())
    item_id: Mapped[uuid.UUID] = mapped_column(info=_read())
    reason: Mapped[str] = mapped_column(sa.String(20), info=_read())
    at: Mapped[dt.datetime] = mapped_column(info=_read())
    until: Mapped[dt.datetime | None] = mapped_column(info=_read())
    digest: Mapped[bytes] = mapped_column(sa.LargeBinary(32), info=_read("proof that the log is whole"))

    __table_args__ = (sa.Index("ix_readings_author", "author_id", "at"), sa.Index("ix_readings_item", "kind", "item_id"))


class ReadingHead(Base):
    """The end of the chain of readings: one row, which whoever adds a reading holds meanwhile."""

    __tablename__ = "reading_heads"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(sa.BigInteger())
    digest: Mapped[bytes] = mapped_column(sa.LargeBinary(32))

    __table_args__ = (sa.CheckConstraint("id = 1", "there_is_one_end"),)


class Ground(enum.StrEnum):
    """On what ground one text may be opened in an emergency: a closed list."""

    LIFE = "life"
    COURT = "court"
    AUTHOR = "author"
    APPEAL = "appeal"


class GlassState(enum.StrEnum):
    """Where a request stands. Approved: may be opened; open: was opened at least once; both end after four hours."""

    REQUESTED = "requested"
    REFUSED = "refused"
    APPROVED = "approved"
    OPEN = "open"
    CLOSED = "closed"
    EXPIRED = "expired"


LIVE = (GlassState.REQUESTED, GlassState.APPROVED, GlassState.OPEN)
_LIVE = sa.text("state IN ('requested', 'approved', 'open')")


def _glass(purpose: str) -> Json:
    return personal(purpose, retention="5 years", readable_by=("self", "dpo", "counsellor"))


class GlassRequest(Base):
    """Two people open one text in an emergency. There is no free text here: a ground of the list and the number of a paper file."""

    __tablename__ = "glass_requests"

    id: Mapped[uuid.UUID] = uuid_key()
    kind: Mapped[str] = mapped_column(sa.String(30), info=_glass("emergency"))
    item_id: Mapped[uuid.UUID] = mapped_column(info=_glass("emergency"))
    author_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True, info=_glass("emergency"))
    reference: Mapped[str] = mapped_column(sa.String(REFERENCE), info=_glass("emergency"))
    ground: Mapped[Ground] = mapped_column(info=_glass("why"))
    case_number: Mapped[str] = mapped_column(sa.String(40), info=_glass("the paper file with the reasons"))
    state: Mapped[GlassState] = mapped_column(default=GlassState.REQUESTED, info=_glass("emergency"))
    asked_by_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id"), info=_glass("accountability"))
    asked_as: Mapped[Role] = mapped_column(info=_glass("accountability"))
    asked_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info=_glass("accountability"))
    decided_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id"), info=_glass("accountability"))
    decided_as: Mapped[Role | None] = mapped_column(info=_glass("accountability"))
    decided_at: Mapped[dt.datetime | None] = mapped_column(info=_glass("accountability"))
    opened_at: Mapped[dt.datetime | None] = mapped_column(info=_glass("accountability"))
    closes_at: Mapped[dt.datetime | None] = mapped_column(info=_glass("four hours"))
    author_told_at: Mapped[dt.datetime | None] = mapped_column(info=_glass("the author is told"))

    __table_args__ = (
        sa.CheckConstraint("decided_by_id <> asked_by_id AND decided_as <> asked_as", "two_people_in_two_roles"),
        sa.CheckConstraint("author_id <> asked_by_id AND author_id <> decided_by_id", "the_author_is_neither"),
        sa.CheckConstraint("asked_as IN ('dpo', 'counsellor') AND decided_as IN ('dpo', 'counsellor')", "only_these_two_roles"),
        sa.CheckConstraint(
            "state NOT IN ('approved', 'open', 'closed') OR (decided_by_id IS NOT NULL AND closes_at IS NOT NULL)", "decided"
        ),
        sa.Index("uq_glass_requests_live", "kind", "item_id", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
    )
