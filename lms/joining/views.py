"""Pages of self-enrolment: for who wants a seat, and for the organizer who gives them."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, g, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from lms.cohorts.base import cohort_page
from lms.db import commit, db
from lms.errors import NotFound, Refused
from lms.i18n import gettext as _
from lms.joining import queries, services
from lms.joining.forms import DeclineForm, DoorForm, KnockForm
from lms.joining.models import Door
from lms.joining.seats import State
from lms.people.permissions import MANAGE_COHORTS, PROFILE, requires
from lms.people.sessions import SlowDown

room = Blueprint("joining", __name__, template_folder="templates")


def _slow(slow: SlowDown) -> str:
    return _("Too many attempts. Please wait %(minutes)s minutes, or ask the organizer for help.", minutes=slow.minutes)


@room.route("/join", methods=["GET", "POST"])
@requires(PROFILE, on="self")
def doors() -> ResponseReturnValue:
    """List the cohorts that are open to people by themselves; take a key."""
    form = KnockForm()
    if form.submitted():
        try:
            found = services.find_by_key(actor=current_user, key=form.key.data or "")
        except SlowDown as slow:
            form.key.errors = [_slow(slow)]
        else:
            commit()
            if found is not None:
                return _door_page(found, form)
            form.key.errors = [_("This key does not fit. Ask who gave it to you.")]
    rows = db.session.execute(queries.open_doors()).all()
    mine = db.session.execute(queries.own_seats(current_user.id)).all()
    return render_template("joining/doors.html", form=form, rows=rows, mine=mine, State=State), 422 if form.errors else 200


def _door_page(cohort_id: int, form: KnockForm) -> str:
    row = db.session.execute(queries.door_for(current_user.id, cohort_id)).one_or_none()
    if row is None:
        raise NotFound("this cohort is not open to people by themselves")
    waits = row.Seat is not None and row.Seat.state is State.WAITING
    ahead = db.session.scalar(queries.ahead_of(row.Seat)) if waits else 0
    may = {"asks": services.must_ask(row), "can_leave": row.Seat is not None and services.can_leave(row)}
    return render_template("joining/door.html", row=row, door=row.Door, cohort=row.Cohort, form=form, ahead=ahead, **may)


@room.get("/join/<int:cohort_id>")
@requires(PROFILE, on="self")
def door(cohort_id: int) -> str:
    """Show a cohort that one can join, and where one is with it."""
    return _door_page(cohort_id, KnockForm())


@room.post("/join/<int:cohort_id>")
@requires(PROFILE, on="self")
def knock(cohort_id: int) -> ResponseReturnValue:
    """Ask for a seat."""
    form = KnockForm()
    try:
        state = services.knock(actor=current_user, cohort_id=cohort_id, key=form.key.data or "")
    except services.WrongKey as wrong:
        commit()
        form.key.errors = [str(wrong)]
        return _door_page(cohort_id, form), 422
    except SlowDown as slow:
        form.key.errors = [_slow(slow)]
        return _door_page(cohort_id, form), 422
    commit()
    words = {
        State.BOOKED: _("You have a seat."),
        State.WAITING: _("You are on the waiting list."),
        State.ASKING: _("Your request is with the organizer."),
    }
    flash(words[state], "done")
    return redirect(f"/join/{cohort_id}")


@room.post("/join/<int:cohort_id>/leave")
@requires(PROFILE, on="self")
def leave(cohort_id: int) -> ResponseReturnValue:
    """Give up one's seat, place or request."""
    services.leave(actor=current_user, cohort_id=cohort_id)
    commit()
    flash(_("You have given it up. Thank you for saying so: somebody else can come."), "done")
    return redirect("/join")


# -- the organizer's side -----------------------------------------------------------------------------------------------------------------


def _queue_page(form: DoorForm, declining: DeclineForm | None = None, about: uuid.UUID | None = None) -> str:
    cohort_id = g.cohort.id
    rows = db.session.execute(queries.seats_of(cohort_id, State.ASKING, State.WAITING, State.BOOKED)).all()
    by_state = {state: [row for row in rows if row.Seat.state is state] for state in (State.ASKING, State.WAITING, State.BOOKED)}
    return cohort_page(
        "joining",
        form=form,
        door=db.session.get(Door, cohort_id),
        rows=by_state,
        State=State,
        declining=declining or DeclineForm(formdata=None),
        about=about,
    )


@room.route("/cohorts/<int:cohort_id>/joining", methods=["GET", "POST"])
@requires(MANAGE_COHORTS, on="cohort")
def joining(cohort_id: int) -> ResponseReturnValue:
    """Show requests, seats and the waiting list; open or close the door."""
    form = DoorForm(obj=db.session.get(Door, cohort_id))
    if form.submitted():
        try:
            services.set_door(actor=current_user, cohort=g.cohort, terms=form.terms)
        except Refused as reason:
            form.key.errors = [str(reason)]
        else:
            commit()
            flash(_("Saved."), "done")
            return redirect(f"/cohorts/{cohort_id}/joining")
    return _queue_page(form), 422 if form.errors else 200


@room.post("/cohorts/<int:cohort_id>/joining/<uuid:user_id>/approve")
@requires(MANAGE_COHORTS, on="cohort")
def approve(cohort_id: int, user_id: uuid.UUID) -> ResponseReturnValue:
    """Accept a request."""
    state = services.approve(actor=current_user, cohort=g.cohort, user_id=user_id)
    commit()
    flash(_("The person has a seat.") if state is State.BOOKED else _("All seats are taken: the person is on the waiting list."), "done")
    return redirect(f"/cohorts/{cohort_id}/joining")


@room.post("/cohorts/<int:cohort_id>/joining/<uuid:user_id>/decline")
@requires(MANAGE_COHORTS, on="cohort")
def decline(cohort_id: int, user_id: uuid.UUID) -> ResponseReturnValue:
    """Decline a request, with a reason."""
    form = DeclineForm()
    if not form.submitted():
        return _queue_page(DoorForm(obj=db.session.get(Door, cohort_id), formdata=None), form, user_id), 422
    services.decline(actor=current_user, cohort=g.cohort, user_id=user_id, reason=(form.reason.data or "").strip())
    commit()
    flash(_("The request is declined; the person can read why."), "done")
    return redirect(f"/cohorts/{cohort_id}/joining")
