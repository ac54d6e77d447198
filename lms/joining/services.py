"""What happens at the door of a cohort. Whoever writes takes the next turn first: one UPDATE of the door's row, which others wait for.

A seat is taken by one statement that says under which condition (`booked < capacity`), so that no order of events can give one seat to two.
"""

from __future__ import annotations

import datetime as dt
import hmac
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from lms.db import db, keep, utcnow
from lms.errors import NotFound, Refused
from lms.i18n import gettext as _
from lms.i18n import lazy_gettext, local_day
from lms.joining import queries
from lms.joining.models import Door, Seat, SeatEvent
from lms.joining.seats import Act, State, Way
from lms.learning import services as learning
from lms.learning.models import Cohort, Enrolment, EnrolmentState
from lms.messages.services import notify
from lms.people.access import Actor
from lms.people.holders import people_with
from lms.people.permissions import MANAGE_COHORTS
from lms.people.services import fold
from lms.people.sessions import FAILURES_PER_ACCOUNT, bucket_of, count_failure, refuse_when_too_many
from lms.privacy.services import audit

SEAT = lazy_gettext("You have a seat")
SEAT_BODY = lazy_gettext(
    "A seat has become free, and it is yours. The page tells when the programme begins; there you can also give the seat up."
)
ASKS = lazy_gettext("Somebody asks for a seat")
ASKS_BODY = lazy_gettext("There are requests at the door of a cohort of yours. Its page of self-enrolment shows them.")
DECLINED = lazy_gettext("Your request was not accepted")
DECLINED_BODY = lazy_gettext("The organizer has not accepted your request to join a programme. The page tells why.")


@dataclass(frozen=True, slots=True)
class Terms:
    """How a door stands: the way in, the key as it was typed, seats (None: no limit), first and last day."""

    way: Way
    key: str
    capacity: int | None
    opens_on: dt.date | None
    closes_on: dt.date | None


def set_door(*, actor: Actor, cohort: Cohort, terms: Terms) -> Door:
    """Open, close or change the door of a cohort; more seats go to those who wait, and fewer take nobody's seat.

    Raises Refused when the key is another open cohort's, or missing where one is asked for.
    """
    key = fold(terms.key) if terms.way.needs_key else ""
    if terms.way.needs_key and len(key) < 4:
        raise Refused(_("A key needs at least four letters or digits."))
    if terms.way.needs_key and db.session.scalar(queries.key_taken(key, but=cohort.id).limit(1)):
        raise Refused(_("Another cohort has this key. Choose another one."))
    keep(
        Door, {"cohort_id": cohort.id, "way": Way.CLOSED, "key": "", "turn": 0, "booked": 0, "waiting": 0}, key=("cohort_id",), update=False
    )
    turn = _take_turn(cohort.id)
    door = db.session.get_one(Door, cohort.id, populate_existing=True)
    door.way, door.key, door.opens_on, door.closes_on = terms.way, key, terms.opens_on, terms.closes_on
    if turn == 1 or door.capacity != terms.capacity:
        door.capacity = terms.capacity
        _happened(cohort.id, turn, Act.CAPACITY, None, actor.id, capacity=terms.capacity)
    db.session.flush()
    _promote(cohort.id)
    audit(actor.id, "cohort:door", "cohort", cohort.id, way=terms.way.value, capacity=terms.capacity)
    return db.session.get_one(Door, cohort.id, populate_existing=True)


def must_ask(found: Any) -> bool:
    """Tell whether the organizer looks at a request at this door (a row of `queries.door_for`): also at that of whom an organizer withdrew."""
    return found.Door.way.needs_approval or (found.enrolled is EnrolmentState.WITHDRAWN and not found.left_freely)


def knock(*, actor: Actor, cohort_id: int, key: str) -> State:
    """Ask for a seat and return where that leads: a seat, the waiting list, or the organizer's table. Asking twice changes nothing.

    Raises NotFound when the door is not open, Refused for a wrong key and for who is enrolled already, SlowDown after too many wrong keys.
    """
    found = _before_the_door(actor, cohort_id)
    if found.Seat is not None and found.Seat.state not in queries.NO_SEAT:
        return State(found.Seat.state)
    if found.Door.way.needs_key:
        _check_key(actor, found.Door, key)
    turn = _take_turn(cohort_id)
    found = _before_the_door(actor, cohort_id)  # the same person on another device, or an organizer, may have come first
    if found.Seat is not None and found.Seat.state not in queries.NO_SEAT:
        return State(found.Seat.state)
    act = Act.ASKED if must_ask(found) else Act.JOINED
    _happened(cohort_id, turn, act, actor.id, actor.id)
    if act is Act.ASKED:
        _tell_organizers(cohort_id, local_day(utcnow(), found.Cohort.time_zone))
        return _put(cohort_id, actor.id, State.ASKING, turn)
    return _place(cohort_id, actor.id, turn)


