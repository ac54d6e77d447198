"""Pages of lists that are announced by mail."""

from __future__ import annotations

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response

from lms.db import commit
from lms.i18n import gettext as _
from lms.people.permissions import SUPERVISE, requires
from lms.supervision import schedules, services
from lms.supervision.base import listed_scope, own_day, room
from lms.supervision.forms import FilterForm, ScheduleForm


@room.get("/team/schedules")
@requires(SUPERVISE, on="self")
def my_schedules() -> str:
    """List what is announced to me by mail."""
    rows = schedules.schedules_of(current_user)
    titles = {line.scope.key: line.title for line in services.overview(actor=current_user, today=own_day())}
    return render_template("supervision/schedules.html", rows=rows, titles=titles)


@room.route("/team/schedules/new", methods=["GET", "POST"])
@requires(SUPERVISE, on="self")
def plan_schedule() -> ResponseReturnValue:
    """Ask for a list to be announced by mail, as it is filtered in the address."""
    scope, form = listed_scope(), ScheduleForm()
    wanted = FilterForm(request.args).wanted
    if form.submitted():
        schedules.plan(actor=current_user, scope=scope, wanted=wanted, cadence=form.cadence.data, today=own_day())
        commit()
        flash(_("Planned. You can stop it here at any time."), "done")
        return redirect("/team/schedules")
    page = render_template("supervision/schedule_new.html", form=form, scope=scope, filters=services.filter_words(scope, own_day(), wanted))
    return page, 422 if form.errors else 200


@room.get("/team/schedules/<int:schedule_id>")
@requires(SUPERVISE, on="self")
def open_schedule(schedule_id: int) -> str:
    """Show where the mail leads: the list is made only now, for who is signed in and may see it now."""
    schedule = schedules.schedule_of(current_user, schedule_id)
    title = services.title_of_scope(schedules.scope_now(current_user, schedule, own_day()), own_day())
    return render_template("supervision/schedule.html", schedule=schedule, title=title)


@room.post("/team/schedules/<int:schedule_id>/file")
@requires(SUPERVISE, on="self")
def make_schedule_file(schedule_id: int) -> Response:
    """Have the file made."""
    schedule = schedules.schedule_of(current_user, schedule_id)
    batch = schedules.make_file(actor=current_user, schedule=schedule, today=own_day())
    commit()
    return redirect(f"/tasks/{batch.id}")


@room.post("/team/schedules/<int:schedule_id>/stop")
@requires(SUPERVISE, on="self")
def stop_schedule(schedule_id: int) -> Response:
    """Announce a list no more."""
    schedules.stop(actor=current_user, schedule_id=schedule_id)
    commit()
    flash(_("Stopped. No more mails about this list."), "done")
    return redirect("/team/schedules")
