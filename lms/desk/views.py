"""The page on which a day of answering begins: what waits for me."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask_login import current_user

from lms.db import paginate
from lms.desk import services
from lms.desk.services import Choice
from lms.people.permissions import SEE_DESK, requires
from lms.web.paging import page_number

room = Blueprint("desk", __name__, template_folder="templates")

MOST = 40  # shown at once; what was promised first comes first, so the others follow as one answers
ANSWERED = 10


@room.get("/desk")
@requires(SEE_DESK, on="self")
def desk() -> str:
    """List what waits for my answer, what was promised first at the top, and what I answered lately."""
    everything, choice = services.waiting(current_user), Choice.of(request.args)
    waiting = [line for line in everything if choice.takes(line)]
    statement = services.answered(current_user)
    page = paginate(statement, page_number(), ANSWERED) if statement is not None else None
    return render_template(
        "desk/desk.html",
        waiting=waiting[:MOST],
        more=len(waiting[MOST:]),
        number=sum(line.several for line in waiting if not line.kind.spare),
        late=sum(line.late for line in waiting),
        choice=choice,
        among=services.among(everything),
        answered=services.lines(current_user, page.items) if page else [],
        answered_page=page,
    )
