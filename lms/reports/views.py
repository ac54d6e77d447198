"""The list of reports, a report, and its file."""

from __future__ import annotations

import datetime as dt
from urllib.parse import urlencode

from flask import Blueprint, abort, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from lms import i18n
from lms.cohorts.base import head_of
from lms.db import commit, utcnow
from lms.i18n import local_day
from lms.people.permissions import VIEW_COHORTS, VIEW_REPORTS, requires
from lms.reports import services
from lms.reports.contract import Column, Report, Wanted
from lms.reports.forms import FilterForm
from lms.reports.small import LEAST
from lms.web.paging import page_number

room = Blueprint("reports", __name__, template_folder="templates")


def _today() -> dt.date:
    return local_day(utcnow(), current_user.time_zone)


def _wanted(report: Report, form: FilterForm) -> Wanted:
    return form.wanted(report, request.args.get("sort", "")[:60])


def _link(**changes: str) -> str:
    """Return the present address with other values, from its first page."""
    values = {**request.args.to_dict(), **changes, "page": ""}
    return "?" + urlencode({name: value for name, value in values.items() if value})


def _sort_link(column: Column, now: str) -> str:
    """Return where the head of a column leads: sorted by it, and the other way round when it is already."""
    return _link(sort=f"-{column.name}" if now == column.name else column.name)


@room.get("/reports")
@requires(VIEW_REPORTS, on="self")
def reports() -> str:
    """List the reports with the question that each answers."""
    return render_template("reports/reports.html", reports=services.reports_for(current_user))


@room.get("/cohorts/<int:cohort_id>/reports")
@requires(VIEW_COHORTS, on="cohort")
def reports_of_cohort(cohort_id: int) -> str:
    """List the reports, each on this cohort alone."""
    found = [report for report in services.reports_for(current_user) if "cohort" in report.filters]
    return render_template("reports/of_cohort.html", head=head_of(g.cohort), reports=found)


@room.get("/reports/<report_key>")
@requires(VIEW_REPORTS, on="self")
def report(report_key: str) -> str:
    """Show a report: filters, a sentence, a picture, a table."""
    found = services.find_report(current_user, report_key)
    form = FilterForm(request.args)
    shown = services.show(actor=current_user, report=found, today=_today(), wanted=_wanted(found, form), number=page_number())
    form.offer(found, shown.choices, shown.asked.wanted)
    return render_template(
        "reports/report.html",
        shown=shown,
        form=form,
        filters=services.filters_of(shown.asked, found),
        sort=services.sort_of(shown.asked, found, shown.columns),
        sort_link=_sort_link,
        query=_link(),
        cell=services.on_page,
        least=LEAST,
    )


@room.post("/reports/<report_key>/export")
@requires(VIEW_REPORTS, on="self")
def export(report_key: str) -> ResponseReturnValue:
    """Begin to make the file of a report with the filters of its address; lead to its progress."""
    found = services.find_report(current_user, report_key)
    kind = request.form.get("kind", "")
    if kind not in {"csv", "xlsx"}:
        abort(422)
    asked = services.ask(current_user, found, _today(), _wanted(found, FilterForm(request.args)))
    origin = f"/reports/{report_key}{_link()}"[:200]
    batch = services.begin_export(actor=current_user, shown=asked, report=found, kind=kind, origin=origin, language=i18n.language())
    commit()
    return redirect(f"/tasks/{batch.id}")
