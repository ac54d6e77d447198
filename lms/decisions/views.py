"""Results of a cohort, decisions by people, more time. Importing the parts registers their pages on the room."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from lms.db import commit, db
from lms.decisions import pages, services, views_minutes, views_rule
from lms.decisions.base import decisions_page, room
from lms.decisions.forms import DecisionForm, ExtensionForm, OneDecisionForm
from lms.errors import Refused
from lms.export import csv_response, xlsx_response
from lms.forms import choices
from lms.i18n import gettext as _
from lms.i18n import ngettext
from lms.learning.words import cohort_title
from lms.people.permissions import LEARN, MANAGE_COHORTS, requires
from lms.privacy.services import audit
from lms.progress import services as progress
from lms.web.paging import page_number

__all__ = ["room", "views_minutes", "views_rule"]

RESULTS = "/cohorts/<int:cohort_id>/results"


def _chosen() -> set[int]:
    """Return the enrolments that are ticked."""
    return {int(text) for text in request.form.getlist("person") if text.isdecimal() and len(text) < 10}


def _here(cohort_id: int) -> str:
    """Return the table as it was filtered."""
    query = request.query_string.decode(errors="replace")
    return f"/cohorts/{cohort_id}/results" + (f"?{query}" if query else "")


def _decided(form: DecisionForm, numbers: set[int]) -> bool:
    """Write the decision of a form; what speaks against it stands at its first field."""
    if not form.submitted():
        return False
    try:
        written = services.decide(actor=current_user, cohort=g.cohort, enrolment_ids=numbers, **form.values)
    except Refused as reason:
        form.outcome.errors = [str(reason)]
        db.session.rollback()
        return False
    commit()
    flash(
        ngettext("The decision about %(num)s person is written.", "The decisions about %(num)s people are written.", len(written)), "done"
    )
    return True


def _table(form: DecisionForm, extension: ExtensionForm) -> str:
    """Draw the table of results with what can be done for those who are ticked; what was typed for either act stays."""
    found = pages.results(g.cohort.id)
    show = request.args.get("show", "")
    show, words = show if show in pages.SHOWS else "", request.args.get("q", "").strip()[:100]
    page, tick = found.page(show, words, page_number()), request.form.get("tick")
    extension.module_id.choices = choices(*((module.id, module.title) for module in found.loaded.programme.modules))
    return decisions_page(
        "results",
        found=found,
        page=page,
        show=show,
        words=words,
        form=form,
        extension=extension,
        chosen={line.row.id for line in page.items} if tick == "all" else set() if tick == "none" else _chosen(),
        pages=pages,
    )


@room.route(RESULTS, methods=["GET", "POST"])
@requires(MANAGE_COHORTS, on="cohort")
def results(cohort_id: int) -> ResponseReturnValue:
    """Show clause by clause who may pass, and decide about those who are ticked; `tick` only draws the page with other ticks."""
    form = DecisionForm()
    if "tick" not in request.form and _decided(form, _chosen()):
        return redirect(_here(cohort_id))
    return _table(form, ExtensionForm()), 422 if form.errors else 200


@room.post(f"{RESULTS}/extend")
@requires(MANAGE_COHORTS, on="cohort")
def extend(cohort_id: int) -> ResponseReturnValue:
    """Give those who are ticked a later due day for one module."""
    form = ExtensionForm()
    form.module_id.choices = choices(*((number, "") for number, _revision in progress.pins(cohort_id)))
    values: dict[str, Any] = {"actor": current_user, "cohort_id": cohort_id, "enrolment_ids": _chosen()}
    try:
        if not form.submitted():
            return _table(DecisionForm(), form), 422
        count = progress.extend(
            **values, module_id=form.module_id.data, due_on=form.extended_to.data, reason=(form.extension_reason.data or "").strip()
        )
    except Refused as reason:
        form.extended_to.errors = [str(reason)]
        db.session.rollback()
        return _table(DecisionForm(), form), 422
    commit()
    flash(ngettext("%(num)s person has more time.", "%(num)s people have more time.", count), "done")
    return redirect(_here(cohort_id))


@room.get(f"{RESULTS}.<any(csv, xlsx):kind>")
@requires(MANAGE_COHORTS, on="cohort", writes=True)
def results_file(cohort_id: int, kind: str) -> Response:
    """Download the results; that they have left the site is written down."""
    rows = pages.table(pages.results(cohort_id), g.cohort)
    audit(current_user.id, "decisions:export", "cohort", cohort_id, people=len(rows) - 1)
    commit()
    return (csv_response if kind == "csv" else xlsx_response)(rows, f"{cohort_title(g.cohort)} {_('results')}")


@room.route(f"{RESULTS}/<int:enrolment_id>", methods=["GET", "POST"])
@requires(MANAGE_COHORTS, on="cohort")
def person(cohort_id: int, enrolment_id: int) -> ResponseReturnValue:
    """Show the whole programme of one person, and decide about them."""
    result = pages.result_in(g.cohort, enrolment_id)
    form = OneDecisionForm()
    if _decided(form, {enrolment_id}):
        return redirect(f"/cohorts/{cohort_id}/results/{enrolment_id}")
    return decisions_page("person", result=result, form=form, pages=pages), 422 if form.errors else 200


@room.get("/learn/<int:cohort_id>/result")
@requires(LEARN, on="self")
def own_result(cohort_id: int) -> str:
    """Show what one's programme asks for, what is met by what, what is missing, and what was decided."""
    return render_template("decisions/own.html", result=pages.own_result(current_user, cohort_id), pages=pages)
