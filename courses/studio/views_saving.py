"""Saving while somebody types, who else is here, and the history of an activity or of what a module says about itself."""

from __future__ import annotations

from typing import Any

from flask import flash, g, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from courses.base import WRITE, plugin
from courses.checks.load import initial_settings
from courses.studio import history, presence, queries, saving, services, sheets
from courses.studio.editor import Editor
from courses.studio.models import ABOUT, DraftVersion, What
from courses.studio.sheets import AboutSheet, ActivitySheet, Sheet, sheet_of
from courses.studio.states import ApartError, edits_from, state_of
from lms.api import Activity, ContentError, activity_type, commit, db, format_time, gettext, page_number, requires, utcnow

HOME = "/studio/<module_key>"
AT = "/studio/<module_key>/<activity_key>"


def autosaved(sheet: Sheet) -> ResponseReturnValue:
    """Save what a script sends: the changes since the state in If-Match (docs/modules.md). Answers with the new state's ETag.

    412: somebody else changed the same differently; 422: it cannot be valid yet. Both are kept. 409: the whole form is needed.
    The module is locked already, and the route of `sheet` says who may.
    """
    sent = request.get_json(silent=True) or {}
    base = next(iter(request.if_match.as_set()), "")
    try:
        outcome = saving.save(sheet=sheet, base=base, edits=edits_from(sent), decided=sent.get("decided"), seen=str(sent.get("seen", "")))
    except ApartError:
        return jsonify(whole=True), 409
    commit()
    return _answer(outcome, sheet)


def _answer(outcome: saving.Outcome, sheet: Sheet) -> ResponseReturnValue:
    said = {"at": format_time(utcnow(), seconds=True)}
    if outcome.clashes:
        who = history.last_by(sheet.module.id, sheet.key) or gettext("somebody else")
        panel = render_template("courses/_clash.html", who=who, clashes=outcome.clashes)
        response, status = jsonify(**said, seen=outcome.mark, who=who, clashes=outcome.clashes, panel=panel), 412
    elif not outcome.saved:
        response, status = jsonify(**said, problems=sheets.problems_of(outcome.typed)), 422
    else:
        response, status = jsonify(**said, joined=outcome.joined), 200
        response.set_etag(outcome.mark)
    return response, status


@plugin.post(f"{AT}/here")
@requires(WRITE, on="module")
def studio_here(module_key: str, activity_key: str) -> ResponseReturnValue:
    """Remember that the page is open; say who else has it open and which state is saved."""
    sheet = sheet_of(current_user, g.module, activity_key)
    presence.arrive(actor=current_user, module_id=g.module.id, key=sheet.key)
    names = presence.others(current_user, g.module.id, sheet.key)
    commit()
    return jsonify(others=names, mark=sheet.mark())


@plugin.post(f"{AT}/give-up")
@requires(WRITE, on="module")
def studio_give_up(module_key: str, activity_key: str) -> AnyResponse:
    """Go on from what is saved; what was unfinished stays in the history."""
    services.lock(module=g.module)
    sheet = sheet_of(current_user, g.module, activity_key)
    saving.give_up(sheet=sheet)
    commit()
    flash(gettext("This is what is saved. What you had left unfinished is in the history."), "done")
    return redirect(sheet.url)


@plugin.get(f"{HOME}/pictures.json")
@requires(WRITE, on="module")
def studio_picture_names(module_key: str) -> AnyResponse:
    """List the names of a module's pictures, for the editor."""
    return jsonify(pictures=list(g.module.files or {}))


@plugin.post(f"{HOME}/pictures.json")
@requires(WRITE, on="module")
def studio_picture_add(module_key: str) -> ResponseReturnValue:
    """Keep a picture that the editor sends, under a name that no other picture has; say the name."""
    file = request.files.get("picture")
    try:
        if file is None:
            raise ContentError(gettext("Choose a file."))
        name = services.add_new_picture(actor=current_user, module=g.module, data=file.read(), name=file.filename or "")
    except ContentError as error:
        db.session.rollback()
        return jsonify(message=error.message), 422
    commit()
    return jsonify(name=name)


