"""The outline of a draft: moving, hiding, copying, deleting and bringing back several activities at once, and its sections.

Every act locks the draft, takes a list of keys and a target that is named and not counted ("before this activity"), and numbers all
activities anew. So two people who arrange the same module at once lose nothing, and a page that is older than the draft does no harm.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from courses.studio import saving
from courses.studio.changes import same
from courses.studio.models import DeletedActivity
from courses.studio.services import LAST, lock, new_key, number
from lms.api import (
    Activity,
    Actor,
    ContentError,
    Module,
    Refused,
    activity_type,
    audit,
    db,
    draft_activities,
    draft_of,
    gettext,
    rows,
    touch,
)

COLUMNS = ("type", "section", "position", "minutes", "required", "hidden", "requires", "tags", "sources", "rule", "settings", "prepared")
COPIED = ("type", "section", "minutes", "required", "hidden", "tags", "sources", "checked_on", "rule")
MOST_KEPT = 50  # deleted activities of a module
MOST_TITLE = 120
MOST_SECTIONS = 60


# -- activities --------------------------------------------------------------------------------------------------------------------


def move(*, actor: Actor, module: Module, keys: Collection[str], section: str, before: str = "") -> bool:
    """Move activities together into a section, before one of its activities or to its end; tell whether anything changed.

    They keep the order they have. When `before` is not in the section any more they go to its end. Raises Refused when the section is gone.
    """
    chosen = _chosen(module, keys)
    activities = number(module, draft_activities(module.id))
    places = {each["key"]: place for place, each in enumerate(module.about["sections"])}
    if section not in places:
        raise Refused(gettext("This section is not there any more. Look at the outline as it is now."))
    old = _order(activities)
    if before in {activity.key for activity in chosen}:  # dropped on one of themselves: before the next one that stays
        later = activities[[activity.key for activity in activities].index(before) :]
        before = next((activity.key for activity in later if activity not in chosen and activity.section == section), "")
    rest = [activity for activity in activities if activity not in chosen]
    end = sum(places.get(activity.section, LAST) <= places[section] for activity in rest)
    at = next((place for place, activity in enumerate(rest) if activity.key == before and activity.section == section), end)
    ordered = [*rest[:at], *(activity for activity in activities if activity in chosen), *rest[at:]]
    for activity in chosen:
        activity.section = section
    _number_in(ordered)
    return _changed(module, _order(ordered) != old)


def move_by_one(*, actor: Actor, module: Module, key: str, up: bool) -> bool:
    """Move an activity one place; over the end of its section into the next one. Tell whether it could be moved."""
    lock(module=module)
    activities = number(module, draft_activities(module.id))
    sections = [section["key"] for section in module.about["sections"]]
    here = next((activity for activity in activities if activity.key == key), None)
    if here is None:
        return False
    beside = [activity for activity in activities if activity.section == here.section]
    place = beside.index(here) + (-1 if up else 1)
    if 0 <= place < len(beside):
        other = beside[place]
        here.position, other.position = other.position, here.position
    else:
        at = sections.index(here.section) if here.section in sections else len(sections)
        target = at + (-1 if up else 1)
        if not 0 <= target < len(sections):
            return False
        here.section, here.position = sections[target], LAST if up else 0
    number(module, activities)
    return _changed(module, True)


def hide(*, actor: Actor, module: Module, keys: Collection[str], hidden: bool) -> int:
    """Leave activities out of the next publishing, or take them in again; return how many changed. Raises Refused when all are gone."""
    changed = [activity for activity in _chosen(module, keys) if activity.hidden != hidden]
    for activity in changed:
        activity.hidden = hidden
    _changed(module, bool(changed))
    return len(changed)


def duplicate(*, actor: Actor, module: Module, keys: Collection[str]) -> list[Activity]:
    """Copy activities, each behind its original and under a new key; what waits for an original that is copied too waits for the copy.

    Settings go through their type as an editor's do, so a quiz asks the same items of the bank. Raises Refused when all are gone.
    """
    chosen = _chosen(module, keys)
    ordered = number(module, draft_activities(module.id))
    made: dict[str, Activity] = {}
    for activity in chosen:
        copy = _copy(actor, module, activity, ordered)
        db.session.add(copy)
        made[activity.key] = copy
        ordered.insert(ordered.index(activity) + 1, copy)
    for activity in chosen:
        made[activity.key].requires = [made[key].key if key in made else key for key in activity.requires]
    _number_in(ordered)
    _changed(module, True)
    return list(made.values())


def _copy(actor: Actor, module: Module, activity: Activity, others: Sequence[Activity]) -> Activity:
    title = gettext("%(title)s (copy)", title=activity.title)[:MOST_TITLE]
    key = new_key(module, others, {"key": "", "title": title, "type": activity.type})
    kind, draft = activity_type(activity.type), draft_of(module, key, actor.id, dict(module.files or {}))
    settings, prepared = dict(activity.settings), dict(activity.prepared)
    if kind.key != "missing":
        try:
            loaded = kind.load(kind.edit(activity.settings, draft_of(module, activity.key, actor.id, draft.files)), draft)
            stored, prepared = kind.store(loaded, draft), kind.prepare(loaded, draft)
            settings |= {name: value for name, value in stored.items() if name not in settings or not same(value, settings[name])}
        except ContentError:  # not written to the end yet: the copy is in the same state
            pass
    values: dict[str, Any] = {name: getattr(activity, name) for name in COPIED}
    return Activity(module_id=module.id, key=key, title=title, position=0, requires=[], settings=settings, prepared=prepared, **values)


def delete(*, actor: Actor, module: Module, keys: Collection[str]) -> uuid.UUID:
    """Delete activities of the draft, and take them out of what others wait for; revisions keep them.

    Returns the name under which `restore` brings them back. Raises Refused when all are gone.
    """
    chosen = _chosen(module, keys)
    gone = {activity.key for activity in chosen}
    others = [activity for activity in draft_activities(module.id) if activity.key not in gone]
    batch = uuid.uuid4()
    for activity in chosen:
        kept = {name: getattr(activity, name) for name in COLUMNS}
        kept["checked_on"] = activity.checked_on.isoformat() if activity.checked_on else None
        waiting = [other.key for other in others if activity.key in other.requires]
        names = {"key": activity.key, "title": activity.title, "kept": kept, "waiting": waiting}
        db.session.add(DeletedActivity(module_id=module.id, batch=batch, deleted_by_id=actor.id, **names))
        saving.remember_deleted(actor=actor, module=module, activity=activity)
        db.session.delete(activity)
        audit(actor.id, "module:activity:delete", "module", module.id, activity=activity.key)
    for other in others:
        if gone & set(other.requires):
            other.requires = [key for key in other.requires if key not in gone]
    number(module, others)
    _changed(module, True)
    _forget_oldest(module)
    return batch


def _forget_oldest(module: Module) -> None:
    mine = sa.select(DeletedActivity.id).where(DeletedActivity.module_id == module.id)
    old = db.session.scalars(mine.order_by(DeletedActivity.id.desc()).offset(MOST_KEPT)).all()
    if old:
        db.session.execute(sa.delete(DeletedActivity).where(DeletedActivity.id.in_(old)))


def restore(*, actor: Actor, module: Module, batch: uuid.UUID) -> list[Activity]:
    """Bring back what was deleted together, each at its old place as far as that is there. Those that wait for it wait again.

    Raises Refused when it was brought back already, or when a new activity has the key of one.
    """
    lock(module=module)
    wanted = sa.select(DeletedActivity).where(DeletedActivity.module_id == module.id, DeletedActivity.batch == batch)
    found = sorted(db.session.scalars(wanted), key=lambda deleted: deleted.kept["position"])
    if not found:
        raise Refused(gettext("This has been brought back already, or it was deleted too long ago."))
    activities = number(module, draft_activities(module.id))
    taken = {activity.key: activity.title for activity in activities}
    for deleted in found:
        if deleted.key in taken:
            raise Refused(gettext("“%(title)s” has the same key. Delete that one first.", title=taken[deleted.key]))
    sections = [section["key"] for section in module.about["sections"]]
    there = {*taken, *(deleted.key for deleted in found)}
    made = []
    for deleted in found:
        made.append(_restored(module, deleted, sections, there))
        db.session.add(made[-1])
        activities = number(module, [made[-1], *activities])  # first of those that have its number now
        db.session.delete(deleted)
        audit(actor.id, "module:activity:restore", "module", module.id, activity=deleted.key)
    _wait_again(found, activities)
    _changed(module, True)
    return made


def _restored(module: Module, deleted: DeletedActivity, sections: Sequence[str], there: Collection[str]) -> Activity:
    kept = dict(deleted.kept)
    day = kept.pop("checked_on")
    awaited = [key for key in kept["requires"] if key in there]
    values = kept | {"checked_on": dt.date.fromisoformat(day) if day else None, "requires": awaited}
    _wait_when_back(module, deleted.key, [key for key in kept["requires"] if key not in there])
    if values["section"] not in sections:
        values |= {"section": sections[-1], "position": LAST}
    return Activity(module_id=module.id, key=deleted.key, title=deleted.title, **values)


def _wait_when_back(module: Module, key: str, gone: Sequence[str]) -> None:
    """Let an activity wait again for those that were deleted after it, once they come back."""
    later = sa.select(DeletedActivity).where(DeletedActivity.module_id == module.id, DeletedActivity.key.in_(gone))
    for deleted in db.session.scalars(later):
        if key not in deleted.waiting:
            deleted.waiting = [*deleted.waiting, key]


def _wait_again(found: Sequence[DeletedActivity], activities: Sequence[Activity]) -> None:
    for deleted in found:
        for activity in activities:
            if activity.key in deleted.waiting and deleted.key not in activity.requires:
                activity.requires = [*activity.requires, deleted.key]


def _chosen(module: Module, keys: Collection[str]) -> list[Activity]:
    """Lock the draft and return the activities with these keys in order. Raises Refused when none is there."""
    lock(module=module)
    chosen = [activity for activity in draft_activities(module.id) if activity.key in keys]
    if not chosen:
        raise Refused(gettext("Tick at least one activity.") if not keys else gettext("These activities are not in the draft any more."))
    return chosen


def _order(activities: Sequence[Activity]) -> list[tuple[str, str]]:
    return [(activity.key, activity.section) for activity in activities]


def _number_in(ordered: Sequence[Activity]) -> None:
    for position, activity in enumerate(ordered, start=1):
        if activity.position != position:
            activity.position = position


def _changed(module: Module, changed: bool) -> bool:
    if changed:
        touch(module)
    db.session.flush()
    return changed


# -- sections ----------------------------------------------------------------------------------------------------------------------


def add_section(*, actor: Actor, module: Module, title: str) -> str:
    """Add a section at the end and return its key, which is made from the title. Raises Refused for no title, or too many sections."""
    lock(module=module)
    sections = module.about["sections"]
    title = title.strip()[:MOST_TITLE]
    stem = rows.key_from(title)
    if not stem:
        raise Refused(gettext("Write a title for the section."))
    if len(sections) >= MOST_SECTIONS:
        raise Refused(gettext("A module has at most %(most)s sections.", most=MOST_SECTIONS))
    taken = {section["key"] for section in sections}
    key, count = stem, 2
    while key in taken:
        key, count = f"{stem}-{count}", count + 1
    module.about = {**module.about, "sections": [*sections, {"key": key, "title": {"id": title}}]}
    number(module, draft_activities(module.id))
    _changed(module, True)
    return key


def move_section(*, actor: Actor, module: Module, key: str, before: str = "") -> bool:
    """Move a section with all that is in it before another one, or to the end; tell whether anything changed.

    Raises Refused when it is not there any more.
    """
    lock(module=module)
    sections = module.about["sections"]
    moving = next((section for section in sections if section["key"] == key), None)
    if moving is None:
        raise Refused(gettext("This section is not there any more. Look at the outline as it is now."))
    rest = [section for section in sections if section is not moving]
    at = (
        next((place for place, section in enumerate(rest) if section["key"] == before), len(rest))
        if before != key
        else sections.index(moving)
    )
    ordered = [*rest[:at], moving, *rest[at:]]
    if ordered == sections:
        return False
    module.about = {**module.about, "sections": ordered}
    number(module, draft_activities(module.id))
    return _changed(module, True)
