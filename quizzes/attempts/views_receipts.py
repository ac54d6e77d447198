"""The page on which a dispute is settled: what was saved, when, and whether a receipt is genuine."""

from __future__ import annotations

import uuid

from flask import render_template, request, send_file
from flask.typing import ResponseReturnValue
from flask_login import current_user

from lms.api import NotFound, requires
from quizzes.attempts import receipts, services
from quizzes.base import MARK, TAKE, plugin


@plugin.get("/receipts")
@requires(TAKE, on="self")
def my_receipts() -> str:
    """List the receipts of one attempt (`?attempt=`), or look for one by its code (`?code=`)."""
    code, attempt_id = request.args.get("code", "").strip(), request.args.get("attempt", None, uuid.UUID)
    lines = receipts.own_receipts(current_user, attempt_id, code) if code or attempt_id else []
    return render_template("quizzes/receipts.html", lines=lines, code=code, attempt_id=attempt_id, mine=True)


@plugin.get("/receipts/check")
@requires(MARK, on="self")
def check_receipt() -> str:
    """Look for a receipt that a learner of one's cohorts shows."""
    code = request.args.get("code", "").strip()
    lines = receipts.receipts_of_cohorts(current_user, code) if code else []
    return render_template("quizzes/receipts.html", lines=lines, code=code, attempt_id=None, mine=False)


@plugin.get("/files/<int:upload_id>")
@requires(TAKE, on="self")
def own_file(upload_id: int) -> ResponseReturnValue:
    """Send back a file that one handed in oneself."""
    upload = services.own_upload(current_user, upload_id)
    if upload is None:
        raise NotFound("no such file of this person")
    return send_file(services.content_of(upload), download_name=upload.name, as_attachment=True, mimetype="application/octet-stream")
