"""Saving a text while somebody writes it."""

from __future__ import annotations

from flask import flash, jsonify, redirect, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from courses.assignments import drafts, handing
from courses.assignments.queries import TYPE
from courses.base import plugin
from lms.api import LEARN, OutOfStepError, commit, format_time, gettext, open_activity, requires, with_attempts

AT = "/learn/<int:cohort_id>/<module_key>/<activity_key>/text"


@plugin.post(AT)
@requires(LEARN, on="self")
def save_text(cohort_id: int, module_key: str, activity_key: str) -> ResponseReturnValue:
    """Save a text that is not handed in yet. A script sends what differs; it hears 409 when the whole is needed."""
    ctx = with_attempts(open_activity(current_user, cohort_id, module_key, activity_key, TYPE))
    body = request.get_json(silent=True)
    said = handing.said_by(request.form, ctx) if body is None else handing.said_by_script(body)
    try:
        moment = format_time(handing.keep(ctx, said), seconds=True)
    except OutOfStepError:
        return jsonify(whole=True), 409
    commit()
    if body is not None:
        return jsonify(at=moment, beside=len(drafts.drafts_of(ctx.where)) - 1)
    flash(gettext("Draft saved at %(time)s.", time=moment), "done")
    return redirect(ctx.url)


@plugin.post(f"{AT}/remove")
@requires(LEARN, on="self")
def remove_text(cohort_id: int, module_key: str, activity_key: str) -> ResponseReturnValue:
    """Remove a text of mine that stands beside."""
    ctx = open_activity(current_user, cohort_id, module_key, activity_key, TYPE)
    drafts.remove(where=ctx.where, mark=request.form.get("draft", ""))
    commit()
    flash(gettext("Removed."), "done")
    return redirect(ctx.url)
