"""Pages of standing in for a supervisor: give, see, end; and what administrators see of it."""

from __future__ import annotations

from flask import flash, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response

from lms.db import commit
from lms.errors import Refused
from lms.i18n import gettext as _
from lms.people.permissions import MANAGE_PEOPLE, SUPERVISE, requires
from lms.supervision import delegations, services
from lms.supervision.base import own_day, room
from lms.supervision.forms import DelegationForm
from lms.supervision.models import Capacity
from lms.supervision.scopes import find_scope

CAPACITIES = {Capacity.ACTING: "Plt.", Capacity.DAILY: "Plh.", Capacity.COLLEAGUE: ""}


@room.route("/team/delegations", methods=["GET", "POST"])
@requires(SUPERVISE, on="self")
def delegate() -> ResponseReturnValue:
    """Let a colleague see one of my scopes for some days; list what is delegated by me and to me."""
    today = own_day()
    lines = services.overview(actor=current_user, today=today)
    form = DelegationForm.of_scopes(lines, today)
    if form.submitted() and _delegated(form):
        flash(_("Delegated. Your colleague has been told."), "done")
        return redirect("/team/delegations")
    rows = delegations.known_to(current_user, today)
    titles = services.delegated_titles(rows)
    page = render_template("supervision/delegations.html", form=form, rows=rows, titles=titles, words=CAPACITIES)
    return page, 422 if form.errors else 200


def _delegated(form: DelegationForm) -> bool:
    """Delegate what the form says and commit; what speaks against it stands at its field."""
    scope = find_scope(current_user, form.scope.data, own_day())
    values = {"capacity": Capacity(form.capacity.data), "valid_from": form.valid_from.data, "valid_to": form.valid_to.data}
    try:
        delegations.delegate(actor=current_user, scope=scope, email=form.email.data, today=own_day(), **values)
    except delegations.WrongColleague as reason:
        form.email.errors = [str(reason)]
        return False
    except Refused as reason:
        form.valid_to.errors = [str(reason)]
        return False
    commit()
    return True


@room.post("/team/delegations/<int:delegation_id>/end")
@requires(SUPERVISE, on="self")
def end_delegation(delegation_id: int) -> Response:
    """End a delegation that I gave or received."""
    delegations.end(actor=current_user, delegation_id=delegation_id)
    commit()
    flash(_("Ended. It holds no more from now on."), "done")
    return redirect("/team/delegations")


@room.get("/admin/delegations")
@requires(MANAGE_PEOPLE)
def all_delegations() -> str:
    """List who stands in for whom, latest first, for administrators."""
    rows = delegations.latest()
    titles = services.delegated_titles(rows)
    return render_template("supervision/admin_delegations.html", rows=rows, titles=titles, words=CAPACITIES, today=own_day())
