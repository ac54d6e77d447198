"""The studio: where instructors write modules."""

from __future__ import annotations

from typing import Any, cast

from flask import Response, flash, g, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from courses.base import CREATE, WRITE, plugin
from courses.bringing import packages
from courses.bringing import services as bringing
from courses.forks.queries import ties_of
from courses.publishing.queries import plan_line
from courses.reviews.queries import comments_of, waiting_for
from courses.reviews.state import review_state
from courses.studio import exchange, history, presence, queries, saving, services
from courses.studio.changes import Changes, changes_since
from courses.studio.checks import hints_of, pictures_in
from courses.studio.compare import Side, side_of_draft, side_of_revision
from courses.studio.editor import Editor, open_posted, open_saved
from courses.studio.forms import AboutForm, AddForm, ImportForm, ModuleForm, PictureForm, about_data, add_error
from courses.studio.models import ABOUT
from courses.studio.sheets import AboutSheet, ActivitySheet
from courses.studio.states import posted_of, state_of, whole_form
from courses.studio.views_saving import autosaved
from lms.api import ContentError, Form, Refused, activity_types, commit, db, draft_activities, gettext, requires, rows, wants_json

HOME = "/studio/<module_key>"
AT = "/studio/<module_key>/<activity_key>"


# -- modules -----------------------------------------------------------------------------------------------------------------------


@plugin.get("/studio")
@requires(WRITE, on="self")
def studio() -> str:
    """List the modules that one may write: their state, and which cohorts learn from which revision."""
    modules = queries.modules_of(current_user)
    uses = queries.uses_of(module.id for module in modules)
    by_module = {module.id: [use for use in uses if use.module_id == module.id] for module in modules}
    return render_template("courses/studio.html", modules=modules, uses=by_module, waiting=waiting_for(current_user))


@plugin.route("/studio/new", methods=["GET", "POST"])
@requires(CREATE, on="self")
def studio_new() -> ResponseReturnValue:
    """Begin a module."""
    form = ModuleForm()
    if form.submitted():
        try:
            module = services.create_module(actor=current_user, values=form.data)
        except Refused as refusal:
            add_error(form.key, str(refusal))
        else:
            commit()
            flash(gettext("Your module is begun. Add its first activity."), "done")
            return redirect(f"/studio/{module.key}")
    return render_template("courses/studio_new.html", form=form), 422 if form.errors else 200


@plugin.route("/studio/import", methods=["GET", "POST"])
@requires(WRITE, on="self")
def studio_import() -> ResponseReturnValue:
    """Bring in a module as a zip of its folder, or read a document as a first draft; every problem is listed, and nothing is changed then."""
    form = ImportForm()
    problems: list[ContentError] = []
    if form.submitted():
        if form.zip.data:
            place, problems = _brought(form)
            if place:
                commit()
                return redirect(place)
        else:
            add_error(form.zip, gettext("Choose a file."))
    return render_template("courses/studio_import.html", form=form, problems=problems), 422 if form.errors or problems else 200


def _brought(form: ImportForm) -> tuple[str, list[ContentError]]:
    """Return (the page that shows what came in, what is wrong)."""
    stream, name = form.zip.data.stream, form.zip.data.filename or ""
    if packages.kind_of(stream) or name.lower().endswith((".docx", ".pptx")):
        try:
            return f"/studio/import/{bringing.read_document(actor=current_user, data=stream.read(), name=name).id}", []
        except ContentError as error:
            return "", [error]
    done, problems = exchange.import_zip(actor=current_user, file=stream, replace=form.replace.data, note=form.note.data or "")
    if done is None:
        return "", problems
    flash(gettext("Brought in and published as revision %(number)s.", number=done[1].number), "done")
    return f"/studio/{done[0].key}", []


@plugin.get(HOME)
@requires(WRITE, on="module")
def studio_module(module_key: str) -> str:
    """Show the outline of a draft, what to look at before publishing, and what is published."""
    activities = draft_activities(g.module.id)
    revisions, together = queries.revisions_of(g.module.id), dict[str, Any]()
    hints, now = hints_of(g.module, activities, together), side_of_draft(g.module, activities, together)
    return render_template(
        "courses/studio_module.html",
        module=g.module,
        lines=activities,
        deleted=queries.deleted_of(g.module.id),
        kinds=activity_types(),
        hints=hints,
        changes=_changes(now),
        review=review_state(g.module, now),
        revisions=revisions,
        uses=[use for revision in revisions for use in revision.uses],
        plan=plan_line(g.module.id),
        ties=ties_of(g.module.id),
        pages=[page for kind in activity_types().values() for page in kind.module_pages],
        minutes=sum(activity.minutes for activity in activities if activity.required and not activity.hidden),
    )


