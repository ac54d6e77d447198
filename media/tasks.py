"""The worker's part of the library: renditions, and tidying up."""

from __future__ import annotations

from lms.api import commit, utcnow
from media import services, sweeping
from media.base import plugin
from media.uploads import services as uploads

HOUR = 3600


@plugin.task()
def render(digest: str) -> None:
    """Make the renditions of a file that has come in; what is there already is not made again."""
    work = services.work_on(digest)
    commit()  # nobody waits for the database while pictures are drawn and films converted
    if work is not None:
        services.note(digest, **services.carry_out(work))
        commit()


@plugin.task(every=HOUR)
def tidy_uploads() -> None:
    """Give up uploads that nobody went on with for a day."""
    uploads.expire(utcnow())


@plugin.task(every=24 * HOUR)
def tidy_files() -> None:
    """Note what nothing names any more, and remove what nothing has named for thirty days."""
    sweeping.sweep(utcnow())
