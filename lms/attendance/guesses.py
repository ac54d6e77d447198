"""Six digits can be guessed by who tries often enough: whoever has tried too many codes that do not hold waits."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping

from lms import throttle
from lms.attendance.services import CheckedIn
from lms.errors import Refused
from lms.i18n import gettext as _


def of_account(user_id: uuid.UUID) -> dict[str, int]:
    """Return what is watched of somebody, on whichever way their codes come."""
    return {f"attend/{user_id}": throttle.MISSES}


def counted(watched: Mapping[str, int], take: Callable[[], CheckedIn]) -> CheckedIn:
    """Return what taking a code comes to, and count it when it is refused. Raises Refused, also for who has to wait."""
    if throttle.is_slowed(watched):
        raise Refused(
            _("Too many attempts. Please wait %(minutes)s minutes, or ask the organizer for help.", minutes=throttle.SECONDS // 60)
        )
    try:
        return take()
    except Refused:
        throttle.missed(watched)
        raise
