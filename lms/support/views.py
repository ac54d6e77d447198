"""The public page of support services, which leaves no trace, and the pages where its list is kept."""

from __future__ import annotations

from flask import Blueprint, Response, flash, make_response, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response as Redirect

from lms import i18n
from lms.db import commit
from lms.i18n import gettext as _
from lms.people.permissions import EDIT_SUPPORT, requires, traceless
from lms.support import services
from lms.support.forms import ServiceForm

room = Blueprint("support", __name__, template_folder="templates")

# An hour fresh; for a week longer it is shown while a new one is fetched, and when there is no signal.
KEEP = "public, max-age=3600, stale-while-revalidate=604800, stale-if-error=604800"


@room.get("/support")
@room.get("/support/<any(id, en):code>")
@traceless
def page(code: str = "") -> Response:
    """Show whom one can call: the same bytes for everybody, whoever they are and whatever their browser says."""
    if code:
        i18n.use(code)
    response = make_response(render_template("support/page.html", services=services.shown()))
    response.headers["Cache-Control"] = KEEP
    return response


@room.get("/admin/support")
@requires(EDIT_SUPPORT)
def listed() -> str:
    """Show the list for those who keep it."""
    return render_template("support/admin_list.html", services=services.shown(), own=bool(services.own()))


@room.post("/admin/support")
@requires(EDIT_SUPPORT)
def begin() -> Redirect:
    """Make the list in the box the site's own."""
    services.begin(actor=current_user)
    commit()
    return redirect("/admin/support")


@room.route("/admin/support/new", methods=["GET", "POST"])
@requires(EDIT_SUPPORT)
def add() -> ResponseReturnValue:
    """Add a service."""
    form = ServiceForm()
    if form.submitted():
        services.save(actor=current_user, service=None, values=form.data)
        commit()
        flash(_("Saved. Everybody sees it now."), "done")
        return redirect("/admin/support")
    return render_template("support/admin_service.html", form=form, service=None), 422 if form.errors else 200


@room.route("/admin/support/<int:service_id>", methods=["GET", "POST"])
@requires(EDIT_SUPPORT)
def change(service_id: int) -> ResponseReturnValue:
    """Change a service."""
    service = services.service(service_id)
    form = ServiceForm(obj=service)
    if form.submitted():
        services.save(actor=current_user, service=service, values=form.data)
        commit()
        flash(_("Saved. Everybody sees it now."), "done")
        return redirect("/admin/support")
    return render_template("support/admin_service.html", form=form, service=service), 422 if form.errors else 200


@room.post("/admin/support/<int:service_id>/delete")
@requires(EDIT_SUPPORT)
def delete(service_id: int) -> Redirect:
    """Remove a service."""
    services.remove(actor=current_user, service=services.service(service_id))
    commit()
    flash(_("Removed from the list."), "done")
    return redirect("/admin/support")
