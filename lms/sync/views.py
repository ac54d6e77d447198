"""The address to which devices deliver what was done without a connection."""

from __future__ import annotations

from flask import Blueprint, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from lms.db import commit
from lms.forms import csrf_token
from lms.people.permissions import LEARN, requires
from lms.sync import lookup, services
from lms.sync.contact import sync_contact

room = Blueprint("sync", __name__, template_folder="templates")


@room.get("/api/v1/sync")
@requires(LEARN, on="self")
def hello() -> ResponseReturnValue:
    """Say who is signed in, and give the token that a delivery needs."""
    return jsonify(**sync_contact(), token=csrf_token())


@room.post("/api/v1/sync")
@requires(LEARN, on="self")
def deliver() -> ResponseReturnValue:
    """Take operations in. What is answered with `taken` is committed."""
    answers = services.take(actor=current_user, delivery=services.read_delivery(current_user, request.get_json(silent=True)))
    commit()
    return jsonify(**sync_contact(), answers=answers)


@room.get("/receipts")
@requires(LEARN, on="self")
def receipts() -> str:
    """Look a receipt up: one's own, or one of a learner in a cohort that one runs or teaches in."""
    typed = request.args.get("code", "").strip()[:20]
    code = lookup.code_of(typed)
    return render_template("sync/receipts.html", typed=typed, found=lookup.find(current_user, code) if code else [])
