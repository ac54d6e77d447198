"""How many hours (JP) have people earned this year?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from lms.db import db
from lms.i18n import gettext as __
from lms.i18n import lazy_gettext as _
from lms.i18n import ngettext
from lms.learning.models import Cohort, Enrolment
from lms.people.models import Unit
from lms.progress.jp import YEARLY_TARGET
from lms.progress.models import JpEntry
from lms.reports.contract import ALL, RUNNING, Asked, Column, Kind, Report, Select, Totals, fixed
from lms.reports.parts import ONE_FAMILY, PEOPLE, UNIT, count_if, percent, share
from lms.reports.plot import Plot, bars


def year_of(asked: Asked) -> int:
    """Return the calendar year of the ledger that is asked for: that of the chosen cohort, the chosen one, or this one."""
    chosen = db.session.scalar(sa.select(Cohort.year).where(Cohort.id == asked.wanted.cohort)) if asked.wanted.cohort else None
    if chosen is not None:
        return chosen
    return asked.today.year if asked.wanted.when in {RUNNING, ALL} else int(asked.wanted.when)


def about(asked: Asked) -> str:
    """Say of which year the hours are."""
    return __("JP of %(year)s", year=year_of(asked))


def rows(asked: Asked) -> Select:
    """Return a row for each unit: its people in the cohorts, their recognised JP of the year, and how many have reached the target."""
    year = year_of(asked)
    days = JpEntry.occurred_on.between(dt.date(year, 1, 1), dt.date(year, 12, 31))
    each = (
        sa.select(
            Enrolment.user_id,
            sa.func.max(Enrolment.unit_id).label("unit_id"),
            sa.func.coalesce(sa.func.sum(sa.type_coerce(JpEntry.recognized, sa.Integer)), 0).label("hours"),
        )
        .outerjoin(JpEntry, sa.and_(JpEntry.enrolment_id == Enrolment.id, days))
        .where(asked.learners)
        .group_by(Enrolment.user_id)
        .subquery()
    )
    target = int(YEARLY_TARGET * 100)
    counts = (
        sa.select(
            each.c.unit_id,
            sa.func.count().label("people"),
            sa.func.sum(each.c.hours).label("hours"),
            count_if(each.c.hours >= target).label("reached"),
        )
        .group_by(each.c.unit_id)
        .subquery()
    )
    row = counts.c
    return sa.select(
        row.unit_id,
        Unit.name.label("unit_name"),
        row.people,
        row.hours,
        sa.cast(1.0 * row.hours / row.people, sa.Float).label("average"),
        row.reached,
        share(row.reached, row.people).label("reached_share"),
        ONE_FAMILY,
    ).outerjoin(Unit, Unit.id == row.unit_id)


def _sentence(totals: Totals) -> str:
    people = ngettext("%(num)s person", "%(num)s people", totals["people"] or 0)
    reached = percent(totals["reached"], totals["people"])
    return __(
        "%(people)s; %(reached)s %% have reached %(target)s JP in these cohorts.", people=people, reached=reached, target=int(YEARLY_TARGET)
    )


def _plot(rows: Sequence[Any], totals: Totals) -> Plot | None:
    return bars(
        __("JP a person, on average"),
        __("A bar for each unit of the table; the whole width is the target of the year."),
        [(row.unit_name or __("in none of our units"), [row.average / 100]) for row in rows],
        [__("JP")],
        full=float(YEARLY_TARGET),
        unit=" JP",
    )


report = Report(
    key="hours",
    title=_("Hours (JP) by unit and year"),
    question=_("How far is each unit on the way to 20 JP a person?"),
    icon="building-2",
    columns=fixed(
        UNIT,
        PEOPLE,
        Column("hours", _("JP together"), Kind.HOURS, total=True),
        Column("average", _("JP a person"), Kind.HOURS),
        Column("reached", _("have reached 20 JP"), Kind.NUMBER, total=True),
        Column("reached_share", _("have reached 20 JP, %"), Kind.PERCENT),
    ),
    select=rows,
    order="-average",
    summary=_sentence,
    plot=_plot,
    groups=("people", "family"),
    about=about,
    note=_("JP of the calendar year that your cohorts have given; people may have earned more elsewhere."),
)
