"""Routes of courses, of changing cohorts and groups, and of guidance."""

from __future__ import annotations

from support.everybody import COACH, ORGANIZER, OTHER_COACH
from support.routes.who import ORGANIZERS

ROUTES: list[tuple[str | None, set[str], str]] = [
    (
        "lms:course:edit",
        ORGANIZERS,
        """
        GET       /cohorts/courses
        GET POST  /cohorts/courses/<int:course_id>
        GET POST  /cohorts/courses/<int:course_id>/about
        GET POST  /cohorts/courses/<int:course_id>/passing
        POST      /cohorts/courses/<int:course_id>/delete
        """,
    ),
    (
        "lms:cohort:manage",
        {ORGANIZER},
        """
        GET POST  /cohorts/<int:cohort_id>/copy
        GET POST  /cohorts/<int:cohort_id>/course
        GET POST  /cohorts/<int:cohort_id>/details
        GET POST  /cohorts/<int:cohort_id>/groups
        POST      /cohorts/<int:cohort_id>/groups/<int:group_id>/delete
        POST      /cohorts/<int:cohort_id>/groups/add
        GET POST  /cohorts/<int:cohort_id>/groups/people
        GET POST  /cohorts/<int:cohort_id>/groups/split
        GET POST  /cohorts/<int:cohort_id>/guidance
        GET POST  /cohorts/<int:cohort_id>/upgrade
        """,
    ),
    ("lms:guidance:view", {COACH, OTHER_COACH}, "GET /guidance"),
    ("lms:guidance:view", {COACH}, "GET /guidance/<int:enrolment_id>"),
]
