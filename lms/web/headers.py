"""Headers of every answer: a strict content security policy without inline script or style, and no guessing of types."""

from __future__ import annotations

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


def init_app(app: Flask) -> None:
    """Add the headers to every answer."""
    app.after_request(add_headers)


def add_headers(response: Response) -> Response:
    """Add security headers; what is made for one person is kept by no cache but theirs, and a page with confidential text by none at all."""
    headers = response.headers
    if "Content-Security-Policy" in headers:  # a file that is opened alone has a stricter one
        headers.extend(REST)
    else:
        headers.extend(ALL)
    if request.is_secure:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    if "confidential" in g:
        headers["Cache-Control"] = "no-store"
    elif request.endpoint != "static" and "Cache-Control" not in headers:
        kept = request.method in SAFE and current_user.is_authenticated  # an answer to a form may hand back what was typed
        headers["Cache-Control"] = "private, no-cache" if kept else "no-store"
    return response
