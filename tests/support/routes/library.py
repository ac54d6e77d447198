"""Routes of files: the library and uploads."""

from __future__ import annotations

from support.everybody import SITE_INSTRUCTOR, WRITER
from support.routes.who import INSTRUCTORS, SIGNED_IN

ROUTES: list[tuple[str | None, set[str], str]] = [
    ("media:file:read", SIGNED_IN, "GET /media/<digest>.<suffix>"),
    (
        "media:library:use",
        INSTRUCTORS,
        """
        GET POST  /media
        POST      /media/uploads
        """,
    ),
    (
        "media:library:use",
        {WRITER, SITE_INSTRUCTOR},
        """
        GET POST  /media/files/<digest>
        POST      /media/files/<digest>/captions
        GET       /media/files/<digest>/original
        POST      /media/files/<digest>/remove
        POST      /media/files/<digest>/replace
        POST      /media/files/<digest>/use
        """,
    ),
    ("media:library:use", {WRITER}, "GET PATCH DELETE /media/uploads/<uuid:transfer_id>"),
    # The address itself is signed for one person; the token of the table is none.
    ("media:library:use", set(), "GET /media/private/<token>"),
]
