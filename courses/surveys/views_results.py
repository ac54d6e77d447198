"""What a cohort has answered: for its instructors and organizers."""

from __future__ import annotations

from flask import g, render_template
from flask.typing import ResponseReturnValue

from courses.base import READ_SURVEYS, plugin
from courses.surveys import services
from courses.surveys.tally import STEP
from lms.api import csv_response, head_of, requires
from lms.api import lazy_gettext as _

AT = "/cohorts/<int:cohort_id>/surveys"
MOST_TEXTS = 30  # on a page; the file has all of them

plugin.cohort_page(_("Surveys"), "/surveys", READ_SURVEYS, "results")


@plugin.get(AT)
@requires(READ_SURVEYS, on="cohort")
def surveys(cohort_id: int) -> str:
    """List the surveys of a cohort."""
    return render_template("courses/surveys.html", head=head_of(g.cohort), surveys=services.surveys_of(g.cohort))


@plugin.get(f"{AT}/<int:module_id>/<activity_key>")
@requires(READ_SURVEYS, on="cohort")
def survey_results(cohort_id: int, module_id: int, activity_key: str) -> str:
    """Show what may be shown of a survey."""
    results = services.results_of(g.cohort, module_id, activity_key)
    return render_template("courses/survey_results.html", head=head_of(g.cohort), results=results, step=STEP, most=MOST_TEXTS)


@plugin.get(f"{AT}/<int:module_id>/<activity_key>/answers.csv")
@requires(READ_SURVEYS, on="cohort")
def survey_file(cohort_id: int, module_id: int, activity_key: str) -> ResponseReturnValue:
    """Give the same as a file."""
    results = services.results_of(g.cohort, module_id, activity_key)
    return csv_response(services.rows_of(results), f"{activity_key} {cohort_id}")
