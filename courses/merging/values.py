"""Merging plain data: texts, numbers, mappings, lists whose entries have a key, lists of words, other lists."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from merge3 import Merge3

from courses.merging.conflicts import MISSING, Judge
from courses.merging.texts import merge_texts

Path = tuple[str, ...]


def merge(path: Path, base: Any, ours: Any, theirs: Any, judge: Judge) -> Any:
    """Return one value with the changes of both sides; MISSING in, MISSING out means that it is not there (any more)."""
    if same(ours, theirs) or same(theirs, base):
        return ours
    if same(ours, base):
        return theirs
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        return _mappings(path, base if isinstance(base, Mapping) else {}, ours, theirs, judge)
    if isinstance(ours, list) and isinstance(theirs, list):
        return _lists(path, base if isinstance(base, list) else [], ours, theirs, judge)
    if isinstance(ours, str) and isinstance(theirs, str) and isinstance(base, str) and "\n" in base + ours + theirs:
        return merge_texts(path, base, ours, theirs, judge)
    return judge.decide(path, base, ours, theirs)


def same(one: Any, other: Any) -> bool:
    """Tell whether two values are equal; 1 and True are not."""
    if isinstance(one, bool) is not isinstance(other, bool):
        return False
    return one is other if MISSING in (one, other) else bool(one == other)


def _mappings(path: Path, base: Mapping[str, Any], ours: Mapping[str, Any], theirs: Mapping[str, Any], judge: Judge) -> dict[str, Any]:
    merged = {}
    for name in dict.fromkeys([*ours, *theirs]):
        value = merge((*path, name), base.get(name, MISSING), ours.get(name, MISSING), theirs.get(name, MISSING), judge)
        if value is not MISSING:
            merged[name] = value
    return merged


def _lists(path: Path, base: list[Any], ours: list[Any], theirs: list[Any], judge: Judge) -> list[Any]:
    everything = [*base, *ours, *theirs]
    if all(isinstance(row, Mapping) and isinstance(row.get("key"), str) for row in everything) and all(
        len({row["key"] for row in side}) == len(side) for side in (base, ours, theirs)
    ):
        return merge_keyed(path, base, ours, theirs, judge)
    if all(isinstance(row, str) for row in everything) and all(len(set(side)) == len(side) for side in (base, ours, theirs)):
        return ordered(base, ours, theirs, {word for word in everything if _stays(word, base, ours, theirs)})
    return _rows(path, base, ours, theirs, judge)


def _stays(word: str, base: Sequence[str], ours: Sequence[str], theirs: Sequence[str]) -> bool:
    """Tell whether a word of a list stays: what one side takes out is out, what one side adds is in."""
    return (word in ours and word in theirs) or (word not in base and (word in ours or word in theirs))


def merge_keyed(
    path: Path, base: Sequence[Mapping[str, Any]], ours: Sequence[Mapping[str, Any]], theirs: Sequence[Mapping[str, Any]], judge: Judge
) -> list[Any]:
    """Merge lists whose entries have a `key`, entry by entry, wherever they stand. Changed by one and deleted by the other is a conflict."""
    first, mine, other = ({str(row["key"]): row for row in side} for side in (base, ours, theirs))
    merged = {}
    for key in dict.fromkeys([*first, *mine, *other]):
        value = merge((*path, key), first.get(key, MISSING), mine.get(key, MISSING), other.get(key, MISSING), judge)
        if value is not MISSING:
            merged[key] = value
    return [merged[key] for key in ordered(list(first), list(mine), list(other), set(merged))]


def ordered(base: Sequence[str], ours: Sequence[str], theirs: Sequence[str], keys: set[str]) -> list[str]:
    """Return the keys in the order of the side that changed it; ours when both did. What one side added follows what it followed there."""
    shared = set(base) & set(ours) & set(theirs)
    moved = [key for key in base if key in shared] != [key for key in ours if key in shared]
    first, second = (ours, theirs) if moved else (theirs, ours)
    order = [key for key in first if key in keys]
    for index, key in enumerate(second):
        if key in keys and key not in order:
            before = next((other for other in reversed(second[:index]) if other in order), None)
            order.insert(order.index(before) + 1 if before is not None else 0, key)
    return order


def _rows(path: Path, base: list[Any], ours: list[Any], theirs: list[Any], judge: Judge) -> list[Any]:
    """Merge lists whose entries have no key as if each entry were a line; entries that both changed in the same place one by one."""
    first, mine, other = ([json.dumps(row, sort_keys=True, default=str) for row in side] for side in (base, ours, theirs))
    merged: list[Any] = []
    for index, region in enumerate(Merge3(first, mine, other).merge_regions()):
        match region:
            case ("unchanged", start, end):
                merged += base[start:end]
            case ("a" | "same", start, end):
                merged += ours[start:end]
            case ("b", start, end):
                merged += theirs[start:end]
            case ("conflict", *places):
                parts = base[places[0] : places[1]], ours[places[2] : places[3]], theirs[places[4] : places[5]]
                merged += _region((*path, str(index)), *parts, judge)
    return merged


def _region(path: Path, base: list[Any], ours: list[Any], theirs: list[Any], judge: Judge) -> list[Any]:
    if len(base) == len(ours) == len(theirs):
        rows = (merge((*path, str(index)), *row, judge) for index, row in enumerate(zip(base, ours, theirs, strict=True)))
        return [row for row in rows if row is not MISSING]
    return list(judge.decide(path, base, ours, theirs))
