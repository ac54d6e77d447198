"""People, as administrators see them: who they are and how they sign in; never what they learn or write."""

from __future__ import annotations

import uuid

from flask import flash, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response

from lms.db import commit, paginate
from lms.i18n import gettext as _
from lms.people import queries, services
from lms.people.admin_base import PER_PAGE, room, today
from lms.people.forms import PersonForm
from lms.people.models import User
from lms.people.permissions import MANAGE_PEOPLE, requires
from lms.people.roles import ROLE_TITLES, Role
from lms.web.paging import page_number


@room.get("/admin/people")
@requires(MANAGE_PEOPLE)
def people() -> str:
    """Find people by name, e-mail or NIP, unit and role."""
    words = {name: request.args.get(name, "") for name in ("q", "unit", "role")}
    tree = queries.unit_tree()
    path = next((row.path for row in tree if str(row.id) == words["unit"]), "")
    role = Role(words["role"]) if words["role"] in ROLE_TITLES else None
    page = paginate(queries.people(words["q"], path, role, today=today()), page_number(), PER_PAGE)
    held = queries.roles_held([user.id for user, _unit in page.items], today())
    return render_template("people/admin_people.html", page=page, held=held, tree=tree, words=words, titles=ROLE_TITLES)


@room.route("/admin/people/new", methods=["GET", "POST"])
@requires(MANAGE_PEOPLE)
def new_person() -> ResponseReturnValue:
    """Add a person."""
    form = PersonForm(units=queries.unit_choices(queries.unit_tree(), today()))
    if form.submitted():
        try:
            user = services.add_person(actor=current_user, values=form.values)
        except services.Taken as taken:
            form[taken.field].errors = [str(taken)]
        else:
            commit()
            _say(form, _("The account is made. Make a one-time password for it, so that its owner can sign in."))
            return redirect(f"/admin/people/{user.id}")
    return render_template("people/admin_new_person.html", form=form), 422 if form.errors else 200


@room.route("/admin/people/<uuid:user_id>", methods=["GET", "POST"])
@requires(MANAGE_PEOPLE)
def person(user_id: uuid.UUID) -> ResponseReturnValue:
    """Show a person and change what is kept about them."""
    user = queries.person(user_id)
    form = _form_of(user)
    if form.submitted():
        try:
            services.change_person(actor=current_user, user=user, values=form.values)
        except services.Taken as taken:
            form[taken.field].errors = [str(taken)]
        else:
            commit()
            _say(form, _("Saved."))
            return redirect(f"/admin/people/{user.id}")
    return _page(user, form), 422 if form.errors else 200


def _form_of(user: User) -> PersonForm:
    return PersonForm(user=user, units=queries.unit_choices(queries.unit_tree(), today(), user.unit_id))


def _say(form: PersonForm, done: str) -> None:
    """Tell that it is done, and what is doubtful about the number; no digit of it, because flashes travel in a cookie."""
    flash(done, "done")
    for warning in form.warnings:
        flash(warning, "careful")


def _page(user: User, form: PersonForm, password: str = "") -> str:
    return render_template(
        "people/admin_person.html",
        user=user,
        form=form,
        password=password,
        grants=queries.grants_of(user.id),
        lines=queries.reporting_lines(user.id),
        devices=queries.open_sessions(user.id),
        titles=ROLE_TITLES,
        today=today(),
    )


@room.post("/admin/people/<uuid:user_id>/password")
@requires(MANAGE_PEOPLE)
def password(user_id: uuid.UUID) -> Response:
    """Make a one-time password and show it on this very page, which nobody keeps."""
    user = queries.person(user_id)
    issued = services.issue_password(actor=current_user, user=user)
    commit()
    form = PersonForm(user=user, units=queries.unit_choices(queries.unit_tree(), today(), user.unit_id), formdata=None)
    response = make_response(_page(user, form, issued))
    response.headers["Cache-Control"] = "no-store"
    return response


@room.post("/admin/people/<uuid:user_id>/active")
@requires(MANAGE_PEOPLE)
def active(user_id: uuid.UUID) -> Response:
    """Open or close an account."""
    user = queries.person(user_id)
    services.set_active(actor=current_user, user=user, active=request.form.get("active") == "yes")
    commit()
    flash(_("The account is open again.") if user.is_active else _("The account is closed, and signed out everywhere."), "done")
    return redirect(f"/admin/people/{user.id}")


@room.post("/admin/people/<uuid:user_id>/sessions/end")
@requires(MANAGE_PEOPLE)
def sign_out(user_id: uuid.UUID) -> Response:
    """Sign a person out on every device."""
    user = queries.person(user_id)
    services.sign_out_everywhere(actor=current_user, user=user)
    commit()
    flash(_("This person is signed out on every device."), "done")
    return redirect(f"/admin/people/{user.id}")
