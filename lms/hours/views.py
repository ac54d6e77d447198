"""One's own transcript; the ledger of a person in a cohort and its corrections; the rules."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from lms.cohorts.base import head_of
from lms.cohorts.pages import find_enrolment
from lms.db import commit, db, utcnow
from lms.errors import NotFound, Refused
from lms.export import as_file, csv_response
from lms.hours import queries, transcript
from lms.hours.forms import CorrectionForm, RuleForm
from lms.hours.words import FORMS, rule_words
from lms.i18n import gettext as _
from lms.i18n import local_day
from lms.people.models import Unit, User
from lms.people.nip import in_blocks
from lms.people.permissions import GOVERN_JP, MANAGE_COHORTS, PROFILE, requires
from lms.progress import jp, jp_rules

room = Blueprint("hours", __name__, template_folder="templates")

PERSON = "/cohorts/<int:cohort_id>/people/<int:enrolment_id>/hours"
YEARS = range(2000, 2200)


@room.get("/profile/transcript")
@requires(PROFILE, on="self")
def own() -> str:
    """Show one's own hours of a year."""
    today = local_day(utcnow(), current_user.time_zone)
    asked = request.args.get("year", today.year, int)
    found = transcript.transcript(current_user.id, asked if asked in YEARS else today.year)
    return render_template("hours/transcript.html", found=found)


@room.get("/profile/transcript/<int:year>.<any(csv, pdf):ending>")
@requires(PROFILE, on="self")
def own_file(year: int, ending: str) -> Response:
    """Download one's own hours of a year, to print or to hand on."""
    if year not in YEARS:
        raise NotFound("no such year")
    found = transcript.transcript(current_user.id, year)
    if ending == "csv":
        return csv_response(transcript.table(found), f"{_('Hours')} {year}")
    user = db.session.get_one(User, current_user.id)
    unit = db.session.get(Unit, user.unit_id) if user.unit_id else None
    about = " · ".join(filter(None, [in_blocks(user.employee_number or ""), user.position, unit.name if unit else user.institution]))
    made = transcript.as_pdf(found, name=user.full_name, about=about, day=local_day(utcnow(), current_user.time_zone))
    return as_file(made, "application/pdf", f"jp-{year}.pdf")


@room.route(PERSON, methods=["GET", "POST"])
@requires(MANAGE_COHORTS, on="cohort")
def person(cohort_id: int, enrolment_id: int) -> ResponseReturnValue:
    """Show what the ledger says about one person in the cohort; correct a line, and say why."""
    _enrolment, user, _unit, _group = find_enrolment(g.cohort, enrolment_id)
    lines = transcript.lines(db.session.execute(queries.lines_of_enrolment(enrolment_id)))
    line = next((line for line in lines if line.id == request.values.get("line", 0, int)), None)
    form = CorrectionForm(hours=line.nominal if line else None)
    problem = ""
    if form.submitted():
        try:
            jp.correct(
                actor=current_user,
                enrolment_id=enrolment_id,
                line_id=line.id if line else 0,
                hours=form.hours.data,
                reason=(form.reason.data or "").strip(),
            )
        except Refused as refused:
            db.session.rollback()
            problem = str(refused)
        else:
            commit()
            flash(_("Corrected. %(name)s can read it and the reason.", name=user.name), "done")
            return redirect(f"/cohorts/{cohort_id}/people/{enrolment_id}/hours")
    values: dict[str, Any] = {"person": user, "lines": lines, "line": line, "form": form, "problem": problem}
    page = render_template("hours/person.html", head=head_of(g.cohort), enrolment_id=enrolment_id, **values)
    return page, 422 if form.errors or problem else 200


@room.get("/admin/hours")
@requires(GOVERN_JP)
def listed() -> str:
    """Show the rules of recognition, and how often each was used."""
    page = {"rules": jp_rules.rules(), "own": bool(jp_rules.own()), "used": jp_rules.used()}
    return render_template(
        "hours/rules.html", **page, forms=FORMS, rule_words=rule_words, today=local_day(utcnow(), current_user.time_zone)
    )


@room.route("/admin/hours/new", methods=["GET", "POST"])
@requires(GOVERN_JP)
def add() -> ResponseReturnValue:
    """Add a rule that holds from a day on; the one before it ends."""
    form = RuleForm()
    if form.submitted():
        try:
            jp_rules.add_rule(actor=current_user, values=form.data, today=local_day(utcnow(), current_user.time_zone))
        except Refused as refused:
            db.session.rollback()
            form.valid_from.errors = [str(refused)]
        else:
            commit()
            flash(_("The rule is there. It holds from its day on; what was recognised before stays."), "done")
            return redirect("/admin/hours")
    return render_template("hours/rule.html", form=form), 422 if form.errors else 200
