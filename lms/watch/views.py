"""For machines that watch: does the process live, can it work, and how much does it do."""

from __future__ import annotations

import hmac

import sqlalchemy as sa
from flask import Blueprint, Response, abort, current_app, jsonify, request
from flask.typing import ResponseReturnValue

from lms import __version__, migrate
from lms.db import db
from lms.people.permissions import public
from lms.watch import metrics
from lms.watch.leaving import is_leaving

room = Blueprint("watch", __name__)


@room.get("/healthz")
@public
def healthz() -> Response:
    """Tell that this process answers, whatever its database does: one that does not is started again by who looks after it."""
    return jsonify(status="ok", version=__version__)


@room.get("/readyz")
@public
def readyz() -> ResponseReturnValue:
    """Tell a load balancer whether this process can serve people: it stays, and its database answers and is of this version or a newer one."""
    if is_leaving():
        return jsonify(status="leaving"), 503
    try:
        db.session.execute(sa.text("SELECT 1"))
        behind = [] if _is_current() else list(migrate.pending())
    except sa.exc.SQLAlchemyError:
        db.session.rollback()
        return jsonify(status="waiting", waits_for="database"), 503
    if behind:
        return jsonify(status="waiting", waits_for="lms db upgrade"), 503
    current_app.extensions["lms_current"] = True
    return jsonify(status="ok", version=__version__)


def _is_current() -> bool:
    """Tell whether the database was seen to be of this version at least: once it is, it stays so while the process lives."""
    return bool(current_app.extensions.get("lms_current"))


@room.get("/metrics")
@public
def prometheus() -> Response:
    """Give the figures to who has the token; without LMS_METRICS_TOKEN there is no such page."""
    token = current_app.config["LMS_METRICS_TOKEN"]
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not token or not hmac.compare_digest(given.encode(), token.encode()):
        abort(404)
    return Response(metrics.text(), mimetype="text/plain; version=0.0.4")
