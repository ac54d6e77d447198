"""The item bank: items and their versions. A version never changes, so what a learner was asked can always be shown again."""

from __future__ import annotations

import datetime as dt
import enum
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lms.api import Base, Json, personal, utcnow


class VersionState(enum.StrEnum):
    """Whether a version may be asked."""

    DRAFT = "draft"
    READY = "ready"
    RETIRED = "retired"


class BankItem(Base):
    """An item of the bank: a key that stays for its whole life, unique in the module it belongs to.

    Its authors are the module's. `shared` lets every instructor use it in a quiz. Kind, title, words and state repeat the newest version's,
    so that a search reads one table.
    """

    __tablename__ = "quizzes_items"

    id: Mapped[int] = mapped_column(primary_key=True)
    module_id: Mapped[int] = mapped_column(sa.ForeignKey("modules.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(sa.String(80))
    owner_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("users.id", ondelete="SET NULL"), info=personal("authorship", retention="module", readable_by=("instructor",))
    )
    category: Mapped[str] = mapped_column(sa.String(200), default="")
    shared: Mapped[bool] = mapped_column(default=False)
    kind: Mapped[str] = mapped_column(sa.String(30))
    state: Mapped[VersionState] = mapped_column(default=VersionState.READY)
    title: Mapped[str] = mapped_column(sa.String(200))
    words: Mapped[str] = mapped_column(sa.Text)  # of the stem and the key, in small letters: what a search looks through
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow)
    changed_at: Mapped[dt.datetime] = mapped_column(default=utcnow)

    versions: Mapped[list[ItemVersion]] = relationship(
        back_populates="item", lazy="raise_on_sql", order_by="ItemVersion.number", cascade="all, delete-orphan"
    )
    tags: Mapped[list[ItemTag]] = relationship(lazy="raise_on_sql", order_by="ItemTag.position", cascade="all, delete-orphan")

    __table_args__ = (
        sa.UniqueConstraint("module_id", "key"),
        sa.Index("ix_quizzes_items_category", "module_id", "category"),
        sa.Index("ix_quizzes_items_shared", "shared", "changed_at"),
    )


class ItemTag(Base):
    """A tag of an item: a behaviour of BerAKHLAK, a competency, or a word of the author's."""

    __tablename__ = "quizzes_item_tags"

    item_id: Mapped[int] = mapped_column(sa.ForeignKey("quizzes_items.id", ondelete="CASCADE"), primary_key=True)
    tag: Mapped[str] = mapped_column(sa.String(40), primary_key=True, index=True)
    position: Mapped[int]


class ItemVersion(Base):
    """One immutable wording of an item: what its author wrote (`data`), and the HTML made of it. Only its state changes."""

    __tablename__ = "quizzes_item_versions"

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("quizzes_items.id", ondelete="CASCADE"))
    number: Mapped[int]
    state: Mapped[VersionState] = mapped_column(default=VersionState.READY)
    kind: Mapped[str] = mapped_column(sa.String(30))
    title: Mapped[str] = mapped_column(sa.String(200))
    data: Mapped[Json]
    prepared: Mapped[Json]
    points: Mapped[float] = mapped_column(default=1.0)
    digest: Mapped[str] = mapped_column(sa.String(64))
    author_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("users.id", ondelete="SET NULL"), info=personal("authorship", retention="module", readable_by=("instructor",))
    )
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow)

    item: Mapped[BankItem] = relationship(back_populates="versions", lazy="raise_on_sql")

    __table_args__ = (sa.UniqueConstraint("item_id", "number"), sa.CheckConstraint("points > 0", "it_counts_for_something"))


class ItemUse(Base):
    """A quiz whose draft asks an item."""

    __tablename__ = "quizzes_item_uses"

    module_id: Mapped[int] = mapped_column(sa.ForeignKey("modules.id", ondelete="CASCADE"), primary_key=True)
    activity_key: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("quizzes_items.id", ondelete="CASCADE"), primary_key=True, index=True)
