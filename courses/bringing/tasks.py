"""What happens by itself: forgetting documents that were read and not kept."""

from __future__ import annotations

from courses.base import plugin
from courses.bringing import services
from lms.api import commit

HOUR = 3600  # seconds


@plugin.task(every=HOUR)
def forget_old_documents() -> None:
    """Forget what was read more than a day ago."""
    services.forget_old()
    commit()
