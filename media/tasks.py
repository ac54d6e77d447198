"""The worker's part of the library: renditions, and tidying up."""

from __future__ import annotations

from lms.api import utcnow
from media import services, sweeping
from media.base import plugin
from media.uploads import services as uploads

HOUR = 3600


@plugin.task()
def render(digest: str) -> None:
    """Make the renditions of a file that has come in."""
    services.render(digest)


@plugin.task(every=HOUR)
def tidy_uploads() -> None:
    """Give up uploads that nobody went on with for a day."""
    uploads.expire(utcnow())


@plugin.task(every=24 * HOUR)
def tidy_files() -> None:
    """Note what nothing names any more, and remove what nothing has named for thirty days."""
    sweeping.sweep(utcnow())
