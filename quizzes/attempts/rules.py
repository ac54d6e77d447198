"""The conditions of a quiz and its clock. Pure: settings, accommodations and moments in, decisions out.

    in progress --hand in--> handed in --marked--> marked
    in progress --time up, "hand in"--> handed in
    in progress --time up, "grace"--> overdue --hand in within the grace period--> handed in
                                      overdue --grace period over--> abandoned
    in progress --time up, "abandon"--> abandoned

An attempt that has not been started has no row. The states are stored with the attempt (lms.api.AttemptState).
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from lms.api import AttemptState

# A request that comes so soon after the end was on its way before it.
ON_THE_WAY = dt.timedelta(seconds=15)
NARROWEST = ("enrolment_id", "group_id")


class Conditions(Protocol):
    """What an accommodation says; None is inherited."""

    group_id: Any
    enrolment_id: Any
    opens_at: Any
    closes_at: Any
    minutes: Any
    attempts: Any
    password: Any


@dataclass(frozen=True, slots=True)
class Rules:
    """The conditions of a quiz for one learner. `minutes` and `attempts` 0: no limit."""

    opens_at: dt.datetime | None = None
    closes_at: dt.datetime | None = None
    minutes: int = 0
    attempts: int = 0
    wait: dt.timedelta = dt.timedelta(0)
    grace: dt.timedelta = dt.timedelta(0)
    time_up: str = "hand_in"
    password: str = ""
    adapted: bool = False  # something was arranged for this person

    def end_of(self, started_at: dt.datetime) -> dt.datetime | None:
        """Return when an attempt ends that began at a moment: its time limit or the closing, whichever comes first; None without either."""
        ends = [self.closes_at] if self.closes_at else []
        if self.minutes:
            ends.append(started_at + dt.timedelta(minutes=self.minutes))
        return min(ends) if ends else None

    def check_after(self, ends_at: dt.datetime | None, state: AttemptState) -> dt.datetime | None:
        """Return when the program must look at an attempt next."""
        if ends_at is None or state not in OPEN:
            return None
        return ends_at + (self.grace if state is AttemptState.OVERDUE else ON_THE_WAY)


OPEN = frozenset({AttemptState.IN_PROGRESS, AttemptState.OVERDUE})


def rules_for(settings: Mapping[str, Any], accommodations: Iterable[Conditions]) -> Rules:
    """Return the conditions for one learner from a quiz's settings and what was arranged: for the person before the group before the cohort."""
    found = sorted(accommodations, key=_width)
    given: dict[str, Any] = {}
    for name in ("opens_at", "closes_at", "minutes", "attempts", "password"):
        given[name] = next((value for one in found if (value := getattr(one, name)) is not None), None)
    return Rules(
        opens_at=given["opens_at"],
        closes_at=given["closes_at"],
        minutes=_or(given["minutes"], settings.get("time_limit")),
        attempts=_or(given["attempts"], settings.get("attempts")),
        wait=dt.timedelta(minutes=settings.get("wait") or 0),
        grace=dt.timedelta(minutes=settings.get("grace") or 0) if settings.get("time_up") == "grace" else dt.timedelta(0),
        time_up=settings.get("time_up") or "hand_in",
        password=given["password"] or "",
        adapted=any(one.enrolment_id is not None for one in found),
    )


def _width(one: Conditions) -> int:
    """Return 0 for a person's conditions, 1 for a group's, 2 for a cohort's."""
    return next((index for index, name in enumerate(NARROWEST) if getattr(one, name) is not None), len(NARROWEST))


def _or(first: int | None, second: int | None) -> int:
    return first if first is not None else second or 0


class Refusal(enum.StrEnum):
    """Why no attempt can begin now."""

    NOT_OPEN = "not_open"
    CLOSED = "closed"
    USED_UP = "used_up"
    WAIT = "wait"
    PASSWORD = "password"  # noqa: S105 - the name of a reason


def may_begin(rules: Rules, now: dt.datetime, *, number: int, last_at: dt.datetime | None, password: str | None = None) -> Refusal | None:
    """Return why attempt `number` (from 1) cannot begin, or None. last_at: when the attempt before was handed in (None: it was not).

    password None: do not look at it (it is asked for when the learner begins).
    """
    if rules.opens_at and now < rules.opens_at:
        return Refusal.NOT_OPEN
    if rules.closes_at and now >= rules.closes_at:
        return Refusal.CLOSED
    if rules.attempts and number > rules.attempts:
        return Refusal.USED_UP
    if last_at and now < last_at + rules.wait:
        return Refusal.WAIT
    if password is not None and rules.password and password.strip().casefold() != rules.password.strip().casefold():
        return Refusal.PASSWORD
    return None


def at_time(state: AttemptState, now: dt.datetime, ends_at: dt.datetime | None, rules: Rules) -> AttemptState:
    """Return the state that the clock brings an attempt to: SUBMITTED when the program hands it in now, ABANDONED when its time is over.

    The end itself still belongs to the learner, and so does a moment for what was on its way.
    """
    if ends_at is None or state not in OPEN:
        return state
    if state is AttemptState.IN_PROGRESS and now >= ends_at + ON_THE_WAY:
        state = {"grace": AttemptState.OVERDUE, "abandon": AttemptState.ABANDONED}.get(rules.time_up, AttemptState.SUBMITTED)
    if state is AttemptState.OVERDUE and now >= ends_at + max(rules.grace, ON_THE_WAY):
        state = AttemptState.ABANDONED
    return state


def takes_answers(state: AttemptState, now: dt.datetime, ends_at: dt.datetime | None) -> bool:
    """Tell whether an answer that arrives now counts as any other."""
    return state is AttemptState.IN_PROGRESS and (ends_at is None or now < ends_at + ON_THE_WAY)


def late_counts(
    state: AttemptState, ends_at: dt.datetime | None, *, written_at: dt.datetime | None, by_clock: bool, seen_at: dt.datetime | None
) -> bool:
    """Tell whether an answer that arrived too late counts.

    It must be shown to be written before the end, its writer must not have seen any result, nor have handed in themself.
    """
    open_or_clock = (
        state in OPEN or (by_clock and state in {AttemptState.SUBMITTED, AttemptState.MARKED}) or state is AttemptState.ABANDONED
    )
    return bool(open_or_clock and seen_at is None and ends_at and written_at and written_at <= ends_at)
