"""What a device notes of a contact with the server."""

from __future__ import annotations

from typing import Any

from flask_login import current_user

from lms.db import utcnow
from lms.i18n import format_time
from lms.sync.clock import sign_tick


def sync_contact() -> dict[str, Any]:
    """Return whose contact it is and the server's time: signed (`tick`), in words (`time`), in seconds (`stamp`)."""
    now = utcnow()
    return {
        "user": str(current_user.id),
        "tick": sign_tick(current_user.id, now),
        "time": format_time(now, seconds=True),
        "stamp": round(now.timestamp(), 3),
    }
