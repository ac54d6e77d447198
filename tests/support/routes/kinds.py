"""Routes of videos, surveys and discussions."""

from __future__ import annotations

from support.everybody import INSTRUCTOR, LEARNER, ORGANIZER

ROUTES: list[tuple[str | None, set[str], str]] = [
    (
        "lms:learning:take",
        {LEARNER},
        """
        GET       /learn/<int:cohort_id>/<module_key>/<activity_key>/play
        POST      /learn/<int:cohort_id>/<module_key>/<activity_key>/survey
        POST      /learn/<int:cohort_id>/<module_key>/<activity_key>/answer
        GET       /learn/<int:cohort_id>/<module_key>/<activity_key>/answers
        GET POST  /learn/<int:cohort_id>/<module_key>/<activity_key>/posts/<uuid:post_id>
        GET POST  /learn/<int:cohort_id>/<module_key>/<activity_key>/posts/<uuid:post_id>/edit
        GET POST  /learn/<int:cohort_id>/<module_key>/<activity_key>/posts/<uuid:post_id>/report
        POST      /learn/<int:cohort_id>/<module_key>/<activity_key>/posts/<uuid:post_id>/withdraw
        """,
    ),
    (
        "courses:survey:read",
        {INSTRUCTOR, ORGANIZER},
        """
        GET       /cohorts/<int:cohort_id>/surveys
        GET       /cohorts/<int:cohort_id>/surveys/<int:module_id>/<activity_key>
        GET       /cohorts/<int:cohort_id>/surveys/<int:module_id>/<activity_key>/answers.csv
        """,
    ),
    (
        "courses:discussion:moderate",
        {INSTRUCTOR},
        """
        GET       /cohorts/<int:cohort_id>/discussions
        GET POST  /cohorts/<int:cohort_id>/discussions/<uuid:post_id>
        POST      /cohorts/<int:cohort_id>/discussions/<uuid:post_id>/settle
        """,
    ),
]
