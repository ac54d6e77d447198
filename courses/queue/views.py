"""The page on which an instructor's day begins: what waits for an answer."""

from __future__ import annotations

from flask import render_template
from flask_login import current_user

from courses.base import ANSWER, plugin
from courses.queue import queries, services
from lms.api import page_number, paginate, requires

MOST = 40  # shown at once; the oldest come first, so the others follow as one answers
ANSWERED = 20


@plugin.get("/journals/queue")
@requires(ANSWER, on="self")
def queue() -> str:
    """List what waits for my answer, the oldest first, and what I have answered."""
    waiting = paginate(queries.waiting_for(current_user.id), 1, MOST)
    answered = paginate(queries.answered_by(current_user.id), page_number(), ANSWERED)
    lines = services.lines([*waiting.items, *answered.items])
    shown = len(waiting.items)
    return render_template(
        "courses/queue.html", waiting=lines[:shown], more=waiting.total - shown, answered=lines[shown:], answered_page=answered
    )
