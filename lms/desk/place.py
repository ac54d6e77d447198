"""Where the present person is on their desk, for the pages on which they answer."""

from __future__ import annotations

from flask import request
from flask_login import current_user

from lms.desk import services
from lms.desk.services import Around, Choice


def desk_around(url: str) -> Around:
    """Return what comes before and after an address on the present person's desk, of what they have chosen to look at."""
    return services.around(current_user, url, Choice.of(request.args))


def desk_choice() -> str:
    """Return what the present person has chosen to look at on their desk, as the end of an address."""
    return Choice.of(request.args).query
