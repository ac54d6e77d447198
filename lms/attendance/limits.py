"""What absence amounts to against a course's limits. Pure.

Latsar, for instance, puts passing in question above 6 sessions, 18 JP or two days in total (domain of Kep. LAN 13/2022). Who was excused was
not there: it counts towards the limits and is shown apart. Nothing follows by itself from reaching a limit; a person decides.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from lms.attendance.models import THERE, AttendanceState
from lms.i18n import local_day

NAMES = ("sessions", "jp", "days")
WARN_AT = (50, 80)  # percent of a limit


@dataclass(frozen=True, slots=True)
class Held:
    """One meeting at which somebody was noted; `zone` is the meeting's."""

    state: AttendanceState
    starts_at: dt.datetime
    ends_at: dt.datetime
    jp: Decimal
    zone: str


@dataclass(frozen=True, slots=True)
class Absence:
    """What one person has missed: of it excused, and the limits of the course."""

    attended: int = 0
    missed: Mapping[str, Decimal] = field(default_factory=lambda: dict.fromkeys(NAMES, Decimal(0)))
    excused: int = 0
    limits: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def percents(self) -> dict[str, int]:
        """Return how much of each limit is used up, in percent, rounded down."""
        return {name: int(100 * self.missed[name] / limit) for name, limit in self.limits.items()}

    @property
    def percent(self) -> int:
        """Return how much of the nearest limit is used up."""
        return max(self.percents.values(), default=0)

    @property
    def warning(self) -> int:
        """Return the threshold that is reached, 0 for none."""
        return max((mark for mark in WARN_AT if self.percent >= mark), default=0)


def days_of(held: Held) -> list[dt.date]:
    """Return the local days over which a meeting goes."""
    first, last = local_day(held.starts_at, held.zone), local_day(held.ends_at, held.zone)
    return [first + dt.timedelta(days=number) for number in range((last - first).days + 1)]


def read_limits(stored: Mapping[str, Any] | None) -> dict[str, Decimal]:
    """Return the limits of a course, those that are numbers above nothing."""
    limits = {name: Decimal(str((stored or {}).get(name) or 0)) for name in NAMES}
    return {name: limit for name, limit in limits.items() if limit > 0}


def absence_of(meetings: Iterable[Held], stored: Mapping[str, Any] | None) -> Absence:
    """Return what somebody has missed. A day is missed when every meeting of that day at which they were noted was."""
    known = list(meetings)
    missed = [held for held in known if held.state not in THERE]
    there = {day for held in known if held.state in THERE for day in days_of(held)}
    away = {day for held in missed for day in days_of(held)} - there
    return Absence(
        attended=len(known) - len(missed),
        missed={"sessions": Decimal(len(missed)), "jp": sum((held.jp for held in missed), Decimal(0)), "days": Decimal(len(away))},
        excused=sum(held.state is AttendanceState.EXCUSED for held in missed),
        limits=read_limits(stored),
    )
