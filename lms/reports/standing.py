"""How far a person is, from the roll-up on the enrolment: the words, and the rule of who may need help, are the supervisors' own."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa

from lms.i18n import lazy_gettext as _
from lms.learning.models import Cohort, Enrolment
from lms.supervision import standing
from lms.supervision.standing import Status, status_case

STATUS_WORDS = (
    (Status.NOT_BEGUN, _("not begun")),
    (Status.BEHIND, _("behind")),
    (Status.NO_SIGNAL, _("no signal, as they have told")),
    (Status.ON_SCHEDULE, _("on schedule")),
    (Status.WAITING, _("waits for an instructor")),
    (Status.COMPLETE, _("complete")),
)


def status_of(today: dt.date) -> sa.ColumnElement[Any]:
    """Return the status of an enrolment. What waits for an instructor is not due from the learner."""
    return status_case(Enrolment, Enrolment.completed_at.is_not(None), sa.literal(today, sa.Date))


def needs_help(today: dt.date) -> sa.ColumnElement[bool]:
    """Return whether somebody may need help, by the rule that learners read a day earlier (`lms.supervision.standing`)."""
    row = SimpleNamespace(
        status=status_of(today),
        no_signal_until=Enrolment.no_signal_until,
        next_due_on=Enrolment.next_due_on,
        started_on=Enrolment.started_on,
        active_on=Enrolment.active_on,
        cohort_starts_on=Cohort.starts_on,
    )
    return standing.needs_help(row, today)


def status_word(status: str) -> str:
    """Return a status in words."""
    return str(dict(STATUS_WORDS)[Status(status)])
