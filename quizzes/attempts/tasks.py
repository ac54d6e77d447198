"""What happens by itself: marking what was handed in, and looking at the clock."""

from __future__ import annotations

import logging
import uuid

from lms.api import commit, db, utcnow
from quizzes.attempts import services
from quizzes.base import plugin
from quizzes.marking import services as marking

log = logging.getLogger(__name__)
EVERY = 60  # seconds


@plugin.task()
def mark_attempt(attempt_id: str) -> None:
    """Mark an attempt that was handed in, unless the page has done it already."""
    marking.mark_attempt(uuid.UUID(attempt_id))


@plugin.task(every=EVERY)
def look_at_the_clock() -> None:
    """Hand in, or give up, what has run out of time; each in a transaction of its own, so that one bad attempt stops no other."""
    for attempt_id in services.due_for_a_look(utcnow()):
        try:
            found = services.with_clock(attempt_id)
            if found is not None:
                services.settle(attempt=found[0], sitting=found[1])
            commit()
        except Exception:
            db.session.rollback()
            log.exception("attempt %s could not be ended", attempt_id)
