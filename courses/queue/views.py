"""The page on which an instructor's day begins: what waits for an answer."""

from __future__ import annotations

from flask import render_template, request
from flask_login import current_user

from courses.base import ANSWER, plugin
from courses.queue import queries, services
from courses.queue.services import Choice
from lms.api import page_number, paginate, requires

MOST = 40  # shown at once; what was promised first comes first, so the others follow as one answers
ANSWERED = 20


def chosen() -> Choice:
    """Return what of the queue the address asks for."""
    return Choice(request.args.get("module", "")[:60], request.args.get("group", "")[:60])


@plugin.get("/journals/queue")
@requires(ANSWER, on="self")
def queue() -> str:
    """List what waits for my answer, what was promised first at the top, and what I have answered."""
    everything, choice = services.waiting(current_user), chosen()
    waiting = [line for line in everything if choice.takes(line)]
    answered = paginate(queries.answered_by(current_user.id), page_number(), ANSWERED)
    return render_template(
        "courses/queue.html",
        waiting=waiting[:MOST],
        more=max(len(waiting) - MOST, 0),
        late=sum(line.late for line in waiting),
        choice=choice,
        modules={line.module_key: line.module for line in everything},
        groups=sorted({line.group for line in everything if line.group}),
        answered=services.lines(answered.items),
        answered_page=answered,
    )
