"""Every request has an id, which a person can read off an error page and an operator finds in the logs of proxy and program."""

from __future__ import annotations

import logging
import re
import secrets
import time

from flask import Flask, Response, g, request

from lms.watch import metrics
from lms.watch.leaving import is_leaving

log = logging.getLogger(__name__)

HEADER = "X-Request-ID"
GIVEN = re.compile(r"[A-Za-z0-9_.-]{8,64}")


def init_app(app: Flask) -> None:
    """Begin before everything else that happens to a request, and end after it."""
    app.before_request(begin)
    app.after_request(end)


def begin() -> None:
    """Take the id that a proxy gave, if proxies are believed, or make one."""
    g.began = time.perf_counter()
    given = request.headers.get(HEADER, "") if "werkzeug.proxy_fix.orig" in request.environ else ""
    g.request_id = given if GIVEN.fullmatch(given) else secrets.token_hex(4)  # short: people read it out


def end(response: Response) -> Response:
    """Tell the id, count, and log: the rule of the address and not the address, for that may name somebody. Pages without trace leave none."""
    if is_leaving():
        response.headers["Connection"] = "close"  # what a proxy or browser asks next goes over a line to somebody who stays
    if "traceless" in g:
        return response
    response.headers[HEADER] = g.request_id
    seconds = time.perf_counter() - g.began
    rule = request.url_rule.rule if request.url_rule else "-"
    metrics.count(request.blueprint or "lms", request.endpoint or "-", request.method, response.status_code, seconds)
    if log.isEnabledFor(logging.INFO):
        log.info("%s %s %s", request.method, rule, response.status_code, extra={"milliseconds": round(seconds * 1000, 1)})
    return response