def _changes(now: Side) -> Changes | None:
    """Return what differs from the newest revision, or None while there is none."""
    newest = queries.newest_of(g.module.id)
    return changes_since(side_of_revision(g.module, *newest), now) if newest else None


@plugin.get(f"{HOME}/about")
@requires(WRITE, on="module")
def studio_about(module_key: str) -> ResponseReturnValue:
    """Show what a module says about itself and its sections, as it is saved or as one has left it unfinished."""
    unfinished = history.unfinished_of(g.module.id, ABOUT, current_user.id)
    if unfinished is None:
        return _about_page(AboutForm(formdata=None, data=about_data(g.module)), set(), 200)
    typed = AboutSheet(current_user, g.module).fill(state_of(unfinished.data["fields"]))
    typed.validate()
    return _about_page(typed.form, typed.fresh, 200, mark=unfinished.mark, kept=unfinished.saved_at, filled=True)


@plugin.post(f"{HOME}/about")
@requires(WRITE, on="module")
def studio_about_save(module_key: str) -> ResponseReturnValue:
    """Change what a module says about itself, and its sections. A script sends what differs, as JSON."""
    services.lock(module=g.module)
    sheet = AboutSheet(current_user, g.module)
    if request.is_json:
        return autosaved(sheet)
    fields = rows.posted()
    base = fields.get("mark", "")
    if rows.operation(fields):
        return _about_page(*rows.bind(AboutForm, fields), 200, mark=base, filled=True)
    outcome = saving.save(sheet=sheet, base=base, edits=whole_form(fields))
    commit()
    if not outcome.saved:
        mark, status = (outcome.mark, 409) if outcome.clashes else (base, 422)
        return _about_page(outcome.typed.forms[0], set(), status, mark=mark, theirs=_pairs(outcome), filled=True)
    flash(gettext("Saved. Learners see it after the next publishing."), "done")
    return redirect(f"/studio/{module_key}")


def _pairs(outcome: saving.Outcome) -> list[tuple[str, str]]:
    """Return (label, text) of what somebody else has saved and differs; a text that was removed is a dash."""
    return [(clash.label, clash.theirs or "–") for clash in outcome.clashes]


def _about_page(form: Form, fresh: set[str], status: int, **told: Any) -> ResponseReturnValue:
    rows.pad(form)
    told = {"mark": services.mark_of_about(g.module), "theirs": [], "kept": None, "filled": False} | told
    others = presence.others(current_user, g.module.id, ABOUT)
    return render_template("courses/studio_about.html", module=g.module, form=form, fresh=fresh, others=others, **told), status