def _before_the_door(actor: Actor, cohort_id: int) -> Any:
    """Return the row of `queries.door_for` as it is now. Raises NotFound and Refused as `knock` does."""
    found = db.session.execute(queries.door_for(actor.id, cohort_id), execution_options={"populate_existing": True}).one_or_none()
    if found is None or not found.is_open:
        raise NotFound("this cohort is not open to people by themselves")
    if found.enrolled is EnrolmentState.ACTIVE and (found.Seat is None or found.Seat.state in queries.NO_SEAT):
        raise Refused(_("You take part in this cohort already."))
    return found


def _tell_organizers(cohort_id: int, today: dt.date) -> None:
    """Tell whoever answers requests that somebody asks: once a day, however many they are."""
    for user_id in people_with(MANAGE_COHORTS, cohort_id, today):
        key = f"cohort/{cohort_id}/door/{today.isoformat()}"
        notify(kind="asked", user_id=user_id, key=key, subject=ASKS, body=ASKS_BODY, path=f"/cohorts/{cohort_id}/joining")


def _check_key(actor: Actor, door: Door, key: str) -> None:
    buckets = {bucket_of("join", str(actor.id)): FAILURES_PER_ACCOUNT}
    refuse_when_too_many(buckets)
    if not hmac.compare_digest(fold(key).encode(), door.key.encode()):
        count_failure(buckets)
        raise WrongKey(_("This key does not fit. Ask who gave it to you."))


class WrongKey(Refused):
    """The key is another one; the view commits, so that the failure counts."""


def find_by_key(*, actor: Actor, key: str) -> int | None:
    """Return the cohort whose door has this key, None when there is none. Raises SlowDown after too many that do not fit."""
    buckets = {bucket_of("join", str(actor.id)): FAILURES_PER_ACCOUNT}
    refuse_when_too_many(buckets)
    found = db.session.scalar(queries.door_with_key(fold(key)).limit(1))
    if found is None:
        count_failure(buckets)
    return found


def approve(*, actor: Actor, cohort: Cohort, user_id: uuid.UUID) -> State:
    """Accept a request: a seat, or a place on the waiting list. Raises Refused when there is no request (any more)."""
    turn = _take_turn(cohort.id)
    _asking(cohort.id, user_id)
    _happened(cohort.id, turn, Act.APPROVED, user_id, actor.id)
    return _place(cohort.id, user_id, turn, tell=True)


def decline(*, actor: Actor, cohort: Cohort, user_id: uuid.UUID, reason: str) -> None:
    """Decline a request, with a reason that the person reads. Raises Refused when there is no request (any more)."""
    turn = _take_turn(cohort.id)
    _asking(cohort.id, user_id)
    _happened(cohort.id, turn, Act.DECLINED, user_id, actor.id, reason=reason)
    _put(cohort.id, user_id, State.DECLINED, turn, reason=reason)
    notify(kind="seat", user_id=user_id, key=f"seat/{cohort.id}/{turn}", subject=DECLINED, body=DECLINED_BODY, path=f"/join/{cohort.id}")


def can_leave(found: Any) -> bool:
    """Tell whether somebody (a row of `queries.door_for`) can give up by themselves what they have: a seat only until they have begun."""
    return found.Seat.state is not State.BOOKED or (found.started_on is None and not found.is_over)


def leave(*, actor: Actor, cohort_id: int) -> None:
    """Give up one's seat, place on the waiting list or request; the seat goes to who waits first.

    Who has none of these changes nothing. Raises NotFound when the cohort has no door, Refused for the seat of who has begun, or when the
    cohort is over: then an organizer withdraws them.
    """
    turn = _take_turn(cohort_id)
    found = db.session.execute(queries.door_for(actor.id, cohort_id)).one_or_none()
    if found is None or found.Seat is None or found.Seat.state in queries.NO_SEAT:
        return
    if not can_leave(found):
        raise Refused(_("You have begun already, or the programme is over. Talk to the organizer."))
    _free(actor, found.Seat, turn)


def release(*, actor: Actor, enrolment: Enrolment) -> None:
    """End the seat, place or request of somebody whom an organizer withdraws, if they have one."""
    seat = db.session.get(Seat, (enrolment.cohort_id, enrolment.user_id))
    if seat is not None and seat.state not in queries.NO_SEAT:
        _free(actor, seat, _take_turn(enrolment.cohort_id))


def enrolled(*, actor: Actor, cohort_id: int, user_ids: Collection[uuid.UUID]) -> None:
    """End the requests, and places on the waiting list, of people whom an organizer enrols: they take none of the seats."""
    if db.session.get(Door, cohort_id) is None:
        return
    _take_turn(cohort_id)  # who knocks at the same moment waits, and finds that they are enrolled
    for seat in db.session.scalars(queries.requests_of(cohort_id, user_ids)).all():
        _free(actor, seat, _take_turn(cohort_id))


