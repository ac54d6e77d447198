"""What happens by itself: a planned publishing at its moment."""

from __future__ import annotations

import uuid

from courses.base import plugin
from courses.publishing import services
from lms.api import utcnow

HOUR = 3600


@plugin.task()
def publish_planned(plan_id: str) -> None:
    """Publish what was frozen for a plan, if it still waits."""
    services.carry_out(plan_id=uuid.UUID(plan_id))


@plugin.task(every=HOUR)
def give_up_late_publishings() -> None:
    """Tell authors of plans whose moment has long been over."""
    services.give_up_late(utcnow())
