"""Minutes of the meetings that decided, to write and to print."""

from __future__ import annotations

from flask import Response, flash, g, redirect
from flask.typing import ResponseReturnValue
from flask_login import current_user

from lms.cohorts import queries as cohorts
from lms.cohorts.base import head_of
from lms.cohorts.forms import role_title
from lms.db import commit, db
from lms.decisions import minutes, queries
from lms.decisions.base import decisions_page, room
from lms.decisions.forms import MinutesForm
from lms.errors import Refused
from lms.export import as_file
from lms.i18n import gettext as _
from lms.learning.models import Cohort
from lms.learning.words import cohort_title
from lms.people.permissions import MANAGE_COHORTS, requires
from lms.people.roles import Role

MINUTES = "/cohorts/<int:cohort_id>/minutes"


def _attendees(cohort: Cohort) -> str:
    """Return who is usually there, as the form takes it: the actor, and who teaches and examines in the cohort."""
    lines = [f"{current_user.name}, {role_title(Role.ORGANIZER)}"]
    for grant, user in db.session.execute(cohorts.staff_of(cohort.id)):
        line = f"{user.full_name}, {role_title(grant.role)}"
        if grant.role is not Role.SUPERVISOR and line not in lines:
            lines.append(line)
    return "\n".join(lines)


@room.route(MINUTES, methods=["GET", "POST"])
@requires(MANAGE_COHORTS, on="cohort")
def minutes_list(cohort_id: int) -> ResponseReturnValue:
    """List the minutes of a cohort, and write new ones."""
    head = head_of(g.cohort)
    kept = db.session.execute(queries.minutes_of(cohort_id)).all()
    form = MinutesForm(held_on=head.today, attendees=_attendees(g.cohort), whom="new" if kept else "all")
    if form.submitted():
        try:
            minutes.write_minutes(actor=current_user, cohort=g.cohort, unit_name=head.unit_name, form=form)
        except Refused as reason:
            form.whom.errors = [str(reason)]
            db.session.rollback()
        else:
            commit()
            flash(_("The minutes are kept. Print them, then let everybody sign."), "done")
            return redirect(f"/cohorts/{cohort_id}/minutes")
    return decisions_page("minutes", head=head, form=form, kept=kept), 422 if form.errors else 200


@room.get(f"{MINUTES}/<int:minutes_id>.pdf")
@requires(MANAGE_COHORTS, on="cohort", writes=True)
def minutes_file(cohort_id: int, minutes_id: int) -> Response:
    """Print kept minutes: always the same content."""
    data = minutes.as_pdf(actor=current_user, minutes=minutes.find_minutes(g.cohort, minutes_id))
    commit()
    return as_file(data, "application/pdf", f"berita-acara-{cohort_title(g.cohort).lower().replace(' ', '-')}-{minutes_id}.pdf")
