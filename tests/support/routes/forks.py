"""Routes of copies of modules."""

from __future__ import annotations

from support.everybody import SITE_INSTRUCTOR, WRITER

ROUTES: list[tuple[str | None, set[str], str]] = [
    (
        "courses:module:write",
        {WRITER, SITE_INSTRUCTOR},
        """
        GET POST  /studio/<module_key>/copies
        GET POST  /studio/<module_key>/upstream
        GET POST  /studio/<module_key>/upstream/<conflict_id>
        GET POST  /studio/<module_key>/upstream/result
        """,
    ),
    ("courses:module:create", {WRITER, SITE_INSTRUCTOR}, "GET POST /modules/<module_key>/copy"),
]
