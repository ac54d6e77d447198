"""What happens by itself: photos end with their time."""

from __future__ import annotations

from courses.base import plugin
from courses.visits import album
from lms.api import utcnow

EVERY = 6 * 3600


@plugin.task(every=EVERY)
def tidy_visits() -> None:
    """Delete photos whose time is over, and files that a crash has left."""
    album.expire(album.site_day())
    album.sweep(utcnow())
