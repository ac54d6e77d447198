"""Meetings that get in each other's way. Pure: nothing is refused for it, the organizer is told."""

from __future__ import annotations

from collections.abc import Iterable

from lms.learning.models import ScheduleEntry, ScheduleKind


def clashes(one: ScheduleEntry, other: ScheduleEntry) -> set[str]:
    """Return why two meetings of a cohort cannot both take place: `group`, `place`, both or nothing."""
    if one.cancelled_at or other.cancelled_at or one.starts_at >= other.ends_at or other.starts_at >= one.ends_at:
        return set()
    found = set()
    if one.group_id is None or other.group_id is None or one.group_id == other.group_id:
        found.add("group")
    if ScheduleKind.ONLINE not in {one.kind, other.kind} and _place(one) and _place(one) == _place(other):
        found.add("place")
    return found


def _place(entry: ScheduleEntry) -> str:
    return " ".join(entry.place.lower().split())


def in_the_way(entries: Iterable[ScheduleEntry]) -> dict[int, list[tuple[ScheduleEntry, set[str]]]]:
    """Return {meeting id: [(other meeting, why)]} of a schedule; meetings without a conflict are not in it."""
    known = sorted(entries, key=lambda entry: entry.starts_at)
    found: dict[int, list[tuple[ScheduleEntry, set[str]]]] = {}
    for index, one in enumerate(known):
        for other in known[index + 1 :]:
            if other.starts_at >= one.ends_at:
                break
            why = clashes(one, other)
            if why:
                found.setdefault(one.id, []).append((other, why))
                found.setdefault(other.id, []).append((one, why))
    return found
