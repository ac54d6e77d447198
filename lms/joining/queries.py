"""Reads of self-enrolment."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from lms.db import utcnow
from lms.i18n import ZONE_NAMES, local_day, nothing
from lms.joining.models import Door, Seat, SeatEvent
from lms.joining.seats import State, Way
from lms.learning.models import Cohort, Course, Enrolment
from lms.people.models import Unit, User
from lms.waits import Waits

Select = sa.Select[*tuple[Any, ...]]
NO_SEAT = (State.LEFT, State.DECLINED)


def _today() -> sa.ColumnElement[dt.date]:
    """Return the day that it is where the cohort is, whoever asks and from where."""
    now = utcnow()
    days = {name: local_day(now, name) for name in ZONE_NAMES}
    return sa.case(days, value=Cohort.time_zone, else_=now.date())


def _is_not_over() -> sa.ColumnElement[bool]:
    today = _today()
    return sa.and_(sa.or_(Door.closes_on.is_(None), Door.closes_on >= today), Cohort.ends_on >= today)


def _is_open() -> sa.ColumnElement[bool]:
    return sa.and_(Door.way != Way.CLOSED, sa.or_(Door.opens_on.is_(None), Door.opens_on <= _today()), _is_not_over())


def _with_key(key: str) -> sa.ColumnElement[bool]:
    return sa.and_(Door.way.in_((Way.KEY, Way.BOTH)), Door.key == key, Door.key != "")


def doors() -> Select:
    """Return (door, cohort, title of the course, name of the organizing unit)."""
    return (
        sa.select(Door, Cohort, Course.title.label("course_title"), Course.summary, Unit.name.label("unit_name"))
        .join(Cohort, Cohort.id == Door.cohort_id)
        .join(Course, Course.id == Cohort.course_id)
        .join(Unit, Unit.id == Cohort.organizer_unit_id)
    )


def door_for(user_id: uuid.UUID, cohort_id: int) -> Select:
    """Return one door with the person's own seat and enrolment: while it is open, and afterwards for who has come through it."""
    mine = sa.and_(Seat.cohort_id == Door.cohort_id, Seat.user_id == user_id)
    own = sa.and_(Enrolment.cohort_id == Door.cohort_id, Enrolment.user_id == user_id)
    return (
        doors()
        .add_columns(
            Seat,
            Enrolment.state.label("enrolled"),
            Enrolment.left_freely,
            Enrolment.started_on,
            sa.case((_is_open(), True), else_=False).label("is_open"),
            sa.case((Cohort.ends_on < _today(), True), else_=False).label("is_over"),
        )
        .outerjoin(Seat, mine)
        .outerjoin(Enrolment, own)
        .where(Door.cohort_id == cohort_id, sa.or_(_is_open(), Seat.user_id.is_not(None)))
    )


def open_doors() -> Select:
    """Return the doors that need no key, soonest first."""
    return doors().where(_is_open(), Door.way.in_((Way.OPEN, Way.APPROVAL))).order_by(Cohort.starts_on, Cohort.id).limit(50)


def asking_in(cohort_id: int, _today: dt.date) -> Select:
    """Return how many people ask for a seat in a cohort."""
    return sa.select(sa.func.count(Seat.user_id)).where(Seat.cohort_id == cohort_id, Seat.state == State.ASKING)


WAITS = Waits(nothing("%(num)s request for a seat", "%(num)s requests for a seat"), asking_in)


def own_seats(user_id: uuid.UUID) -> Select:
    """Return (cohort, seat) of where a person asks, waits or has a seat, the latest first."""
    return (
        sa.select(Cohort, Seat)
        .join(Seat, Seat.cohort_id == Cohort.id)
        .where(Seat.user_id == user_id, Seat.state.not_in((State.LEFT,)))
        .order_by(Cohort.starts_on.desc(), Cohort.id)
        .limit(50)
    )


def door_with_key(key: str) -> sa.Select[int]:
    """Return the cohorts whose open door has this key."""
    return sa.select(Door.cohort_id).join(Cohort, Cohort.id == Door.cohort_id).where(_is_open(), _with_key(key)).order_by(Door.cohort_id)


def key_taken(key: str, but: int) -> sa.Select[int]:
    """Return the other cohorts whose door has this key and is open, or opens later."""
    return sa.select(Door.cohort_id).join(Cohort, Cohort.id == Door.cohort_id).where(_is_not_over(), _with_key(key), Door.cohort_id != but)


def seats_of(cohort_id: int, *states: State) -> Select:
    """Return (seat, person, name of the unit) in order of turn."""
    return (
        sa.select(Seat, User, Unit.name.label("unit_name"))
        .join(User, User.id == Seat.user_id)
        .outerjoin(Unit, Unit.id == User.unit_id)
        .where(Seat.cohort_id == cohort_id, Seat.state.in_(states))
        .order_by(Seat.turn)
    )


def ahead_of(seat: Seat) -> sa.Select[int]:
    """Return how many wait before somebody who waits."""
    return sa.select(sa.func.count()).where(Seat.cohort_id == seat.cohort_id, Seat.state == State.WAITING, Seat.turn < seat.turn)


def requests_of(cohort_id: int, user_ids: Collection[uuid.UUID]) -> sa.Select[Seat]:
    """Return the seats of those among these people who ask or wait."""
    return (
        sa.select(Seat)
        .where(Seat.cohort_id == cohort_id, Seat.user_id.in_(user_ids), Seat.state.in_((State.ASKING, State.WAITING)))
        .order_by(Seat.turn)
    )


def events_of(cohort_id: int) -> sa.Select[SeatEvent]:
    """Return everything that happened at a door, in order."""
    return sa.select(SeatEvent).where(SeatEvent.cohort_id == cohort_id).order_by(SeatEvent.turn)
