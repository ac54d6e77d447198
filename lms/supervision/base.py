"""The room of supervisors' pages, and what each of them begins with."""

from __future__ import annotations

import datetime as dt
from urllib.parse import urlencode

from flask import Blueprint, request
from flask_login import current_user

from lms.db import utcnow
from lms.i18n import local_day
from lms.supervision.queries import Scope
from lms.supervision.scopes import find_scope, with_list

room = Blueprint("supervision", __name__, template_folder="templates")


def listed_scope() -> Scope:
    """Return the scope that the address names, if it has a list of people. Raises NotFound."""
    return with_list(find_scope(current_user, request.args.get("scope", ""), own_day()))


def own_day() -> dt.date:
    """Return the day where the reader is."""
    return local_day(utcnow(), current_user.time_zone)


def link(**changes: str) -> str:
    """Return the present address with other filters, from its first page."""
    values = {**request.args.to_dict(), **changes, "page": ""}
    return "?" + urlencode({name: value for name, value in values.items() if value})
