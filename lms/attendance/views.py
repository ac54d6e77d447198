"""Attendance for organizers and instructors: meetings, roster, code on the screen, signed list, who was absent."""

from __future__ import annotations

import datetime as dt
from typing import Any

import segno
from flask import Blueprint, Response, current_app, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from markupsafe import Markup

from lms.attendance import carry, queries, rules, services, sheet
from lms.attendance.absence import absence_list
from lms.attendance.forms import BADGES, SOURCES, STATES, RosterForm, SheetForm
from lms.attendance.models import THERE
from lms.cohorts.base import head_of
from lms.cohorts.pages import find_enrolment
from lms.db import commit, db, utcnow
from lms.errors import NotFound, Refused
from lms.export import as_file, file_name
from lms.i18n import gettext as _
from lms.i18n import ngettext
from lms.learning.models import ScheduleEntry
from lms.people.permissions import NOTE_ATTENDANCE, public, requires
from lms.schedule.queries import meeting_of, sizes

room = Blueprint("attendance", __name__, template_folder="templates")

AT = "/cohorts/<int:cohort_id>"
ONE = f"{AT}/meetings/<int:entry_id>"


def _meeting(entry_id: int) -> ScheduleEntry:
    """Return a meeting of the cohort that the guard has found. Raises NotFound."""
    entry = db.session.scalar(meeting_of(g.cohort.id, entry_id))
    if entry is None:
        raise NotFound("no such meeting in the cohort")
    return entry


def _page(template: str, **values: Any) -> str:
    return render_template(f"attendance/{template}.html", head=head_of(g.cohort), states=STATES, badges=BADGES, **values)


@room.get(f"{AT}/attendance")
@requires(NOTE_ATTENDANCE, on="cohort")
def meetings(cohort_id: int) -> str:
    """List the meetings of a cohort with how many were there."""
    people: dict[int | None, int] = {row[0]: row[1] for row in db.session.execute(sizes(cohort_id))}
    rows = db.session.execute(queries.counts_of(cohort_id)).all()
    return _page("meetings", rows=rows, sizes=people, everybody=sum(people.values()), now=utcnow())


@room.get(f"{AT}/absence")
@requires(NOTE_ATTENDANCE, on="cohort")
def absence(cohort_id: int) -> str:
    """List who has missed something, and how near they are to the limits of the course."""
    return _page("absence", people=absence_list(cohort_id))


# -- roster -------------------------------------------------------------------------------------------------------------------------------


@room.route(f"{ONE}/attendance", methods=["GET", "POST"])
@requires(NOTE_ATTENDANCE, on="cohort")
def roster(cohort_id: int, entry_id: int) -> ResponseReturnValue:
    """Note who is there; the phone goes on with the same roster at /meetings/offline without a signal."""
    entry = _meeting(entry_id)
    people = db.session.execute(queries.roster_of(entry)).all()
    form = RosterForm.of_people([row for row in people if row.user_id != current_user.id])
    if form.submitted():
        try:
            changed = services.note(actor=current_user, entry=entry, marks=form.marks)
        except Refused as reason:
            form.reason.errors = [str(reason)]
            db.session.rollback()
        else:
            commit()
            flash(ngettext("%(num)s person is noted.", "%(num)s people are noted.", changed), "done")
            if form.overtaken:
                names = ", ".join(row.name for row in form.overtaken)
                flash(_("Others have noted them meanwhile, and that stays: %(names)s. Please look at them.", names=names), "careful")
            return redirect(f"/cohorts/{cohort_id}/meetings/{entry_id}/attendance")
    return _roster(entry, people, form), 422 if form.errors else 200


def _roster(entry: ScheduleEntry, people: Any, form: RosterForm) -> str:
    claims = {row.enrolment_id: row for row in db.session.execute(queries.open_notes(entry.id))}
    undecided = [row for row in people if row.id in claims and row.state is None]
    others = [row for row in people if row.user_id != current_user.id]
    carried = carry.told(carry.roster(g.cohort, entry, others)) if entry.cancelled_at is None else None
    there = sum(row.state in THERE for row in people)
    can_note = entry.cancelled_at is None and utcnow() >= entry.starts_at - services.SOON
    return _page("roster", entry=entry, people=people, form=form, undecided=undecided, carried=carried, there=there, can_note=can_note)


