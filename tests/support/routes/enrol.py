"""Routes of enrolment: imports, letters, self-enrolment."""

from __future__ import annotations

from support.everybody import ORGANIZER
from support.routes.who import EVERYBODY, SIGNED_IN

ROUTES: list[tuple[str | None, set[str], str]] = [
    (None, EVERYBODY, "GET POST /activate"),
    (
        "lms:profile:edit",
        SIGNED_IN,
        """
        GET POST  /join
        GET POST  /join/<int:cohort_id>
        POST      /join/<int:cohort_id>/leave
        """,
    ),
    (
        "lms:cohort:manage",
        {ORGANIZER},
        """
        GET       /cohorts/<int:cohort_id>/imports/<int:list_id>
        POST      /cohorts/<int:cohort_id>/imports/<int:list_id>/undo
        POST      /cohorts/<int:cohort_id>/invitations
        GET POST  /cohorts/<int:cohort_id>/joining
        POST      /cohorts/<int:cohort_id>/joining/<uuid:user_id>/approve
        POST      /cohorts/<int:cohort_id>/joining/<uuid:user_id>/decline
        GET POST  /cohorts/<int:cohort_id>/letters
        POST      /cohorts/<int:cohort_id>/people/<int:enrolment_id>/letter
        """,
    ),
]
