"""Routes of the studio's outline."""

from __future__ import annotations

from support.everybody import SITE_INSTRUCTOR, WRITER

ROUTES: list[tuple[str | None, set[str], str]] = [
    (
        "courses:module:write",
        {WRITER, SITE_INSTRUCTOR},
        """
        GET       /studio/<module_key>/outline
        POST      /studio/<module_key>/outline/delete
        POST      /studio/<module_key>/outline/duplicate
        POST      /studio/<module_key>/outline/hide
        POST      /studio/<module_key>/outline/move
        POST      /studio/<module_key>/outline/place
        POST      /studio/<module_key>/outline/restore
        POST      /studio/<module_key>/outline/section
        POST      /studio/<module_key>/outline/show
        """,
    )
]