@plugin.get(f"{HOME}/export.zip")
@requires(WRITE, on="module")
def studio_export(module_key: str) -> AnyResponse:
    """Download the draft as a zip of its folder of text."""
    response = Response(exchange.zip_of(g.module), mimetype="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="{g.module.key}.zip"'
    return response


# -- pictures ----------------------------------------------------------------------------------------------------------------------


@plugin.route(f"{HOME}/pictures", methods=["GET", "POST"])
@requires(WRITE, on="module")
def studio_pictures(module_key: str) -> ResponseReturnValue:
    """List a module's pictures with the words to paste into a text; add one."""
    form = PictureForm()
    if form.submitted():
        file = form.picture.data
        try:
            if not file:
                raise ContentError(gettext("Choose a file."))
            name = services.add_picture(actor=current_user, module=g.module, data=file.read(), name=form.name.data or file.filename or "")
        except ContentError as error:
            db.session.rollback()
            add_error(form.picture, error.message)
        else:
            commit()
            flash(gettext("The picture is here. Copy its line into a text: “%(name)s”.", name=name), "done")
            return redirect(f"/studio/{module_key}/pictures#pictures")
    shown: dict[str, list[str]] = {}
    for activity in draft_activities(g.module.id):
        for _words, name in pictures_in(activity.settings):
            shown.setdefault(name, []).append(activity.title)
    return render_template("courses/studio_pictures.html", module=g.module, form=form, shown=shown), 422 if form.errors else 200


@plugin.post(f"{HOME}/pictures/remove")
@requires(WRITE, on="module")
def studio_picture_remove(module_key: str) -> AnyResponse:
    """Take a picture out of the draft."""
    services.remove_picture(actor=current_user, module=g.module, name=rows.posted().get("name", ""))
    commit()
    flash(gettext("The picture is taken out. Revisions that show it keep it."), "done")
    return redirect(f"/studio/{module_key}/pictures")


# -- activities --------------------------------------------------------------------------------------------------------------------


@plugin.route(f"{HOME}/add", methods=["GET", "POST"])
@requires(WRITE, on="module")
def studio_add(module_key: str) -> ResponseReturnValue:
    """Choose a type and a title for a new activity."""
    form = AddForm().offer(g.module)
    if form.submitted():
        try:
            activity = services.add_activity(actor=current_user, module=g.module, values=form.data)
        except Refused as refusal:
            add_error(form.key, str(refusal))
        else:
            commit()
            flash(gettext("“%(title)s” is added. Write it now, or later.", title=activity.title), "done")
            return redirect(f"/studio/{module_key}/{activity.key}")
    elif not form.errors:
        form.section.data = request.args.get("section", form.section.data)
    return render_template("courses/studio_add.html", module=g.module, form=form, kinds=activity_types()), 422 if form.errors else 200


@plugin.get(AT)
@requires(WRITE, on="module")
def studio_activity(module_key: str, activity_key: str) -> ResponseReturnValue:
    """Show the editor of an activity as it is saved, or as one has left it unfinished."""
    activity = queries.activity_of(g.module.id, activity_key)
    unfinished = history.unfinished_of(g.module.id, activity_key, current_user.id)
    if unfinished is None:
        return _editor_page(open_saved(current_user, g.module, activity), 200)
    editor = open_posted(current_user, g.module, activity, posted_of(state_of(unfinished.data["fields"])))
    editor.validate()
    editor.mark, editor.kept = unfinished.mark, unfinished.saved_at
    return _editor_page(editor, 200)


@plugin.post(AT)
@requires(WRITE, on="module")
def studio_save(module_key: str, activity_key: str) -> ResponseReturnValue:
    """Save an activity, or do a row operation; whatever is in the way, everything typed comes back. A script sends what differs, as JSON."""
    services.lock(module=g.module)
    sheet = ActivitySheet(current_user, g.module, queries.activity_of(g.module.id, activity_key))
    if request.is_json:
        return autosaved(sheet)
    fields = rows.posted()
    if rows.operation(fields) or "every" in fields:
        return _editor_page(open_posted(current_user, g.module, sheet.activity, fields), 200)
    base = fields.get("mark", "")
    outcome = saving.save(sheet=sheet, base=base, edits=whole_form(fields))
    commit()
    if not outcome.saved:
        editor = cast("Editor", outcome.typed)
        editor.mark, editor.theirs = outcome.mark if outcome.clashes else base, _pairs(outcome)
        return _editor_page(editor, 409 if outcome.clashes else 422)
    flash(gettext("Saved. Learners see it after the next publishing.") if outcome.changed else gettext("Nothing had changed."), "done")
    return redirect(sheet.url)


@plugin.post(f"{AT}/preview")
@requires(WRITE, on="module")
def studio_preview(module_key: str, activity_key: str) -> ResponseReturnValue:
    """Show the activity as learners will see it, from what was typed; nothing is saved. A script gets the page, a browser the editor with it."""
    editor = open_posted(current_user, g.module, queries.activity_of(g.module.id, activity_key), rows.posted())
    problems = editor.draw()
    if wants_json():
        return jsonify(page=editor.preview, problems=problems)
    return _editor_page(editor, 422 if problems else 200)


def _editor_page(editor: Editor, status: int) -> ResponseReturnValue:
    rows.pad(editor.settings)
    editor.kind.present(editor.settings, editor.place)
    editor.others = presence.others(current_user, editor.module.id, editor.activity.key)
    told = comments_of(editor.module.id, key=editor.activity.key)
    return render_template("courses/studio_activity.html", editor=editor, module=editor.module, activity=editor.activity, told=told), status
