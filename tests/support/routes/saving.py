"""Routes of saving by itself and of the history in the studio."""

from __future__ import annotations

from support.everybody import SITE_INSTRUCTOR, WRITER

ROUTES: list[tuple[str | None, set[str], str]] = [
    (
        "courses:module:write",
        {WRITER, SITE_INSTRUCTOR},
        """
        POST      /studio/<module_key>/<activity_key>/give-up
        POST      /studio/<module_key>/<activity_key>/here
        GET       /studio/<module_key>/<activity_key>/history
        GET       /studio/<module_key>/<activity_key>/history/<int:version_id>
        POST      /studio/<module_key>/<activity_key>/history/<int:version_id>/restore
        GET       /studio/<module_key>/history
        GET POST  /studio/<module_key>/pictures.json
        """,
    )
]
