"""Who may need help?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from lms.i18n import gettext as __
from lms.i18n import lazy_gettext as _
from lms.i18n import ngettext
from lms.learning.models import Cohort, Enrolment
from lms.reports.contract import Asked, Column, Kind, Report, Select, Totals, fixed
from lms.reports.parts import COHORT, PERSON, PERSON_GROUP, PERSON_UNIT, SORTED_BY, people_of
from lms.reports.plot import Plot, bars
from lms.reports.standing import STATUS_WORDS, needs_help, status_of, status_word
from lms.supervision.standing import Status

# Days late, and how they are called; the last has no end.
AGES = (
    ("week", 7, _("up to 7 days")),
    ("fortnight", 14, _("8 to 14 days")),
    ("month", 30, _("15 to 30 days")),
    ("more", None, _("more than 30 days")),
)


def rows(asked: Asked) -> Select:
    """Return a row for each person who may need help: something was due and is not done, or nothing is begun after a week."""
    status = status_of(asked.today)
    statement = (
        sa.select(
            Enrolment.id.label("enrolment_id"),
            Enrolment.user_id,
            Enrolment.cohort_id,
            Enrolment.group_id,
            Cohort.starts_on.label("cohort_starts_on"),
            status.label("status"),
            Enrolment.next_due_on.label("due_on"),
            Enrolment.done_count.label("done"),
            Enrolment.required_count.label("required"),
            Enrolment.active_on.label("active_on"),
            sa.literal(asked.today, sa.Date).label("today"),
            *(sa.case((condition, 1), else_=0).label(name) for name, condition in _ages(asked)),
        )
        .join(Cohort, Cohort.id == Enrolment.cohort_id)
        .where(asked.learners, needs_help(asked.today))
    )
    if asked.wanted.sort.removeprefix("-") in {"person", "unit", "group"}:
        statement = statement.add_columns(*SORTED_BY)
    return statement.where(status == asked.wanted.status) if asked.wanted.status else statement


def _ages(asked: Asked) -> list[tuple[str, sa.ColumnElement[bool]]]:
    ages, after = [], 0
    for name, days, _words in AGES:
        late = Enrolment.next_due_on < asked.today - dt.timedelta(days=after)
        ages.append((name, sa.and_(late, Enrolment.next_due_on >= asked.today - dt.timedelta(days=days)) if days else late))
        after = days or 0
    return ages


def days_behind(row: Any) -> int | None:
    """Return how many days ago something was due, None where nothing was."""
    return (row.today - row.due_on).days if row.due_on and row.due_on < row.today else None


def _sentence(totals: Totals) -> str:
    found = ngettext("%(num)s person may need help", "%(num)s people may need help", totals["rows"])
    return __("%(found)s; a kind word helps most.", found=found) if totals["rows"] else __("Nobody seems to need help now.")


def _plot(rows: Sequence[Any], totals: Totals) -> Plot | None:
    return bars(
        __("How long something has been due"),
        __("People by days since something was due."),
        [(str(words), [totals[name] or 0]) for name, _days, words in AGES],
        [__("People")],
    )


report = Report(
    key="help",
    title=_("People who may need help"),
    question=_("Whom should I call this week?"),
    icon="hand-heart",
    columns=fixed(
        PERSON,
        PERSON_UNIT,
        COHORT,
        PERSON_GROUP,
        Column("status", _("Status"), Kind.STATUS, value=lambda row: status_word(row.status), sort="status"),
        Column("days_behind", _("Days behind"), Kind.NUMBER, value=days_behind, sort="due_on", falls=True),
        Column("done", _("Parts complete"), Kind.NUMBER),
        Column("required", _("Parts required"), Kind.NUMBER),
        Column("active_on", _("Last active"), Kind.DATE),
    ),
    select=rows,
    detail=people_of,
    order="-days_behind",
    summary=_sentence,
    filters=frozenset({"when", "course", "cohort", "group", "unit", "status"}),
    plot=_plot,
    sums=tuple(name for name, _days, _words in AGES),
    names=True,
    statuses=tuple((key, words) for key, words in STATUS_WORDS if key in {Status.NOT_BEGUN, Status.BEHIND, Status.ON_SCHEDULE}),
    note=_(
        "“May need help”: something was due and is not done, nothing is begun a week after the cohort began, or nothing was done for 14 days "
        "while something is due within 7. What waits for an instructor does not count, nor does who has told that there is no signal. They read "
        "the same sentence on their own page a day before you."
    ),
)
