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
from lms.people.models import Unit, User
from lms.progress.jp_rules import TARGETS
from lms.progress.models import JpEntry
from lms.progress.queries import target_of
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
            sa.func.max(sa.type_coerce(target_of(year), sa.Integer)).label("target"),
        )
        .join(User, User.id == Enrolment.user_id)
        .outerjoin(JpEntry, sa.and_(JpEntry.enrolment_id == Enrolment.id, days))
        .where(asked.learners)
        .group_by(Enrolment.user_id)
        .subquery()
    )
    counts = (
        sa.select(
            each.c.unit_id,
            sa.func.count().label("people"),
            sa.func.sum(each.c.hours).label("hours"),
            sa.func.count(each.c.target).label("asked"),
            count_if(each.c.hours >= each.c.target).label("reached"),
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
        row.asked,
        row.reached,
        share(row.reached, row.asked).label("reached_share"),
        ONE_FAMILY,
    ).outerjoin(Unit, Unit.id == row.unit_id)


def _sentence(totals: Totals) -> str:
    people = ngettext("%(num)s person", "%(num)s people", totals["people"] or 0)
    reached = percent(totals["reached"], totals["asked"])
    return __(
        "%(people)s; a target is set for %(asked)s of them, and %(reached)s %% of these have reached it in these cohorts.",
        people=people,
        asked=totals["asked"] or 0,
        reached=reached,
    )


def _plot(rows: Sequence[Any], totals: Totals) -> Plot | None:
    return bars(
        __("JP a person, on average"),
        __("A bar for each unit of the table; the whole width is the target of the year."),
        [(row.unit_name or __("in none of our units"), [row.average / 100]) for row in rows],
        [__("JP")],
        full=float(max(hours for _category, _since, hours in TARGETS)),
        unit=" JP",
    )


report = Report(
    key="hours",
    title=_("Hours (JP) by unit and year"),
    question=_("How far is each unit on the way to the JP of a year?"),
    icon="building-2",
    columns=fixed(
        UNIT,
        PEOPLE,
        Column("hours", _("JP together"), Kind.HOURS, total=True),
        Column("average", _("JP a person"), Kind.HOURS),
        Column("asked", _("have a yearly target"), Kind.NUMBER, total=True),
        Column("reached", _("have reached it"), Kind.NUMBER, total=True),
        Column("reached_share", _("have reached it, %"), Kind.PERCENT),
    ),
    select=rows,
    order="-average",
    summary=_sentence,
    plot=_plot,
    groups=("people", "family"),
    about=about,
    note=_(
        "JP of the calendar year that your cohorts have given; people may have earned more elsewhere. The target is that of PNS, 20 JP; for others none is set."
    ),
)
