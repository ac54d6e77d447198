"""A cohort itself: its number, name and unit; newer revisions of its modules; another cohort like it."""

from __future__ import annotations

import datetime as dt

from flask import flash, g, redirect, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from lms.cohorts import copies, editing, pages, queries
from lms.cohorts.base import cohort_page, room
from lms.cohorts.forms import role_title
from lms.cohorts.forms_edit import CopyForm, DetailsForm, UpgradeForm, chosen_revisions
from lms.db import commit, db
from lms.errors import Refused
from lms.forms import choices
from lms.i18n import choose, ngettext
from lms.i18n import gettext as _
from lms.learning import services as learning
from lms.learning.models import Cohort
from lms.people.models import Unit
from lms.people.permissions import MANAGE_COHORTS, requires


def _units(cohort: Cohort) -> list[Unit]:
    """Return the units that the person may choose: their own, and the one that the cohort has."""
    own = list(db.session.scalars(queries.organizer_units(current_user)))
    return own if any(unit.id == cohort.organizer_unit_id for unit in own) else [db.session.get_one(Unit, cohort.organizer_unit_id), *own]


@room.route("/cohorts/<int:cohort_id>/details", methods=["GET", "POST"])
@requires(MANAGE_COHORTS, on="cohort")
def details(cohort_id: int) -> ResponseReturnValue:
    """Change number, name, wave, unit, time zone or course."""
    form = DetailsForm(obj=g.cohort)
    form.organizer_unit_id.choices = choices(*((unit.id, unit.name) for unit in _units(g.cohort)))
    form.course_id.choices = choices(*((row.id, choose(row.title)) for row in db.session.execute(queries.courses())))
    problem = ""
    if form.submitted():
        try:
            editing.change_details(actor=current_user, cohort=g.cohort, **form.values)
        except Refused as reason:
            problem = str(reason)
            db.session.rollback()
        else:
            commit()
            flash(_("The cohort is saved."), "done")
            return redirect(f"/cohorts/{cohort_id}")
    return cohort_page("details", form=form, problem=problem), 422 if form.errors or problem else 200


@room.route("/cohorts/<int:cohort_id>/upgrade", methods=["GET", "POST"])
@requires(MANAGE_COHORTS, on="cohort")
def upgrade(cohort_id: int) -> ResponseReturnValue:
    """Show what newer revisions of several modules would change, and move to exactly those that were shown and ticked."""
    found = pages.move_pages(g.cohort)
    form = UpgradeForm()
    if form.submitted():
        by_module = {page.pin.module_id: page for page in found}
        wanted = {number: name for number, name in chosen_revisions(request.form.getlist("module")).items() if number in by_module}
        revisions = {number: pages.revision_to(by_module[number], name) for number, name in wanted.items()}
        learning.move_modules(actor=current_user, cohort=g.cohort, revisions=revisions, take_away=bool(form.take_away.data))
        commit()
        flash(
            ngettext("%(num)s module works with its newer revision.", "%(num)s modules work with their newer revisions.", len(wanted)),
            "done",
        )
        return redirect(f"/cohorts/{cohort_id}")
    return cohort_page("upgrade", pages=found, form=form)


@room.route("/cohorts/<int:cohort_id>/copy", methods=["GET", "POST"])
@requires(MANAGE_COHORTS, on="cohort")
def copy(cohort_id: int) -> ResponseReturnValue:
    """Make another cohort like this one: first shown, then made."""
    form = _copy_form(g.cohort)
    plan, problem = None, ""
    if form.submitted():
        try:
            if form.do.data == "make":
                made = copies.copy_cohort(actor=current_user, cohort=g.cohort, **form.values)
                commit()
                flash(_("The cohort is there. Nobody is in it yet."), "done")
                return redirect(f"/cohorts/{made.id}")
            learning.refuse_taken_number(course_id=g.cohort.course_id, **form.identity)
            plan = copies.plan_copy(cohort=g.cohort, **form.parts)
        except Refused as reason:
            problem = str(reason)
            db.session.rollback()
    return cohort_page("copy", form=form, plan=plan, problem=problem, role_title=role_title), 422 if form.errors or problem else 200


def _copy_form(cohort: Cohort) -> CopyForm:
    """Return the form with the next number, on the first Monday after the cohort."""
    monday = cohort.ends_on + dt.timedelta(days=7 - cohort.ends_on.weekday())
    form = CopyForm(
        title=cohort.title,
        number=min(3999, cohort.number + 1),
        year=monday.year,
        wave=cohort.wave,
        organizer_unit_id=cohort.organizer_unit_id,
        starts_on=monday,
    )
    form.organizer_unit_id.choices = choices(*((unit.id, unit.name) for unit in db.session.scalars(queries.organizer_units(current_user))))
    return form
