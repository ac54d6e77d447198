"""The pages of who leads: list, sheet, members, roster, paper, consents, afterwards."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from flask import flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response

from courses.base import LEAD_VISITS, plugin
from courses.visits import attendance, carry, codes, consents, labels, pages, queries, services
from courses.visits.attendance import Mark
from courses.visits.forms import DebriefForm, GroupForm, MemberForm, PaperForm, SheetForm, ToldForm
from courses.visits.models import Visit, VisitRole, VisitState
from courses.visits.views import say
from lms.api import Refused, choices, commit, db, format_date, gettext, head_of, local_day, ngettext, requires, utcnow, zone, zone_name

AT = "/cohorts/<int:cohort_id>/visits"
ONE = f"{AT}/<uuid:visit_id>"


def _visit(visit_id: uuid.UUID) -> Visit:
    """Return the visit of the cohort that the guard has found. Raises NotFound."""
    return services.visit_of_cohort(g.cohort, visit_id)


def _url(visit: Visit, anchor: str = "") -> str:
    return f"/cohorts/{visit.cohort_id}/visits/{visit.id}{anchor}"


def _page(template: str, **values: Any) -> str:
    return render_template(f"courses/{template}.html", head=head_of(g.cohort), labels=labels, **values)


@plugin.get(AT)
@requires(LEAD_VISITS, on="cohort")
def visits(cohort_id: int) -> str:
    """List the visits of a cohort, with those whose hosts still wait to hear."""
    titles = pages.activities_of(g.cohort)
    return _page("visits", lines=pages.lines(g.cohort, titles), titles=titles)


# -- the sheet ------------------------------------------------------------------------------------------------------------------------------


@plugin.route(f"{AT}/new", methods=["GET", "POST"])
@requires(LEAD_VISITS, on="cohort")
def new_visit(cohort_id: int) -> ResponseReturnValue:
    """Plan a visit."""
    return _edit(None)


@plugin.route(f"{ONE}/edit", methods=["GET", "POST"])
@requires(LEAD_VISITS, on="cohort")
def edit_visit(cohort_id: int, visit_id: uuid.UUID) -> ResponseReturnValue:
    """Change the sheet of a visit."""
    return _edit(_visit(visit_id))


def _edit(visit: Visit | None) -> ResponseReturnValue:
    form, was = _sheet_form(visit), visit.state if visit else VisitState.PLANNED
    if form.submitted():
        module_id, activity_key = form.place
        try:
            saved = services.save_visit(
                actor=current_user, cohort=g.cohort, visit=visit, module_id=module_id, activity_key=activity_key, sheet=_sheet(form)
            )
        except Refused as reason:
            form.ends.errors = [str(reason)]
            db.session.rollback()
        else:
            commit()
            flash(gettext("The visit is saved."), "done")
            _say_planned(saved, was)
            return redirect(_url(saved))
    return _page("visit_edit", form=form, visit=visit), 422 if form.errors else 200


def _say_planned(visit: Visit, was: VisitState) -> None:
    if visit.state is not was:
        flash(gettext("The visit is not confirmed any more: something that a confirmation needs is missing now."), "careful")


def _sheet_form(visit: Visit | None) -> SheetForm:
    """Return the form with day and times in the cohort's zone."""
    values: dict[str, Any] = {}
    if visit is not None:
        starts, ends = (moment.astimezone(zone(g.cohort.time_zone)) for moment in (visit.starts_at, visit.ends_at))
        values = {"day": starts.date(), "begins": starts.time(), "ends": ends.time()}
        values |= {"activity": f"{visit.module_id}/{visit.activity_key}", "schedule_entry_id": visit.schedule_entry_id or 0}
    form = SheetForm(obj=visit, **values)
    meetings = db.session.scalars(queries.meetings_of(g.cohort.id))
    form.activity.choices = choices(*pages.activities_of(g.cohort).items())
    titles = ((meeting.id, f"{meeting.title}, {format_date(meeting.starts_at)}") for meeting in meetings)
    form.schedule_entry_id.choices = choices((0, gettext("none")), *titles)
    form.begins.description = gettext("Times are %(zone)s.", zone=zone_name(g.cohort.time_zone, utcnow()))
    return form


def _sheet(form: SheetForm) -> dict[str, Any]:
    day, here = form.day.data, zone(g.cohort.time_zone)
    values = {name: form[name].data or "" for name in services.SHEET if name in form}
    return values | {
        "starts_at": dt.datetime.combine(day, form.begins.data, here),
        "ends_at": dt.datetime.combine(day, form.ends.data, here),
        "schedule_entry_id": form.schedule_entry_id.data or None,
        "agreed_on": form.agreed_on.data,
        "tell_by": form.tell_by.data,
    }


