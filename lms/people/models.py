"""People and units. The key of a person is our own UUID: numbers of employees change, and some people have none."""

from __future__ import annotations

import datetime as dt
import enum
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lms.db import Base, personal, utcnow, uuid_key
from lms.people.roles import Role, ScopeKind

STAFF = ("organizer", "admin")


class IdentityType(enum.StrEnum):
    """What kind of number identifies a person in their own administration, if any."""

    PNS = "pns"
    PPPK = "pppk"
    NRP = "nrp"
    NONE = "none"


class Category(enum.StrEnum):
    """How a person belongs to the civil service."""

    PNS = "pns"
    CPNS = "cpns"
    PPPK = "pppk"
    GRADUATE = "graduate"
    GUEST = "guest"


class Unit(Base):
    """An agency or a part of one (OPD, bidang, UPT). `path` holds the ids from the root, `/1/4/9/`, so a subtree is one LIKE."""

    __tablename__ = "units"

    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("units.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    short_name: Mapped[str] = mapped_column(sa.String(40), default="")
    path: Mapped[str] = mapped_column(sa.String(200), default="", index=True)
    valid_from: Mapped[dt.date | None]
    valid_to: Mapped[dt.date | None]

    parent: Mapped[Unit | None] = relationship(remote_side=[id], lazy="raise_on_sql")
    aliases: Mapped[list[UnitAlias]] = relationship(back_populates="unit", lazy="raise_on_sql", cascade="all, delete-orphan")

    __table_args__ = (sa.UniqueConstraint("parent_id", "name"),)


class UnitAlias(Base):
    """Another way in which spreadsheets write a unit, folded: small letters and digits only."""

    __tablename__ = "unit_aliases"

    alias: Mapped[str] = mapped_column(sa.String(200), primary_key=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("units.id", ondelete="CASCADE"), index=True)

    unit: Mapped[Unit] = relationship(back_populates="aliases", lazy="raise_on_sql")


class User(Base):
    """A person who can sign in."""

    __tablename__ = "users"

    id: Mapped[uuid.UUID] = uuid_key()
    email: Mapped[str | None] = mapped_column(
        sa.String(200), unique=True, info=personal("sign-in, mail", retention="account", readable_by=("self", *STAFF))
    )
    title_before: Mapped[str] = mapped_column(
        sa.String(60), default="", info=personal("address", retention="account", readable_by=("self", "staff", "supervisor"))
    )
    name: Mapped[str] = mapped_column(
        sa.String(120), info=personal("address", retention="account", readable_by=("self", "staff", "supervisor"))
    )
    title_after: Mapped[str] = mapped_column(
        sa.String(80), default="", info=personal("address", retention="account", readable_by=("self", "staff", "supervisor"))
    )
    identity_type: Mapped[IdentityType] = mapped_column(
        default=IdentityType.NONE, info=personal("match with personnel data", retention="account", readable_by=("self", *STAFF))
    )
    employee_number: Mapped[str | None] = mapped_column(
        sa.String(20), unique=True, info=personal("match with personnel data", retention="account", readable_by=("self", *STAFF))
    )
    category: Mapped[Category] = mapped_column(
        default=Category.PNS, info=personal("cohort planning", retention="account", readable_by=("self", *STAFF))
    )
    position: Mapped[str] = mapped_column(
        sa.String(120), default="", info=personal("address", retention="account", readable_by=("self", *STAFF))
    )
    # A code of lms.people.ranks: `III/a`, of a PPPK `IX`.
    grade: Mapped[str] = mapped_column(
        sa.String(8), default="", info=personal("certificates", retention="account", readable_by=("self", *STAFF))
    )
    birth_place: Mapped[str] = mapped_column(
        sa.String(80), default="", info=personal("certificates", retention="account", readable_by=("self", *STAFF))
    )
    # From the number, where it has one.
    birth_date: Mapped[dt.date | None] = mapped_column(
        index=True, info=personal("certificates, match with personnel data", retention="account", readable_by=("self", *STAFF))
    )
    institution: Mapped[str] = mapped_column(
        sa.String(160),
        default="",
        info=personal("where a person outside our units works", retention="account", readable_by=("self", *STAFF)),
    )
    phone: Mapped[str] = mapped_column(
        sa.String(20), default="", info=personal("contact in the field", retention="account", readable_by=("self", *STAFF))
    )
    unit_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("units.id"),
        index=True,
        info=personal("scope of staff", retention="account", readable_by=("self", "staff", "supervisor")),
    )
    language: Mapped[str] = mapped_column(
        sa.String(5), default="id", info=personal("language of pages and mails", retention="account", readable_by=("self",))
    )
    time_zone: Mapped[str] = mapped_column(
        sa.String(40), default="", info=personal("day and hour where the person is", retention="account", readable_by=("self", *STAFF))
    )
    password_hash: Mapped[str | None] = mapped_column(
        sa.String(200), info=personal("sign-in (argon2id)", retention="account", readable_by=())
    )
    is_active: Mapped[bool] = mapped_column(default=True, info=personal("sign-in", retention="account", readable_by=STAFF))
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info=personal("accountability", retention="account", readable_by=STAFF))

    unit: Mapped[Unit | None] = relationship(lazy="raise_on_sql")
    roles: Mapped[list[RoleAssignment]] = relationship(
        back_populates="user", lazy="raise_on_sql", foreign_keys="RoleAssignment.user_id", cascade="all, delete-orphan"
    )

    @property
    def full_name(self) -> str:
        """Return the name with its titles: `Dr. Siti Aminah, S.Kep.`."""
        return full_name(self.title_before, self.name, self.title_after)


