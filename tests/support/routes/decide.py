"""Routes of passing rules, results, decisions and minutes."""

from __future__ import annotations

from support.everybody import LEARNER, ORGANIZER
from support.routes.who import ORGANIZERS

ROUTES: list[tuple[str | None, set[str], str]] = [
    (
        "lms:cohort:manage",
        {ORGANIZER},
        """
        GET POST  /cohorts/<int:cohort_id>/minutes
        GET       /cohorts/<int:cohort_id>/minutes/<int:minutes_id>.pdf
        GET       /cohorts/<int:cohort_id>/more-time
        POST      /cohorts/<int:cohort_id>/more-time/<int:ask_id>
        GET POST  /cohorts/<int:cohort_id>/results
        GET POST  /cohorts/<int:cohort_id>/results/<int:enrolment_id>
        GET       /cohorts/<int:cohort_id>/results.<any(csv, xlsx):kind>
        POST      /cohorts/<int:cohort_id>/results/extend
        GET POST  /cohorts/<int:cohort_id>/rule
        GET       /cohorts/<int:cohort_id>/timely
        POST      /cohorts/<int:cohort_id>/timely/<uuid:entry_id>
        """,
    ),
    ("lms:cohort:manage", ORGANIZERS, "GET POST /cohorts/courses/<int:course_id>/rule"),
    ("lms:learning:take", {LEARNER}, "GET /learn/<int:cohort_id>/result\nGET POST /learn/<int:cohort_id>/more-time"),
]