# -- inside a turn ------------------------------------------------------------------------------------------------------------------


def _take_turn(cohort_id: int) -> int:
    """Take the next turn at a door: from here to the commit nobody else acts on it. Raises NotFound when there is no door."""
    turn = db.session.execute(sa.update(Door).where(Door.cohort_id == cohort_id).values(turn=Door.turn + 1).returning(Door.turn)).scalar()
    if turn is None:
        raise NotFound("this cohort has no door")
    return int(turn)


def _asking(cohort_id: int, user_id: uuid.UUID) -> None:
    seat = db.session.get(Seat, (cohort_id, user_id), populate_existing=True)
    if seat is None or seat.state is not State.ASKING:
        raise Refused(_("This request was answered or taken back in the meantime."))


def _happened(
    cohort_id: int, turn: int, act: Act, user_id: uuid.UUID | None, actor_id: uuid.UUID, *, capacity: int | None = None, reason: str = ""
) -> None:
    row = SeatEvent(
        cohort_id=cohort_id, turn=turn, act=act, user_id=user_id, actor_id=actor_id, capacity=capacity, reason=reason, at=utcnow()
    )
    db.session.add(row)
    if user_id is not None:
        audit(actor_id, f"seat:{act.value}", "user", user_id, cohort=cohort_id)
    db.session.flush()


def _put(cohort_id: int, user_id: uuid.UUID, state: State, turn: int, *, reason: str = "") -> State:
    db.session.merge(Seat(cohort_id=cohort_id, user_id=user_id, state=state, turn=turn, reason=reason))
    db.session.flush()
    return state


def _free(actor: Actor, seat: Seat, turn: int) -> None:
    """Let somebody go, and the next one come. Everything learned stays."""
    db.session.refresh(seat)
    before, here = seat.state, Door.cohort_id == seat.cohort_id
    if before in queries.NO_SEAT:
        return  # at the same time on another device
    _happened(seat.cohort_id, turn, Act.LEFT, seat.user_id, actor.id)
    _put(seat.cohort_id, seat.user_id, State.LEFT, turn)
    if before is State.BOOKED:
        mine = sa.select(Enrolment).where(Enrolment.cohort_id == seat.cohort_id, Enrolment.user_id == seat.user_id)
        enrolment = db.session.scalar(mine)
        if enrolment is not None and enrolment.state is EnrolmentState.ACTIVE:
            learning.withdraw(actor=actor, enrolment=enrolment)
        db.session.execute(sa.update(Door).where(here).values(booked=Door.booked - 1))
    elif before is State.WAITING:
        db.session.execute(sa.update(Door).where(here).values(waiting=Door.waiting - 1))
    db.session.flush()
    _promote(seat.cohort_id)


def _place(cohort_id: int, user_id: uuid.UUID, turn: int, *, tell: bool = False) -> State:
    """Give a seat if one is free and nobody waits, else a place at the end of the waiting list."""
    free = sa.and_(Door.cohort_id == cohort_id, Door.waiting == 0, sa.or_(Door.capacity.is_(None), Door.booked < Door.capacity))
    taken = db.session.execute(sa.update(Door).where(free).values(booked=Door.booked + 1).returning(Door.booked)).scalar()
    if taken is None:
        db.session.execute(sa.update(Door).where(Door.cohort_id == cohort_id).values(waiting=Door.waiting + 1))
        return _put(cohort_id, user_id, State.WAITING, turn)
    _seat(cohort_id, user_id, turn, tell=tell)
    return State.BOOKED


def _promote(cohort_id: int) -> None:
    """Give free seats to those who wait, first come first served."""
    first = sa.select(Seat).where(Seat.cohort_id == cohort_id, Seat.state == State.WAITING).order_by(Seat.turn).limit(1)
    free = sa.and_(Door.cohort_id == cohort_id, sa.or_(Door.capacity.is_(None), Door.booked < Door.capacity))
    while (seat := db.session.scalar(first)) is not None:
        change = sa.update(Door).where(free).values(booked=Door.booked + 1, waiting=Door.waiting - 1).returning(Door.booked)
        if db.session.execute(change).scalar() is None:
            return
        _seat(cohort_id, seat.user_id, seat.turn, tell=True)


def _seat(cohort_id: int, user_id: uuid.UUID, turn: int, *, tell: bool) -> None:
    _put(cohort_id, user_id, State.BOOKED, turn)
    learning.enrol(actor_id=user_id, cohort_id=cohort_id, user_id=user_id)
    if tell:
        notify(kind="seat", user_id=user_id, key=f"seat/{cohort_id}/{turn}", subject=SEAT, body=SEAT_BODY, path=f"/join/{cohort_id}")
