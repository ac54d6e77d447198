"""Routes of reports."""

from __future__ import annotations

from support.everybody import ADMIN, INSTRUCTOR, ORGANIZER, OTHER_INSTRUCTOR, OTHER_ORGANIZER, SITE_INSTRUCTOR, WRITER

STAFF = {INSTRUCTOR, OTHER_INSTRUCTOR, WRITER, SITE_INSTRUCTOR, ORGANIZER, OTHER_ORGANIZER, ADMIN}

ROUTES: list[tuple[str | None, set[str], str]] = [
    (
        "lms:report:view",
        STAFF,
        """
        GET       /reports
        GET       /reports/<report_key>
        POST      /reports/<report_key>/export
        """,
    ),
    ("lms:cohort:view", {INSTRUCTOR, ORGANIZER}, "GET /cohorts/<int:cohort_id>/reports"),
]
