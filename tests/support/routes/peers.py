"""Routes of writing assignments and of peer review."""

from __future__ import annotations

from support.everybody import INSTRUCTOR, LEARNER

ROUTES: list[tuple[str | None, set[str], str]] = [
    (
        "lms:learning:take",
        {LEARNER},
        """
        POST      /learn/<int:cohort_id>/<module_key>/<activity_key>/text
        POST      /learn/<int:cohort_id>/<module_key>/<activity_key>/text/remove
        GET       /learn/<int:cohort_id>/<module_key>/<activity_key>/peers
        POST      /learn/<int:cohort_id>/<module_key>/<activity_key>/peers
        POST      /learn/<int:cohort_id>/<module_key>/<activity_key>/peers/revise
        GET POST  /learn/<int:cohort_id>/<module_key>/<activity_key>/peers/samples/<sample_key>
        GET POST  /peers/<uuid:review_id>
        POST      /peers/<uuid:review_id>/keep
        GET POST  /peers/<uuid:review_id>/unfair
        """,
    ),
    ("lms:attempt:mark", {INSTRUCTOR}, "POST /peers/<uuid:review_id>/settle"),
]
