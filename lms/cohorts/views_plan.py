"""Planning a cohort: dates, and moving modules to newer revisions."""

from __future__ import annotations

from flask import flash, g, redirect, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from lms.cohorts import pages, services
from lms.cohorts.base import cohort_page, room
from lms.cohorts.forms import CohortDatesForm, MoveForm
from lms.db import commit
from lms.i18n import gettext as _
from lms.learning import services as learning
from lms.people.permissions import MANAGE_COHORTS, requires


@room.route("/cohorts/<int:cohort_id>/dates", methods=["GET", "POST"])
@requires(MANAGE_COHORTS, on="cohort")
def dates(cohort_id: int) -> ResponseReturnValue:
    """Set when the cohort runs, and when each module opens and is due."""
    modules = pages.modules_of(cohort_id)
    form = CohortDatesForm.of_pins([line.pin for line in modules], starts_on=g.cohort.starts_on, ends_on=g.cohort.ends_on)
    if form.submitted():
        services.change_dates(
            actor=current_user,
            cohort=g.cohort,
            starts_on=form.starts_on.data,
            ends_on=form.ends_on.data,
            modules=form.modules(line.pin.module_id for line in modules),
        )
        commit()
        flash(_("The dates are saved. Everybody sees them at once."), "done")
        return redirect(f"/cohorts/{cohort_id}")
    return cohort_page("dates", form=form, modules=modules), 422 if form.errors else 200


# -- revisions ----------------------------------------------------------------------------------------------------------------------------


@room.route("/cohorts/<int:cohort_id>/modules/<int:module_id>/move", methods=["GET", "POST"])
@requires(MANAGE_COHORTS, on="cohort")
def move(cohort_id: int, module_id: int) -> ResponseReturnValue:
    """Show what a newer revision would change, and move to exactly the one that was shown."""
    page = pages.move_page(g.cohort, module_id)
    form = MoveForm(revision=page.after.number)
    if form.submitted():
        revision = pages.revision_to(page, request.form.get("revision", ""))
        learning.move_cohort(
            actor=current_user, cohort=g.cohort, module_id=module_id, revision=revision, take_away=bool(form.take_away.data)
        )
        commit()
        flash(_("The cohort now works with revision %(number)s.", number=revision.number), "done")
        return redirect(f"/cohorts/{cohort_id}")
    return cohort_page("move", page=page, form=form)
