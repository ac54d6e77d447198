"""What is done to items of a bank: writing, retiring, sharing, copying, tagging, and putting them into quizzes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from lms.api import Activity, Actor, Module, NotFound, Refused, activity_type, audit, db, draft_of, rows, touch
from lms.api import gettext as __
from quizzes.bank import queries
from quizzes.items.models import BankItem, ItemUse, ItemVersion, VersionState
from quizzes.items.services import MOST_TAGS, author_row, retire, set_tags, with_versions, write
from quizzes.kinds.base import line

KEY_LENGTH = 50
LONGEST_TAG = 40
LONGEST_CATEGORY = 200


def item_of(module_id: int, item_id: int, *, lock: bool = False) -> BankItem:
    """Return an item of a module's bank with versions and tags, if wanted locked until the transaction ends. Raises NotFound."""
    wanted = with_versions(sa.select(BankItem).where(BankItem.id == item_id, BankItem.module_id == module_id))
    item = db.session.scalar(wanted.with_for_update(of=BankItem) if lock else wanted)
    if item is None:
        raise NotFound("no such item in this bank")
    return item


def shared_item(module_id: int, item_id: int) -> BankItem:
    """Return an item that another module shares. Raises NotFound."""
    wanted = sa.select(BankItem).where(BankItem.id == item_id, BankItem.module_id != module_id, BankItem.shared)
    item = db.session.scalar(with_versions(wanted))
    if item is None:
        raise NotFound("no such shared item")
    return item


def saved_row(item: BankItem) -> dict[str, Any]:
    """Return the newest version of an item as its author writes it."""
    return author_row(item, item.versions[-1])


