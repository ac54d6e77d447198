"""Routes of what is pasted and of documents that are brought in."""

from __future__ import annotations

from support.everybody import SITE_INSTRUCTOR, WRITER
from support.routes.who import INSTRUCTORS

ROUTES: list[tuple[str | None, set[str], str]] = [
    (
        "courses:module:write",
        INSTRUCTORS,
        """
        POST      /studio/paste
        GET       /studio/snippets
        """,
    ),
    (
        "courses:module:write",
        {WRITER},
        """
        GET POST  /studio/import/<uuid:brought_id>
        POST      /studio/import/<uuid:brought_id>/forget
        POST      /studio/templates/<int:starter_id>/delete
        GET       /studio/import/<uuid:brought_id>/figures/<name>
        """,
    ),
    (
        "courses:module:write",
        {WRITER, SITE_INSTRUCTOR},
        """
        GET POST  /studio/<module_key>/<activity_key>/template
        GET POST  /studio/<module_key>/templates
        """,
    ),
]
