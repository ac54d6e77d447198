"""When which mail leaves. Pure: notices that wait, mails that have left, the hour where the person is.

* Between 20.00 and 07.00 where the person is, none leaves.
* At most three leave in any seven days. Digests use two of them at most: the third is kept for what cannot wait.
* A mail takes along everything that is ready, so that what had to wait for the third reason comes with the next one.
* What is exempt (a person's account, emergencies) is not planned here: it leaves at once, at any hour, and does not count.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lms.i18n import zone
from lms.messages.models import Frequency

WAKES, SLEEPS = 7, 20  # hours of the person's own day
WEEK = dt.timedelta(days=7)
MOST = 3
MOST_DIGESTS = 2
MONDAY = 0


@dataclass(frozen=True, slots=True)
class Waiting:
    """A notice that waits for a mail: since when, and how the person wants its kind."""

    id: uuid.UUID
    since: dt.datetime
    frequency: Frequency


@dataclass(frozen=True, slots=True)
class Departure:
    """A mail: when it leaves, and which notices it carries, the oldest first."""

    at: dt.datetime
    ids: tuple[uuid.UUID, ...]


def awake(moment: dt.datetime, time_zone: str) -> dt.datetime:
    """Return the moment itself, or the end of the quiet hours in which it falls."""
    local = moment.astimezone(zone(time_zone))
    if WAKES <= local.hour < SLEEPS:
        return moment
    return morning(local.date() + dt.timedelta(days=local.hour >= SLEEPS), time_zone)


def morning(day: dt.date, time_zone: str) -> dt.datetime:
    """Return when the quiet hours of a day end."""
    return dt.datetime.combine(day, dt.time(WAKES), zone(time_zone)).astimezone(dt.UTC)


def earliest(notice: Waiting, time_zone: str) -> dt.datetime:
    """Return when a notice is ready for a mail: now, the next morning, or the morning of the next Monday."""
    if notice.frequency is Frequency.NOW:
        return awake(notice.since, time_zone)
    day = notice.since.astimezone(zone(time_zone)).date()
    if morning(day, time_zone) < notice.since:
        day += dt.timedelta(days=1)
    if notice.frequency is Frequency.WEEKLY:
        day += dt.timedelta(days=(MONDAY - day.weekday()) % 7)
    return morning(day, time_zone)


def plan(waiting: Iterable[Waiting], sent: Sequence[dt.datetime], *, now: dt.datetime, time_zone: str) -> list[Departure]:
    """Return the mails in which everything leaves that waits, if nothing else happens; in order of time.

    sent are the moments of the mails that count, of the last seven days at least. Kinds that stand in Peduli alone are not given.
    """
    queue = sorted(((earliest(notice, time_zone), notice.since, notice.id.hex, notice) for notice in waiting), key=lambda row: row[:3])
    counted = sorted(sent)
    departures: list[Departure] = []
    while queue:
        moments = [_room(counted, max(queue[0][0], now), MOST_DIGESTS, time_zone)]
        urgent = next((ready for ready, _since, _id, notice in queue if notice.frequency is Frequency.NOW), None)
        if urgent is not None:
            moments.append(_room(counted, max(urgent, now), MOST, time_zone))
        moment = min(moments)
        aboard = sorted((row[1:] for row in queue if row[0] <= moment), key=lambda row: row[:2])
        queue = [row for row in queue if row[0] > moment]
        departures.append(Departure(moment, tuple(row[2].id for row in aboard)))
        counted.append(moment)
    return departures


def _room(counted: Sequence[dt.datetime], moment: dt.datetime, most: int, time_zone: str) -> dt.datetime:
    """Return the first moment from this one on that is not quiet and has fewer than `most` mails in the seven days before it."""
    moment = awake(moment, time_zone)
    while len(recent := [other for other in counted if moment - WEEK < other]) >= most:
        moment = awake(sorted(recent)[-most] + WEEK, time_zone)
    return moment
