"""What phones bring when they have a signal again: a learner's code, and marks on a roster, each at its own moment (docs/attendance.md)."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa

from lms.attendance import guesses, services
from lms.attendance.models import AttendanceState
from lms.attendance.services import Mark
from lms.db import db
from lms.errors import NotFound, Refused
from lms.i18n import gettext as _
from lms.learning.models import Cohort, ScheduleEntry
from lms.people.access import Actor, cohorts_for
from lms.people.permissions import NOTE_ATTENDANCE
from lms.sync.services import Operation

NAMES = uuid.UUID("5f0c8c3e-52a8-5f0e-9a55-1e0b2f8a7c11")  # of notes that are made of operations


def _note_id(actor: Actor, operation: Operation) -> uuid.UUID:
    return uuid.uuid5(NAMES, f"{actor.id}/{operation.id}")


def attend(actor: Actor, operation: Operation) -> dict[str, Any]:
    """Take `{code}` of a learner and return `{attendance}`: what it came to, or `undecided`. Raises Refused."""
    moment = operation.moment
    taken = guesses.counted(
        guesses.of_account(actor.id),
        lambda: services.check_in(
            actor=actor,
            code=str(operation.body.get("code", ""))[:20],
            moment=moment.at,
            note_id=_note_id(actor, operation),
            bounds=None if moment.steady else (moment.earliest, moment.latest),
        ),
    )
    return {"attendance": taken.state.value if taken.state else "undecided"}


def note(actor: Actor, operation: Operation) -> dict[str, Any]:
    """Take `{meeting, enrolment, state, reason}` of who keeps the roster and return `{attendance}`. Raises NotFound and Refused."""
    body, moment = operation.body, operation.moment
    try:
        meeting, enrolment, state = int(body.get("meeting", 0)), int(body.get("enrolment", 0)), AttendanceState(str(body.get("state")))
    except (TypeError, ValueError):
        raise Refused(_("Something is missing in what your phone sent.")) from None
    entry = db.session.scalar(
        sa.select(ScheduleEntry)
        .join(Cohort, Cohort.id == ScheduleEntry.cohort_id)
        .where(ScheduleEntry.id == meeting, cohorts_for(actor, NOTE_ATTENDANCE))
    )
    if entry is None:
        raise NotFound("no such meeting for this person")
    mark = Mark(enrolment, state, str(body.get("reason", "")), _note_id(actor, operation))
    services.note(actor=actor, entry=entry, marks=[mark], moment=moment.at, received_at=moment.latest)
    return {"attendance": state.value}
