"""More time: the learner's request, and the organizer's answers."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from lms.db import commit, db, utcnow
from lms.decisions import more_time
from lms.decisions.base import decisions_page, room
from lms.decisions.forms_time import AnswerForm, AskForm
from lms.errors import Refused
from lms.forms import choices
from lms.i18n import choose, format_date, local_day, nothing
from lms.i18n import gettext as _
from lms.people.holders import organizers_of
from lms.people.permissions import LEARN, MANAGE_COHORTS, requires
from lms.waits import Waits

WAITS = Waits(nothing("%(num)s request for more time", "%(num)s requests for more time"), more_time.open_requests)
PAGE = "/cohorts/<int:cohort_id>/more-time"


@room.route("/learn/<int:cohort_id>/more-time", methods=["GET", "POST"])
@requires(LEARN, on="self")
def ask_for_time(cohort_id: int) -> ResponseReturnValue:
    """Ask for a later due day; show what one has asked for, and to whom one can turn."""
    enrolment, cohort = more_time.own_enrolment(current_user, cohort_id)
    form, modules = AskForm(), more_time.modules_of(enrolment.id)
    titles = ((row.module_id, f"{choose(row.about['title'])} ({format_date(row.due_on)})") for row in modules)
    form.module_id.choices = choices(*titles)
    if form.submitted():
        try:
            more_time.ask(actor=current_user, enrolment=enrolment, cohort=cohort, **form.data)
        except Refused as reason:
            form.wished_on.errors = [str(reason)]
            db.session.rollback()
        else:
            commit()
            flash(_("Your request is with the organizer. You are told as soon as there is an answer."), "done")
            return redirect(f"/learn/{cohort_id}/more-time")
    asked = db.session.execute(more_time.requests_of(cohort_id, enrolment.id)).all()
    people = organizers_of(cohort_id, local_day(utcnow(), cohort.time_zone))
    values = {"form": form, "modules": modules, "asked": asked, "organizers": people, "cohort": cohort}
    return render_template("decisions/ask_time.html", **values), 422 if form.errors else 200


@room.get(PAGE)
@requires(MANAGE_COHORTS, on="cohort")
def time_requests(cohort_id: int) -> str:
    """List who asks for more time."""
    return _requests()


def _requests(form: AnswerForm | None = None, about: int = 0) -> str:
    """Draw the list; the form that has errors stands at the request that it is about."""
    rows = db.session.execute(more_time.requests_of(g.cohort.id)).all()
    forms = {
        row[0].id: AnswerForm(formdata=None, prefix=f"a{row[0].id}-", data={"due_on": row[0].wished_on})
        for row in rows
        if row[0].answered_at is None
    }
    if form is not None and about in forms:
        forms[about] = form
    return decisions_page("time_requests", rows=rows, forms=forms)


@room.post(f"{PAGE}/<int:ask_id>")
@requires(MANAGE_COHORTS, on="cohort")
def answer_request(cohort_id: int, ask_id: int) -> ResponseReturnValue:
    """Give more time, or decline with a sentence."""
    form, gives = AnswerForm(prefix=f"a{ask_id}-"), request.form.get("do") == "give"
    if not form.submitted():
        return _requests(form, ask_id), 422
    if gives and form.due_on.data is None:
        form.due_on.errors = [_("Choose a day.")]
        return _requests(form, ask_id), 422
    due_on = form.due_on.data if gives else None
    try:
        more_time.answer(actor=current_user, cohort=g.cohort, ask_id=ask_id, due_on=due_on, words=(form.words.data or "").strip())
    except Refused as reason:
        form.words.errors = [str(reason)]
        db.session.rollback()
        return _requests(form, ask_id), 422
    commit()
    flash(_("The answer is with the learner."), "done")
    return redirect(f"/cohorts/{cohort_id}/more-time")
