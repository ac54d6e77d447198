"""Writing a module: making it, describing it, adding and saving its activities, keeping its pictures. `outline` arranges them."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

import sqlalchemy as sa

from courses.checks.load import initial_settings
from courses.folder.reader import RESERVED_ACTIVITIES
from courses.reviews.state import refuse_unapproved
from courses.studio import queries
from courses.studio.changes import same
from courses.studio.checks import hints_of
from courses.studio.forms import about_of, both
from courses.studio.models import DeletedActivity
from lms.api import (
    Activity,
    ActivityType,
    Actor,
    ContentError,
    Draft,
    Module,
    Refused,
    Revision,
    RevisionActivity,
    activity_type,
    audit,
    db,
    draft_activities,
    draft_of,
    file_store,
    gettext,
    latest_revision,
    publish,
    rows,
    touch,
)

# What an editor compares to see whether somebody else saved meanwhile.
WATCHED = ("title", "section", "minutes", "required", "requires", "tags", "sources", "checked_on", "rule", "settings")
SHARED = ("title", "section", "minutes", "required", "requires", "tags", "sources", "checked_on")
FIRST_SECTION = {"key": "mulai", "title": {"id": "Mulai di sini", "en": "Start here"}}
NEW_MINUTES = 5
LAST = 1_000_000  # a place behind all others, until the draft is numbered anew


# -- modules -----------------------------------------------------------------------------------------------------------------------


def create_module(*, actor: Actor, values: Mapping[str, Any]) -> Module:
    """Begin a module that the actor owns, with one section. `values` are a ModuleForm's. Raises Refused when the key is taken."""
    key = values["key"] or rows.key_from(values["title_id"])
    if queries.module_by_key(key) is not None:
        raise Refused(gettext("There is a module with the key “%(key)s” already. Choose another key.", key=key))
    about = {
        "title": both(values, "title"),
        "summary": both(values, "summary"),
        "audience": {},
        "outcomes": [],
        "language": "id",
        "checked_on": None,
        "sections": [FIRST_SECTION],
    }
    module = Module(key=key, code=(values["code"] or "").strip(), about=about, owner_id=actor.id, files={})
    db.session.add(module)
    db.session.flush()
    audit(actor.id, "module:create", "module", module.id)
    db.session.flush()
    return module


def lock(*, module: Module) -> Module:
    """Let nobody else change this draft until the transaction ends, and return it as it is now."""
    db.session.refresh(module, with_for_update=True)
    return module


def mark_of(value: Any) -> str:
    """Return a fingerprint of plain data, to see later whether it changed."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False, default=str).encode()).hexdigest()[:16]


def mark_of_activity(activity: Activity) -> str:
    """Return a fingerprint of what an author can change of an activity."""
    return mark_of([getattr(activity, name) for name in WATCHED])


def mark_of_about(module: Module) -> str:
    """Return a fingerprint of what a module says about itself."""
    return mark_of([module.code, module.about])


def save_about(*, actor: Actor, module: Module, values: Mapping[str, Any]) -> bool:
    """Keep what a module says about itself, and the order of its sections; tell whether anything changed. `values` are an AboutForm's."""
    about, code = about_of(values, module.about), (values["code"] or "").strip()
    if about == module.about and code == module.code:
        return False
    module.about, module.code = about, code
    number(module, draft_activities(module.id))
    touch(module)
    db.session.flush()
    return True


def publish_draft(*, actor: Actor, module: Module, note: str) -> Revision | None:
    """Publish the draft and return the new revision, or None when nothing had changed.

    Raises Refused while something must be put right first, or an approval is missing; the sentence names the first of them.
    """
    lock(module=module)
    waiting = [hint for hint in hints_of(module, draft_activities(module.id)) if hint.must]
    if waiting:
        raise Refused(waiting[0].sentence)
    refuse_unapproved(module)
    before = latest_revision(module.id)
    try:
        revision = publish(actor_id=actor.id, module=module, note=note)
    except ContentError as error:
        raise Refused(error.message) from error
    return None if before is not None and revision.id == before.id else revision


# -- activities --------------------------------------------------------------------------------------------------------------------


def add_activity(*, actor: Actor, module: Module, values: Mapping[str, Any]) -> Activity:
    """Add an activity at the end of a section, with its type's first settings. `values` are an AddForm's.

    Raises Refused when the key is taken.
    """
    lock(module=module)
    activities = draft_activities(module.id)
    kind = activity_type(values["type"])
    key = new_key(module, activities, values)
    settings = initial_settings(kind)
    draft = Draft(module.id, module.key, key, actor.id, dict(module.files or {}))
    activity = Activity(
        module_id=module.id,
        key=key,
        type=values["type"],
        title=values["title"].strip(),
        section=values["section"],
        position=LAST,
        minutes=NEW_MINUTES,
        required=True,
        requires=[],
        tags=[],
        sources=[],
        settings=settings,
        prepared=_first_prepared(kind, settings, draft),
    )
    db.session.add(activity)
    number(module, [*activities, activity])
    touch(module)
    db.session.flush()
    return activity


def _first_prepared(kind: ActivityType, settings: Mapping[str, Any], draft: Draft) -> dict[str, Any]:
    """Return what a type makes of settings that are not written yet; a type that cannot gets its turn when they are saved."""
    return kind.prepare(settings, draft) if kind.settings.from_data(settings).validate() else {}


