"""What is known of files: the bytes once, the words of each who has uploaded them, renditions, captions, and uploads that are under way."""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lms.api import Base, Json, personal, utcnow, uuid_key


class FileState(enum.StrEnum):
    """Where the renditions of a file stand."""

    WAITING = "waiting"
    READY = "ready"
    KEPT = "kept"  # there is nothing here that could make them: the original is used
    FAILED = "failed"


class Sharing(enum.StrEnum):
    """Who finds a file in the library, besides who put it there."""

    NOBODY = "nobody"
    UNIT = "unit"
    EVERYBODY = "everybody"


class Licence(enum.StrEnum):
    """Under which licence somebody may use a file."""

    UNKNOWN = ""
    OWN = "own"
    AGENCY = "agency"
    PUBLIC = "public"
    CC0 = "cc0"
    CC_BY = "cc-by"
    CC_BY_SA = "cc-by-sa"
    PERMISSION = "permission"


def _authorship(purpose: str) -> dict[str, Any]:
    return personal(purpose, retention="module", readable_by=("instructor",))


class File(Base):
    """A file. The digest of its bytes is its name: the same file is kept once."""

    __tablename__ = "media_files"

    digest: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    suffix: Mapped[str] = mapped_column(sa.String(8))
    # As it was first called, and by whom it came first (None: with a module from a folder).
    name: Mapped[str] = mapped_column(sa.String(200))
    owner_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"), info=_authorship("authorship"))
    size: Mapped[int] = mapped_column(sa.BigInteger)
    # Pixels of a picture or film; of a drawing its own units.
    width: Mapped[int | None]
    height: Mapped[int | None]
    seconds: Mapped[float | None]
    # Names of the renditions that there are to be: ["400.webp", …].
    wanted: Mapped[list[Any]] = mapped_column(default=list)
    state: Mapped[FileState] = mapped_column(default=FileState.READY)
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow)
    # Since when nothing names it, as far as the daily look has seen; using it in any way takes this away.
    unused_since: Mapped[dt.datetime | None] = mapped_column(index=True)

    renditions: Mapped[list[Rendition]] = relationship(
        back_populates="file", lazy="raise_on_sql", order_by="Rendition.name", passive_deletes=True
    )
    captions: Mapped[list[Caption]] = relationship(
        back_populates="file", lazy="raise_on_sql", foreign_keys="Caption.digest", order_by="Caption.language", passive_deletes=True
    )

    @property
    def address(self) -> str:
        """Return its address on this site."""
        return f"/media/{self.digest}.{self.suffix}"


class Rendition(Base):
    """A smaller copy of a file that a worker has made."""

    __tablename__ = "media_renditions"

    digest: Mapped[str] = mapped_column(sa.ForeignKey("media_files.digest", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    size: Mapped[int] = mapped_column(sa.BigInteger)

    file: Mapped[File] = relationship(back_populates="renditions", lazy="raise_on_sql")


class Caption(Base):
    """Captions of a film or sound in a language: another file."""

    __tablename__ = "media_captions"

    digest: Mapped[str] = mapped_column(sa.ForeignKey("media_files.digest", ondelete="CASCADE"), primary_key=True)
    language: Mapped[str] = mapped_column(sa.String(8), primary_key=True)
    words_digest: Mapped[str] = mapped_column(sa.ForeignKey("media_files.digest"), index=True)

    file: Mapped[File] = relationship(back_populates="captions", lazy="raise_on_sql", foreign_keys=[digest])


class Description(Base):
    """What one person says of a file that they have uploaded."""

    __tablename__ = "media_descriptions"

    id: Mapped[uuid.UUID] = uuid_key()
    digest: Mapped[str] = mapped_column(sa.ForeignKey("media_files.digest", ondelete="CASCADE"))
    owner_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("users.id", ondelete="SET NULL"), index=True, info=_authorship("authorship")
    )
    name: Mapped[str] = mapped_column(sa.String(200))
    # {"id": …, "en": …}: what it shows, for who cannot see or hear it.
    alternative: Mapped[Json] = mapped_column(default=dict)
    licence: Mapped[Licence] = mapped_column(default=Licence.UNKNOWN)
    source: Mapped[str] = mapped_column(sa.String(300), default="")
    sharing: Mapped[Sharing] = mapped_column(default=Sharing.UNIT)
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow)

    file: Mapped[File] = relationship(lazy="raise_on_sql")

    __table_args__ = (sa.UniqueConstraint("digest", "owner_id"),)


def _upload(purpose: str) -> dict[str, Any]:
    return personal(purpose, retention="24 hours", readable_by=("self",))


class Transfer(Base):
    """An upload that is under way; how far it is, the size of its file in LMS_DATA/uploads says."""

    __tablename__ = "media_uploads"

    id: Mapped[uuid.UUID] = uuid_key()
    owner_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True, info=_upload("who uploads"))
    name: Mapped[str] = mapped_column(sa.String(200), info=_upload("what the file is called"))
    size: Mapped[int] = mapped_column(sa.BigInteger, info=_upload("when it is whole"))
    expires_at: Mapped[dt.datetime] = mapped_column(index=True, info=_upload("when it is given up"))
    # When it is whole: what became of it, or why it was refused.
    digest: Mapped[str | None] = mapped_column(sa.String(64), info=_upload("what it became"))
    refusal: Mapped[str] = mapped_column(sa.String(500), default="", info=_upload("why it was refused"))
