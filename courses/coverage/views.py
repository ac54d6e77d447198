"""Pages of what modules cover: of a draft, and of all modules of a course."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from courses.base import WRITE, plugin
from courses.checks.load import of_draft
from courses.coverage import queries
from courses.coverage.matrix import Carrier, Way, coverage_of
from courses.folder.tags import BEHAVIOURS, VALUE_TITLES
from lms.api import csv_response, draft_activities, gettext, requires

HOME = "/studio/<module_key>"


@plugin.get(f"{HOME}/coverage")
@requires(WRITE, on="module")
def studio_coverage(module_key: str) -> str:
    """Show which behaviours and competencies the draft teaches, practises and assesses, and the gaps in words."""
    return render_template("courses/studio_coverage.html", module=g.module, course=None, courses=[], **_told(_of_draft()))


@plugin.get(f"{HOME}/coverage.csv")
@requires(WRITE, on="module")
def studio_coverage_file(module_key: str) -> Response:
    """Download the whole matrix of a draft: tags by activities."""
    return _file(_of_draft(), module_key)


def _of_draft() -> list[Carrier]:
    return queries.of_draft(of_draft(g.module, draft_activities(g.module.id), whole=False))


@plugin.get("/studio/coverage")
@requires(WRITE, on="self")
def course_coverage() -> str:
    """Show the same across the modules of a course as they are published; without one, the courses to choose from."""
    key = request.args.get("course", "")
    course = queries.course_of(key) if key else None
    carriers = queries.of_course(course.id) if course else []
    return render_template("courses/studio_coverage.html", module=None, course=course, courses=queries.courses(), **_told(carriers))


@plugin.get("/studio/coverage.csv")
@requires(WRITE, on="self")
def course_coverage_file() -> ResponseReturnValue:
    """Download the whole matrix of a course: tags by modules; without one, choose it first."""
    if not request.args.get("course"):
        return redirect("/studio/coverage")
    course = queries.course_of(request.args["course"])
    return _file(queries.of_course(course.id), course.key)


def _told(carriers: Sequence[Carrier]) -> dict[str, Any]:
    return {
        "carriers": carriers,
        "coverage": coverage_of(carriers),
        "ways": _words(),
        "Way": Way,
        "behaviours": BEHAVIOURS,
        "values": VALUE_TITLES,
    }


def _words() -> dict[Way, str]:
    return {Way.TAUGHT: gettext("Taught"), Way.PRACTISED: gettext("Practised"), Way.ASSESSED: gettext("Assessed")}


def _file(carriers: Sequence[Carrier], key: str) -> Response:
    head = [gettext("Tag"), gettext("What it says"), *(carrier.title for carrier in carriers)]
    words = _words()
    lines = (
        [
            row.tag,
            str(BEHAVIOURS.get(row.tag, "")),
            *(", ".join(words[way] for way in Way if way in carrier.does(row.tag)) for carrier in carriers),
        ]
        for row in coverage_of(carriers).rows
    )
    word = gettext("coverage")
    return csv_response([head, *lines], f"{key}-{word}")
