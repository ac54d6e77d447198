"""Roll-ups of units, marks of what has changed, delegations, and lists that are sent."""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, Json, personal, utcnow
from lms.people.roles import ScopeKind

STAFF = ("self", "supervisor", "admin")
EVERY_COHORT = 0


class UnitRollup(Base):
    """How many people of a unit and of everything below it stand where: in one cohort, or (cohort 0) in all that have not ended.

    A projection of enrolments as of a day. People are counted where `Enrolment.counted_unit_id` says. `own` rows, of cohort 0, hold the people
    of the unit itself where there are units below it. `hidden` has a bit for each figure that is withheld (`PUBLISHED`, in order); the sealed
    view shows these to nobody.
    """

    __tablename__ = "unit_rollups"

    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("units.id", ondelete="CASCADE"), primary_key=True)
    cohort_id: Mapped[int] = mapped_column(primary_key=True)  # no foreign key: 0 is no cohort
    own: Mapped[bool] = mapped_column(primary_key=True, default=False)
    as_of: Mapped[dt.date]
    people: Mapped[int] = mapped_column(default=0)
    complete: Mapped[int] = mapped_column(default=0)
    waiting: Mapped[int] = mapped_column(default=0)
    on_schedule: Mapped[int] = mapped_column(default=0)
    no_signal: Mapped[int] = mapped_column(default=0)
    behind: Mapped[int] = mapped_column(default=0)
    not_begun: Mapped[int] = mapped_column(default=0)
    done_count: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    required_count: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    jp: Mapped[int] = mapped_column(sa.BigInteger, default=0)  # recognized in this year, in hundredths
    hidden: Mapped[int] = mapped_column(default=0)

    __table_args__ = (
        sa.CheckConstraint("people = complete + waiting + on_schedule + no_signal + behind + not_begun", "everybody_stands_somewhere"),
        sa.Index("ix_unit_rollups_cohort", "cohort_id"),
    )


class RollupMark(Base):
    """Something has changed in a cohort since its roll-ups were made. Rows are only added, so that nobody waits for anybody; a worker takes them away."""

    __tablename__ = "rollup_marks"

    id: Mapped[int] = mapped_column(primary_key=True)
    cohort_id: Mapped[int]


class Capacity(enum.StrEnum):
    """In which capacity somebody stands in: pelaksana tugas, pelaksana harian, or simply as a colleague."""

    ACTING = "plt"
    DAILY = "plh"
    COLLEAGUE = "colleague"


def _deal(purpose: str) -> Json:
    return personal(purpose, retention="account", readable_by=STAFF)


class Delegation(Base):
    """A supervisor lets a colleague see one of their scopes from … to …; it holds only as long as the supervisor's own right does."""

    __tablename__ = "delegations"

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("users.id", ondelete="CASCADE"), index=True, info=_deal("who stands in for whom")
    )
    delegate_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("users.id", ondelete="CASCADE"), index=True, info=_deal("who stands in for whom")
    )
    kind: Mapped[ScopeKind] = mapped_column(info=_deal("scope"))
    scope_id: Mapped[int] = mapped_column(default=0, info=_deal("scope"))
    capacity: Mapped[Capacity] = mapped_column(info=_deal("who stands in for whom"))
    valid_from: Mapped[dt.date] = mapped_column(info=_deal("validity"))
    valid_to: Mapped[dt.date] = mapped_column(info=_deal("validity"))
    ended_at: Mapped[dt.datetime | None] = mapped_column(info=_deal("validity"))
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info=_deal("accountability"))

    __table_args__ = (
        sa.CheckConstraint("owner_id <> delegate_id", "nobody_delegates_to_themselves"),
        sa.CheckConstraint("valid_to >= valid_from", "it_ends_after_it_begins"),
    )


class Cadence(enum.StrEnum):
    """How often a list is announced."""

    WEEKLY = "weekly"
    MONTHLY = "monthly"


def _lists() -> Json:
    return personal("lists by mail", retention="account", readable_by=("self",))


class ExportSchedule(Base):
    """A list that a supervisor wants to be reminded of: a mail with a link, never with content; what it shows is decided when it is opened."""

    __tablename__ = "export_schedules"

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True, info=_lists())
    scope_key: Mapped[str] = mapped_column(sa.String(40), info=_lists())
    # The filters of the list, as `Wanted` has them; no search for a name.
    wanted: Mapped[dict[str, Any]] = mapped_column(info=_lists())
    cadence: Mapped[Cadence] = mapped_column(info=_lists())
    next_on: Mapped[dt.date] = mapped_column(index=True, info=_lists())
    ends_on: Mapped[dt.date] = mapped_column(info=_lists())
    stopped_at: Mapped[dt.datetime | None] = mapped_column(info=_lists())
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info=_lists())
