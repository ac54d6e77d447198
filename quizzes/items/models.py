"""Items and their versions. A version never changes, so what a learner was asked can always be shown again."""

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


class ItemRow(Base):
    """An item of the bank: a key that stays for its whole life, unique in its module."""

    __tablename__ = "quizzes_items"

    id: Mapped[int] = mapped_column(primary_key=True)
    module_id: Mapped[int] = mapped_column(sa.ForeignKey("modules.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(sa.String(80))
    owner_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("users.id", ondelete="SET NULL"), info=personal("authorship", retention="module", readable_by=("instructor",))
    )
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow)

    versions: Mapped[list[ItemVersion]] = relationship(
        back_populates="item", lazy="raise_on_sql", order_by="ItemVersion.number", cascade="all, delete-orphan"
    )

    __table_args__ = (sa.UniqueConstraint("module_id", "key"),)


class ItemVersion(Base):
    """One immutable wording of an item. `settings` holds what only its kind knows."""

    __tablename__ = "quizzes_item_versions"

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("quizzes_items.id", ondelete="CASCADE"))
    number: Mapped[int]
    state: Mapped[VersionState] = mapped_column(default=VersionState.READY)
    kind: Mapped[str] = mapped_column(sa.String(30))
    stem: Mapped[str] = mapped_column(sa.Text)
    stem_html: Mapped[str] = mapped_column(sa.Text)
    settings: Mapped[Json]
    tags: Mapped[list[str]] = mapped_column(sa.JSON)
    maximum: Mapped[float]
    digest: Mapped[str] = mapped_column(sa.String(64))
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow)

    item: Mapped[ItemRow] = relationship(back_populates="versions", lazy="raise_on_sql")
    options: Mapped[list[Option]] = relationship(
        back_populates="version", lazy="raise_on_sql", order_by="Option.position", cascade="all, delete-orphan"
    )

    __table_args__ = (sa.UniqueConstraint("item_id", "number"),)


class Option(Base):
    """An option of a version: its key inside the item, text, what choosing it earns, and why."""

    __tablename__ = "quizzes_options"

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(sa.ForeignKey("quizzes_item_versions.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(sa.String(10))
    position: Mapped[int]
    text: Mapped[str] = mapped_column(sa.Text)
    text_html: Mapped[str] = mapped_column(sa.Text)
    rationale: Mapped[str] = mapped_column(sa.Text)
    rationale_html: Mapped[str] = mapped_column(sa.Text)
    # 1 or 0 for right and wrong; 0 to 3 for situational judgment.
    score: Mapped[float]

    version: Mapped[ItemVersion] = relationship(back_populates="options", lazy="raise_on_sql")

    __table_args__ = (sa.UniqueConstraint("version_id", "key"), sa.CheckConstraint("score BETWEEN 0 AND 3", "score_0_to_3"))
