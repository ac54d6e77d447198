"""Periodic work on decisions."""

from __future__ import annotations

from flask import current_app

from lms.db import utcnow
from lms.decisions import services
from lms.i18n import local_day


def remind_postponed() -> None:
    """Remind people whose task is due within a week (daily)."""
    services.remind_postponed(local_day(utcnow(), current_app.config["LMS_TIME_ZONE"]))
