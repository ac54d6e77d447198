"""Routes of reviews and of revisions in the studio."""

from __future__ import annotations

from support.everybody import SITE_INSTRUCTOR, WRITER
from support.routes.who import EVERYBODY, INSTRUCTORS

ROUTES: list[tuple[str | None, set[str], str]] = [
    (
        "courses:module:write",
        {WRITER, SITE_INSTRUCTOR},
        """
        POST      /studio/<module_key>/comments/<int:comment_id>
        GET POST  /studio/<module_key>/reviews
        GET       /studio/<module_key>/reviews/<int:review_id>
        POST      /studio/<module_key>/reviews/<int:review_id>/close
        POST      /studio/<module_key>/reviews/<int:review_id>/links
        POST      /studio/<module_key>/reviews/<int:review_id>/revoke
        POST      /studio/<module_key>/reviews/rule
        GET       /studio/<module_key>/revisions
        GET       /studio/<module_key>/revisions/<int:number>
        GET       /studio/<module_key>/revisions/<int:number>/<activity_key>
        GET POST  /studio/<module_key>/revisions/<int:number>/restore
        GET       /studio/<module_key>/revisions/compare
        """,
    ),
    ("courses:module:write", INSTRUCTORS, "GET /reviews"),
    (
        "courses:module:write",
        {WRITER},
        """
        GET POST  /reviews/<int:review_id>
        GET POST  /reviews/<int:review_id>/<activity_key>
        POST      /reviews/<int:review_id>/comments/<int:comment_id>/remove
        """,
    ),
    (
        None,
        EVERYBODY,
        """
        GET POST  /review/<secret>
        GET POST  /review/<secret>/<activity_key>
        POST      /review/<secret>/comments/<int:comment_id>/remove
        GET       /review/<secret>/media/<name>
        """,
    ),
]
