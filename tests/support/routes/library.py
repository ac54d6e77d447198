"""Routes of files: the library and uploads."""

from __future__ import annotations

from support.everybody import ADMIN, SITE_INSTRUCTOR, WRITER
from support.routes.who import INSTRUCTORS, ORGANIZERS

ROUTES: list[tuple[str | None, set[str], str]] = [
    ("media:file:read", INSTRUCTORS | ORGANIZERS, "GET /media/<digest>.<suffix>"),  # in the world of the test it is in no revision
    (
        "media:library:use",
        INSTRUCTORS,
        """
        GET POST  /media
        GET       /media/unused
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
    ("media:library:use", set(), "POST /media/unused/<digest>/keep"),  # nothing is unused there
    ("media:library:tend", {ADMIN}, "GET /admin/unused-files"),
    ("media:library:tend", set(), "POST /admin/unused-files/<digest>/keep"),
    # The address itself is signed for one person; the token of the table is none.
    ("media:library:use", set(), "GET /media/private/<token>"),
]
