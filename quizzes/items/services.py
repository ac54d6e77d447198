"""The item bank: reading what authors write, keeping it as versions, and giving versions to those who ask, draw, mark or export."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload
from wtforms import FieldList, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Optional, Regexp

from lms.api import ContentError, Form, Number, db, load_form, plain_text, utcnow, when_certain, without_empty
from lms.api import gettext as __
from lms.api import lazy_gettext as _
from quizzes.items.models import BankItem, ItemTag, ItemVersion, VersionState
from quizzes.kinds.base import Kind, kind_of, load_data, short

MOST_KEPT = 5000
MOST_TAGS = 20
TITLE_LENGTH = 200
ABOUT = ("key", "kind", "title", "category", "tags", "points")


class About(Form):
    """What is written of an item beside what its kind asks for."""

    key = StringField(
        _("Key"), [InputRequired(), Length(max=80), Regexp(r"[a-z0-9][a-z0-9._-]*\Z", message=_("Small letters, digits and -."))]
    )
    kind = StringField(_("Kind"), [InputRequired(), Length(max=30)])
    title = StringField(_("Title"), [Length(max=TITLE_LENGTH)])
    category = StringField(_("Category"), [Length(max=200)])
    tags = FieldList(StringField(_("Tag"), [Length(max=40)]), _("Tags"), max_entries=MOST_TAGS)
    points = Number(_("Points"), [Optional(), NumberRange(0.01, 1000)], kind=float)


@dataclass(frozen=True, slots=True)
class Asked:
    """A version as a page or a marking function uses it; never changes, so it is kept in the process."""

    version_id: int
    item_id: int
    key: str
    title: str
    kind: Kind
    data: Mapping[str, Any]
    prepared: Mapping[str, Any]
    points: float


_asked: dict[int, Asked] = {}


def load_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item as its author wrote it, checked and without what is empty. Raises ContentError naming the field."""
    about = without_empty(load_form(About, {name: row[name] for name in ABOUT if name in row}))
    data = load_data(about["kind"], {name: value for name, value in row.items() if name not in ABOUT})
    if not kind_of(about["kind"]).asks:
        about.pop("points", None)
    return {**about, **data}


def store_items(
    *,
    module_id: int,
    owner_id: uuid.UUID | None,
    rows: Sequence[Mapping[str, Any]],
    files: Mapping[str, str],
    state: VersionState = VersionState.READY,
) -> list[BankItem]:
    """Keep loaded rows in a module's bank; a new version only where something changed. Returns the items in order, with their versions."""
    wanted = sa.select(BankItem).where(BankItem.module_id == module_id, BankItem.key.in_([row["key"] for row in rows]))
    known = {item.key: item for item in db.session.scalars(with_versions(wanted))}
    items = []
    for row in rows:
        item = known.get(row["key"])
        if item is None:
            item = BankItem(
                module_id=module_id, key=row["key"], owner_id=owner_id, kind=row["kind"], title="", words="", versions=[], tags=[]
            )
            db.session.add(item)
            known[item.key] = item
        write(item, row, files, author_id=owner_id, state=state)
        items.append(item)
    db.session.flush()
    return items


def with_versions(statement: sa.Select[BankItem]) -> sa.Select[BankItem]:
    """Add versions and tags to a query of items: two more statements."""
    return statement.options(selectinload(BankItem.versions), selectinload(BankItem.tags))


def write(
    item: BankItem, row: Mapping[str, Any], files: Mapping[str, str], *, author_id: uuid.UUID | None, state: VersionState
) -> ItemVersion:
    """Write a loaded row into an item and return its newest version.

    Equal content makes no new version. A draft takes the place of the draft before it, since nobody was asked it; a version that becomes
    ready retires the one before.
    """
    item.category = row.get("category", "")
    set_tags(item, row.get("tags", ()))
    data = {name: value for name, value in row.items() if name not in ABOUT}
    mark = _digest(row, data, files)
    newest = item.versions[-1] if item.versions else None
    if newest is not None and newest.digest == mark and newest.state in {state, VersionState.READY}:
        return newest
    kind = kind_of(row["kind"])
    prepared = kind.prepare(data, files)
    values = {
        "kind": row["kind"],
        "title": row.get("title") or derived_title(prepared),
        "data": data,
        "prepared": prepared,
        "points": row.get("points", 1.0),
        "digest": mark,
        "author_id": author_id,
        "state": state,
    }
    if newest is not None and (newest.state is VersionState.DRAFT or newest.digest == mark):
        for name, value in values.items():
            setattr(newest, name, value)
    else:
        newest = ItemVersion(number=newest.number + 1 if newest else 1, **values)
        item.versions.append(newest)
    if state is VersionState.READY:
        for older in item.versions[:-1]:
            older.state = VersionState.RETIRED
    item.kind, item.state, item.title, item.changed_at = newest.kind, state, newest.title, utcnow()
    item.words = f"{item.key} {item.title} {plain_text(prepared['stem'])}".lower()
    return newest


