"""Planning a cohort: dates, schedule, groups, and moving modules to newer revisions."""

from __future__ import annotations

from flask import flash, g, redirect, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response

from lms.cohorts import pages, queries, services
from lms.cohorts.base import cohort_page, head_of, room
from lms.cohorts.forms import CohortDatesForm, GroupsForm, MeetingForm, MoveForm, SplitForm
from lms.db import commit, db, utcnow
from lms.errors import NotFound, Refused
from lms.forms import choices
from lms.i18n import gettext as _
from lms.i18n import ngettext, zone, zone_name
from lms.learning import services as learning
from lms.learning.models import Group, ScheduleEntry
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


# -- schedule -----------------------------------------------------------------------------------------------------------------------------


@room.route("/cohorts/<int:cohort_id>/schedule", methods=["GET", "POST"])
@requires(MANAGE_COHORTS, on="cohort")
def schedule(cohort_id: int) -> ResponseReturnValue:
    """List the meetings; add one, or change the one that `?meeting=` names."""
    entry = _meeting(request.args.get("meeting", 0, int))
    form = _meeting_form(entry)
    if form.submitted():
        try:
            services.save_meeting(actor=current_user, cohort=g.cohort, entry=entry, **form.values)
        except Refused as reason:
            form.ends.errors = [str(reason)]
            db.session.rollback()
        else:
            commit()
            flash(_("The meeting is saved."), "done")
            return redirect(f"/cohorts/{cohort_id}/schedule")
    meetings = db.session.execute(queries.schedule_of(cohort_id)).all()
    return cohort_page("schedule", form=form, meetings=meetings, entry=entry), 422 if form.errors else 200


def _meeting(entry_id: int) -> ScheduleEntry | None:
    if not entry_id:
        return None
    entry = db.session.scalar(queries.meeting_of(g.cohort.id, entry_id))
    if entry is None:
        raise NotFound("no such meeting in the cohort")
    return entry


def _meeting_form(entry: ScheduleEntry | None) -> MeetingForm:
    """Return the form with the meeting's day and times in the cohort's zone."""
    values = {}
    if entry is not None:
        starts, ends = (moment.astimezone(zone(g.cohort.time_zone)) for moment in (entry.starts_at, entry.ends_at))
        values = {"day": starts.date(), "begins": starts.time(), "ends": ends.time(), "group_id": entry.group_id or 0}
        values |= {"last_day": ends.date() if ends.date() != starts.date() else None}
    form = MeetingForm(obj=entry, **values)
    groups = db.session.scalars(queries.groups_of(g.cohort.id))
    form.group_id.choices = choices((0, _("Everybody")), *((group.id, group.name) for group in groups))
    form.begins.description = _("Times are %(zone)s.", zone=zone_name(g.cohort.time_zone, utcnow()))
    return form


@room.post("/cohorts/<int:cohort_id>/schedule/<int:entry_id>/delete")
@requires(MANAGE_COHORTS, on="cohort")
def delete_meeting(cohort_id: int, entry_id: int) -> Response:
    """Take a meeting off the schedule."""
    entry = _meeting(entry_id)
    if entry is None:
        raise NotFound("no such meeting in the cohort")
    services.delete_meeting(actor=current_user, cohort=g.cohort, entry=entry)
    commit()
    flash(_("“%(title)s” is off the schedule.", title=entry.title), "done")
    return redirect(f"/cohorts/{cohort_id}/schedule")


# -- groups -------------------------------------------------------------------------------------------------------------------------------


@room.route("/cohorts/<int:cohort_id>/groups", methods=["GET", "POST"])
@requires(MANAGE_COHORTS, on="cohort")
def groups(cohort_id: int) -> ResponseReturnValue:
    """Name the groups and choose who answers their journals."""
    head = head_of(g.cohort)
    known = db.session.scalars(queries.groups_of(cohort_id)).all()
    instructors = db.session.execute(queries.instructors_of(cohort_id, head.today)).all()
    form = GroupsForm.of_groups(known, instructors, g.cohort.assessor_id)
    if form.submitted():
        try:
            services.change_groups(
                actor=current_user, cohort=g.cohort, groups=form.groups(known), added=form.added, assessor_id=form.assessor.data
            )
        except Refused as reason:
            form.new_name.errors = [str(reason)]
            db.session.rollback()
        else:
            commit()
            flash(_("The groups are saved."), "done")
            return redirect(f"/cohorts/{cohort_id}/groups")
    counts = {row.group_id or 0: row.people for row in db.session.execute(queries.figures(cohort_id, head.today))}
    return cohort_page(
        "groups", head=head, form=form, groups=known, counts=counts, split=SplitForm(formdata=None)
    ), 422 if form.errors else 200


@room.post("/cohorts/<int:cohort_id>/groups/split")
@requires(MANAGE_COHORTS, on="cohort")
def split(cohort_id: int) -> Response:
    """Divide people over the groups so that agencies are mixed."""
    form = SplitForm()
    form.validate()
    moved = services.split_groups(actor=current_user, cohort=g.cohort, everybody=form.who.data == "all")
    commit()
    flash(ngettext("%(num)s person has a new group.", "%(num)s people have a new group.", moved), "done")
    return redirect(f"/cohorts/{cohort_id}/groups")


@room.post("/cohorts/<int:cohort_id>/groups/<int:group_id>/delete")
@requires(MANAGE_COHORTS, on="cohort")
def delete_group(cohort_id: int, group_id: int) -> Response:
    """Remove a group that nobody is in."""
    group = db.session.scalar(queries.groups_of(cohort_id).where(Group.id == group_id))
    if group is None:
        raise NotFound("no such group in the cohort")
    services.remove_group(actor=current_user, cohort=g.cohort, group=group)
    commit()
    flash(_("“%(name)s” is removed.", name=group.name), "done")
    return redirect(f"/cohorts/{cohort_id}/groups")


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
