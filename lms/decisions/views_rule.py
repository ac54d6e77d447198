"""The editor of passing rules: of a cohort, and of a course for cohorts to come."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from lms.db import commit, db
from lms.decisions import editing, pages, queries, services
from lms.decisions.base import decisions_page, room
from lms.decisions.loading import load, programme_of_course
from lms.i18n import choose
from lms.i18n import gettext as _
from lms.learning.models import Course
from lms.people.permissions import MANAGE_COHORTS, requires


@room.route("/cohorts/<int:cohort_id>/rule", methods=["GET", "POST"])
@requires(MANAGE_COHORTS, on="cohort")
def rule(cohort_id: int) -> ResponseReturnValue:
    """Edit the passing rule; before it is saved, show who would newly meet it and who no longer."""
    posted = request.form if request.method == "POST" else None
    loaded = load(cohort_id)
    page = editing.edit(loaded.programme, posted, lambda: loaded.tree)
    if page.tree is not None and page.asks_for_change:
        page.change = pages.change_of(load(cohort_id, extra=page.tree), page.tree)
    if page.saves:
        services.save_rule(actor=current_user, tree=page.tree, note=page.note, cohort_id=cohort_id)
        commit()
        flash(_("The rule holds from now on. Nobody has lost a decision."), "done")
        return redirect(f"/cohorts/{cohort_id}/rule")
    versions = db.session.execute(queries.versions_of(cohort_id=cohort_id)).all()
    return decisions_page("rule", page=page, versions=versions, url=f"/cohorts/{cohort_id}/rule"), 422 if page.has_errors else 200


@room.route("/cohorts/courses/<int:course_id>/rule", methods=["GET", "POST"])
@requires(MANAGE_COHORTS, on="self")
def course_rule(course_id: int) -> ResponseReturnValue:
    """Edit the passing rule that cohorts of a course begin with."""
    course = db.session.get(Course, course_id) or abort(404)
    versions = db.session.execute(queries.versions_of(course_id=course_id)).all()
    posted = request.form if request.method == "POST" else None
    page = editing.edit(programme_of_course(course), posted, lambda: versions[0][0].tree if versions else None)
    if page.saves or (page.tree is not None and page.asks_for_change):
        services.save_rule(actor=current_user, tree=page.tree, note=page.note, course_id=course_id)
        commit()
        flash(_("Cohorts that begin from now on have this rule."), "done")
        return redirect(f"/cohorts/courses/{course_id}/rule")
    title, url = choose(course.title), f"/cohorts/courses/{course_id}/rule"
    return render_template(
        "decisions/course_rule.html", page=page, versions=versions, title=title, url=url
    ), 422 if page.has_errors else 200
