"""Routes of checks and of what modules cover."""

from __future__ import annotations

from support.everybody import SITE_INSTRUCTOR, WRITER
from support.routes.who import INSTRUCTORS

ROUTES: list[tuple[str | None, set[str], str]] = [
    (
        "courses:module:write",
        {WRITER, SITE_INSTRUCTOR},
        """
        GET       /studio/<module_key>/checks
        POST      /studio/<module_key>/checks/back
        POST      /studio/<module_key>/checks/links
        GET       /studio/<module_key>/coverage
        GET       /studio/<module_key>/coverage.csv
        """,
    ),
    ("courses:module:write", set(), "POST /studio/<module_key>/checks/aside"),  # the mark of the test is that of no finding
    ("courses:module:write", INSTRUCTORS, "GET /studio/coverage"),
    ("courses:module:write", INSTRUCTORS, "GET /studio/coverage.csv"),
]
