"""What a quiz keeps of its items: references while it is a draft, versions when it is published, the items themselves when it is exported."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from lms.api import Activity, ContentError, Draft, Module, Revision, RevisionActivity, db, without_empty
from lms.api import gettext as __
from quizzes.items.models import BankItem, ItemTag, ItemUse, ItemVersion, VersionState
from quizzes.items.services import asked, author_row, items_by_id, ready_versions, store_items, write

IN_QUIZ = ("weight", "section")
DEFAULTS = {"answering": "deferred", "time_up": "hand_in", "reveal": "all", "shuffle": True}
Settings = Mapping[str, Any]


def store(settings: Settings, draft: Draft) -> dict[str, Any]:
    """Keep the items that are written in full in the module's bank; return the settings with `{"item": id}` for each.

    Raises ContentError for a key that is in no bank that the module may use.
    """
    rows = settings["items"]
    written = [{name: value for name, value in row.items() if name not in IN_QUIZ} for row in rows if "kind" in row]
    stored = store_items(module_id=draft.module_id, owner_id=draft.actor_id, rows=written, files=draft.files)
    ids = {item.key: item.id for item in stored}
    ids |= _ids_of([row["key"] for row in rows if "kind" not in row], draft.module_id)
    missing = [row["key"] for row in rows if row["key"] not in ids]
    if missing:
        raise ContentError(__("There is no item “%(key)s” in the bank of this module.", key=missing[0]), field="items")
    items = [{"item": ids[row["key"]], **{name: row[name] for name in IN_QUIZ if row.get(name)}} for row in rows]
    _note_uses(draft, {item["item"] for item in items})
    return {**settings, "items": items}


def _ids_of(keys: Sequence[str], module_id: int) -> dict[str, int]:
    """Return {key: id} of items of the module, and of shared ones of others for `module/key`."""
    if not keys:
        return {}
    own = [key for key in keys if "/" not in key]
    found = dict(
        db.session.execute(sa.select(BankItem.key, BankItem.id).where(BankItem.module_id == module_id, BankItem.key.in_(own))).all()
    )
    for key in keys:
        module_key, slash, item_key = key.partition("/")
        if slash:
            number = db.session.scalar(
                sa.select(BankItem.id)
                .join(Module, Module.id == BankItem.module_id)
                .where(Module.key == module_key, BankItem.key == item_key, sa.or_(BankItem.shared, BankItem.module_id == module_id))
            )
            if number is not None:
                found[key] = number
    return found


def _note_uses(draft: Draft, ids: set[int]) -> None:
    """Write down which items the draft of a quiz asks."""
    here = (ItemUse.module_id == draft.module_id, ItemUse.activity_key == draft.key)
    known = set(db.session.scalars(sa.select(ItemUse.item_id).where(*here)))
    if known - ids:
        db.session.execute(sa.delete(ItemUse).where(*here, ItemUse.item_id.in_(known - ids)))
    db.session.add_all(ItemUse(module_id=draft.module_id, activity_key=draft.key, item_id=number) for number in sorted(ids - known))
    db.session.flush()


def freeze(settings: Settings, draft: Draft) -> dict[str, Any]:
    """Return the settings of a published quiz: each item with the id of its newest ready version, each pool with those it may give.

    Raises ContentError when an item has no ready version, or a pool gives fewer than are drawn.
    """
    ready = _ready(settings, draft)
    unready = [item["item"] for item in settings["items"] if not ready.get(item["item"])]
    if unready:
        titles = ", ".join(item.title for item in items_by_id(unready).values())
        raise ContentError(__("These questions are drafts; make them ready first: %(titles)s", titles=titles), field="items")
    items = [{**item, "version": ready[item["item"]]} for item in settings["items"]]
    own = {item["item"] for item in items}
    pools = [{**pool, "versions": _candidates(pool, draft.module_id, own)} for pool in settings.get("pools") or ()]
    for pool in pools:
        if len(pool["versions"]) < pool["count"]:
            message = __("A draw asks for %(count)s items, and the bank has %(found)s.", count=pool["count"], found=len(pool["versions"]))
            raise ContentError(message, field="pools")
    return {**without_empty(settings), "items": items, "pools": pools, "shuffle": settings.get("shuffle", True)}


def _ready(settings: Settings, draft: Draft) -> Mapping[int, int | None]:
    """Return {item id: id of its newest ready version, or None}; one statement for all quizzes of a module that are handled together."""
    known: dict[int, int | None] = draft.together.setdefault("quizzes:ready", {})
    missing = {item["item"] for item in settings["items"]} - known.keys()
    if missing:
        used = sa.select(ItemUse.item_id).where(ItemUse.module_id == draft.module_id)
        rows = db.session.execute(
            sa.select(BankItem.id, sa.func.max(ItemVersion.id))
            .outerjoin(ItemVersion, sa.and_(ItemVersion.item_id == BankItem.id, ItemVersion.state == VersionState.READY))
            .where(sa.or_(BankItem.id.in_(missing), BankItem.id.in_(used)))
            .group_by(BankItem.id)
        )
        known.update(rows.all())
    return known


def _candidates(pool: Mapping[str, Any], module_id: int, without: set[int]) -> list[int]:
    """Return the versions from which a pool draws."""
    found = list(db.session.scalars(matching(pool, module_id)))
    return sorted(ready_versions(number for number in found if number not in without).values())


def matching(pool: Mapping[str, Any], module_id: int) -> sa.Select[Any]:
    """Return the ids of the items of a module's bank that a pool's filter means."""
    statement = sa.select(BankItem.id).where(BankItem.module_id == module_id, BankItem.state != VersionState.RETIRED)
    if pool.get("category"):
        below = BankItem.category.startswith(f"{pool['category']}/", autoescape=True)
        statement = statement.where(sa.or_(BankItem.category == pool["category"], below))
    if pool.get("kind"):
        statement = statement.where(BankItem.kind == pool["kind"])
    for tag in pool.get("tags") or ():
        statement = statement.where(sa.exists().where(ItemTag.item_id == BankItem.id, ItemTag.tag == tag))
    return statement.order_by(BankItem.id)


def dump(settings: Settings, draft: Draft, *, in_full: bool) -> dict[str, Any]:
    """Return a quiz of a module as its author writes it: items in full, or by their keys; of a published quiz, as they were then.

    Raises ContentError when an item is gone.
    """
    pools = [{name: value for name, value in pool.items() if name != "versions"} for pool in settings.get("pools") or ()]
    kept = without_empty({**{name: value for name, value in settings.items() if name != "items"}, "pools": pools})
    data = {name: value for name, value in kept.items() if value != DEFAULTS.get(name)}
    if not settings.get("shuffle", True):
        data["shuffle"] = False
    found = _items(settings, draft)
    if any(item["item"] not in found for item in settings["items"]):
        raise ContentError(__("An item of this quiz is not in the bank any more."))
    foreign = {} if in_full else _module_keys({item.module_id for item in found.values()} - {draft.module_id})
    rows = []
    for reference in settings["items"]:
        item = found[reference["item"]]
        said = {name: reference[name] for name in IN_QUIZ if reference.get(name)}
        row = author_row(item, _version(item, reference)) if in_full else {"key": foreign.get(item.module_id, "") + item.key}
        rows.append({**row, **said})
    return {**data, "items": rows}


def _items(settings: Settings, draft: Draft) -> Mapping[int, BankItem]:
    """Return {item id: item} of what a quiz asks. Read once for what is handled together; which versions are ready is known with that."""
    known: dict[int, BankItem] = draft.together.setdefault("quizzes:items", {})
    found = items_by_id({item["item"] for item in settings["items"]} - known.keys())
    known.update(found)
    for item in found.values():
        ready = [version.id for version in item.versions if version.state is VersionState.READY]
        draft.together.setdefault("quizzes:ready", {})[item.id] = max(ready, default=None)
    return known


def _version(item: BankItem, reference: Mapping[str, Any]) -> ItemVersion:
    """Return the version that a published quiz asks, or the newest one."""
    return next((version for version in item.versions if version.id == reference.get("version")), item.versions[-1])


def _module_keys(ids: set[int]) -> dict[int, str]:
    """Return {module id: "key/"}."""
    if not ids:
        return {}
    return {number: f"{key}/" for number, key in db.session.execute(sa.select(Module.id, Module.key).where(Module.id.in_(sorted(ids))))}


def count(settings: Settings) -> int:
    """Return how many questions an attempt asks; of a published quiz, texts between them aside."""
    items = settings.get("items", ())
    texts = set()
    if items and all("version" in item for item in items):
        texts = {number for number, item in asked({item["version"] for item in items}).items() if not item.kind.asks}
    total = sum(pool["count"] for pool in settings.get("pools") or ())
    for section in ({"key": "", "draw": settings.get("draw")}, *(settings.get("sections") or ())):
        found = [item for item in items if (item.get("section") or "") == section["key"] and item.get("version") not in texts]
        total += min(section.get("draw") or len(found), len(found))
    return int(total)


def redraw(settings: Settings, draft: Draft, name: str) -> None:
    """Draw the questions of a quiz anew that show a file, those of the module's own bank: drafts stay drafts, what is out of use stays so."""
    for item in items_by_id({item["item"] for item in settings["items"]}).values():
        newest = item.versions[-1]
        shows = name in json.dumps(newest.data, ensure_ascii=False, default=str)
        if item.module_id == draft.module_id and newest.state is not VersionState.RETIRED and shows:
            write(item, author_row(item, newest), draft.files, author_id=draft.actor_id, state=newest.state)