@plugin.get(ONE)
@requires(LEAD_VISITS, on="cohort")
def led_visit(cohort_id: int, visit_id: uuid.UUID) -> str:
    """Show a visit to who leads it."""
    return _show(_visit(visit_id))


def _show(visit: Visit, **forms: Any) -> str:
    page = pages.led_page(current_user, g.cohort, visit)
    group = GroupForm(formdata=None)
    group.group_id.choices = choices(*((row.id, row.name) for row in page.groups))
    forms.setdefault("member", MemberForm.of_people(page.free))
    forms.setdefault("debrief", DebriefForm(formdata=None, data=visit.debrief))
    forms.setdefault("told", ToldForm(formdata=None, obj=visit, **({} if visit.told_on else {"told_on": page.today})))
    carried = carry.told(carry.for_leader(visit, page.people))
    return _page("visit_led", page=page, visit=visit, group=group, states=VisitState, carried=carried, **forms)


@plugin.post(f"{ONE}/state")
@requires(LEAD_VISITS, on="cohort")
def visit_state(cohort_id: int, visit_id: uuid.UUID) -> Response:
    """Confirm, finish, cancel (saying why) or plan anew."""
    visit = _visit(visit_id)
    wanted = next((state for state in VisitState if state.value == request.form.get("state")), visit.state)
    try:
        services.change_state(actor=current_user, visit=visit, state=wanted, reason=request.form.get("reason", ""))
    except Refused as reason:
        say(reason)
    else:
        commit()
    return redirect(_url(visit))


# -- members --------------------------------------------------------------------------------------------------------------------------------


@plugin.post(f"{ONE}/members")
@requires(LEAD_VISITS, on="cohort")
def add_member(cohort_id: int, visit_id: uuid.UUID) -> ResponseReturnValue:
    """Let one more learner go along."""
    visit = _visit(visit_id)
    form = MemberForm.of_people(db.session.execute(queries.without_visit(visit)))
    if not form.submitted():
        return _show(visit, member=form), 422
    try:
        services.add_member(actor=current_user, visit=visit, enrolment_id=form.enrolment_id.data, role=form.role.data)
    except Refused as reason:
        say(reason)
    else:
        commit()
    return redirect(_url(visit, "#members"))


@plugin.post(f"{ONE}/members/<uuid:member_id>/remove")
@requires(LEAD_VISITS, on="cohort")
def remove_member(cohort_id: int, visit_id: uuid.UUID, member_id: uuid.UUID) -> Response:
    """Take somebody off the visit."""
    visit = _visit(visit_id)
    was = visit.state
    try:
        services.remove_member(actor=current_user, visit=visit, member_id=member_id)
    except Refused as reason:
        say(reason)
    else:
        commit()
        _say_planned(visit, was)
    return redirect(_url(visit, "#members"))


@plugin.post(f"{ONE}/members/<uuid:member_id>/role")
@requires(LEAD_VISITS, on="cohort")
def change_role(cohort_id: int, visit_id: uuid.UUID, member_id: uuid.UUID) -> Response:
    """Give a member another role."""
    visit = _visit(visit_id)
    wanted = next((role for role in VisitRole if role.value == request.form.get("role")), None)
    if wanted is not None:
        services.change_role(actor=current_user, visit=visit, member_id=member_id, role=wanted)
        commit()
    return redirect(_url(visit, "#members"))


@plugin.post(f"{ONE}/propose")
@requires(LEAD_VISITS, on="cohort")
def propose_members(cohort_id: int, visit_id: uuid.UUID) -> Response:
    """Divide a group over this visit and copies of it, five people at most in each."""
    visit = _visit(visit_id)
    filled = services.propose(actor=current_user, visit=visit, group_id=request.form.get("group_id", 0, int))
    commit()
    if not filled:
        flash(gettext("Everybody in this group has a visit already."), "careful")
        return redirect(_url(visit, "#members"))
    flash(ngettext("The group goes in %(num)s visit.", "The group goes in %(num)s visits.", len(filled)), "done")
    return redirect(_url(visit, "#members") if len(filled) == 1 else f"/cohorts/{cohort_id}/visits")


# -- on the spot ------------------------------------------------------------------------------------------------------------------------------


@plugin.get(f"{ONE}/roster")
@requires(LEAD_VISITS, on="cohort")
def visit_roster(cohort_id: int, visit_id: uuid.UUID) -> str:
    """Show the present code and the roster; the phone goes on with both at /visits/offline without a signal."""
    visit = _visit(visit_id)
    return _roster(visit)


