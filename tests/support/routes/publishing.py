"""Routes of publishing and of previews."""

from __future__ import annotations

from support.everybody import SITE_INSTRUCTOR, WRITER
from support.routes.who import INSTRUCTORS

ROUTES: list[tuple[str | None, set[str], str]] = [
    (
        "courses:module:write",
        {WRITER, SITE_INSTRUCTOR},
        """
        GET       /studio/<module_key>/<activity_key>/preview
        GET       /studio/<module_key>/preview
        GET       /studio/<module_key>/preview/page
        GET       /studio/<module_key>/<activity_key>/preview/page
        POST      /studio/<module_key>/publish/plan
        POST      /studio/<module_key>/publish/planned
        POST      /studio/<module_key>/publish/cancel
        """,
    ),
    ("courses:module:write", INSTRUCTORS, "GET       /studio/print.css"),
]
