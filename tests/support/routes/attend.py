"""Routes of the schedule, of attendance and of calendars."""

from __future__ import annotations

from support.everybody import INSTRUCTOR, LEARNER, ORGANIZER
from support.routes.who import EVERYBODY, SIGNED_IN

ROUTES: list[tuple[str | None, set[str], str]] = [
    (
        None,
        EVERYBODY,
        """
        GET       /attend/offline
        GET       /attend/scan
        GET       /calendar/<string:token>.ics
        GET       /meetings/offline
        """,
    ),
    ("lms:profile:edit", SIGNED_IN, "GET POST /profile/calendar"),
    ("lms:learning:take", SIGNED_IN, "GET POST /attend"),
    ("lms:learning:take", {LEARNER}, "GET /attend/<int:cohort_id>"),
    (
        "lms:cohort:manage",
        {ORGANIZER},
        """
        GET POST  /cohorts/<int:cohort_id>/schedule
        POST      /cohorts/<int:cohort_id>/schedule/<int:entry_id>/cancel
        POST      /cohorts/<int:cohort_id>/schedule/<int:entry_id>/delete
        """,
    ),
    (
        "lms:attendance:note",
        {INSTRUCTOR, ORGANIZER},
        """
        GET       /cohorts/<int:cohort_id>/absence
        GET       /cohorts/<int:cohort_id>/attendance
        GET POST  /cohorts/<int:cohort_id>/meetings/<int:entry_id>/attendance
        GET       /cohorts/<int:cohort_id>/meetings/<int:entry_id>/attendance/<int:enrolment_id>
        GET       /cohorts/<int:cohort_id>/meetings/<int:entry_id>/code
        GET POST  /cohorts/<int:cohort_id>/meetings/<int:entry_id>/sheet
        GET       /cohorts/<int:cohort_id>/meetings/<int:entry_id>/sheet.pdf
        """,
    ),
]
