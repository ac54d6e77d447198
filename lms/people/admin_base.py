"""The blueprint of the administrator's pages, and what they share."""

from __future__ import annotations

import datetime as dt

from flask import Blueprint
from flask_login import current_user

from lms.db import utcnow
from lms.i18n import local_day

room = Blueprint("admin", __name__, template_folder="templates")

PER_PAGE = 50


def today() -> dt.date:
    """Return the day where the administrator is."""
    return local_day(utcnow(), current_user.time_zone)
