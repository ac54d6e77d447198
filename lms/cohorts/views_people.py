"""The people of a cohort: roster, one person, files; and what organizers do for them."""

from __future__ import annotations

from flask import Response, flash, g, make_response, redirect, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from lms.attendance.absence import of_enrolment
from lms.cohorts import grouping, pages, queries, services
from lms.cohorts.base import cohort_page, head_of, room
from lms.cohorts.forms import OverrideForm
from lms.db import commit, db, paginate, utcnow
from lms.export import csv_response, xlsx_response
from lms.forms import choices
from lms.i18n import gettext as _
from lms.i18n import local_day
from lms.joining import services as joining
from lms.learning import services as learning
from lms.learning.words import cohort_title
from lms.people.permissions import MANAGE_COHORTS, VIEW_COHORTS, requires
from lms.privacy.services import audit
from lms.progress import services as progress
from lms.web.paging import page_number

PER_PAGE = 50
PERSON = "/cohorts/<int:cohort_id>/people/<int:enrolment_id>"


@room.get("/cohorts/<int:cohort_id>/people")
@requires(VIEW_COHORTS, on="cohort")
def people(cohort_id: int) -> str:
    """List the people of a cohort and how far each is."""
    head = head_of(g.cohort)
    words, status = request.args.get("q", "").strip()[:100], request.args.get("status", "")
    group_id = request.args.get("group", None, int)
    found = queries.roster(cohort_id, head.today, words=words, group_id=group_id, status=status)
    return cohort_page(
        "people",
        head=head,
        page=paginate(found, page_number(), PER_PAGE),
        groups=db.session.scalars(queries.groups_of(cohort_id)).all(),
        words=words,
        status=status,
        group_id=group_id,
        status_of=pages.status_of,
    )


@room.get("/cohorts/<int:cohort_id>/people.<any(csv, xlsx):kind>")
@requires(MANAGE_COHORTS, on="cohort", writes=True)
def people_file(cohort_id: int, kind: str) -> Response:
    """Download the roster; that it has left the site is written down."""
    rows = pages.roster_rows(g.cohort, local_day(utcnow(), g.cohort.time_zone), blocks=kind == "csv")
    audit(current_user.id, "cohort:export", "cohort", cohort_id, people=len(rows) - 1)
    commit()
    return (csv_response if kind == "csv" else xlsx_response)(rows, f"{cohort_title(g.cohort)} {_('people')}")


@room.get(PERSON)
@requires(VIEW_COHORTS, on="cohort")
def person(cohort_id: int, enrolment_id: int) -> str:
    """Show how far one person is, and why; never what they answered or wrote."""
    page = pages.person(g.cohort, enrolment_id)
    return _person_page(page, _override_form(page))


def _override_form(page: pages.PersonPage) -> OverrideForm:
    form = OverrideForm(activity=request.args.get("activity", ""))
    form.activity.choices = choices(*page.titles.items())
    return form


def _person_page(page: pages.PersonPage, form: OverrideForm) -> str:
    head = head_of(g.cohort)
    return cohort_page(
        "person",
        head=head,
        person=page,
        form=form,
        status=pages.status_of(page.enrolment, head.today),
        their_sentence=pages.their_sentence,
        absence=of_enrolment(page.enrolment.id),
        groups=db.session.scalars(queries.groups_of(g.cohort.id)).all(),
    )


@room.post(f"{PERSON}/override")
@requires(MANAGE_COHORTS, on="cohort")
def override(cohort_id: int, enrolment_id: int) -> ResponseReturnValue:
    """Decide by hand whether a part is complete, and say why."""
    page = pages.person(g.cohort, enrolment_id)
    form = _override_form(page)
    if not form.submitted():
        return _person_page(page, form), 422
    module_id, _slash, key = str(form.activity.data).partition("/")
    progress.override(
        actor=current_user,
        enrolment_id=enrolment_id,
        module_id=int(module_id),
        activity_key=key,
        state=str(form.state.data),
        reason=form.reason.data or "",
        until=form.until.data if form.state.data == "complete" else None,
    )
    commit()
    flash(_("Your decision holds. %(name)s can read it and the reason.", name=page.user.name), "done")
    return redirect(f"/cohorts/{cohort_id}/people/{enrolment_id}")


def _back(cohort_id: int, enrolment_id: int) -> str:
    """Return the page from which an act on a person came: their own, or the roster."""
    return f"/cohorts/{cohort_id}/people/{enrolment_id}" if request.form.get("back") == "person" else f"/cohorts/{cohort_id}/people"


@room.post(f"{PERSON}/group")
@requires(MANAGE_COHORTS, on="cohort")
def move_to_group(cohort_id: int, enrolment_id: int) -> ResponseReturnValue:
    """Put somebody into another group."""
    enrolment, user, _unit, _group = pages.find_enrolment(g.cohort, enrolment_id)
    grouping.move_to_group(actor=current_user, cohort=g.cohort, enrolment=enrolment, group_id=request.form.get("group_id", 0, int) or None)
    commit()
    flash(_("%(name)s has another group.", name=user.name), "done")
    return redirect(_back(cohort_id, enrolment_id))


@room.post(f"{PERSON}/withdraw")
@requires(MANAGE_COHORTS, on="cohort")
def withdraw(cohort_id: int, enrolment_id: int) -> ResponseReturnValue:
    """End somebody's part in the cohort; nothing is deleted."""
    enrolment, user, _unit, _group = pages.find_enrolment(g.cohort, enrolment_id)
    learning.withdraw(actor=current_user, enrolment=enrolment)
    joining.release(actor=current_user, enrolment=enrolment)
    commit()
    flash(_("%(name)s does not take part any more. Everything they did is kept.", name=user.name), "done")
    return redirect(_back(cohort_id, enrolment_id))


@room.post(f"{PERSON}/return")
@requires(MANAGE_COHORTS, on="cohort")
def bring_back(cohort_id: int, enrolment_id: int) -> ResponseReturnValue:
    """Let somebody take part again."""
    enrolment, user, _unit, _group = pages.find_enrolment(g.cohort, enrolment_id)
    services.bring_back(actor=current_user, enrolment=enrolment)
    commit()
    flash(_("%(name)s takes part again.", name=user.name), "done")
    return redirect(_back(cohort_id, enrolment_id))


@room.post(f"{PERSON}/password")
@requires(MANAGE_COHORTS, on="cohort")
def one_time_password(cohort_id: int, enrolment_id: int) -> Response:
    """Give somebody a new password and show it, in this answer alone."""
    _enrolment, user, _unit, _group = pages.find_enrolment(g.cohort, enrolment_id)
    password = services.one_time_password(actor=current_user, cohort=g.cohort, user=user)
    commit()
    response = make_response(cohort_page("password", user=user, password=password, enrolment_id=enrolment_id))
    response.headers["Cache-Control"] = "no-store"
    return response
