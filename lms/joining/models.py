"""The door of a cohort, what happened at it (append-only), and where that leaves each person (a projection)."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, Json, personal, utcnow
from lms.joining.seats import Act, State, Way


def _seat(purpose: str) -> Json:
    return personal(purpose, retention="cohort", readable_by=("self", "organizer"))


class Door(Base):
    """How people come into a cohort by themselves. Who is enrolled by the organizer takes none of these seats.

    `turn` counts everything that happens at the door: whoever writes takes it first, so that everything has one order in every database.
    """

    __tablename__ = "cohort_doors"

    cohort_id: Mapped[int] = mapped_column(sa.ForeignKey("cohorts.id", ondelete="CASCADE"), primary_key=True)
    way: Mapped[Way] = mapped_column(default=Way.CLOSED)
    # Folded: small letters and digits.
    key: Mapped[str] = mapped_column(sa.String(60), default="", index=True)
    # None: as many as come.
    capacity: Mapped[int | None]
    opens_on: Mapped[dt.date | None]
    closes_on: Mapped[dt.date | None]
    turn: Mapped[int] = mapped_column(default=0)
    booked: Mapped[int] = mapped_column(default=0)
    waiting: Mapped[int] = mapped_column(default=0)

    __table_args__ = (
        sa.CheckConstraint("booked >= 0 AND waiting >= 0", "counts_are_not_negative"),
        sa.CheckConstraint("capacity IS NULL OR capacity >= 0", "capacity_is_not_negative"),
    )


class SeatEvent(Base):
    """Something that happened at the door. Never changed: `lms.joining.seats.settle` makes the seats of them."""

    __tablename__ = "seat_events"

    cohort_id: Mapped[int] = mapped_column(sa.ForeignKey("cohorts.id", ondelete="CASCADE"), primary_key=True, info=_seat("allocation"))
    turn: Mapped[int] = mapped_column(primary_key=True, info=_seat("allocation"))
    act: Mapped[Act] = mapped_column(info=_seat("allocation"))
    # Whose seat it is about; None for a new capacity.
    user_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True, info=_seat("allocation"))
    capacity: Mapped[int | None] = mapped_column(info=_seat("allocation"))
    actor_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("users.id", ondelete="SET NULL"), index=True, info=_seat("accountability")
    )
    # Why a request was declined; the person reads it.
    reason: Mapped[str] = mapped_column(sa.String(300), default="", info=_seat("explanation"))
    at: Mapped[dt.datetime] = mapped_column(default=utcnow, info=_seat("accountability"))


class Seat(Base):
    """Where a person is: asks, waits, has a seat, was declined, has left. `turn` orders those who wait and those who ask."""

    __tablename__ = "seats"

    cohort_id: Mapped[int] = mapped_column(sa.ForeignKey("cohorts.id", ondelete="CASCADE"), primary_key=True, info=_seat("allocation"))
    user_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True, info=_seat("allocation")
    )
    state: Mapped[State] = mapped_column(info=_seat("allocation"))
    turn: Mapped[int] = mapped_column(info=_seat("allocation"))
    reason: Mapped[str] = mapped_column(sa.String(300), default="", info=_seat("explanation"))

    __table_args__ = (sa.Index("ix_seats_order", "cohort_id", "state", "turn"),)
