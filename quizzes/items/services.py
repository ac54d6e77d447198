"""The item bank: storing what authors write as versions, and reading it back."""

from __future__ import annotations

import hashlib
import json
import string
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from lms.api import db, render_line, render_markdown, when_certain
from quizzes.items.kinds import KINDS, Choice
from quizzes.items.models import ItemRow, ItemVersion, Option, VersionState

LETTERS = string.ascii_lowercase


@dataclass(frozen=True, slots=True)
class Asked:
    """A version as a page or a marking function uses it; never changes, so it is kept in the process."""

    version_id: int
    key: str
    kind: str
    stem_html: str
    maximum: float
    options: tuple[OptionText, ...]

    @property
    def choices(self) -> tuple[Choice, ...]:
        """Return the options as marking sees them."""
        return tuple(Choice(option.key, option.score) for option in self.options)

    @property
    def several(self) -> bool:
        """Tell whether more than one option may be chosen."""
        return KINDS[self.kind].several

    def mark(self, chosen: Iterable[str]) -> float:
        """Return the points that the chosen options earn."""
        return KINDS[self.kind].mark(self.choices, list(chosen)) * self.maximum


@dataclass(frozen=True, slots=True)
class OptionText:
    """An option of an asked version."""

    key: str
    text_html: str
    rationale_html: str
    score: float


_asked: dict[int, Asked] = {}
MOST_KEPT = 5000


def store_items(
    *, module_id: int, owner_id: uuid.UUID | None, rows: Sequence[Mapping[str, Any]], files: Mapping[str, str]
) -> list[ItemVersion]:
    """Keep items as an author wrote them; a new version only where something changed. Returns the versions in order."""
    keys = [row["key"] for row in rows]
    known = {
        item.key: item
        for item in db.session.scalars(
            sa.select(ItemRow)
            .where(ItemRow.module_id == module_id, ItemRow.key.in_(keys))
            .options(selectinload(ItemRow.versions).selectinload(ItemVersion.options))
        )
    }
    for key in keys:
        if key not in known:
            known[key] = ItemRow(module_id=module_id, key=key, owner_id=owner_id, versions=[])
            db.session.add(known[key])
    stored = [_store(known[row["key"]], row, files) for row in rows]
    db.session.flush()
    return stored


def _store(item: ItemRow, row: Mapping[str, Any], files: Mapping[str, str]) -> ItemVersion:
    mark = _digest(row, files)
    newest = item.versions[-1] if item.versions else None
    if newest is not None and newest.digest == mark:
        return newest
    kind = KINDS[row["kind"]]
    version = ItemVersion(
        number=newest.number + 1 if newest else 1,
        state=VersionState.READY,
        kind=row["kind"],
        stem=row["stem"],
        stem_html=render_markdown(row["stem"], files),
        settings={},
        tags=list(row.get("tags") or []),
        maximum=1.0,
        digest=mark,
        options=[
            Option(
                key=LETTERS[index],
                position=index,
                text=option["text"],
                text_html=render_line(option["text"], files),
                rationale=option["rationale"],
                rationale_html=render_line(option["rationale"], files),
                score=kind.score(option),
            )
            for index, option in enumerate(row["options"])
        ],
    )
    if newest is not None:
        newest.state = VersionState.RETIRED
    item.versions.append(version)
    return version


def _digest(row: Mapping[str, Any], files: Mapping[str, str]) -> str:
    """Return a fingerprint of an item and of the pictures it shows."""
    text = json.dumps(row, sort_keys=True, ensure_ascii=False, default=str)
    shown = {name: address for name, address in files.items() if name in text}
    return hashlib.sha256(json.dumps([text, shown], sort_keys=True).encode()).hexdigest()


def versions(ids: Iterable[int]) -> list[ItemVersion]:
    """Return versions with item and options, in the order of the ids."""
    wanted = list(ids)
    if not wanted:
        return []
    found = db.session.scalars(
        sa.select(ItemVersion).where(ItemVersion.id.in_(wanted)).options(selectinload(ItemVersion.options), selectinload(ItemVersion.item))
    )
    by_id = {version.id: version for version in found}
    return [by_id[number] for number in wanted if number in by_id]


def author_row(version: ItemVersion) -> dict[str, Any]:
    """Return a version as its author writes it."""
    situational = version.kind == "situational"
    row: dict[str, Any] = {"key": version.item.key, "kind": version.kind}
    if version.tags:
        row["tags"] = list(version.tags)
    row["stem"] = version.stem
    row["options"] = []
    for option in version.options:
        line: dict[str, Any] = {"text": option.text}
        if situational:
            line["score"] = int(option.score)
        elif option.score:
            line["correct"] = True
        row["options"].append({**line, "rationale": option.rationale})
    return row


def asked(ids: Iterable[int]) -> dict[int, Asked]:
    """Return versions by id, ready to be shown and marked; two statements for all that are not known yet."""
    wanted = set(ids)
    found = {number: _asked[number] for number in wanted if number in _asked}
    for version in versions(sorted(wanted - set(found))):
        found[version.id] = Asked(
            version.id,
            version.item.key,
            version.kind,
            version.stem_html,
            version.maximum,
            tuple(OptionText(option.key, option.text_html, option.rationale_html, option.score) for option in version.options),
        )
        when_certain(_keep, found[version.id])
    return found


def _keep(item: Asked) -> None:
    if len(_asked) >= MOST_KEPT:
        _asked.clear()
    _asked[item.version_id] = item


def forget() -> None:
    """Empty what the process has kept (for tests)."""
    _asked.clear()
