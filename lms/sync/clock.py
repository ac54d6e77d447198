"""When something happened that a device reports afterwards. Pure, but for the signature of a tick.

With each answer a device gets a *tick*: the server's time, signed for the person. It notes at which time of its own clock the tick came, and
when it made an operation; with the delivery it says what its clock shows now. So two pairs of times are known, the tick's and the
delivery's, and between them the device's clock either ran steadily, which makes the operation's time believable, or was moved. In any case
something happened after the tick and before the delivery; with these bounds a person can decide.
"""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from dataclasses import dataclass

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

SLACK = dt.timedelta(minutes=2)  # for slow lines
DRIFT = 5000  # one part in so many: a cheap quartz is ten times better
GRACE = dt.timedelta(hours=72)  # how long after a deadline something may arrive that was done before it
BEGINNING = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Moment:
    """When something happened, in UTC: the best estimate, the bounds, and whether the device's clock can be believed."""

    at: dt.datetime
    earliest: dt.datetime
    latest: dt.datetime
    steady: bool


class Timeliness(enum.StrEnum):
    """How something stands to its deadline."""

    ON_TIME = "on_time"
    LATE = "late"
    UNDECIDED = "undecided"  # a person decides


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key or b"", salt="lms:sync:tick")


def sign_tick(user_id: uuid.UUID, now: dt.datetime) -> str:
    """Return the server's time, signed for a person."""
    return str(_signer().dumps([user_id.hex, round(now.timestamp())]))


def read_tick(user_id: uuid.UUID, signed: str) -> dt.datetime | None:
    """Return the time of a tick of this person, or None when it is not genuine."""
    try:
        whose, second = _signer().loads(signed)
    except (BadSignature, ValueError, TypeError):
        return None
    return dt.datetime.fromtimestamp(second, dt.UTC) if whose == user_id.hex else None


def judge(
    *,
    made: dt.datetime,
    tick: dt.datetime | None,
    seen: dt.datetime,
    delivered: dt.datetime,
    received: dt.datetime,
    after: dt.datetime | None,
) -> Moment:
    """Return when an operation was made.

    made, seen and delivered are times of the device's clock: of the operation, of the tick's arrival, of the delivery. tick and received
    are the server's times for the latter two. after is what the device's clock showed at the operation before, if that is known.
    """
    earliest = min(tick, received) if tick else BEGINNING
    now_ahead, then_ahead = received - delivered, (tick - seen) if tick else None
    by_now = made + now_ahead
    steady = (
        then_ahead is not None
        and abs(now_ahead - then_ahead) <= SLACK + (received - earliest) / DRIFT
        and earliest - SLACK <= by_now <= received + SLACK
        and (after is None or made >= after - SLACK)
    )
    # A clock that was moved was most likely put right when the signal came back: the difference at the tick is the better guess.
    guesses = [by_now] if then_ahead is None else [made + then_ahead, by_now]
    best = next((guess for guess in guesses if earliest <= guess <= received), min(max(by_now, earliest), received))
    return Moment(best, earliest, received, steady)


def timeliness(moment: Moment, deadline: dt.datetime | None) -> Timeliness:
    """Judge by the time of the act; what cannot be known is left to a person.

    On time is what was received before the deadline, or surely done before it and received within the grace of 72 hours.
    """
    if deadline is None or moment.latest <= deadline:
        return Timeliness.ON_TIME
    if moment.earliest > deadline or (moment.steady and moment.at > deadline):
        return Timeliness.LATE
    if moment.steady and moment.latest <= deadline + GRACE:
        return Timeliness.ON_TIME
    return Timeliness.UNDECIDED
