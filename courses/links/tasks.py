"""The worker's part: asking for links, one after the other, and forgetting old answers."""

from __future__ import annotations

from courses.base import plugin
from courses.links import services
from courses.links.reach import OfflineError
from lms.api import Refused, advance, finish, gettext, utcnow, working

DAY = 86_400


@plugin.task()
def look_at_links(batch_id: str, links: list[str]) -> None:
    """Ask for links; a worker that is killed is followed by one that goes on where it was."""
    with working(batch_id) as batch:
        try:
            for address, answer in services.asked_in_turn(links[batch.done :]):
                services.remember(address, answer)
                advance(batch)
        except OfflineError as error:
            message = gettext("This server has no connection to the internet at the moment. Nothing was held against any link.")
            raise Refused(message) from error
        finish(batch)


@plugin.task(every=DAY)
def forget_links() -> None:
    """Remove what sites answered half a year ago."""
    services.forget(utcnow())
