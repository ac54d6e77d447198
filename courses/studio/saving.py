"""Saving what somebody types, from a script or a form: nothing that was typed is lost, and nothing of anybody is overwritten unseen."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from courses.studio import history, queries, services, sheets
from courses.studio.models import ABOUT, DraftVersion, What
from courses.studio.sheets import Difference, Sheet, Typed
from courses.studio.states import ApartError, Edits, State, merge, state_of
from lms.api import Activity, Actor, ContentError, Module, activity_type, activity_types, db


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a save: `mark` is the fingerprint of what is saved now.

    `saved`: it is. `joined`: with something that others had saved meanwhile. `clashes`: fields that others have changed differently. Without
    either, `typed` says what is in the way. What could not be saved is kept as an unfinished version.
    """

    typed: Typed
    mark: str
    saved: bool = False
    changed: bool = False
    joined: bool = False
    clashes: list[Difference] = field(default_factory=list)


def save(*, sheet: Sheet, base: str, edits: Edits, decided: Mapping[str, str] | None = None, seen: str = "") -> Outcome:
    """Save edits that were made on the state with the fingerprint `base`; the caller has locked the module.

    decided is {field: "mine", "theirs" or "both"} for a clash with the state `seen`; it counts only while that is what is saved.
    Raises ApartError when the whole form is needed.
    """
    now = sheet.mark()
    saved = sheet.saved()
    known = history.state_at(sheet.module.id, sheet.key, now) or saved
    before, mine = _applied(edits, [known, saved] if base == now else [history.state_at(sheet.module.id, sheet.key, base)])
    if base == now:
        return _save(sheet, mine, mine, base, now, saved)
    merged, clashes = merge(before, mine, known, decided or {} if seen == now else {})
    if not clashes:
        return _save(sheet, merged, mine, base, now, saved)
    _keep(sheet, What.UNFINISHED, base, mine)
    typed = sheet.fill(merged)
    return Outcome(typed, now, clashes=sheets.differences(typed, sheet.fill(saved), clashes))


def _applied(edits: Edits, states: Sequence[State | None]) -> tuple[State | None, State]:
    """Return the state that the edits were made on, and what they make of it: a page can show a state as it was posted, or as it is stored."""
    for state in states[:-1]:
        with contextlib.suppress(ApartError):
            return state, edits.on(state)
    return states[-1], edits.on(states[-1])


def _save(sheet: Sheet, merged: State, mine: State, base: str, now: str, saved: State, what: What = What.SAVED) -> Outcome:
    typed = sheet.fill(merged)
    if typed.validate():
        try:
            with db.session.begin_nested():
                _before(sheet, now, saved)
                typed.save()
        except ContentError as error:
            typed.problem = error.message
        else:
            mark = sheet.mark()
            _keep(sheet, what, mark, merged)
            return Outcome(typed, mark, saved=True, changed=mark != now, joined=merged != mine)
    _keep(sheet, What.UNFINISHED, base, mine)
    return Outcome(typed, now)


def _before(sheet: Sheet, now: str, saved: State) -> None:
    """Keep what is about to be replaced, if something else than a save has made it."""
    if history.state_at(sheet.module.id, sheet.key, now) is None:
        _keep(sheet, What.SAVED, now, saved, by=None)


def _keep(sheet: Sheet, what: What, mark: str, state: State, **options: Any) -> None:
    history.record(
        module=sheet.module,
        key=sheet.key,
        kind=sheet.kind,
        title=sheet.title,
        what=what,
        mark=mark,
        state=state,
        by_id=options.get("by", sheet.actor.id),
        stored=sheet.stored,
    )


# -- bringing back -----------------------------------------------------------------------------------------------------------------


def remember_deleted(*, actor: Actor, module: Module, activity: Activity) -> None:
    """Keep the last state of an activity that is about to be deleted, so that it can be brought back from the history."""
    sheet = sheets.ActivitySheet(actor, module, activity)
    _keep(sheet, What.DELETED, sheet.mark(), sheet.saved())


def restore(*, actor: Actor, module: Module, version: DraftVersion) -> Outcome:
    """Make an earlier state the present one; a deleted activity comes back under its key. Restoring adds a version like any save.

    What cannot be saved any more, because something that it refers to is gone, becomes an unfinished version of the actor.
    """
    services.lock(module=module)
    if version.key != ABOUT and version.key not in {line.key for line in queries.lines_of(module.id)}:
        _revive(actor, module, version)
    sheet = sheets.sheet_of(actor, module, version.key)
    now, state = sheet.mark(), sheets.fitting(sheet, state_of(version.data["fields"]))
    return _save(sheet, state, state, now, now, sheet.saved(), What.RESTORED)


def give_up(*, sheet: Sheet) -> None:
    """Go on from what is saved: what the actor had left unfinished stays in the history only."""
    _keep(sheet, What.RESTORED, sheet.mark(), sheet.saved())


def revive(*, actor: Actor, module: Module, versions: Sequence[DraftVersion]) -> None:
    """Add those activities again that are not in the draft, with their keys; `restore` fills them."""
    there = {line.key for line in queries.lines_of(module.id)}
    for version in versions:
        if version.key not in there:
            _revive(actor, module, version)


def _revive(actor: Actor, module: Module, version: DraftVersion) -> None:
    """Add the activity again, with its key and its type's first settings."""
    kind = version.type if activity_type(version.type).key != "missing" else next(iter(activity_types()))
    values = {"type": kind, "title": version.title, "section": module.about["sections"][0]["key"], "key": version.key}
    activity = services.add_activity(actor=actor, module=module, values=values)
    if kind != version.type:
        activity.type, activity.settings, activity.prepared = version.type, version.data.get("stored", {}), {}
        db.session.flush()
