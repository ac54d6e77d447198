"""The backup of every night, and what is said when there is none."""

from __future__ import annotations

import datetime as dt
import logging
from zoneinfo import ZoneInfo

from flask import current_app

from lms.backup import services
from lms.backup.place import Busy, made_at
from lms.db import utcnow

log = logging.getLogger(__name__)

NIGHT = range(5)  # hours of the site's time zone in which a backup is made
FRESH = dt.timedelta(hours=20)
OLD = dt.timedelta(hours=26)  # from then on one is made at any hour, and `lms check` and the operator's page complain
SLACK = dt.timedelta(hours=1)  # by which clocks may differ
KEEP = 30


def back_up_nightly() -> None:
    """Make the backup of this night, once, when LMS_BACKUP names a place. Raises BackupError; then the job is tried again and shown as failed."""
    if not current_app.config["LMS_BACKUP"] or not is_due():
        return
    try:
        made = services.make(services.place_of(), keep=KEEP, tell=lambda _text: None)
    except Busy:  # another worker took the job because it lasts longer than a lease
        return
    log.info("backup %s: %s bytes written", made.name, made.written)


def age() -> dt.timedelta | None:
    """Return how old the newest backup is; None when there is none, or no place for them. One that a clock put ahead of now is none."""
    if not current_app.config["LMS_BACKUP"]:
        return None
    ages = [utcnow() - made_at(name) for name in services.place_of().names()]
    return min((one for one in ages if one > -SLACK), default=None)


def is_due() -> bool:
    """Tell whether a backup should be made now."""
    old = age()
    hour = utcnow().astimezone(ZoneInfo(current_app.config["LMS_TIME_ZONE"])).hour
    return old is None or old > OLD or (old > FRESH and hour in NIGHT)
