"""Routes of notices, mails and reminders."""

from __future__ import annotations

from support.everybody import LEARNER, ORGANIZER, SUPERVISOR
from support.routes.who import EVERYBODY, SIGNED_IN

ROUTES: list[tuple[str | None, set[str], str]] = [
    (None, EVERYBODY, "GET POST /notices/stop/<proof>"),
    (
        "lms:profile:edit",
        SIGNED_IN,
        """
        GET       /notices
        GET       /notices/texts
        POST      /notices/read
        GET POST  /profile/notices
        """,
    ),
    (
        "lms:profile:edit",
        {LEARNER},
        """
        GET       /notices/<uuid:notice_id>
        POST      /notices/<uuid:notice_id>/later
        """,
    ),
    ("lms:cohort:manage", {ORGANIZER}, "GET POST /cohorts/<int:cohort_id>/reminders"),
    ("lms:team:view", {SUPERVISOR}, "POST /team/reminders"),
]
