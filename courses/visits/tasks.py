"""What happens by itself: photos end with their time; who leads is reminded of hosts who wait to hear."""

from __future__ import annotations

from courses.base import plugin
from courses.visits import album, notices
from lms.api import utcnow

EVERY = 6 * 3600
DAY = 24 * 3600


@plugin.task(every=EVERY)
def tidy_visits() -> None:
    """Delete photos whose time is over, and files that a crash has left."""
    album.expire(utcnow().date())
    album.sweep(utcnow())


@plugin.task(every=DAY)
def remind_to_tell_back() -> None:
    """Remind whoever leads visits of a host who was to hear by now."""
    notices.remind_leaders(utcnow().date())
