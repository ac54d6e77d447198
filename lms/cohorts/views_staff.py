"""Who helps in a cohort: instructors, supervisors, organizers of this cohort alone."""

from __future__ import annotations

from flask import flash, g, redirect
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response

from lms.cohorts import pages, queries, services
from lms.cohorts.base import cohort_page, head_of, room
from lms.cohorts.forms import StaffForm, role_title
from lms.db import commit, db
from lms.errors import NotFound, Refused
from lms.forms import choices
from lms.i18n import gettext as _
from lms.people.models import Unit, User
from lms.people.permissions import MANAGE_COHORTS, requires
from lms.people.roles import Role


@room.route("/cohorts/<int:cohort_id>/staff", methods=["GET", "POST"])
@requires(MANAGE_COHORTS, on="cohort")
def staff(cohort_id: int) -> ResponseReturnValue:
    """Give somebody a role on the cohort. Where several people fit what was typed, ask who is meant."""
    head = head_of(g.cohort)
    form = StaffForm(valid_from=head.today)
    if form.submitted():
        found = db.session.execute(queries.people_like((form.who.data or "").strip())).all()
        chosen = _choose(form, [(user, unit) for user, unit in found])
        try:
            if chosen:
                services.give_role(
                    actor=current_user,
                    cohort=g.cohort,
                    user_id=chosen.id,
                    role=Role(form.role.data),
                    valid_from=form.valid_from.data,
                    valid_to=form.valid_to.data,
                )
                commit()
                flash(_("%(name)s: %(role)s.", name=chosen.name, role=role_title(Role(form.role.data))), "done")
                return redirect(f"/cohorts/{cohort_id}/staff")
        except Refused as reason:
            form.role.errors = [str(reason)]
            db.session.rollback()
    known = pages.staff_by_role(g.cohort, head.today)
    return cohort_page("staff", head=head, form=form, staff=known, role_title=role_title), 422 if form.errors else 200


def _choose(form: StaffForm, found: list[tuple[User, Unit | None]]) -> User | None:
    """Return who is meant; leave a question or an error in the form when that is not clear."""
    typed = (form.who.data or "").strip().lower()
    exact = [user for user, _unit in found if typed in {user.email, user.name.lower()}]
    ticked = [user for user, _unit in found if user.id == form.user_id.data]
    if not found:
        form.who.errors = [_("Nobody with this name or address has an account. Ask an administrator to add the person.")]
    elif ticked:
        return ticked[0]
    elif len(found) == 1 or len(exact) == 1:
        return (exact or [found[0][0]])[0]
    else:
        form.user_id.choices = choices(*((str(user.id), _line(user, unit)) for user, unit in found))
        form.user_id.errors = [_("Several people fit. Choose one.")]
    return None


def _line(user: User, unit: Unit | None) -> str:
    return " · ".join(part for part in (user.full_name, unit.name if unit else user.institution, user.email or "") if part)


@room.post("/cohorts/<int:cohort_id>/staff/<int:grant_id>/end")
@requires(MANAGE_COHORTS, on="cohort")
def end_role(cohort_id: int, grant_id: int) -> Response:
    """End somebody's role on the cohort."""
    grant = db.session.scalar(queries.grant_of(cohort_id, grant_id))
    if grant is None:
        raise NotFound("no such role on the cohort")
    services.end_role(actor=current_user, cohort=g.cohort, grant=grant)
    commit()
    flash(_("The role is ended."), "done")
    return redirect("/cohorts" if grant.user_id == current_user.id else f"/cohorts/{cohort_id}/staff")
