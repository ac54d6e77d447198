"""Who has a seat: a pure function of what happened, in order. The database keeps the same as rows; a test compares the two."""

from __future__ import annotations

import enum
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field, replace


class Way(enum.StrEnum):
    """How people come in by themselves."""

    CLOSED = "closed"
    OPEN = "open"
    KEY = "key"
    APPROVAL = "approval"
    BOTH = "both"

    @property
    def needs_key(self) -> bool:
        """Tell whether a key is asked for."""
        return self in {Way.KEY, Way.BOTH}

    @property
    def needs_approval(self) -> bool:
        """Tell whether an organizer looks at each request."""
        return self in {Way.APPROVAL, Way.BOTH}


class Act(enum.StrEnum):
    """What can happen at a door."""

    CAPACITY = "capacity"
    ASKED = "asked"
    JOINED = "joined"
    APPROVED = "approved"
    DECLINED = "declined"
    LEFT = "left"


class State(enum.StrEnum):
    """Where a person is."""

    ASKING = "asking"
    WAITING = "waiting"
    BOOKED = "booked"
    DECLINED = "declined"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Happened:
    """One act: whose (None for a new capacity), and the capacity from then on (None: no limit)."""

    act: Act
    user_id: uuid.UUID | None = None
    capacity: int | None = None


@dataclass(frozen=True, slots=True)
class Places:
    """Who asks, waits (both in order) and has a seat (in the order in which they got it)."""

    capacity: int | None = 0
    asking: tuple[uuid.UUID, ...] = ()
    waiting: tuple[uuid.UUID, ...] = ()
    booked: tuple[uuid.UUID, ...] = ()
    declined: frozenset[uuid.UUID] = field(default_factory=frozenset)

    @property
    def has_room(self) -> bool:
        """Tell whether a seat is free."""
        return self.capacity is None or len(self.booked) < self.capacity


def settle(events: Iterable[Happened], places: Places | None = None) -> Places:
    """Return the places after these events. What makes no sense (leaving without having come) changes nothing."""
    now = places or Places()
    for event in events:
        now = _promoted(_after(now, event))
    return now


def _after(now: Places, event: Happened) -> Places:
    who = event.user_id
    if event.act is Act.CAPACITY:
        return replace(now, capacity=event.capacity)
    if who is None:
        return now
    is_in = who in now.booked or who in now.waiting
    if event.act is Act.ASKED and not is_in and who not in now.asking:
        return replace(now, asking=(*now.asking, who), declined=now.declined - {who})
    if (event.act is Act.JOINED and not is_in) or (event.act is Act.APPROVED and who in now.asking):
        return replace(now, asking=_without(now.asking, who), waiting=(*now.waiting, who), declined=now.declined - {who})
    if event.act is Act.DECLINED and who in now.asking:
        return replace(now, asking=_without(now.asking, who), declined=now.declined | {who})
    if event.act is Act.LEFT:
        asking, waiting, booked = (_without(people, who) for people in (now.asking, now.waiting, now.booked))
        return replace(now, asking=asking, waiting=waiting, booked=booked, declined=now.declined - {who})
    return now


def _promoted(now: Places) -> Places:
    """Give free seats to those who wait, first come first served."""
    while now.waiting and now.has_room:
        now = replace(now, waiting=now.waiting[1:], booked=(*now.booked, now.waiting[0]))
    return now


def _without(people: tuple[uuid.UUID, ...], who: uuid.UUID) -> tuple[uuid.UUID, ...]:
    return tuple(one for one in people if one != who)
