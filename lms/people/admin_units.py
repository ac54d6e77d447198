"""The tree of units: agencies, their parts, the names by which spreadsheets know them."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response

from lms.db import commit
from lms.forms import Form, choices
from lms.i18n import gettext as _
from lms.people import queries, services
from lms.people.admin_base import room, today
from lms.people.forms import AliasForm, CloseForm, MoveForm, UnitForm
from lms.people.models import Unit
from lms.people.permissions import MANAGE_PEOPLE, requires
from lms.web.paging import page_number

PER_PAGE = 100


@room.route("/admin/units", methods=["GET", "POST"])
@requires(MANAGE_PEOPLE)
def units() -> ResponseReturnValue:
    """Show the tree, find units by any of their names, add one at the top."""
    form = UnitForm()
    if form.submitted():
        try:
            made = services.create_unit(actor_id=current_user.id, name=form.name.data or "", short_name=form.short_name.data or "")
        except services.Taken as taken:
            form[taken.field].errors = [str(taken)]
        else:
            commit()
            flash(_("The unit is added."), "done")
            return redirect(f"/admin/units/{made.id}")
    text = request.args.get("q", "").strip()
    tree = queries.unit_tree(count=True)
    found = queries.units_found(text) if text else None
    page = queries.slice_of([row for row in tree if found is None or row.id in found], page_number(), PER_PAGE)
    aliases = queries.aliases_of(page.items)
    names = {row.id: row.name for row in tree}
    return render_template(
        "people/admin_units.html", page=page, names=names, aliases=aliases, q=text, form=form, today=today()
    ), 422 if form.errors else 200


@room.route("/admin/units/<int:unit_id>", methods=["GET", "POST"])
@requires(MANAGE_PEOPLE)
def unit(unit_id: int) -> ResponseReturnValue:
    """Show one unit and change its names."""
    found = queries.unit(unit_id)
    form = UnitForm(obj=found)
    if form.submitted():
        try:
            services.rename_unit(actor=current_user, unit=found, name=form.name.data or "", short_name=form.short_name.data or "")
        except services.Taken as taken:
            form[taken.field].errors = [str(taken)]
        else:
            return _done(found, _("The names are saved. Imports go on knowing the old ones."))
    return _page(found, names=form)


@room.post("/admin/units/<int:unit_id>/below")
@requires(MANAGE_PEOPLE)
def add_below(unit_id: int) -> ResponseReturnValue:
    """Add a unit below this one."""
    parent = queries.unit(unit_id)
    form = UnitForm(prefix="below-")
    if form.submitted():
        try:
            services.create_unit(actor_id=current_user.id, name=form.name.data or "", short_name=form.short_name.data or "", parent=parent)
        except services.Taken as taken:
            form[taken.field].errors = [str(taken)]
        else:
            return _done(parent, _("The unit is added."))
    return _page(parent, below=form)


@room.post("/admin/units/<int:unit_id>/aliases")
@requires(MANAGE_PEOPLE)
def add_alias(unit_id: int) -> ResponseReturnValue:
    """Remember another name of the unit."""
    found = queries.unit(unit_id)
    form = AliasForm()
    if form.submitted():
        try:
            services.add_alias(actor=current_user, unit=found, alias=form.alias.data or "")
        except services.Taken as taken:
            form[taken.field].errors = [str(taken)]
        else:
            return _done(found, _("Imports know this name from now on."))
    return _page(found, alias=form)


@room.post("/admin/units/<int:unit_id>/aliases/remove")
@requires(MANAGE_PEOPLE)
def remove_alias(unit_id: int) -> Response:
    """Forget another name of the unit."""
    found = queries.unit(unit_id)
    services.remove_alias(actor=current_user, unit=found, alias=request.form.get("alias", ""))
    return _done(found, _("Imports do not know this name any more."))


@room.post("/admin/units/<int:unit_id>/move")
@requires(MANAGE_PEOPLE)
def move(unit_id: int) -> ResponseReturnValue:
    """Put the unit, with everything below it, somewhere else in the tree."""
    found = queries.unit(unit_id)
    form = _move_form(found, queries.unit_tree())
    if form.submitted():
        parent = queries.unit(form.parent_id.data) if form.parent_id.data else None
        try:
            services.move_unit(actor=current_user, unit=found, parent=parent)
        except services.Taken as taken:
            form.parent_id.errors = [str(taken)]
        else:
            return _done(found, _("The unit is moved, with everything below it."))
    return _page(found, move=form)


@room.post("/admin/units/<int:unit_id>/close")
@requires(MANAGE_PEOPLE)
def close(unit_id: int) -> ResponseReturnValue:
    """Let the unit end on a day, or open it again."""
    found = queries.unit(unit_id)
    form = CloseForm()
    if form.submitted():
        services.close_unit(actor=current_user, unit=found, last_day=form.valid_to.data)
        return _done(found, _("The last day is noted, for the units below too.") if form.valid_to.data else _("The unit is open."))
    return _page(found, close=form)


def _done(found: Unit, said: str) -> Response:
    commit()
    flash(said, "done")
    return redirect(f"/admin/units/{found.id}")


def _move_form(found: Unit, tree: list[queries.UnitRow], **bound: Any) -> MoveForm:
    """Return the form with every place that is not the unit itself or below it."""
    form = MoveForm(obj=found, **bound)
    elsewhere = [row for row in tree if not row.path.startswith(found.path)]
    form.parent_id.choices = choices((0, _("At the top, below nothing")), *queries.unit_choices(elsewhere, today(), found.parent_id))
    return form


def _page(found: Unit, **forms: Form) -> ResponseReturnValue:
    """Show the unit with all its small forms; the one that was posted keeps what was typed."""
    tree = queries.unit_tree(count=True)
    every = {
        "names": UnitForm(formdata=None, obj=found),
        "below": UnitForm(formdata=None, prefix="below-"),
        "alias": AliasForm(formdata=None),
        "move": _move_form(found, tree, formdata=None),
        "close": CloseForm(formdata=None, obj=found),
    } | forms
    return render_template(
        "people/admin_unit.html",
        unit=found,
        forms=every,
        inside=[row for row in tree if row.path.startswith(found.path)],
        above=[row for row in tree if found.path.startswith(row.path) and row.id != found.id],
        aliases=queries.aliases_of([found]).get(found.id, []),
        today=today(),
    ), 422 if any(form.errors for form in forms.values()) else 200
