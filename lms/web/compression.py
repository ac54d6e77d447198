"""Compression of answers. A form that comes back with its errors is as long as any page, so it is compressed like one."""

from __future__ import annotations

from flask import Flask, Response, request
from flask_compress import Compress

from lms.web.headers import is_kept

# Parts of packs (docs/offline.md): pieces of pages and pictures, each after its length.
PARTS = "application/vnd.peduli.parts"


class Compression(Compress):
    """Flask-Compress, for pages of errors and parts of packs too."""

    def init_app(self, app: Flask) -> None:
        """Compress what is compressed by default, and parts of packs."""
        super().init_app(app)
        self.compress_mimetypes_set.add(PARTS)

    def after_request(self, response: Response) -> Response:  # type: ignore[override]
        """Compress an answer; what went wrong (4xx, 5xx) is said once that is done. A page that its browser has kept is not sent again (304)."""
        if is_kept(response):
            response.add_etag(weak=True)  # of what the page says, however it is compressed
            response.make_conditional(request)
        code = response.status_code
        if code >= 400:
            response.status_code = 200
        compressed: Response = super().after_request(response)
        compressed.status_code = code
        return compressed
