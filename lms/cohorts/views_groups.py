"""Groups of a cohort: names, instructors and order; who is in which; dividing people over them."""

from __future__ import annotations

from flask import flash, g, redirect, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response

from lms.cohorts import grouping, queries
from lms.cohorts.base import cohort_page, head_of, room
from lms.cohorts.forms import GroupsForm, SplitForm
from lms.db import commit, db
from lms.errors import NotFound, Refused
from lms.i18n import gettext as _
from lms.i18n import ngettext
from lms.learning.models import Group
from lms.people.permissions import MANAGE_COHORTS, requires


@room.route("/cohorts/<int:cohort_id>/groups", methods=["GET", "POST"])
@requires(MANAGE_COHORTS, on="cohort")
def groups(cohort_id: int) -> ResponseReturnValue:
    """Name the groups, put them in order and choose who answers their journals."""
    head = head_of(g.cohort)
    known = db.session.scalars(queries.groups_of(cohort_id)).all()
    instructors = db.session.execute(queries.instructors_of(cohort_id, head.today)).all()
    form = GroupsForm.of_groups(known, instructors, g.cohort.assessor_id)
    if form.submitted():
        order = form.order(request.form.get("do", ""), known)
        wanted = {"groups": form.groups(known), "added": form.added, "assessor_id": form.assessor.data, "order": order}
        try:
            grouping.change_groups(actor=current_user, cohort=g.cohort, **wanted)
        except Refused as reason:
            form.new_name.errors = [str(reason)]
            db.session.rollback()
        else:
            commit()
            flash(_("The groups are saved."), "done")
            return redirect(f"/cohorts/{cohort_id}/groups")
    counts = {row.group_id or 0: row.people for row in db.session.execute(queries.figures(cohort_id, head.today))}
    parts = {"groups": known, "counts": counts, "split": SplitForm(formdata=None)}
    return cohort_page("groups", head=head, form=form, **parts), 422 if form.errors else 200


@room.post("/cohorts/<int:cohort_id>/groups/add")
@requires(MANAGE_COHORTS, on="cohort")
def add_groups(cohort_id: int) -> Response:
    """Add several groups at once."""
    grouping.add_groups(actor=current_user, cohort=g.cohort, count=request.form.get("count", 0, int))
    commit()
    flash(_("The groups are there. Name them as you like."), "done")
    return redirect(f"/cohorts/{cohort_id}/groups")


@room.route("/cohorts/<int:cohort_id>/groups/people", methods=["GET", "POST"])
@requires(MANAGE_COHORTS, on="cohort")
def group_people(cohort_id: int) -> ResponseReturnValue:
    """Show who is in which group, and put those who are ticked into another."""
    if request.method == "POST":
        ids = request.form.getlist("people", int)
        moved = grouping.move_people(
            actor=current_user, cohort=g.cohort, enrolment_ids=ids, group_id=request.form.get("group_id", 0, int) or None
        )
        commit()
        flash(ngettext("%(num)s person has a new group.", "%(num)s people have a new group.", moved), "done" if moved else "careful")
        return redirect(f"/cohorts/{cohort_id}/groups/people")
    known = db.session.scalars(queries.groups_of(cohort_id)).all()
    return cohort_page("group_people", groups=list(known), people=db.session.execute(queries.to_split(cohort_id)).all())


@room.route("/cohorts/<int:cohort_id>/groups/split", methods=["GET", "POST"])
@requires(MANAGE_COHORTS, on="cohort")
def split(cohort_id: int) -> ResponseReturnValue:
    """Show how people would be divided so that agencies are mixed, and do exactly that."""
    everybody = request.values.get("who") == "all"
    if request.method == "POST":
        moved = grouping.split_groups(actor=current_user, cohort=g.cohort, everybody=everybody, seen=request.form.get("seen", ""))
        commit()
        flash(ngettext("%(num)s person has a new group.", "%(num)s people have a new group.", moved), "done")
        return redirect(f"/cohorts/{cohort_id}/groups")
    plan = grouping.plan_split(cohort=g.cohort, everybody=everybody)
    return cohort_page("split", plan=plan, who="all" if everybody else "rest")


@room.post("/cohorts/<int:cohort_id>/groups/<int:group_id>/delete")
@requires(MANAGE_COHORTS, on="cohort")
def delete_group(cohort_id: int, group_id: int) -> Response:
    """Remove a group that nobody is in."""
    group = db.session.scalar(queries.groups_of(cohort_id).where(Group.id == group_id))
    if group is None:
        raise NotFound("no such group in the cohort")
    grouping.remove_group(actor=current_user, cohort=g.cohort, group=group)
    commit()
    flash(_("“%(name)s” is removed.", name=group.name), "done")
    return redirect(f"/cohorts/{cohort_id}/groups")