def full_name(before: str, name: str, after: str) -> str:
    """Join titles and name as they are written on a certificate."""
    text = f"{before} {name}".strip()
    return f"{text}, {after}" if after else text


class ReportingLine(Base):
    """Who is whose line manager, from … to …."""

    __tablename__ = "reporting_lines"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("users.id", ondelete="CASCADE"),
        index=True,
        info=personal("scope of a supervisor", retention="account", readable_by=("self", "supervisor", *STAFF)),
    )
    supervisor_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("users.id", ondelete="CASCADE"),
        index=True,
        info=personal("scope of a supervisor", retention="account", readable_by=("self", "supervisor", *STAFF)),
    )
    valid_from: Mapped[dt.date] = mapped_column(info=personal("validity", retention="account", readable_by=STAFF))
    valid_to: Mapped[dt.date | None] = mapped_column(info=personal("validity", retention="account", readable_by=STAFF))

    __table_args__ = (sa.CheckConstraint("user_id <> supervisor_id", "nobody_is_their_own_supervisor"),)


class RoleAssignment(Base):
    """A role that a person holds somewhere, from … to …."""

    __tablename__ = "role_assignments"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("users.id", ondelete="CASCADE"),
        index=True,
        info=personal("rights", retention="account", readable_by=("self", *STAFF)),
    )
    role: Mapped[Role] = mapped_column(info=personal("rights", retention="account", readable_by=("self", *STAFF)))
    scope_kind: Mapped[ScopeKind] = mapped_column(info=personal("rights", retention="account", readable_by=("self", *STAFF)))
    scope_id: Mapped[int] = mapped_column(default=0, info=personal("rights", retention="account", readable_by=("self", *STAFF)))
    valid_from: Mapped[dt.date] = mapped_column(info=personal("rights", retention="account", readable_by=("self", *STAFF)))
    valid_to: Mapped[dt.date | None] = mapped_column(info=personal("rights", retention="account", readable_by=("self", *STAFF)))
    granted_by_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("users.id", ondelete="SET NULL"), info=personal("accountability", retention="account", readable_by=STAFF)
    )

    user: Mapped[User] = relationship(back_populates="roles", lazy="raise_on_sql", foreign_keys=[user_id])

    __table_args__ = (
        sa.UniqueConstraint("user_id", "role", "scope_kind", "scope_id", "valid_from"),
        sa.CheckConstraint("(scope_kind IN ('site', 'reports')) = (scope_id = 0)", "who_needs_a_number_has_one"),
        sa.Index("ix_role_assignments_scope", "scope_kind", "scope_id"),
    )


class UserSession(Base):
    """One sign-in on one device. The cookie holds a random token; here is its SHA-256, so that a copy of the table opens nothing."""

    __tablename__ = "user_sessions"

    id: Mapped[uuid.UUID] = uuid_key()
    token_hash: Mapped[bytes] = mapped_column(
        sa.LargeBinary(32), unique=True, info=personal("sign-in", retention="session", readable_by=())
    )
    user_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("users.id", ondelete="CASCADE"), index=True, info=personal("sign-in", retention="session", readable_by=("self",))
    )
    csrf_secret: Mapped[str] = mapped_column(sa.String(64), info=personal("forgery protection", retention="session", readable_by=()))
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info=personal("security", retention="session", readable_by=("self",)))
    seen_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info=personal("security", retention="session", readable_by=("self",)))
    expires_at: Mapped[dt.datetime] = mapped_column(info=personal("security", retention="session", readable_by=("self",)))
    device: Mapped[str] = mapped_column(
        sa.String(80), default="", info=personal("recognise one's own devices", retention="session", readable_by=("self",))
    )


class SignInThrottle(Base):
    """How often sign-in failed lately, per account and per network address; both only as keyed hashes."""

    __tablename__ = "sign_in_throttles"

    bucket: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    window_ends_at: Mapped[dt.datetime]