# -- history -----------------------------------------------------------------------------------------------------------------------


@plugin.get(f"{HOME}/history")
@requires(WRITE, on="module")
def studio_history(module_key: str) -> str:
    """List what was saved in a module lately, and the activities that were deleted and can be brought back."""
    page = history.lines(g.module.id, number=page_number())
    keys = {line.key for line in queries.lines_of(g.module.id)}
    deleted = history.deleted(g.module.id)
    return render_template("courses/studio_history_all.html", module=g.module, page=page, keys=keys, deleted=deleted, ABOUT=ABOUT)


@plugin.get(f"{AT}/history")
@requires(WRITE, on="module")
def studio_versions(module_key: str, activity_key: str) -> str:
    """List the versions of an activity: who, when, and what differs from the one before."""
    page = history.lines(g.module.id, activity_key, number=page_number())
    sheet = _sheet_of_version(page.items[0].version) if page.items else sheet_of(current_user, g.module, activity_key)
    older = [line.version for line in page.items[1:]]
    said = [_said(sheet, line.version, before) for line, before in zip(page.items, [*older, None], strict=False)]
    return render_template("courses/studio_history.html", module=g.module, sheet=sheet, page=page, said=said, there=_there(sheet))


def _said(sheet: Sheet, version: DraftVersion, before: DraftVersion | None) -> list[str]:
    """Return the labels of what a version changed."""
    if before is None:
        return []
    one, other = (sheet.fill(state_of(each.data["fields"])) for each in (version, before))
    return list(dict.fromkeys(each.label for each in sheets.differences(one, other)))


def _sheet_of_version(version: DraftVersion) -> Sheet:
    """Return the activity of a version; of a deleted one, as it would be."""
    if version.key == ABOUT:
        return AboutSheet(current_user, g.module)
    if version.key in {line.key for line in queries.lines_of(g.module.id)}:
        return sheet_of(current_user, g.module, version.key)
    gone: dict[str, Any] = {name: [] for name in ("requires", "tags", "sources")}
    settings = version.data.get("stored") or initial_settings(activity_type(version.type))
    activity = Activity(
        module_id=g.module.id, key=version.key, type=version.type, title=version.title, section="", minutes=0, required=True,
        rule=None, settings=settings, prepared={}, checked_on=None, **gone,
    )  # fmt: skip
    return ActivitySheet(current_user, g.module, activity)


def _there(sheet: Sheet) -> bool:
    """Tell whether what a sheet is about is in the draft."""
    return not isinstance(sheet, ActivitySheet) or sheet.activity.id is not None


@plugin.get(f"{AT}/history/<int:version_id>")
@requires(WRITE, on="module")
def studio_version(module_key: str, activity_key: str, version_id: int) -> str:
    """Show an earlier state as learners would see it, and in what it differs from the present one."""
    version = history.version_of(g.module.id, activity_key, version_id)
    sheet = _sheet_of_version(version)
    typed = sheet.fill(state_of(version.data["fields"]))
    if isinstance(typed, Editor):
        typed.draw()
    there = _there(sheet)
    found = sheets.differences(typed, sheet.fill(sheet.saved())) if there else sheets.shown(typed)
    return render_template(
        "courses/studio_version.html", module=g.module, sheet=sheet, version=version, typed=typed, there=there, differences=found, What=What
    )


@plugin.post(f"{AT}/history/<int:version_id>/restore")
@requires(WRITE, on="module")
def studio_restore(module_key: str, activity_key: str, version_id: int) -> AnyResponse:
    """Make an earlier state the present one."""
    version = history.version_of(g.module.id, activity_key, version_id)
    outcome = saving.restore(actor=current_user, module=g.module, version=version)
    commit()
    if outcome.saved:
        flash(gettext("Restored. The state before is in the history too."), "done")
    else:
        flash(gettext("This state cannot be saved as it is any more. It is in the form below; look at the marked fields."), "careful")
    return redirect(f"/studio/{module_key}/{activity_key}")
