"""The instructor's side: reading what was handed in (which the author sees), and answering it."""

from __future__ import annotations

import uuid

from flask import flash, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response

from courses.base import ANSWER, plugin
from courses.entries import desk as desks
from courses.entries import kember, queries, services
from courses.entries.pages import compared, titled
from lms.api import commit, desk_around, desk_choice, format_time, gettext, requires, wants_json


@plugin.route("/journals/queue/<uuid:entry_id>", methods=["GET", "POST"])
@requires(ANSWER, on="self", writes=True)
def answer(entry_id: uuid.UUID) -> ResponseReturnValue:
    """Open what was handed in to me (the author sees that) and answer it."""
    desk, around = desks.open_desk(current_user, entry_id), desk_around(f"/journals/queue/{entry_id}")
    if desk.form.submitted() and not desk.problem and not desk.unkind:
        services.answer(actor=current_user, entry=desk.entry, **desk.given)
        commit()
        flash(gettext("Your answer is with the author."), "done")
        return redirect(f"{around.onward}#answered={entry_id}")
    commit()
    page = {"desk": desk, "typed_problem": request.method == "POST", "around": around}
    tools = {"about": queries.titles_of([desk.entry])[desk.entry.id], "titled": titled, "compared": compared, "kember": kember}
    return render_template("courses/answer.html", **page, **tools), 422 if request.method == "POST" else 200


@plugin.post("/journals/queue/<uuid:entry_id>/timely")
@requires(ANSWER, on="self")
def decide_timeliness(entry_id: uuid.UUID) -> Response:
    """Decide whether something that arrived late was handed in in time."""
    entry = services.entry_for(current_user, entry_id)
    services.decide_timeliness(actor=current_user, entry=entry, on_time=request.form.get("verdict") == "on_time")
    commit()
    flash(gettext("Decided; the author sees it."), "done")
    return redirect(f"/journals/queue/{entry_id}{desk_choice()}")


@plugin.post("/journals/queue/<uuid:entry_id>/keep")
@requires(ANSWER, on="self")
def keep_answer(entry_id: uuid.UUID) -> ResponseReturnValue:
    """Keep an answer that is half written; for the script and for the button alike."""
    entry = services.entry_for(current_user, entry_id)
    values = desks.worth_keeping(desks.task_of(entry), request.form)
    at = services.keep_answer(actor=current_user, entry=entry, number=request.form.get("version", 0, int), values=values)
    commit()
    moment = format_time(at, seconds=True)
    if wants_json():
        return jsonify(at=moment)
    flash(gettext("Kept at %(time)s. Nobody but you can see it.", time=moment), "done")
    return redirect(f"/journals/queue/{entry_id}{desk_choice()}")
