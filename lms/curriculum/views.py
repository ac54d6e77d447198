"""The course editor: modules and their order, titles, grades and absence limits."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response

from lms.curriculum import queries, services
from lms.curriculum.forms import AboutForm, ModulesForm, PassingForm
from lms.curriculum.pages import course_page
from lms.db import commit, db, utcnow
from lms.errors import Refused
from lms.i18n import gettext as _
from lms.i18n import local_day
from lms.learning.grades import PRESETS
from lms.people.permissions import EDIT_COURSES, requires

room = Blueprint("curriculum", __name__, template_folder="templates")

COURSE = "/cohorts/courses/<int:course_id>"


@room.get("/cohorts/courses")
@requires(EDIT_COURSES, on="self")
def courses() -> str:
    """List the courses."""
    today = local_day(utcnow(), current_user.time_zone)
    return render_template("curriculum/courses.html", courses=db.session.execute(queries.courses(current_user, today)).all())


@room.route(COURSE, methods=["GET", "POST"])
@requires(EDIT_COURSES, on="self")
def modules(course_id: int) -> ResponseReturnValue:
    """Show the modules of a course in order; change, move, remove or add one. Every button saves the whole page."""
    course = services.find_course(current_user, course_id)
    page = course_page(current_user, course, local_day(utcnow(), current_user.time_zone))
    form = ModulesForm.of_places(page.rows, page.addable)
    problem = ""
    if form.submitted():
        do = request.form.get("do", "save")
        try:
            services.change_modules(actor=current_user, course=course, plans=form.plans(do))
        except Refused as reason:
            problem = str(reason)
            db.session.rollback()
        else:
            commit()
            flash(_("Saved. Cohorts that have begun stay as they are."), "done")
            return redirect(f"/cohorts/courses/{course_id}#m-{do.rpartition('-')[2]}" if "-" in do else f"/cohorts/courses/{course_id}")
    status = 422 if form.errors or problem else 200
    return render_template("curriculum/modules.html", page=page, course=course, form=form, problem=problem), status


@room.route(f"{COURSE}/about", methods=["GET", "POST"])
@requires(EDIT_COURSES, on="self")
def about(course_id: int) -> ResponseReturnValue:
    """Change title and summary in both languages."""
    course = services.find_course(current_user, course_id)
    form = AboutForm.of_course(course)
    if form.submitted():
        services.change_about(actor=current_user, course=course, **form.texts)
        commit()
        flash(_("Saved. Everybody reads it now."), "done")
        return redirect(f"/cohorts/courses/{course_id}")
    return render_template("curriculum/about.html", course=course, form=form), 422 if form.errors else 200


@room.route(f"{COURSE}/passing", methods=["GET", "POST"])
@requires(EDIT_COURSES, on="self")
def passing(course_id: int) -> ResponseReturnValue:
    """Change the bands of grades and the limits of absence; `?scale=` tries a usual scale without saving it."""
    course = services.find_course(current_user, course_id)
    chosen = request.args.get("scale", "")
    form = PassingForm.of_course(course, PRESETS[chosen][1] if chosen in PRESETS else course.grade_scale)
    problem = ""
    if form.submitted():
        try:
            services.change_passing(actor=current_user, course=course, grade_scale=form.scale, absence_limits=form.limits)
        except Refused as reason:
            problem = str(reason)
            db.session.rollback()
        else:
            commit()
            flash(_("Saved. Cohorts that have begun stay as they are."), "done")
            return redirect(f"/cohorts/courses/{course_id}/passing")
    status = 422 if form.errors or problem else 200
    form.bands.add_empty()
    return render_template("curriculum/passing.html", course=course, form=form, problem=problem, presets=PRESETS, chosen=chosen), status


@room.post(f"{COURSE}/delete")
@requires(EDIT_COURSES, on="self")
def delete(course_id: int) -> Response:
    """Remove a course that has no cohort."""
    services.remove_course(actor=current_user, course=services.find_course(current_user, course_id))
    commit()
    flash(_("The course is removed. Its modules stay."), "done")
    return redirect("/cohorts/courses")