def mark_of(item: BankItem) -> str:
    """Return a fingerprint of what an author can change of an item."""
    text = json.dumps([saved_row(item), item.state], sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def save_item(*, actor: Actor, module: Module, item: BankItem | None, row: Mapping[str, Any], state: VersionState) -> tuple[BankItem, bool]:
    """Keep a loaded row (items.services.load_row) as a draft or ready, in a new item or a given one; tell whether anything changed.

    A new item without a key gets one made from its title or stem. Raises Refused when the key is taken.
    """
    if item is None:
        key = row.get("key") or free_key(module.id, rows.key_from(line(row.get("title") or row["stem"]), KEY_LENGTH) or row["kind"])
        if key_taken(module.id, key):
            raise Refused(__("There is a question with the key “%(key)s” already. Choose another key.", key=key))
        item = BankItem(module_id=module.id, key=key, owner_id=actor.id, kind=row["kind"], title="", words="", versions=[], tags=[])
        db.session.add(item)
        before = ""
    else:
        before = mark_of(item)
    write(item, {**row, "key": item.key}, dict(module.files or {}), author_id=actor.id, state=state)
    changed = mark_of(item) != before
    if changed:
        touch(module)
    db.session.flush()
    return item, changed


def key_taken(module_id: int, key: str) -> bool:
    """Tell whether a bank has an item with the key."""
    return db.session.scalar(sa.select(BankItem.id).where(BankItem.module_id == module_id, BankItem.key == key)) is not None


def free_key(module_id: int, stem: str) -> str:
    """Return the key, or one with the first number that no item of the bank has."""
    taken = set(
        db.session.scalars(sa.select(BankItem.key).where(BankItem.module_id == module_id, BankItem.key.startswith(stem, autoescape=True)))
    )
    key, number = stem, 2
    while key in taken:
        key, number = f"{stem}-{number}", number + 1
    return key


def retire_item(*, actor: Actor, module: Module, item: BankItem) -> None:
    """Take an item out of use. Raises Refused while the draft of a quiz asks it."""
    used = db.session.scalar(
        sa.select(Activity.title)
        .join(ItemUse, sa.and_(ItemUse.module_id == Activity.module_id, ItemUse.activity_key == Activity.key))
        .where(ItemUse.item_id == item.id)
        .limit(1)
    )
    if used is not None:
        raise Refused(__("The quiz “%(title)s” asks this question. Take it out of the quiz first.", title=used))
    retire(item)
    audit(actor.id, "quizzes:item:retire", "module", module.id, item=item.key)
    db.session.flush()


def share_item(*, actor: Actor, module: Module, item: BankItem, shared: bool) -> None:
    """Let every instructor use an item, or no longer; quizzes of other modules that ask it keep it."""
    item.shared = shared
    audit(actor.id, "quizzes:item:share", "module", module.id, item=item.key, shared=shared)
    db.session.flush()


def duplicate_item(*, actor: Actor, module: Module, item: BankItem) -> BankItem:
    """Return a copy of an item's newest version, also of another module's, as a draft of its own; pictures come along."""
    row = saved_row(item)
    if item.module_id != module.id:
        source = dict(db.session.scalar(sa.select(Module.files).where(Module.id == item.module_id)) or {})
        text = json.dumps(row, ensure_ascii=False)
        module.files = {**{name: address for name, address in source.items() if name in text}, **(module.files or {})}
    copy = {**row, "key": free_key(module.id, item.key[:KEY_LENGTH])}
    return save_item(actor=actor, module=module, item=None, row=copy, state=VersionState.DRAFT)[0]


def restore_version(*, actor: Actor, module: Module, item: BankItem, number: int) -> ItemVersion:
    """Make a draft of an old version and return it; a draft that waits stays among the versions. Raises NotFound."""
    old = next((version for version in item.versions if version.number == number), None)
    if old is None:
        raise NotFound("no such version")
    newest = item.versions[-1]
    if newest.state is VersionState.DRAFT and newest is not old:
        newest.state = VersionState.RETIRED
    row = author_row(item, old)
    made = write(item, row, dict(module.files or {}), author_id=actor.id, state=VersionState.DRAFT)
    touch(module)
    db.session.flush()
    return made


# -- many at once ----------------------------------------------------------------------------------------------------------------------


def chosen_items(module_id: int, ids: Iterable[int], *, shared: bool = False) -> list[BankItem]:
    """Return ticked items of a bank with their tags, if wanted also those that other modules share; strange numbers are left out."""
    mine = BankItem.module_id == module_id
    wanted = sa.select(BankItem).where(sa.or_(mine, BankItem.shared) if shared else mine, BankItem.id.in_(sorted(set(ids))))
    return list(db.session.scalars(with_versions(wanted).order_by(BankItem.id)))


def add_tag(*, module: Module, chosen: Sequence[BankItem], tag: str) -> int:
    """Add a tag and return how many items it is new to. Raises Refused for none, and for an item that has enough."""
    if not tag or len(tag) > LONGEST_TAG:
        raise Refused(__("Write a tag of at most %(most)s characters.", most=LONGEST_TAG))
    new = [item for item in chosen if tag not in {known.tag for known in item.tags}]
    full = next((item for item in new if len(item.tags) >= MOST_TAGS), None)
    if full is not None:
        raise Refused(__("“%(title)s” has %(most)s tags already.", title=full.title, most=MOST_TAGS))
    for item in new:
        set_tags(item, [*(known.tag for known in item.tags), tag])
    return _changed(module, len(new))


def remove_tag(*, module: Module, chosen: Sequence[BankItem], tag: str) -> int:
    """Take a tag away and return how many items had it."""
    having = [item for item in chosen if tag in {known.tag for known in item.tags}]
    for item in having:
        set_tags(item, [known.tag for known in item.tags if known.tag != tag])
    return _changed(module, len(having))


def move_items(*, module: Module, chosen: Sequence[BankItem], category: str) -> int:
    """Give items a category, or none, and return how many had another. Raises Refused when it is too long."""
    name = "/".join(part.strip() for part in category.split("/") if part.strip())
    if len(name) > LONGEST_CATEGORY:
        raise Refused(__("Write a category of at most %(most)s characters.", most=LONGEST_CATEGORY))
    moved = [item for item in chosen if item.category != name]
    for item in moved:
        item.category = name
    return _changed(module, len(moved))


def _changed(module: Module, count: int) -> int:
    if count:
        touch(module)
        db.session.flush()
    return count


def quiz_of(module_id: int, activity_key: str) -> Activity:
    """Return a quiz of a module's draft. Raises NotFound."""
    wanted = sa.select(Activity).where(Activity.module_id == module_id, Activity.key == activity_key, Activity.type == "quiz")
    quiz = db.session.scalar(wanted)
    if quiz is None:
        raise NotFound("no such quiz in this module")
    return quiz


def add_to_quiz(*, actor: Actor, module: Module, activity_key: str, chosen: Sequence[BankItem]) -> int:
    """Add items at the end of a quiz in the draft, and return how many it did not ask yet. Raises NotFound, ContentError."""
    db.session.refresh(module, with_for_update=True)
    quiz = quiz_of(module.id, activity_key)
    asked = {item["item"] for item in quiz.settings.get("items") or ()}
    new = [item for item in chosen if item.id not in asked]
    if not new:
        return 0
    kind, draft = activity_type("quiz"), draft_of(module, activity_key, actor.id, dict(module.files or {}))
    data = kind.edit({"items": [], **quiz.settings}, draft)
    others = queries.mapping(queries.module_keys({item.module_id for item in new} - {module.id}))
    keys = [f"{others[item.module_id]}/{item.key}" if item.module_id in others else item.key for item in new]
    data["items"] = [*data["items"], *({"key": key} for key in keys)]
    settings = kind.load(data, draft)
    quiz.settings, quiz.prepared = kind.store(settings, draft), kind.prepare(settings, draft)
    return _changed(module, len(new))