# -- files ---------------------------------------------------------------------------------------------------------------------------


def texts_of(settings: Settings) -> list[str]:
    """Return the texts of a published quiz's questions, those it may draw among them; of a draft's, as they are now. One statement."""
    items = settings.get("items") or ()
    versions = _versions(settings)
    drafts = {item["item"] for item in items if "item" in item and "version" not in item}
    if not versions and not drafts:
        return []
    newest = sa.select(sa.func.max(ItemVersion.id)).where(ItemVersion.item_id.in_(drafts)).group_by(ItemVersion.item_id)
    text = sa.cast(ItemVersion.prepared, sa.Text)
    return list(db.session.scalars(sa.select(text).where(sa.or_(ItemVersion.id.in_(versions), ItemVersion.id.in_(newest)))))


def showing(address: str) -> list[tuple[int, int, str]]:
    """Return (module, revision number or 0, title) of the quizzes that ask a question with this address; few statements."""
    known = db.session.execute(
        sa.select(ItemVersion.id, ItemVersion.item_id).where(sa.cast(ItemVersion.prepared, sa.Text).like(f"%{address}%"))
    ).all()
    versions, items = {number for number, _item in known}, {item for _number, item in known}
    if not items:
        return []
    newest = sa.select(sa.func.max(ItemVersion.id)).where(ItemVersion.item_id.in_(items)).group_by(ItemVersion.item_id)
    now = {item for number, item in known if number in set(db.session.scalars(newest))}
    drafts = db.session.execute(
        sa.select(Activity.module_id, Activity.title)
        .join(ItemUse, sa.and_(ItemUse.module_id == Activity.module_id, ItemUse.activity_key == Activity.key))
        .where(ItemUse.item_id.in_(now))
        .distinct()
    )
    banks = sa.select(BankItem.module_id).where(BankItem.id.in_(items))
    users = sa.select(ItemUse.module_id).where(ItemUse.item_id.in_(items))
    published = db.session.execute(
        sa.select(Revision.module_id, Revision.number, RevisionActivity.title, RevisionActivity.settings)
        .join(RevisionActivity, RevisionActivity.revision_id == Revision.id)
        .where(RevisionActivity.type == "quiz", sa.or_(Revision.module_id.in_(banks), Revision.module_id.in_(users)))
    )
    return [(module_id, 0, title) for module_id, title in drafts] + [
        (module_id, number, title) for module_id, number, title, settings in published if versions & _versions(settings)
    ]


def _versions(settings: Settings) -> set[int]:
    """Return the versions that a published quiz may ask."""
    drawn = {number for pool in settings.get("pools") or () for number in pool.get("versions") or ()}
    return drawn | {item["version"] for item in settings.get("items") or () if "version" in item}
