"""Merging whole modules as plain data: what the module says about itself, its activities, its pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from courses.merging.conflicts import MISSING, Judge
from courses.merging.texts import without_local
from courses.merging.values import merge, merge_keyed


@dataclass(frozen=True, slots=True)
class Plain:
    """A module as plain data: `about` with its code, activities in order (mappings with a `key`), and {name: what names a picture's bytes}."""

    about: Mapping[str, Any]
    activities: list[dict[str, Any]]
    files: Mapping[str, str]


def merge_modules(base: Plain, ours: Plain, theirs: Plain, judge: Judge) -> Plain:
    """Return one module with the changes of both sides; the judge decides where they meet."""
    merged = Plain(
        about=merge(("about",), base.about, ours.about, theirs.about, judge),
        activities=merge_keyed(("activities",), base.activities, ours.activities, theirs.activities, judge),
        files=merge(("files",), base.files, ours.files, theirs.files, judge),
    )
    _forget_the_gone(merged)
    return merged


def _forget_the_gone(module: Plain) -> None:
    """Take activities that are not there any more out of what others wait for; give those without a section the first one."""
    keys = {activity["key"] for activity in module.activities}
    sections = [section["key"] for section in module.about.get("sections", [])]
    for place, activity in enumerate(module.activities):
        waits = [key for key in activity.get("requires") or [] if key in keys]
        changed = {"requires": waits} if waits != (activity.get("requires") or []) else {}
        if sections and activity.get("section") not in sections:
            changed["section"] = sections[0]
        if changed:
            module.activities[place] = {**activity, **changed}


@dataclass(frozen=True, slots=True)
class Difference:
    """An activity, or the module itself (`key` empty), that differs: added, removed or changed, and which names in it."""

    key: str
    kind: str
    names: tuple[str, ...] = ()
    local: bool = False


def differences(one: Plain, other: Plain) -> list[Difference]:
    """Return what differs between two versions. `local` says that only local examples and nothing that is shared is different."""
    found = []
    names = _names(one.about, other.about)
    if names:
        found.append(Difference("", "changed", names))
    before, after = ({activity["key"]: activity for activity in side.activities} for side in (one, other))
    for key in dict.fromkeys([*after, *before]):
        if key not in before or key not in after:
            found.append(Difference(key, "added" if key in after else "removed"))
        elif names := _names(before[key], after[key]):
            found.append(Difference(key, "changed", names, local=_shared(before[key]) == _shared(after[key])))
    shared = [key for key in before if key in after]
    if shared != [key for key in after if key in before]:
        found.append(Difference("", "moved"))
    if names := _names(one.files, other.files):
        found.append(Difference("", "pictures", names))
    return found


def _names(one: Mapping[str, Any], other: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(name for name in dict.fromkeys([*one, *other]) if one.get(name, MISSING) != other.get(name, MISSING))


def _shared(value: Any) -> Any:
    """Return data without what its local blocks hold."""
    if isinstance(value, str):
        return without_local(value)
    if isinstance(value, Mapping):
        return {name: _shared(inner) for name, inner in value.items()}
    return [_shared(inner) for inner in value] if isinstance(value, list) else value
