"""The plugin: a store for pictures and documents, and the page that serves them."""

from __future__ import annotations

from flask import Response, abort

from lms.api import Plugin, Role, requires
from lms.api import lazy_gettext as _
from media.services import SUFFIXES, Library

plugin = Plugin("media", "media", title=_("Pictures and documents"))
READ = plugin.permission("media:file:read", "See the pictures of modules", [Role.LEARNER])
library = Library()
plugin.file_store = library

# A picture of a stranger is opened by itself in a tab: it may do nothing there.
ALONE = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


@plugin.get("/<digest>.<suffix>")
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
