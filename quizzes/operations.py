"""What a learner practised without a connection, taken in afterwards."""

from __future__ import annotations

from typing import Any

from lms.api import Actor, NotFound, Operation
from lms.api import lazy_gettext as _
from quizzes import offline
from quizzes.base import plugin


@plugin.operation("quizzes:practice", _("A practice"))
def take_practice(actor: Actor, operation: Operation) -> dict[str, Any]:
    """Take a practice run in, at the moment at which it was done."""
    try:
        offline.take(actor=actor, body=operation.body, moment=operation.moment.at)
    except (KeyError, TypeError, ValueError) as error:
        raise NotFound("this is no practice run") from error
    return {}
