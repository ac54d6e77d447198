"""Who guides whom, for organizers; and the people whom one guides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from lms.cohorts import pages
from lms.cohorts.base import head_of
from lms.db import commit, db, utcnow
from lms.errors import Refused
from lms.guidance import queries, services
from lms.guidance.forms import GuidanceForm
from lms.guidance.queries import GUIDES
from lms.i18n import local_day, ngettext
from lms.people.permissions import MANAGE_COHORTS, VIEW_GUIDED, requires
from lms.people.roles import ROLE_TITLES
from lms.progress.rules import sentence

room = Blueprint("guidance", __name__, template_folder="templates")


@room.route("/cohorts/<int:cohort_id>/guidance", methods=["GET", "POST"])
@requires(MANAGE_COHORTS, on="cohort")
def assign(cohort_id: int) -> ResponseReturnValue:
    """Show who guides whom, and give people or whole groups a coach, mentor or examiner."""
    head = head_of(g.cohort)
    people = db.session.execute(queries.people_of(cohort_id)).all()
    holders = db.session.execute(queries.holders(cohort_id, head.today)).all()
    form = GuidanceForm.of_holders(holders, since=max(head.today, g.cohort.starts_on))
    problem = ""
    if form.submitted():
        try:
            count = services.assign(actor=current_user, cohort=g.cohort, enrolment_ids=form.chosen(people), **form.values)
        except Refused as reason:
            problem = str(reason)
            db.session.rollback()
        else:
            commit()
            flash(ngettext("Saved for %(num)s person.", "Saved for %(num)s people.", count), "done")
            return redirect(f"/cohorts/{cohort_id}/guidance")
    guides = _by_person(db.session.execute(queries.guides_of_cohort(cohort_id, head.today)))
    status = 422 if form.errors or problem else 200
    words = {"roles": GUIDES, "role_title": ROLE_TITLES, "problem": problem}
    return render_template(
        "guidance/assign.html", head=head, form=form, people=people, groups=_by_group(people), guides=guides, holders=holders, **words
    ), status


def _by_group(people: Sequence[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in people:
        found.setdefault(row.group_id or 0, []).append(row)
    return found


def _by_person(rows: Any) -> dict[tuple[int, str], list[Any]]:
    found: dict[tuple[int, str], list[Any]] = {}
    for row in rows:
        found.setdefault((row.enrolment_id, row.role), []).append(row)
    return found


@room.get("/guidance")
@requires(VIEW_GUIDED, on="self")
def mine() -> str:
    """List the people whom one coaches, mentors or examines, and how far each is."""
    today = local_day(utcnow(), current_user.time_zone)
    rows = db.session.execute(queries.guided_by(current_user, today)).all()
    return render_template("guidance/mine.html", rows=rows, today=today, status_of=pages.status_of, role_title=ROLE_TITLES)


@room.get("/guidance/<int:enrolment_id>")
@requires(VIEW_GUIDED, on="self")
def person(enrolment_id: int) -> str:
    """Show how far one of them is: which parts, and what is asked for; never marks, nor what they answered or wrote."""
    today = local_day(utcnow(), current_user.time_zone)
    cohort, row = services.find_guided(current_user, enrolment_id, today)
    page = pages.person(cohort, enrolment_id)
    status = pages.status_of(page.enrolment, today)
    return render_template("guidance/person.html", cohort=cohort, person=page, status=status, role=ROLE_TITLES[row.role], wanted=_wanted)


def _wanted(reason: Mapping[str, Any]) -> str:
    """Write what a clause asks for; marks and numbers of words are not for guides."""
    return sentence(reason["rule"])