@room.get(f"{ONE}/attendance/<int:enrolment_id>")
@requires(NOTE_ATTENDANCE, on="cohort")
def history(cohort_id: int, entry_id: int, enrolment_id: int) -> str:
    """Show every note about one person at a meeting: who, when it was seen, when it came, how, why."""
    entry = _meeting(entry_id)
    _enrolment, user, _unit, _group = find_enrolment(g.cohort, enrolment_id)
    notes = db.session.execute(queries.notes_at(entry.id, enrolment_id)).all()
    return _page("history", entry=entry, user=user, notes=notes, sources=SOURCES)


# -- the code on the screen ---------------------------------------------------------------------------------------------------------------


@room.get(f"{ONE}/code")
@requires(NOTE_ATTENDANCE, on="cohort")
def code(cohort_id: int, entry_id: int) -> ResponseReturnValue:
    """Show the present code and its QR, large, for a screen that everybody sees; it is shown anew every minute."""
    entry, now = _meeting(entry_id), utcnow()
    is_open = entry.cancelled_at is None and rules.is_open(entry.starts_at, entry.ends_at, now)
    shown = rules.code_at(services.secret_of(entry), now)
    link = f"{current_app.config['LMS_BASE_URL']}/attend/scan?m={entry.id}&c={shown}"
    picture = Markup(segno.make(link, error="m").svg_inline(border=2, omitsize=True, svgclass=None, lineclass=None)) if is_open else ""  # noqa: S704
    people = db.session.execute(queries.roster_of(entry)).all()
    page = _page(
        "code",
        entry=entry,
        is_open=is_open,
        code=shown,
        picture=picture,
        left=rules.STEP - int(now.timestamp()) % rules.STEP,
        opens_at=entry.starts_at - rules.EARLY,
        there=sum(row.state in THERE for row in people),
        people=len(people),
        carried=carry.roster(g.cohort, entry, [])["meeting"] if is_open else None,
    )
    return page, 200, {"Cache-Control": "no-store"}


# -- the signed list ----------------------------------------------------------------------------------------------------------------------


@room.get(f"{ONE}/sheet.pdf")
@requires(NOTE_ATTENDANCE, on="cohort")
def sheet_pdf(cohort_id: int, entry_id: int) -> Response:
    """Download the list to sign."""
    entry = _meeting(entry_id)
    people, title = db.session.execute(queries.roster_of(entry)).all(), _("attendance")
    return as_file(sheet.as_pdf(g.cohort, entry, people), "application/pdf", f"{file_name(f'{title} {entry.title}')}.pdf")


@room.route(f"{ONE}/sheet", methods=["GET", "POST"])
@requires(NOTE_ATTENDANCE, on="cohort")
def enter_sheet(cohort_id: int, entry_id: int) -> ResponseReturnValue:
    """Enter who signed the printed list, by codes or by ticks."""
    entry = _meeting(entry_id)
    people = db.session.execute(queries.roster_of(entry)).all()
    days = sheet.days_of(entry, g.cohort)
    form = SheetForm(day=days[0])
    form.days = days
    ticked = {row.id for row in people if str(row.id) in request.form.getlist("signed")}
    if form.submitted():
        signed, strange = sheet.read_codes(entry, people, form.codes.data or "")
        try:
            if not strange:
                return _entered(entry, people, signed | ticked, form)
            form.codes.errors = [_("These are no codes of this list: %(codes)s. Nothing is entered yet.", codes=", ".join(strange[:20]))]
        except Refused as reason:
            db.session.rollback()
            form.codes.errors = [str(reason)]
    return _page("sheet", entry=entry, people=people, form=form, ticked=ticked), 422 if form.errors else 200


def _entered(entry: ScheduleEntry, people: Any, signed: set[int], form: SheetForm) -> ResponseReturnValue:
    day: dt.date = form.day.data
    changed, doubtful = sheet.enter(
        actor=current_user, cohort=g.cohort, entry=entry, people=people, signed=signed, day=day, rest_absent=bool(form.rest_absent.data)
    )
    commit()
    flash(ngettext("%(num)s person is entered from the signed list.", "%(num)s people are entered from the signed list.", changed), "done")
    if doubtful:
        flash(_("Signed, but noted as absent later: %(names)s. Please look at them.", names=", ".join(doubtful)), "careful")
    return redirect(f"/cohorts/{entry.cohort_id}/meetings/{entry.id}/attendance")


@room.get("/meetings/offline")
@public
def rosters_offline() -> Response:
    """Show the rosters that this device keeps: the same bytes for everybody; what is somebody's comes from the locked store."""
    answer = Response(render_template("attendance/rosters_offline.html", states=STATES), mimetype="text/html")
    answer.headers["Cache-Control"] = "no-cache"
    return answer
