"""Outlines and texts of revisions. A revision never changes, so they are kept in the process once read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from lms.activity import frozen
from lms.db import read, when_certain
from lms.errors import NotFound
from lms.learning.models import Module, Revision, RevisionActivity

MOST_OUTLINES = 300
MOST_BODIES = 600  # about 20 KB each


@dataclass(frozen=True, slots=True)
class Item:
    """An activity in an outline."""

    key: str
    type: str
    title: str
    section: str
    minutes: int
    required: bool
    requires: tuple[str, ...]
    rule: Any


@dataclass(frozen=True, slots=True)
class Section:
    """A lesson of the outline: its title in both languages, and the hours (JP) it is designed for, 0 for none."""

    key: str
    title: Mapping[str, str]
    jp: float
    form: str


@dataclass(frozen=True, slots=True)
class Outline:
    """What a revision holds, without its texts. `about` is the module's description, see docs/modules.md."""

    revision_id: int
    number: int
    module_id: int
    module_key: str
    code: str
    about: Mapping[str, Any]
    published_at: dt.datetime
    items: tuple[Item, ...]

    @property
    def sections(self) -> list[tuple[Section, list[Item]]]:
        """Return the sections that hold activities, each with them, in order."""
        groups = [
            (
                Section(part["key"], part["title"], part.get("jp") or 0, part.get("form") or ""),
                [item for item in self.items if item.section == part["key"]],
            )
            for part in self.about["sections"]
        ]
        return [(section, items) for section, items in groups if items]

    @property
    def minutes(self) -> int:
        """Return the working time of all required activities."""
        return sum(item.minutes for item in self.items if item.required)

    @property
    def jp(self) -> float:
        """Return the hours (JP) the module is designed for."""
        return float(sum(section.get("jp") or 0 for section in self.about["sections"]))

    def item(self, key: str) -> Item:
        """Return the activity with this key. Raises NotFound."""
        for item in self.items:
            if item.key == key:
                return item
        raise NotFound(f"no activity {key!r} in revision {self.revision_id}")

    def around(self, key: str) -> tuple[Item | None, Item | None]:
        """Return the activities before and after one."""
        index = next(i for i, item in enumerate(self.items) if item.key == key)
        return (self.items[index - 1] if index else None, self.items[index + 1] if index + 1 < len(self.items) else None)


@dataclass(frozen=True, slots=True)
class Body:
    """Settings and prepared pieces of an activity of a revision, read-only."""

    settings: Mapping[str, Any]
    prepared: Mapping[str, Any]
    tags: tuple[str, ...]
    sources: tuple[str, ...]
    checked_on: dt.date | None


_outlines: dict[int, Outline] = {}
_bodies: dict[tuple[int, str], Body] = {}

_REVISIONS = (
    sa.select(Revision.id, Revision.number, Revision.module_id, Revision.about, Revision.published_at, Module.key, Module.code)
    .join(Module, Module.id == Revision.module_id)
    .where(Revision.id.in_(sa.bindparam("ids", expanding=True)))
)
_ITEMS = (
    sa.select(
        RevisionActivity.revision_id,
        RevisionActivity.key,
        RevisionActivity.type,
        RevisionActivity.title,
        RevisionActivity.section,
        RevisionActivity.minutes,
        RevisionActivity.required,
        RevisionActivity.requires,
        RevisionActivity.rule,
    )
    .where(RevisionActivity.revision_id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(RevisionActivity.revision_id, RevisionActivity.position)
)
_BODIES = sa.select(
    RevisionActivity.key,
    RevisionActivity.settings,
    RevisionActivity.prepared,
    RevisionActivity.tags,
    RevisionActivity.sources,
    RevisionActivity.checked_on,
).where(RevisionActivity.revision_id == sa.bindparam("revision_id"))
_BODY = _BODIES.where(RevisionActivity.key == sa.bindparam("key"))


def outlines(revision_ids: Iterable[int]) -> dict[int, Outline]:
    """Return the outlines of revisions by id; two statements for all that are not known yet."""
    wanted = set(revision_ids)
    found = {number: _outlines[number] for number in wanted if number in _outlines}
    missing = sorted(wanted - set(found))
    if missing:
        items: dict[int, list[Item]] = {number: [] for number in missing}
        for row in read(_ITEMS, {"ids": missing}):
            items[row.revision_id].append(
                Item(row.key, row.type, row.title, row.section, row.minutes, row.required, tuple(row.requires), row.rule)
            )
        for row in read(_REVISIONS, {"ids": missing}):
            found[row.id] = Outline(
                row.id, row.number, row.module_id, row.key, row.code, frozen(row.about), row.published_at, tuple(items[row.id])
            )
            when_certain(_keep, _outlines, MOST_OUTLINES, row.id, found[row.id])
    return found


def _keep(kept: dict[Any, Any], most: int, key: Any, value: Any) -> None:
    if len(kept) >= most:
        kept.clear()
    kept[key] = value


def outline(revision_id: int) -> Outline:
    """Return the outline of a revision. Raises NotFound."""
    try:
        return _outlines.get(revision_id) or outlines([revision_id])[revision_id]
    except KeyError:
        raise NotFound(f"no revision {revision_id}") from None


def body(revision_id: int, key: str) -> Body:
    """Return settings and prepared pieces of an activity of a revision. Raises NotFound."""
    found = _bodies.get((revision_id, key))
    if found is None:
        row = read(_BODY, {"revision_id": revision_id, "key": key}).one_or_none()
        if row is None:
            raise NotFound(f"no activity {key!r} in revision {revision_id}")
        found = Body(frozen(row.settings), frozen(row.prepared), tuple(row.tags), tuple(row.sources), row.checked_on)
        when_certain(_keep, _bodies, MOST_BODIES, (revision_id, key), found)
    return found


def bodies(revision_id: int) -> dict[str, Body]:
    """Return settings and prepared pieces of all activities of a revision by their keys, in one statement."""
    rows = read(_BODIES, {"revision_id": revision_id})
    return {row.key: Body(frozen(row.settings), frozen(row.prepared), tuple(row.tags), tuple(row.sources), row.checked_on) for row in rows}


def forget() -> None:
    """Empty what the process has kept (for tests, whose databases start anew)."""
    _outlines.clear()
    _bodies.clear()