def set_tags(item: BankItem, tags: Iterable[str]) -> None:
    """Give an item these tags, in this order, each once."""
    wanted = list(dict.fromkeys(tags))
    if [tag.tag for tag in item.tags] != wanted:
        kept = {tag.tag: tag for tag in item.tags}
        item.tags = [kept.get(tag) or ItemTag(tag=tag, position=0) for tag in wanted]
        for position, tag in enumerate(item.tags):
            tag.position = position


def retire(item: BankItem) -> None:
    """Take an item out of use: no new quiz asks it. Quizzes that are published keep it."""
    for version in item.versions:
        version.state = VersionState.RETIRED
    item.state, item.changed_at = VersionState.RETIRED, utcnow()


def derived_title(prepared: Mapping[str, Any]) -> str:
    """Return the title of an item whose author gave none: the beginning of its stem."""
    return short(prepared["stem"], 120)


def _digest(row: Mapping[str, Any], data: Mapping[str, Any], files: Mapping[str, str]) -> str:
    """Return a fingerprint of what is asked and of the pictures it shows."""
    text = json.dumps([row["kind"], row.get("title"), row.get("points"), data], sort_keys=True, ensure_ascii=False, default=str)
    shown = {name: address for name, address in files.items() if name in text}
    return hashlib.sha256(json.dumps([text, shown], sort_keys=True).encode()).hexdigest()


def author_row(item: BankItem, version: ItemVersion) -> dict[str, Any]:
    """Return a version as its author writes it; tags must have been loaded."""
    row: dict[str, Any] = {"key": item.key, "kind": version.kind}
    if version.title != derived_title(version.prepared):
        row["title"] = version.title
    if item.category:
        row["category"] = item.category
    if item.tags:
        row["tags"] = [tag.tag for tag in item.tags]
    if version.points != 1:
        row["points"] = version.points
    return {**row, **version.data}


def items_by_id(ids: Iterable[int]) -> dict[int, BankItem]:
    """Return items with versions and tags by id: two statements."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    statement = sa.select(BankItem).where(BankItem.id.in_(wanted)).options(selectinload(BankItem.versions), joinedload(BankItem.tags))
    return {item.id: item for item in db.session.scalars(statement).unique()}


def ready_versions(ids: Iterable[int]) -> dict[int, int]:
    """Return {item id: id of its newest ready version}; items that have none are left out. One statement."""
    wanted = sorted(set(ids))
    rows = db.session.execute(
        sa.select(ItemVersion.item_id, sa.func.max(ItemVersion.id))
        .where(ItemVersion.item_id.in_(wanted), ItemVersion.state == VersionState.READY)
        .group_by(ItemVersion.item_id)
    )
    return dict(rows.all())


def asked(ids: Iterable[int]) -> dict[int, Asked]:
    """Return versions by id, ready to be shown and marked; one statement for all that are not known yet."""
    wanted = set(ids)
    found = {number: _asked[number] for number in wanted if number in _asked}
    missing = sorted(wanted - set(found))
    if missing:
        statement = (
            sa.select(ItemVersion, BankItem.key).join(BankItem, BankItem.id == ItemVersion.item_id).where(ItemVersion.id.in_(missing))
        )
        for version, key in db.session.execute(statement):
            found[version.id] = as_asked(version, key)
            when_certain(_keep, found[version.id])
    if len(found) != len(wanted):
        raise ContentError(__("An item of this quiz is not in the bank any more."))
    return found


def as_asked(version: ItemVersion, key: str) -> Asked:
    """Return a version as pages and marking use it."""
    kind = kind_of(version.kind)
    return Asked(version.id, version.item_id, key, version.title, kind, version.data, version.prepared, version.points)


def _keep(item: Asked) -> None:
    if len(_asked) >= MOST_KEPT:
        _asked.clear()
    _asked[item.version_id] = item


def forget() -> None:
    """Empty what the process has kept (for tests)."""
    _asked.clear()
