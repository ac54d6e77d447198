"""Where somebody stands, in one word, and whether they may need help: the same rule for learners, supervisors and roll-ups.

It stands here twice: as SQL for lists of thousands, and as a plain function for one person; a test holds them together. Learners read the
function's sentence on their own home page a day before a supervisor's list is filtered by it.
"""

from __future__ import annotations

import datetime as dt
import enum
from typing import Any

import sqlalchemy as sa

from lms.i18n import format_date, ngettext
from lms.i18n import gettext as _

GRACE = dt.timedelta(days=7)  # after this time somebody who has not begun may need a hand
QUIET = dt.timedelta(days=14)  # so long without a sign, while …
SOON = dt.timedelta(days=7)  # … something is due within this time
HEAD_START = dt.timedelta(days=1)  # learners see the reason that much earlier than their supervisors


class Status(enum.StrEnum):
    """How far a person is, as a supervisor is told. From the one who may need a hand soonest to the one who has arrived."""

    BEHIND = "behind"
    NOT_BEGUN = "not_begun"
    NO_SIGNAL = "no_signal"  # they have told so; nothing is asked of them until then
    ON_SCHEDULE = "on_schedule"
    WAITING = "waiting"  # everything is handed in; an instructor has it
    COMPLETE = "complete"


class Reason(enum.StrEnum):
    """Why somebody may need help."""

    DUE = "due"
    NOT_BEGUN = "not_begun"
    QUIET = "quiet"


def status_case(row: Any, finished: sa.ColumnElement[bool], today: sa.ColumnElement[dt.date]) -> sa.Case[str]:
    """Return the status of a row with the columns of an enrolment, as SQL."""
    return sa.case(
        (sa.or_(finished, sa.and_(row.required_count > 0, row.done_count >= row.required_count)), Status.COMPLETE.value),
        (sa.and_(row.waiting_count > 0, row.done_count + row.waiting_count >= row.required_count), Status.WAITING.value),
        (row.no_signal_until >= today, Status.NO_SIGNAL.value),
        (row.started_on.is_(None), Status.NOT_BEGUN.value),
        (row.next_due_on < today, Status.BEHIND.value),
        else_=Status.ON_SCHEDULE.value,
    )


def help_days(today: dt.date) -> dict[str, dt.date]:
    """Return the parameters of `needs_help` on a day."""
    day = today - HEAD_START
    return {"help_day": day, "begun_by": day - GRACE, "quiet_by": day - QUIET, "soon": day + SOON}


def needs_help(row: Any, today: dt.date | None = None) -> sa.ColumnElement[bool]:
    """Return whether a supervisor reads that somebody may need help, as SQL over `status` and an enrolment's columns.

    Without a day the statement has the parameters of `help_days`.
    """
    days: dict[str, Any] = {name: sa.bindparam(name, type_=sa.Date) for name in ("help_day", "begun_by", "quiet_by", "soon")}
    if today is not None:
        days = {name: sa.literal(day, sa.Date) for name, day in help_days(today).items()}
    return sa.and_(
        row.status.in_([Status.BEHIND.value, Status.NOT_BEGUN.value, Status.ON_SCHEDULE.value]),
        sa.or_(row.no_signal_until.is_(None), row.no_signal_until < days["help_day"]),
        sa.or_(
            row.next_due_on < days["help_day"],
            sa.and_(row.started_on.is_(None), row.cohort_starts_on <= days["begun_by"]),
            sa.and_(row.active_on <= days["quiet_by"], row.next_due_on <= days["soon"]),
        ),
    )


def reason_for(row: Any, *, today: dt.date, told: dt.timedelta = dt.timedelta(0)) -> Reason | None:
    """Return why somebody may need help, None when nothing says so. `told` is how long they have been able to read it: a day for supervisors.

    row has the columns of an enrolment, `completed_at` or `finished`, and `cohort_starts_on`. What waits for an instructor is not due from
    the learner, and who has told that there is no signal is asked for nothing.
    """
    day = today - told
    finished = row.finished if hasattr(row, "finished") else row.completed_at is not None
    settled = row.done_count + row.waiting_count >= row.required_count and (row.waiting_count or row.required_count)
    if finished or settled or (row.no_signal_until and row.no_signal_until >= day):
        return None
    due = row.next_due_on
    if row.started_on is None and row.cohort_starts_on <= day - GRACE:
        return Reason.NOT_BEGUN
    if due and due < day:
        return Reason.DUE
    if due and due <= day + SOON and row.active_on and row.active_on <= day - QUIET:
        return Reason.QUIET
    return None


def sentence(row: Any, reason: Reason, today: dt.date) -> str:
    """Say a reason in words; learner and supervisor read the same."""
    if reason is Reason.DUE:
        days = (today - row.next_due_on).days
        return ngettext("Something was due %(num)s day ago.", "Something was due %(num)s days ago.", days)
    if reason is Reason.QUIET:
        return _(
            "Nothing was done since %(date)s, and something is due on %(due)s.",
            date=format_date(row.active_on),
            due=format_date(row.next_due_on),
        )
    return _("The cohort began on %(date)s and nothing is begun yet.", date=format_date(row.cohort_starts_on))


def own_sentence(row: Any, today: dt.date) -> str:
    """Return what the learner's own page says about a cohort of theirs, a day before a supervisor is told; empty when there is nothing.

    row has an enrolment's columns and `cohort_starts_on`.
    """
    reason = reason_for(row, today=today)
    return sentence(row, reason, today) if reason else ""