def _roster(visit: Visit, form: PaperForm | None = None, refused: dict[str, str] | None = None) -> str:
    code = codes.code_at(visit.secret, visit.id, codes.step_of(utcnow()))
    form = form or PaperForm(formdata=None, begins=visit.starts_at.astimezone(zone(g.cohort.time_zone)).time())
    people = pages.people_of(visit)
    carried = carry.told(carry.for_leader(visit, people))
    return _page("visit_roster", visit=visit, people=people, code=code, carried=carried, form=form, refused=refused or {})


@plugin.post(f"{ONE}/roll")
@requires(LEAD_VISITS, on="cohort")
def take_roll(cohort_id: int, visit_id: uuid.UUID) -> ResponseReturnValue:
    """Take the numbers that learners showed."""
    visit = _visit(visit_id)
    marks = [
        Mark(person.member.id, "".join(number.split()), utcnow())
        for person in pages.people_of(visit)
        if (number := request.form.get(f"answer-{person.member.id}", ""))
    ]
    taken = attendance.take_roll(actor=current_user, visit_id=visit.id, marks=marks)
    commit()
    refused = {str(one.member_id): one.refused for one in taken if one.refused}
    return (_roster(visit, refused=refused), 422) if refused else redirect(_url(visit, "/roster"))


@plugin.post(f"{ONE}/paper")
@requires(LEAD_VISITS, on="cohort")
def enter_paper(cohort_id: int, visit_id: uuid.UUID) -> ResponseReturnValue:
    """Enter who signed the printed list."""
    visit, form = _visit(visit_id), PaperForm()
    if not form.submitted():
        return _roster(visit, form=form), 422
    day, here = local_day(visit.starts_at, g.cohort.time_zone), zone(g.cohort.time_zone)
    signed = [person.member.id for person in pages.people_of(visit) if str(person.member.id) in request.form.getlist("signed")]
    moment = dt.datetime.combine(day, form.begins.data, here)
    try:
        new = attendance.take_paper(actor=current_user, visit=visit, member_ids=signed, moment=moment)
    except Refused as reason:
        db.session.rollback()
        form.begins.errors = [str(reason)]
        return _roster(visit, form=form), 422
    commit()
    flash(ngettext("%(num)s person is entered from the signed list.", "%(num)s people are entered from the signed list.", new), "done")
    return redirect(_url(visit, "/roster"))


@plugin.get(f"{ONE}/print")
@requires(LEAD_VISITS, on="cohort")
def print_visit(cohort_id: int, visit_id: uuid.UUID) -> str:
    """Show the sheet for paper: safety, limits, checklist, a list to sign."""
    visit = _visit(visit_id)
    return _page("visit_print", visit=visit, people=pages.people_of(visit), checklist=pages.checklist_of(visit))


# -- afterwards -------------------------------------------------------------------------------------------------------------------------------


@plugin.post(f"{ONE}/withdraw")
@requires(LEAD_VISITS, on="cohort")
def withdraw_consent(cohort_id: int, visit_id: uuid.UUID) -> Response:
    """Withdraw what stands under a paper number; its photos are deleted everywhere."""
    visit = _visit(visit_id)
    today = local_day(utcnow(), g.cohort.time_zone)
    try:
        number, photos = consents.withdraw(actor=current_user, visit=visit, paper_number=request.form.get("paper_number", ""), today=today)
    except Refused as reason:
        say(reason)
    else:
        commit()
        flash(gettext("Withdrawn: consents %(number)s, photos deleted %(photos)s.", number=number, photos=photos), "done")
    return redirect(_url(visit, "#consents"))


@plugin.post(f"{ONE}/debrief")
@requires(LEAD_VISITS, on="cohort")
def keep_debrief(cohort_id: int, visit_id: uuid.UUID) -> ResponseReturnValue:
    """Keep the minutes of the talk afterwards."""
    visit, form = _visit(visit_id), DebriefForm()
    if not form.submitted():
        return _show(visit, debrief=form), 422
    services.keep_debrief(actor=current_user, visit=visit, minutes=form.data)
    commit()
    flash(gettext("The minutes are saved; all members read them."), "done")
    return redirect(_url(visit, "#afterwards"))


@plugin.post(f"{ONE}/told")
@requires(LEAD_VISITS, on="cohort")
def tell_back(cohort_id: int, visit_id: uuid.UUID) -> ResponseReturnValue:
    """Keep what the host was told."""
    visit, form = _visit(visit_id), ToldForm()
    if not form.submitted():
        return _show(visit, told=form), 422
    services.tell_back(actor=current_user, visit=visit, **form.data)
    commit()
    flash(gettext("Saved. All members see what the host was told."), "done")
    return redirect(_url(visit, "#afterwards"))
