"""The list of cohorts, the board, and new cohorts. Importing the parts registers their pages on the room."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from lms.cohorts import (
    pages,
    queries,
    services,
    views_course,
    views_edit,
    views_groups,
    views_import,
    views_people,
    views_plan,
    views_staff,
)
from lms.cohorts.base import cohort_page, head_of, room
from lms.cohorts.forms import CohortForm, CourseForm, role_title
from lms.db import commit, db, paginate, utcnow
from lms.errors import Refused
from lms.forms import choices
from lms.i18n import choose, local_day
from lms.i18n import gettext as _
from lms.learning import services as learning
from lms.learning.models import Course
from lms.people.permissions import MANAGE_COHORTS, VIEW_COHORTS, requires
from lms.web.paging import page_number

__all__ = ["room", "views_course", "views_edit", "views_groups", "views_import", "views_people", "views_plan", "views_staff"]

PER_PAGE = 30


@room.get("/cohorts")
@requires(VIEW_COHORTS, on="self")
def cohorts() -> str:
    """List the cohorts that one runs or teaches in."""
    today = local_day(utcnow(), current_user.time_zone)
    state, words = request.args.get("state", ""), request.args.get("q", "").strip()[:100]
    page = paginate(queries.cohorts_of(current_user, today, state, words), page_number(), PER_PAGE)
    return render_template(
        "cohorts/cohorts.html", page=page, today=today, state=state, words=words, manages=current_user.may(MANAGE_COHORTS)
    )


@room.route("/cohorts/new", methods=["GET", "POST"])
@requires(MANAGE_COHORTS, on="self")
def new_cohort() -> ResponseReturnValue:
    """Begin a cohort of a course, in the name of a unit of one's own."""
    units = db.session.scalars(queries.organizer_units(current_user)).all()
    courses = db.session.execute(queries.courses()).all()
    form = CohortForm(year=utcnow().year, time_zone=current_user.time_zone, course_id=courses[0].id if len(courses) == 1 else None)
    form.organizer_unit_id.choices = choices(*((unit.id, unit.name) for unit in units))
    form.course_id.choices = choices(*((course.id, choose(course.title)) for course in courses))
    if form.submitted():
        course = db.session.get_one(Course, form.course_id.data)
        try:
            cohort = learning.create_cohort(actor=current_user, course=course, **form.values)
        except Refused as reason:
            form.number.errors = [str(reason)]
            db.session.rollback()
        else:
            commit()
            flash(_("The cohort is there. Add groups and people next."), "done")
            return redirect(f"/cohorts/{cohort.id}")
    return render_template("cohorts/new.html", form=form, courses=courses, units=units), 422 if form.errors else 200


@room.route("/cohorts/courses/new", methods=["GET", "POST"])
@requires(MANAGE_COHORTS, on="self")
def new_course() -> ResponseReturnValue:
    """Put a course together from published modules."""
    modules = db.session.scalars(queries.published_modules()).all()
    form = CourseForm.of_modules(modules)
    if form.submitted():
        title, summary = ({code: form[f"{name}_{code}"].data.strip() for code in ("id", "en")} for name in ("title", "summary"))
        course = services.create_course(actor=current_user, title=title, summary=summary, modules=form.chosen)
        commit()
        flash(_("The course is there. You can begin a cohort of it."), "done")
        return redirect(f"/cohorts/courses/{course.id}")
    return render_template("cohorts/course.html", form=form, modules=modules), 422 if form.errors else 200


@room.get("/cohorts/<int:cohort_id>")
@requires(VIEW_COHORTS, on="cohort")
def board(cohort_id: int) -> str:
    """Show a cohort at a glance: how far people are, what comes next, who helps."""
    head = head_of(g.cohort)
    return cohort_page("board", head=head, board=pages.board(head, utcnow()), role_title=role_title)
