"""Lists of people: one that is being checked, how its columns are read, what an import made."""

from __future__ import annotations

import datetime as dt
import enum
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, Json, personal, utcnow, uuid_key


def _draft(purpose: str) -> Json:
    return personal(purpose, retention="1 day", readable_by=("organizer",))


def _import(purpose: str) -> Json:
    return personal(purpose, retention="training record", readable_by=("organizer",))


class Fate(enum.StrEnum):
    """What an import does with a row."""

    NEW = "new"  # makes an account and enrols
    KNOWN = "known"  # enrols somebody who has an account
    BACK = "back"  # brings back somebody who had withdrawn
    ENROLLED = "enrolled"  # changes nothing
    WRONG = "wrong"


class ImportDraft(Base):
    """An uploaded list between the upload and the import, with everything that its organizer has decided and typed about it.

    In the database, so that any web process finds it; gone after the import, or after a day.
    """

    __tablename__ = "import_drafts"

    id: Mapped[uuid.UUID] = uuid_key()
    cohort_id: Mapped[int] = mapped_column(sa.ForeignKey("cohorts.id", ondelete="CASCADE"), index=True, info=_draft("import"))
    owner_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True, info=_draft("import"))
    file_name: Mapped[str] = mapped_column(sa.String(160), default="", info=_draft("import"))
    data: Mapped[bytes] = mapped_column(sa.LargeBinary, info=_draft("import"))
    # What lms.cohorts.plan.Plan holds.
    plan: Mapped[Json] = mapped_column(default=dict, info=_draft("import"))
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow, index=True, info=_draft("import"))


class ColumnMapping(Base):
    """How an organizing unit reads files with this header: `{column counted from 0: field}`. The header is a digest of its folded headings."""

    __tablename__ = "column_mappings"

    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("units.id", ondelete="CASCADE"), primary_key=True)
    header: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    fields: Mapped[Json]
    kept_at: Mapped[dt.datetime] = mapped_column(default=utcnow)


class CohortImport(Base):
    """One import: who, when, of which file (its SHA-256), and how many rows had which fate."""

    __tablename__ = "cohort_imports"

    id: Mapped[int] = mapped_column(primary_key=True)
    cohort_id: Mapped[int] = mapped_column(sa.ForeignKey("cohorts.id", ondelete="CASCADE"), index=True, info=_import("accountability"))
    actor_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("users.id", ondelete="SET NULL"), index=True, info=_import("accountability")
    )
    file_name: Mapped[str] = mapped_column(sa.String(160), default="", info=_import("accountability"))
    digest: Mapped[str] = mapped_column(sa.String(64), info=_import("accountability"))
    # How many rows had each Fate.
    counts: Mapped[Json] = mapped_column(info=_import("accountability"))
    made_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info=_import("accountability"))
    undone_at: Mapped[dt.datetime | None] = mapped_column(info=_import("accountability"))
    undone_by_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("users.id", ondelete="SET NULL"), index=True, info=_import("accountability")
    )


class ImportLine(Base):
    """What one row of a list made: an account and an enrolment, or an enrolment alone. The ids are empty when an undo has removed them."""

    __tablename__ = "import_lines"

    import_id: Mapped[int] = mapped_column(sa.ForeignKey("cohort_imports.id", ondelete="CASCADE"), primary_key=True, info=_import("undo"))
    row: Mapped[int] = mapped_column(primary_key=True, info=_import("undo"))
    fate: Mapped[Fate] = mapped_column(info=_import("undo"))
    user_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"), index=True, info=_import("undo"))
    enrolment_id: Mapped[int | None] = mapped_column(sa.ForeignKey("enrolments.id", ondelete="SET NULL"), index=True, info=_import("undo"))
    # The group before, of somebody who came back.
    group_before: Mapped[int | None] = mapped_column(info=_import("undo"))
    # Why an undo left it: `begun`, `signed_in`, `in_use`.
    kept: Mapped[str] = mapped_column(sa.String(20), default="", info=_import("undo"))
