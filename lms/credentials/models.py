"""Templates, counters, and what was issued. A certificate is a snapshot: what was printed stays, whatever becomes of template or person."""

from __future__ import annotations

import datetime as dt
import enum
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, Json, personal, utcnow, uuid_key


class CredentialKind(enum.StrEnum):
    """What is given to whom: an STTP where passing was decided, a certificate for attendance, a statement for part without passing."""

    STTP = "sttp"  # Surat Tanda Tamat Pelatihan
    CERTIFICATE = "certificate"  # sertifikat
    STATEMENT = "statement"  # surat keterangan


class CertificateTemplate(Base):
    """How certificates of one kind look and are numbered; of a unit, and for its cohorts and those of units below."""

    __tablename__ = "certificate_templates"

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("units.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(80))
    kind: Mapped[CredentialKind]
    # Lines at the head, the upper ones smaller: who issues.
    heading: Mapped[str] = mapped_column(sa.String(300))
    # Address of a picture in the store of files, across the whole width above everything; empty: the heading alone.
    letterhead: Mapped[str] = mapped_column(sa.String(200), default="")
    issuer: Mapped[str] = mapped_column(sa.String(160))
    place: Mapped[str] = mapped_column(sa.String(80))
    # "a.n. Bupati Kubu Raya", or empty.
    on_behalf: Mapped[str] = mapped_column(sa.String(120), default="")
    # "Plt.", "Plh." or empty.
    acting: Mapped[str] = mapped_column(sa.String(10), default="")
    signer_position: Mapped[str] = mapped_column(sa.String(160))
    signer_name: Mapped[str] = mapped_column(sa.String(120))
    signer_rank: Mapped[str] = mapped_column(sa.String(80), default="")
    signer_number: Mapped[str] = mapped_column(sa.String(30), default="")
    number_pattern: Mapped[str] = mapped_column(sa.String(120))
    program_code: Mapped[str] = mapped_column(sa.String(30), default="")
    unit_code: Mapped[str] = mapped_column(sa.String(30), default="")
    text: Mapped[str] = mapped_column(sa.String(1000))
    retired_at: Mapped[dt.datetime | None]
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow)

    __table_args__ = (sa.UniqueConstraint("unit_id", "name"),)


class CertificateCounter(Base):
    """The last number given for a template in a year. Its row is the lock: a transaction that rolls back gives its number back."""

    __tablename__ = "certificate_counters"

    template_id: Mapped[int] = mapped_column(sa.ForeignKey("certificate_templates.id"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int] = mapped_column(default=0)

    __table_args__ = (sa.CheckConstraint("last >= 0", "last_is_not_negative"),)


class CertificateState(enum.StrEnum):
    """Whether it holds."""

    VALID = "valid"
    REVOKED = "revoked"
    REPLACED = "replaced"


def _given(purpose: str) -> Json:
    return personal(purpose, retention="training record", readable_by=("self", "organizer"))


class Certificate(Base):
    """One certificate, as it was issued. `snapshot` holds everything that is printed; `badge` is the signed credential."""

    __tablename__ = "certificates"

    id: Mapped[uuid.UUID] = uuid_key()
    enrolment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrolments.id"), info=_given("certificate"))
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id"), index=True, info=_given("certificate"))
    template_id: Mapped[int] = mapped_column(sa.ForeignKey("certificate_templates.id"), info=_given("number"))
    kind: Mapped[CredentialKind] = mapped_column(info=_given("certificate"))
    year: Mapped[int] = mapped_column(info=_given("number"))
    sequence: Mapped[int] = mapped_column(info=_given("number"))
    number: Mapped[str] = mapped_column(sa.String(160), unique=True, info=_given("number"))
    # By which anybody who holds the paper finds it on the check page; cannot be guessed.
    code: Mapped[str] = mapped_column(sa.String(16), unique=True, info=_given("check by whoever holds the paper"))
    issued_on: Mapped[dt.date] = mapped_column(info=_given("certificate"))
    issued_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info=_given("accountability"))
    issued_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"), info=_given("accountability"))
    snapshot: Mapped[Json] = mapped_column(info=_given("certificate"))
    badge: Mapped[str] = mapped_column(sa.Text, info=_given("credential that can be checked offline"))
    state: Mapped[CertificateState] = mapped_column(default=CertificateState.VALID, info=_given("validity"))
    revoked_at: Mapped[dt.datetime | None] = mapped_column(info=_given("validity"))
    revoked_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"), info=_given("accountability"))
    reason: Mapped[str] = mapped_column(sa.String(300), default="", info=_given("validity"))
    replaces_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("certificates.id"), unique=True, info=_given("validity"))

    __table_args__ = (
        sa.UniqueConstraint("template_id", "year", "sequence"),
        sa.CheckConstraint("sequence > 0", "numbers_begin_with_one"),
        sa.CheckConstraint("(state = 'valid') = (revoked_at IS NULL)", "what_does_not_hold_says_since_when"),
        sa.CheckConstraint("state = 'valid' OR reason <> ''", "what_does_not_hold_says_why"),
        sa.Index(
            "uq_certificates_one_that_holds",
            "enrolment_id",
            "kind",
            unique=True,
            sqlite_where=sa.text("state = 'valid'"),
            postgresql_where=sa.text("state = 'valid'"),
        ),
    )


class CertificateFile(Base):
    """The PDF of a certificate, in the database so that any web process can hand it out, and its SHA-256."""

    __tablename__ = "certificate_files"

    certificate_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("certificates.id", ondelete="CASCADE"), primary_key=True, info=_given("certificate")
    )
    data: Mapped[bytes] = mapped_column(sa.LargeBinary, info=_given("certificate"))
    digest: Mapped[str] = mapped_column(sa.String(64), info=_given("certificate"))
    made_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info=_given("certificate"))
