"""Headers of every answer: a strict content security policy without inline script or style, and no guessing of types."""

from __future__ import annotations

import re
from http.client import OK

from flask import Flask, Response, g, request
from flask_login import current_user

from lms.web.guard import SAFE

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; media-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), interest-cohort=()",
}


ALL = tuple(HEADERS.items())
REST = ALL[1:]
HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?")


def allow_frame(host: str) -> None:
    """Let the page of this request, and no other, show a frame from another site: its host, over HTTPS. Raises ValueError for no host."""
    if not HOST.fullmatch(host):
        raise ValueError(f"{host!r} is no host")
    g.frame_host = host


def init_app(app: Flask) -> None:
    """Add the headers to every answer."""
    app.after_request(add_headers)


def add_headers(response: Response) -> Response:
    """Add security headers; what is made for one person is kept by no cache but theirs, and a page with confidential text by none at all."""
    headers = response.headers
    referrer = headers.get("Referrer-Policy")  # a page whose address is a secret has a stricter one
    if "Content-Security-Policy" in headers:  # a file that is opened alone has a stricter one
        headers.extend(REST)
    elif "frame_host" in g:
        headers["Content-Security-Policy"] = f"{CSP}; frame-src https://{g.frame_host}"
        headers.extend(REST)
    else:
        headers.extend(ALL)
    if referrer:
        headers["Referrer-Policy"] = referrer
    if request.is_secure:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    if "confidential" in g:
        headers["Cache-Control"] = "no-store"
    elif request.endpoint != "static" and "Cache-Control" not in headers:
        headers["Cache-Control"] = "private, no-cache" if _may_be_kept() else "no-store"
    return response


def _may_be_kept() -> bool:
    """Tell whether one person's browser may keep the answer: one to a form may hand back what was typed."""
    return request.method in SAFE and current_user.is_authenticated


def is_kept(response: Response) -> bool:
    """Tell whether an answer is a whole page that its reader's browser keeps and asks about again."""
    own = "confidential" in g or "Cache-Control" in response.headers or request.endpoint == "static"
    return response.status_code == OK and response.is_sequence and not own and _may_be_kept()