def new_key(module: Module, activities: Sequence[Activity], values: Mapping[str, Any]) -> str:
    """Return the key that was written, or one made from the title that no activity of this module ever had.

    `values` are `key`, `title` and `type`. Raises Refused when the key that was written is taken.
    """
    taken = {activity.key for activity in activities}
    if values["key"]:
        if values["key"] in taken:
            raise Refused(gettext("There is an activity with the key “%(key)s” already. Choose another key.", key=values["key"]))
        return str(values["key"])
    ever = (
        sa.select(RevisionActivity.key).join(Revision, Revision.id == RevisionActivity.revision_id).where(Revision.module_id == module.id)
    )
    deleted = sa.select(DeletedActivity.key).where(DeletedActivity.module_id == module.id)
    taken |= {*db.session.scalars(ever.union(deleted)), *RESERVED_ACTIVITIES}
    stem = rows.key_from(values["title"]) or rows.key_from(values["type"])
    key, count = stem, 2
    while key in taken:
        key, count = f"{stem}-{count}", count + 1
    return key


def number(module: Module, activities: Sequence[Activity]) -> list[Activity]:
    """Number activities from 1, section by section; those of a section that is not there any more come last. Returns them in order."""
    places = {section["key"]: index for index, section in enumerate(module.about["sections"])}
    ordered = sorted(activities, key=lambda activity: (places.get(activity.section, len(places)), activity.position))
    for position, activity in enumerate(ordered, start=1):
        if activity.position != position:
            activity.position = position
    return ordered


def save_activity(
    *, actor: Actor, module: Module, activity: Activity, shared: Mapping[str, Any], rule: Any, settings: Mapping[str, Any] | None
) -> bool:
    """Keep an activity; tell whether anything changed. `settings` is None when nobody here can judge them: then they stay as they are.

    Raises ContentError when the activity's type refuses the settings.
    """
    before = mark_of_activity(activity)
    moved = activity.section != shared["section"]
    for name in SHARED:
        _keep(activity, name, shared[name].strip() if name == "title" else shared[name])
    _keep(activity, "rule", rule)
    if settings is not None:
        _settings(activity, activity_type(activity.type), settings, _place(module, activity, actor))
    if mark_of_activity(activity) == before:
        db.session.flush()
        return False
    if moved:
        activity.position = LAST
        number(module, draft_activities(module.id))
    touch(module)
    db.session.flush()
    return True


def _place(module: Module, activity: Activity, actor: Actor) -> Draft:
    return draft_of(module, activity.key, actor.id, dict(module.files or {}))


def _settings(activity: Activity, kind: ActivityType, settings: Mapping[str, Any], draft: Draft) -> None:
    loaded = kind.load(settings, draft)
    stored = kind.store(loaded, draft)
    before = activity.settings
    _keep(
        activity,
        "settings",
        {name: before[name] if name in before and same(before[name], stored[name]) else stored[name] for name in stored},
    )
    _keep(activity, "prepared", kind.prepare(loaded, draft))


def _keep(activity: Activity, name: str, value: Any) -> None:
    """Set an attribute only when it differs; the order of ticked boxes is no difference."""
    old = getattr(activity, name)
    if old != value and not (name == "requires" and sorted(old) == sorted(value)):
        setattr(activity, name, value)


# -- pictures ----------------------------------------------------------------------------------------------------------------------


def add_picture(*, actor: Actor, module: Module, data: bytes, name: str) -> str:
    """Keep a picture under a name, in place of one that has it already, and draw anew what shows it. Returns the name for the texts.

    Raises ContentError for what is no picture or too large, Refused when no plugin keeps pictures.
    """
    store = file_store()
    if store is None:
        raise Refused(gettext("Pictures need the plugin “media”, which is not installed."))
    lock(module=module)
    address = store.save(data, name, owner_id=actor.id)
    suffix = PurePath(address).suffix
    if suffix == ".pdf":
        raise ContentError(gettext("This is no picture (SVG, PNG, JPEG, WebP, AVIF, GIF)."))
    place = f"figures/{rows.key_from(PurePath(name).stem) or 'gambar'}{suffix}"
    files = dict(module.files or {})
    if files.get(place) == address:
        return place
    module.files = {**files, place: address}
    for activity, kind in _showing(module, place, actor):
        draft = _place(module, activity, actor)
        kind.redraw(activity.settings, draft, place)
        with contextlib.suppress(ContentError):  # not written to the end yet: drawn when it is saved
            _settings(activity, kind, kind.edit(activity.settings, draft), draft)
    touch(module)
    db.session.flush()
    return place


def add_new_picture(*, actor: Actor, module: Module, data: bytes, name: str) -> str:
    """Keep a picture beside those that there are: one with the same name and other content makes this one `name-2`. Like `add_picture`."""
    lock(module=module)
    stem = rows.key_from(PurePath(name).stem) or "gambar"
    taken = {PurePath(place).stem for place in module.files or {}}
    free, count = stem, 2
    while free in taken:
        free, count = f"{stem}-{count}", count + 1
    return add_picture(actor=actor, module=module, data=data, name=f"{free}{PurePath(name).suffix}")


def remove_picture(*, actor: Actor, module: Module, name: str) -> None:
    """Take a picture out of the draft; revisions keep it. Raises Refused while an activity shows it."""
    lock(module=module)
    shown = [activity.title for activity, _kind in _showing(module, name, actor)]
    if shown:
        raise Refused(gettext("This picture is shown in: %(titles)s. Take it out of the texts first.", titles=", ".join(shown)))
    module.files = {key: address for key, address in (module.files or {}).items() if key != name}
    touch(module)
    db.session.flush()


def _showing(module: Module, name: str, actor: Actor) -> list[tuple[Activity, ActivityType]]:
    """Return the activities whose texts name a picture."""
    found = []
    for activity in draft_activities(module.id):
        kind = activity_type(activity.type)
        data = kind.dump(activity.settings, _place(module, activity, actor))
        if kind.key != "missing" and name in json.dumps(data, ensure_ascii=False, default=str):
            found.append((activity, kind))
    return found
