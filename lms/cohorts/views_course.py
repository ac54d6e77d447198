"""A planned cohort and its course: what has changed there, and bringing the cohort up to date."""

from __future__ import annotations

from flask import flash, g, redirect, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from lms.cohorts import refresh
from lms.cohorts.base import cohort_page, room
from lms.db import commit
from lms.i18n import gettext as _
from lms.people.permissions import MANAGE_COHORTS, requires


@room.route("/cohorts/<int:cohort_id>/course", methods=["GET", "POST"])
@requires(MANAGE_COHORTS, on="cohort")
def from_course(cohort_id: int) -> ResponseReturnValue:
    """Show what bringing the cohort up to date with its course would change, and do exactly that."""
    if request.method == "POST":
        refresh.bring_up_to_date(actor=current_user, cohort=g.cohort, seen=request.form.get("seen", ""))
        commit()
        flash(_("The cohort is up to date with its course."), "done")
        return redirect(f"/cohorts/{cohort_id}")
    return cohort_page("refresh", page=refresh.refresh_page(g.cohort))
