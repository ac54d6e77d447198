"""The outline's acts.

Each is one POST with the ticked `keys` and, where it needs one, a `target`: a section, or `section:activity` for the place before an
activity. A browser is led back to where it came from; the script of the outline gets the list as it is now.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable

from flask import flash, g, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from courses.base import WRITE, plugin
from courses.studio import outline, queries, services
from courses.studio.forms import KEY
from lms.api import Refused, commit, db, draft_activities, gettext, ngettext, requires, rows

HOME = "/studio/<module_key>"
ACT = f"{HOME}/outline"


@plugin.post(f"{HOME}/move")
@requires(WRITE, on="module")
def studio_move(module_key: str) -> AnyResponse:
    """Move an activity up or down."""
    fields = rows.posted()
    up = "up" in fields
    key = fields.get("up" if up else "down", "")
    if outline.move_by_one(actor=current_user, module=g.module, key=key, up=up):
        commit()
    return redirect(f"/studio/{module_key}#a-{key}")


@plugin.get(ACT)
@requires(WRITE, on="module")
def outline_panel(module_key: str) -> ResponseReturnValue:
    """Return, for a script, what takes the place of the list of links beside an editor when somebody wants to arrange it."""
    lines = queries.lines_of(g.module.id)
    here = request.args.get("at", "")
    return jsonify(page=render_template("courses/studio_outline.html", module=g.module, lines=lines, here=here, whole=True))


@plugin.post(f"{ACT}/move")
@requires(WRITE, on="module")
def outline_move(module_key: str) -> ResponseReturnValue:
    """Move what is ticked to a section, or before an activity."""
    section, _colon, before = rows.posted().get("target", "").partition(":")

    def act() -> str:
        moved = outline.move(actor=current_user, module=g.module, keys=_keys(), section=section, before=before)
        return gettext("Moved.") if moved else gettext("Everything is where it was.")

    return _done(act)


@plugin.post(f"{ACT}/place")
@requires(WRITE, on="module")
def outline_place(module_key: str) -> ResponseReturnValue:
    """Put what a script dropped into its place, and answer with the outline as it is now: a colleague may have moved things too."""
    fields = rows.posted()
    opened = fields.get("at", "")
    services.lock(module=g.module)
    before = _mark_of(opened)
    section, _colon, target = fields.get("target", "").partition(":")
    if fields.get("part"):
        outline.move_section(actor=current_user, module=g.module, key=fields["part"], before=section)
    else:
        outline.move(actor=current_user, module=g.module, keys=_keys(), section=section, before=target)
    lines = queries.lines_of(g.module.id)
    here = next((line for line in lines if line.key == opened), None)
    wide = bool(fields.get("wide"))
    page = render_template("courses/studio_outline.html", module=g.module, lines=lines, here=opened, whole=False, wide=wide)
    marks = [before, _mark_of(opened)]
    commit()
    return jsonify(page=page, section=here.section if here else "", marks=marks)


def _mark_of(key: str) -> str:
    """Return what an editor compares to see whether somebody saved its activity meanwhile; nothing when none is open."""
    return services.mark_of_activity(queries.activity_of(g.module.id, key)) if key else ""


@plugin.post(f"{ACT}/hide")
@requires(WRITE, on="module")
def outline_hide(module_key: str) -> ResponseReturnValue:
    """Leave what is ticked out of the next publishing."""

    def act() -> str:
        count = outline.hide(actor=current_user, module=g.module, keys=_keys(), hidden=True)
        return ngettext(
            "%(num)s activity is hidden after the next publishing.", "%(num)s activities are hidden after the next publishing.", count
        )

    return _done(act)


@plugin.post(f"{ACT}/show")
@requires(WRITE, on="module")
def outline_show(module_key: str) -> ResponseReturnValue:
    """Take what is ticked into the next publishing again."""

    def act() -> str:
        count = outline.hide(actor=current_user, module=g.module, keys=_keys(), hidden=False)
        return ngettext(
            "%(num)s activity is shown after the next publishing.", "%(num)s activities are shown after the next publishing.", count
        )

    return _done(act)


@plugin.post(f"{ACT}/duplicate")
@requires(WRITE, on="module")
def outline_duplicate(module_key: str) -> ResponseReturnValue:
    """Copy what is ticked."""

    def act() -> str:
        made = outline.duplicate(actor=current_user, module=g.module, keys=_keys())
        return ngettext("%(num)s activity is copied, right behind it.", "%(num)s activities are copied, each right behind it.", len(made))

    return _done(act)


@plugin.post(f"{ACT}/delete")
@requires(WRITE, on="module")
def outline_delete(module_key: str) -> ResponseReturnValue:
    """Ask before what is ticked is deleted from the draft, and delete it."""
    return _delete(_keys(), asked=request.form.get("sure") == "yes")


@plugin.route(f"{HOME}/<activity_key>/delete", methods=["GET", "POST"])
@requires(WRITE, on="module")
def studio_delete(module_key: str, activity_key: str) -> ResponseReturnValue:
    """Ask before an activity of the draft is deleted, and delete it."""
    return _delete([queries.activity_of(g.module.id, activity_key).key], asked=request.method == "POST")


def _delete(keys: list[str], *, asked: bool) -> ResponseReturnValue:
    if asked:
        batch = outline.delete(actor=current_user, module=g.module, keys=keys)
        commit()
        return redirect(f"/studio/{g.module.key}?deleted={batch}")
    draft = draft_activities(g.module.id)
    chosen = [activity for activity in draft if activity.key in keys]
    if not chosen:
        flash(gettext("Tick at least one activity."), "careful")
        return redirect(_back())
    gone = {activity.key for activity in chosen}
    waiting = [other.title for other in draft if other.key not in gone and gone & set(other.requires)]
    uses = queries.uses_of([g.module.id])
    return render_template("courses/studio_delete.html", module=g.module, chosen=chosen, waiting=waiting, uses=uses)


@plugin.post(f"{ACT}/restore")
@requires(WRITE, on="module")
def outline_restore(module_key: str) -> ResponseReturnValue:
    """Bring back what was deleted together."""

    def act() -> str:
        try:
            batch = uuid.UUID(rows.posted().get("batch", ""))
        except ValueError:
            batch = uuid.UUID(int=0)  # refused as one that is gone
        made = outline.restore(actor=current_user, module=g.module, batch=batch)
        return gettext("Back in the outline: %(titles)s", titles=", ".join(activity.title for activity in made))

    return _done(act)


@plugin.post(f"{ACT}/section")
@requires(WRITE, on="module")
def outline_section(module_key: str) -> ResponseReturnValue:
    """Add a section at the end."""

    def act() -> str:
        outline.add_section(actor=current_user, module=g.module, title=rows.posted().get("title", ""))
        return gettext("The section is added. Its English title may wait.")

    return _done(act)


def _keys() -> list[str]:
    return request.form.getlist("keys")


def _done(act: Callable[[], str]) -> AnyResponse:
    """Do it and say what was done, or why not."""
    try:
        message = act()
    except Refused as refusal:
        db.session.rollback()
        flash(str(refusal), "careful")
    else:
        commit()
        flash(message, "done")
    return redirect(_back())


def _back() -> str:
    """Return the page of the activity that was open, else the module's."""
    at = rows.posted().get("at", "")
    home = request.path.partition("/outline")[0]
    return f"{home}/{at}" if KEY.fullmatch(at) else home
