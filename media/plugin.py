"""The plugin: a store for pictures and documents, the page that serves them, and packs of modules for use without a connection."""

from __future__ import annotations

from flask import Response, abort

from lms.api import requires
from media.base import READ, library, plugin
from media.packs import services as packs
from media.packs import views
from media.services import SUFFIXES

plugin.cache(packs.forget)

# A picture of a stranger is opened by itself in a tab: it may do nothing there.
ALONE = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


@plugin.get("/media/<digest>.<suffix>")
@requires(READ, on="self")
def file(digest: str, suffix: str) -> Response:
    """Serve a file by its content's digest; it never changes, so browsers keep it."""
    kind = SUFFIXES.get(suffix)
    if kind is None or not library.has(digest):
        abort(404)
    response = Response(library.load(f"/media/{digest}.{suffix}"), mimetype=kind)
    response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    response.headers["Content-Security-Policy"] = ALONE
    return response


__all__ = ["plugin", "views"]
