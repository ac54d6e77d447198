"""What phones bring when they have a signal again: a learner's word and the facilitator's, each at its own moment. See docs/visits.md."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from courses.base import plugin
from courses.visits import attendance
from courses.visits.attendance import Mark
from lms.api import Actor, Operation, Refused, gettext
from lms.api import lazy_gettext as _


@plugin.operation("courses:check_in", _("A check-in"))
def check_in(actor: Actor, operation: Operation) -> dict[str, Any]:
    """Take `{visit, code, response}` of a learner and return `{attendance}`. Raises NotFound and Refused."""
    body, moment = operation.body, operation.moment
    taken = attendance.take_check_in(
        actor=actor,
        visit_id=_uuid(body, "visit"),
        code=str(body.get("code", "")),
        answer=str(body.get("response", "")),
        moment=moment.at,
        received_at=moment.latest,
    )
    return {"attendance": taken.state.value}


@plugin.operation("courses:roll", _("Somebody who is there"))
def roll(actor: Actor, operation: Operation) -> dict[str, Any]:
    """Take `{visit, member, code, response}` of a facilitator and return `{attendance}`. Raises NotFound and Refused."""
    body, moment = operation.body, operation.moment
    mark = Mark(_uuid(body, "member"), str(body.get("response", "")), moment.at, str(body.get("code", "")))
    (taken,) = attendance.take_roll(actor=actor, visit_id=_uuid(body, "visit"), marks=[mark], received_at=moment.latest)
    if taken.refused:
        raise Refused(taken.refused)
    return {"attendance": taken.state.value}


def _uuid(body: Mapping[str, Any], name: str) -> uuid.UUID:
    try:
        return uuid.UUID(str(body.get(name)))
    except ValueError:
        raise Refused(gettext("Something is missing in what your phone sent.")) from None
