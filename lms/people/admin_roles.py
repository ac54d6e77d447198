"""Roles and line managers: who may do what where, since when and until when."""

from __future__ import annotations

import uuid

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response

from lms.db import commit
from lms.i18n import gettext as _
from lms.people import queries, services
from lms.people.admin_base import room, today
from lms.people.forms import ManagerForm, RoleForm
from lms.people.permissions import MANAGE_PEOPLE, requires
from lms.people.roles import ROLE_TITLES, SCOPES, ScopeKind
from lms.people.words import PLACES, ROLE_SENTENCES


@room.route("/admin/people/<uuid:user_id>/roles/new", methods=["GET", "POST"])
@requires(MANAGE_PEOPLE)
def give_role(user_id: uuid.UUID) -> ResponseReturnValue:
    """Give a person a role: choose it, find the place where it holds, say from when to when."""
    user = queries.person(user_id)
    form = RoleForm(request.values, data={"valid_from": today()})
    if form.submitted() and form.chosen:
        role, kind = form.chosen
        services.grant_role(
            actor_id=current_user.id,
            user_id=user.id,
            role=role,
            kind=kind,
            scope_id=0 if kind is ScopeKind.SITE else form.scope_id.data,
            valid_from=form.valid_from.data,
            valid_to=form.valid_to.data,
        )
        commit()
        flash(_("The role is given."), "done")
        return redirect(f"/admin/people/{user.id}#roles")
    found = queries.places_found(form.chosen[1], form.q.data or "") if form.chosen else []
    words = {"titles": ROLE_TITLES, "sentences": ROLE_SENTENCES, "places": PLACES, "scopes": SCOPES}
    return render_template("people/admin_role.html", user=user, form=form, found=found, **words), 422 if form.errors else 200


@room.post("/admin/people/<uuid:user_id>/roles/<int:grant_id>/end")
@requires(MANAGE_PEOPLE)
def take_role(user_id: uuid.UUID, grant_id: int) -> Response:
    """Take a role away."""
    services.revoke_role(actor=current_user, grant=queries.grant(user_id, grant_id))
    commit()
    flash(_("The role is taken away."), "done")
    return redirect(f"/admin/people/{user_id}#roles")


@room.route("/admin/people/<uuid:user_id>/manager", methods=["GET", "POST"])
@requires(MANAGE_PEOPLE)
def manager(user_id: uuid.UUID) -> ResponseReturnValue:
    """Say who is a person's line manager, since when."""
    user = queries.person(user_id)
    form = ManagerForm(request.values, data={"since": today()})
    if form.submitted():
        services.report_to(actor_id=current_user.id, user_id=user.id, supervisor_id=form.supervisor_id.data, since=form.since.data)
        commit()
        flash(_("The line manager is noted."), "done")
        return redirect(f"/admin/people/{user.id}#manager")
    found = queries.people_found(form.q.data or "", but=user.id)
    return render_template("people/admin_manager.html", user=user, form=form, found=found), 422 if form.errors else 200


@room.post("/admin/people/<uuid:user_id>/manager/end")
@requires(MANAGE_PEOPLE)
def no_manager(user_id: uuid.UUID) -> Response:
    """Note that nobody is a person's line manager from today on."""
    user = queries.person(user_id)
    services.report_to(actor_id=current_user.id, user_id=user.id, supervisor_id=None, since=today())
    commit()
    flash(_("From today on nobody is noted as line manager."), "done")
    return redirect(f"/admin/people/{user.id}#manager")
