"""Pages of templates and snippets."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from courses.base import WRITE, plugin
from courses.starters import services
from courses.starters.forms import BeginForm, TemplateForm
from courses.studio import queries
from courses.studio.forms import add_error
from lms.api import ContentError, Refused, activity_types, commit, db, gettext, requires

HOME = "/studio/<module_key>"


@plugin.route(f"{HOME}/templates", methods=["GET", "POST"])
@requires(WRITE, on="module")
def studio_templates(module_key: str) -> ResponseReturnValue:
    """Choose a template, a title and a section for a new activity."""
    starters = services.offered_to(current_user)
    form = BeginForm().offer(g.module, starters)
    if form.submitted():
        try:
            made = services.begin(
                actor=current_user, module=g.module, key=form.template.data, title=form.title.data, section=form.section.data
            )
        except (ContentError, Refused) as error:
            db.session.rollback()
            add_error(form.template, str(error))
        else:
            commit()
            flash(gettext("“%(title)s” is added. Put your own examples in place of those of the template.", title=made.title), "done")
            return redirect(f"/studio/{module_key}/{made.key}")
    elif not form.errors:
        form.section.data = request.args.get("section", form.section.data)
    page = render_template("courses/studio_templates.html", module=g.module, form=form, starters=starters, kinds=activity_types())
    return page, 422 if form.errors else 200


@plugin.route(f"{HOME}/<activity_key>/template", methods=["GET", "POST"])
@requires(WRITE, on="module")
def studio_template(module_key: str, activity_key: str) -> ResponseReturnValue:
    """Keep an activity as a template for oneself, or for one's unit."""
    activity = queries.activity_of(g.module.id, activity_key)
    form = TemplateForm()
    if form.submitted():
        try:
            row = services.save(
                actor=current_user, module=g.module, activity=activity, title=form.title.data, shared=bool(form.shared.data)
            )
        except Refused as refusal:
            add_error(form.shared, str(refusal))
        else:
            commit()
            flash(gettext("“%(title)s” is a template now. You find it where you add an activity.", title=row.title), "done")
            return redirect(f"/studio/{module_key}/{activity_key}")
    elif not form.errors:
        form.title.data = activity.title
    return render_template("courses/studio_template.html", module=g.module, activity=activity, form=form), 422 if form.errors else 200


@plugin.post("/studio/templates/<int:starter_id>/delete")
@requires(WRITE, on="self")
def studio_template_delete(starter_id: int) -> AnyResponse:
    """Delete a template of one's own; activities that began with it stay."""
    title = services.delete(actor=current_user, number=starter_id)
    commit()
    flash(gettext("The template “%(title)s” is deleted. Activities that began with it stay.", title=title), "done")
    return redirect("/studio")


@plugin.get("/studio/snippets")
@requires(WRITE, on="self")
def studio_snippets() -> str:
    """List the snippets, to be copied; the editor's menu takes them from here."""
    return render_template("courses/studio_snippets.html", snippets=services.snippets())


@plugin.personal_data
def export_templates(user_id: uuid.UUID) -> list[dict[str, Any]]:
    """Return the templates that a person has made."""
    return [
        {"kind": "template", "title": row.title, "type": row.type, "shared": row.unit_id is not None, "content": row.data}
        for row in services.of_person(user_id)
    ]
