"""Routes of emergencies, readings, keys and support services."""

from __future__ import annotations

from support.everybody import ADMIN, COUNSELLOR, DPO, ORGANIZER, OTHER_ORGANIZER

ROUTES: list[tuple[str | None, set[str], str]] = [
    ("lms:audit:read", {ADMIN, DPO}, "GET /admin/audit"),
    (
        "lms:glass:break",
        {DPO, COUNSELLOR},
        """
        GET       /privacy/glass
        GET       /privacy/glass/<uuid:request_id>
        POST      /privacy/glass/<uuid:request_id>/close
        POST      /privacy/glass/<uuid:request_id>/decide
        POST      /privacy/glass/<uuid:request_id>/tell
        GET       /privacy/glass/<uuid:request_id>/text
        GET POST  /privacy/glass/new
        """,
    ),
    (
        "lms:privacy:oversee",
        {DPO},
        """
        GET       /privacy/readings
        GET POST  /privacy/review
        """,
    ),
    (
        "lms:keys:destroy",
        {ADMIN, DPO},
        """
        GET POST  /privacy/erase
        GET POST  /privacy/erase/<uuid:user_id>
        """,
    ),
    (
        "lms:support:edit",
        {ADMIN, ORGANIZER, OTHER_ORGANIZER},
        """
        GET POST  /admin/support
        GET POST  /admin/support/<int:service_id>
        POST      /admin/support/<int:service_id>/delete
        GET POST  /admin/support/new
        """,
    ),
]
