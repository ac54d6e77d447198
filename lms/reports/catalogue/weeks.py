"""When do people learn?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from lms.i18n import gettext as __
from lms.i18n import lazy_gettext as _
from lms.i18n import ngettext, zone
from lms.learning.models import Enrolment
from lms.progress.models import Completion
from lms.reports.contract import Asked, Column, Kind, Report, Select, Totals, fixed
from lms.reports.parts import ONE_FAMILY
from lms.reports.plot import Plot, Series
from lms.reports.weeks import DaysSince

SHOWN = 26  # weeks, when no days are chosen


def beginning(asked: Asked) -> dt.datetime:
    """Return where the first week begins, a Monday where the reader is."""
    first = asked.wanted.since or asked.today - dt.timedelta(weeks=SHOWN - 1)
    return dt.datetime.combine(first - dt.timedelta(days=first.weekday()), dt.time(), zone(asked.actor.time_zone))


def rows(asked: Asked) -> Select:
    """Return a row for each week in which a part was finished: by how many people, and how many parts."""
    start = beginning(asked)
    end = dt.datetime.combine((asked.wanted.until or asked.today) + dt.timedelta(days=1), dt.time(), start.tzinfo)
    first = dt.datetime.combine(asked.wanted.since or start.date(), dt.time(), start.tzinfo)
    moment = Completion.first_completed_at
    week = sa.cast(sa.func.floor(DaysSince(moment, sa.literal(start, moment.type)) / 7), sa.Integer)
    known = (
        sa.select(week.label("week"), Enrolment.user_id)
        .select_from(Enrolment)
        .join(Completion, Completion.enrolment_id == Enrolment.id)
        .where(asked.learners, moment >= first, moment < end)
        .subquery()
    )
    return sa.select(
        known.c.week,
        known.c.week.label("week_id"),
        sa.func.count(sa.distinct(known.c.user_id)).label("people"),
        sa.func.count().label("parts"),
        sa.literal(start.date(), sa.Date).label("first_day"),
        ONE_FAMILY,
    ).group_by(known.c.week)


def monday(row: Any) -> dt.date:
    """Return the first day of a row's week."""
    first: dt.date = row.first_day
    return first + dt.timedelta(weeks=row.week)


def _sentence(totals: Totals) -> str:
    if not totals["parts"]:
        return __("Nobody has finished a part in these weeks.")
    parts = ngettext("%(num)s part finished", "%(num)s parts finished", totals["parts"])
    return __("%(parts)s in %(weeks)s.", parts=parts, weeks=ngettext("%(num)s week", "%(num)s weeks", totals["rows"]))


def _plot(rows: Sequence[Any], totals: Totals) -> Plot | None:
    if len(rows) < 2:
        return None
    known = {row.week: row for row in rows}
    weeks = range(min(known), max(known) + 1)
    days = [rows[0].first_day + dt.timedelta(weeks=week) for week in weeks]
    labels = tuple(f"{day.day}/{day.month}" for day in days)
    figures = {name: tuple(float(getattr(known[week], name)) if week in known else 0.0 for week in weeks) for name in ("people", "parts")}
    return Plot(
        "lines",
        __("Activity week by week"),
        __("Two lines over the weeks: people who finished something, and parts finished."),
        labels,
        (Series(__("people"), figures["people"]), Series(__("parts finished"), figures["parts"])),
    )


report = Report(
    key="weeks",
    title=_("Activity week by week"),
    question=_("How many people finish something each week?"),
    icon="calendar-days",
    columns=fixed(
        Column("week", _("Week from"), Kind.DATE, value=monday),
        Column("people", _("People who finished something"), Kind.NUMBER),
        Column("parts", _("Parts finished"), Kind.NUMBER, total=True),
    ),
    select=rows,
    order="-week",
    summary=_sentence,
    filters=frozenset({"when", "course", "cohort", "group", "unit", "since", "until"}),
    plot=_plot,
    groups=("people", "family"),
    hint=_("The last 26 weeks, unless you choose days."),
)
