"""Periodic work on progress."""

from __future__ import annotations

from flask import current_app

from lms.db import utcnow
from lms.i18n import local_day
from lms.progress import services


def end_overrides() -> None:
    """Lift overrides whose last day is over (daily)."""
    services.end_overrides(local_day(utcnow(), current_app.config["LMS_TIME_ZONE"]))
