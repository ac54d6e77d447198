"""Going back: a revision, or one activity of it, becomes the draft again. Every step is a version of the history, so it can be undone there."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from courses.studio import outline, queries, saving, services
from courses.studio.compare import Part, Side, compare, side_of_draft
from courses.studio.forms import AboutForm, about_data
from courses.studio.models import ABOUT, DraftVersion
from courses.studio.sheets import ActivitySheet, fields_of
from courses.studio.states import State, pairs_of
from lms.api import Activity, Actor, Module, Refused, activity_type, choose, db, draft_activities, gettext, touch


def restore_part(*, actor: Actor, module: Module, part: Part) -> bool:
    """Make an activity of a revision the present one; what is not in the draft comes back under its key. Tell whether it could be saved.

    What refers to something that is gone becomes an unfinished version of the actor. Questions of a quiz stay as they are in the bank. Raises
    Refused when the draft has another kind of activity under this key.
    """
    services.lock(module=module)
    there = next((activity for activity in draft_activities(module.id) if activity.key == part.key), None)
    if there is not None and there.type != part.type:
        raise Refused(gettext("“%(title)s” is another kind of activity now. Delete it first.", title=there.title))
    outcome = saving.restore(actor=actor, module=module, version=_version(actor, module, part))
    activity = queries.activity_of(module.id, part.key)
    if activity.hidden:
        activity.hidden = False
        touch(module)
    db.session.flush()
    return outcome.saved


def _version(actor: Actor, module: Module, part: Part) -> DraftVersion:
    """Return a part as the history would keep it; it is not kept."""
    kind = activity_type(part.type)
    names = ("key", "type", "title", "section", "minutes", "required", "checked_on")
    usual = kind.key != "missing" and kind.default_rule(part.settings) == part.rule
    activity = Activity(
        module_id=module.id,
        position=0,
        rule=None if usual else part.rule,
        settings=dict(part.settings),
        prepared=dict(part.prepared),
        **{name: getattr(part, name) for name in names},
        **{name: [*getattr(part, name)] for name in ("requires", "tags", "sources")},
    )
    stored = {"stored": dict(part.settings)} if kind.key == "missing" else {}
    return _kept(module, part.key, part.type, part.title, ActivitySheet(actor, module, activity).saved(), stored)


def _kept(module: Module, key: str, kind: str, title: str, state: State, stored: Mapping[str, Any]) -> DraftVersion:
    return DraftVersion(module_id=module.id, key=key, type=kind, title=title, data={"fields": pairs_of(state), **stored})


def restore(*, actor: Actor, module: Module, side: Side) -> list[str]:
    """Make a revision the draft again: what it says about the module, its activities, their order. Return the titles of those that need a look.

    What came later is deleted from the draft, and can be brought back; what is hidden stays hidden. Raises Refused as `restore_part` does.
    """
    services.lock(module=module)
    found = compare(side_of_draft(module, draft_activities(module.id)), side)
    differs = {part.key for part in found.parts if part.kind in {"added", "changed"}}
    kept = {part.key: part for part in side.parts}
    later = [activity.key for activity in draft_activities(module.id) if activity.key not in kept and not activity.hidden]
    if later:
        outline.delete(actor=actor, module=module, keys=later)
    sections = [section["key"] for section in side.about["sections"]]
    for activity in draft_activities(module.id):  # so that no section that goes holds anything
        if activity.key in kept:
            activity.section = kept[activity.key].section
        elif activity.section not in sections:
            activity.section = sections[0]
    db.session.flush()
    unsure = []
    if found.about and not saving.restore(actor=actor, module=module, version=_about(module, side)).saved:
        unsure.append(gettext("Title, outcomes, sections"))
    # What opens an activity can name a later one: all are there before any is filled.
    todo = [part for part in side.parts if part.key in differs]
    saving.revive(actor=actor, module=module, versions=[_version(actor, module, part) for part in todo])
    unsure += [part.title for part in todo if not restore_part(actor=actor, module=module, part=part)]
    places = {part.key: place for place, part in enumerate(side.parts)}
    activities = draft_activities(module.id)
    for activity in activities:
        activity.position = places.get(activity.key, services.LAST)
    services.number(module, activities)
    touch(module)
    db.session.flush()
    return unsure


def _about(module: Module, side: Side) -> DraftVersion:
    said = about_data(SimpleNamespace(about=side.about, code=module.code))  # type: ignore[arg-type]
    state = fields_of([AboutForm(formdata=None, data=said)])
    return _kept(module, ABOUT, "", str(choose(side.about["title"])), state, {})
