"""The organizer's schedule, and everybody's calendar."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, flash, g, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response as Answer

from lms.cohorts import queries as cohorts
from lms.cohorts.base import head_of
from lms.cohorts.pages import modules_of
from lms.db import commit, db, utcnow
from lms.errors import NotFound, Refused
from lms.forms import choices
from lms.i18n import gettext as _
from lms.i18n import zone, zone_name
from lms.learning.models import ScheduleEntry
from lms.people.permissions import MANAGE_COHORTS, PROFILE, public, requires
from lms.progress.rules import words_of
from lms.schedule import calendar, queries, services
from lms.schedule.conflicts import in_the_way
from lms.schedule.forms import CancelForm, MeetingForm

room = Blueprint("schedule", __name__, template_folder="templates")

AT = "/cohorts/<int:cohort_id>/schedule"
ONE = f"{AT}/<int:entry_id>"


@room.route(AT, methods=["GET", "POST"])
@requires(MANAGE_COHORTS, on="cohort")
def schedule(cohort_id: int) -> ResponseReturnValue:
    """List the meetings; add one, or change the one that `?meeting=` names."""
    entry = _meeting(request.args["meeting"]) if "meeting" in request.args else None
    form = _form(entry)
    if form.submitted():
        try:
            saved = services.save_meeting(actor=current_user, cohort=g.cohort, entry=entry, **form.values)
        except Refused as reason:
            form.ends.errors = [str(reason)]
            db.session.rollback()
        else:
            commit()
            flash(_("The meeting is saved."), "done")
            for warning in services.warnings_about(saved):
                flash(warning, "careful")
            return redirect(f"/cohorts/{cohort_id}/schedule")
    return _page(form=form, entry=entry), 422 if form.errors else 200


def _page(*, form: MeetingForm, entry: ScheduleEntry | None, cancel: CancelForm | None = None, cancels: int = 0) -> str:
    meetings = db.session.execute(queries.schedule_of(g.cohort.id)).all()
    return render_template(
        "schedule/schedule.html",
        head=head_of(g.cohort),
        form=form,
        entry=entry,
        meetings=meetings,
        conflicts=in_the_way(row[0] for row in meetings),
        cancel=cancel or CancelForm(formdata=None),
        cancels=cancels,
        now=utcnow(),
    )


def _meeting(number: str | int) -> ScheduleEntry:
    entry = db.session.scalar(queries.meeting_of(g.cohort.id, int(number))) if str(number).isdigit() and len(str(number)) < 10 else None
    if entry is None:
        raise NotFound("no such meeting in the cohort")
    return entry


def _form(entry: ScheduleEntry | None, **options: Any) -> MeetingForm:
    """Return the form with the meeting's day and times in its own zone."""
    values: dict[str, Any] = {}
    if entry is not None:
        here = zone(entry.time_zone or g.cohort.time_zone)
        starts, ends = (moment.astimezone(here) for moment in (entry.starts_at, entry.ends_at))
        values = {"day": starts.date(), "begins": starts.time(), "ends": ends.time(), "group_id": entry.group_id or 0}
        values |= {"last_day": ends.date() if ends.date() != starts.date() else None, "jp": entry.jp or None}
        values |= {"activity": f"{entry.module_id}/{entry.activity_key}" if entry.activity_key else ""}
    form = MeetingForm(obj=entry, **options, **values)
    groups = db.session.scalars(cohorts.groups_of(g.cohort.id))
    form.group_id.choices = choices((0, _("Everybody")), *((group.id, group.name) for group in groups))
    form.activity.choices = choices(("", _("nothing")), *_attended().items())
    form.begins.description = _("Times are %(zone)s.", zone=zone_name((entry and entry.time_zone) or g.cohort.time_zone, utcnow()))
    return form


def _attended() -> dict[str, str]:
    """Return {module id/key: title} of the parts of the cohort's modules that ask people to be there."""
    outlines = [line.outline for line in modules_of(g.cohort.id)]
    return {
        f"{one.module_id}/{item.key}": f"{one.code}: {item.title}"
        for one in outlines
        for item in one.items
        if "attended" in words_of(item.rule)
    }


@room.post(f"{ONE}/cancel")
@requires(MANAGE_COHORTS, on="cohort")
def cancel_meeting(cohort_id: int, entry_id: int) -> ResponseReturnValue:
    """Cancel a meeting and say why."""
    entry, form = _meeting(entry_id), CancelForm()
    try:
        if not form.submitted():
            return _page(form=_form(None, formdata=None), entry=None, cancel=form, cancels=entry.id), 422
        services.cancel_meeting(actor=current_user, cohort=g.cohort, entry=entry, reason=form.reason.data or "")
    except Refused as reason:
        form.reason.errors = [str(reason)]
        return _page(form=_form(None, formdata=None), entry=None, cancel=form, cancels=entry.id), 422
    commit()
    flash(_("“%(title)s” is cancelled. Everybody sees it, and why.", title=entry.title), "done")
    return redirect(f"/cohorts/{cohort_id}/schedule")


@room.post(f"{ONE}/delete")
@requires(MANAGE_COHORTS, on="cohort")
def delete_meeting(cohort_id: int, entry_id: int) -> Answer:
    """Take a meeting off the schedule that nobody has read of."""
    entry = _meeting(entry_id)
    services.delete_meeting(actor=current_user, cohort=g.cohort, entry=entry)
    commit()
    flash(_("“%(title)s” is off the schedule.", title=entry.title), "done")
    return redirect(f"/cohorts/{cohort_id}/schedule")


# -- calendar -----------------------------------------------------------------------------------------------------------------------------


@room.route("/profile/calendar", methods=["GET", "POST"])
@requires(PROFILE, on="self")
def own_calendar() -> ResponseReturnValue:
    """Show the address of one's calendar; make one, a new one, or none."""
    if request.method == "POST":
        wanted = request.form.get("do") != "revoke"
        calendar.renew(actor=current_user) if wanted else calendar.revoke(actor=current_user)
        commit()
        flash(
            _("Your calendar has an address. An older one does not work any more.") if wanted else _("The address does not work any more."),
            "done",
        )
        return redirect("/profile/calendar")
    feed = db.session.scalar(queries.feed_of(current_user.id))
    path = f"/calendar/{calendar.token_of(feed)}.ics" if feed else ""
    return render_template("schedule/calendar.html", address=f"{current_app.config['LMS_BASE_URL']}{path}" if feed else "")


@room.get("/calendar/<string:token>.ics")
@public
def calendar_file(token: str) -> Answer:
    """Send the calendar behind a secret address; nothing when nothing has changed."""
    answer = make_response(calendar.feed_bytes(token))
    answer.headers["Content-Type"] = "text/calendar; charset=utf-8"
    answer.headers["Cache-Control"] = f"private, max-age={calendar.KEPT_SECONDS}"
    answer.headers["X-Robots-Tag"] = "noindex"
    answer.add_etag()
    return answer.make_conditional(request)
