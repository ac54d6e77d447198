"""Pieces that several reports are made of: columns, counts, shares."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from lms.i18n import choose
from lms.i18n import gettext as __
from lms.i18n import lazy_gettext as _
from lms.learning.models import Cohort, Enrolment, Group
from lms.learning.words import title_of
from lms.people.models import Unit, User, full_name
from lms.reports.contract import Column, Kind, Select

COHORT_ROW = (
    Cohort.id.label("cohort_id"),
    Cohort.title.label("cohort_title"),
    Cohort.number.label("cohort_number"),
    Cohort.year.label("cohort_year"),
    Cohort.starts_on.label("cohort_starts_on"),
)
GROUP_ROW = (Group.id.label("group_id"), Group.name.label("group_name"))
_WORKPLACE = sa.case((User.unit_id.is_(None), User.institution), else_=Unit.name)
# What lists of people are sorted by, looked up row by row: only where they are sorted by it.
SORTED_BY = (
    sa.select(User.name).where(User.id == Enrolment.user_id).scalar_subquery().label("by_person"),
    sa.select(_WORKPLACE).select_from(User).outerjoin(Unit).where(User.id == Enrolment.user_id).scalar_subquery().label("by_unit"),
    sa.select(Group.name).where(Group.id == Enrolment.group_id).scalar_subquery().label("by_group"),
)
ONE_FAMILY = sa.literal(0).label("family")


def people_of(page: sa.Subquery) -> Select:
    """Return the names of people, of their units, cohorts and groups for the rows of a page (user_id, cohort_id, group_id)."""
    return (
        sa.select(
            Cohort.title.label("cohort_title"),
            Cohort.number.label("cohort_number"),
            Cohort.year.label("cohort_year"),
            Group.name.label("group_name"),
            User.title_before.label("title_before"),
            User.name.label("person_name"),
            User.title_after.label("title_after"),
            _WORKPLACE.label("unit_name"),
        )
        .select_from(page)
        .join(User, User.id == page.c.user_id)
        .join(Cohort, Cohort.id == page.c.cohort_id)
        .outerjoin(Unit, Unit.id == User.unit_id)
        .outerjoin(Group, Group.id == page.c.group_id)
    )


def cohort_of(row: Any) -> str:
    """Return the full name of a row's cohort."""
    return title_of(row.cohort_title, row.cohort_number, row.cohort_year)


def group_of(row: Any) -> str:
    """Return the name of a row's group."""
    return row.group_name or __("without a group")


COHORT = Column("cohort", _("Cohort"), value=cohort_of, sort="cohort_starts_on", link=lambda row: f"/cohorts/{row.cohort_id}")
GROUP = Column("group", _("Group"), value=group_of, sort="group_name")
UNIT = Column("unit", _("Unit"), value=lambda row: row.unit_name or __("in none of our units"), sort="unit_name")
PERSON_GROUP, PERSON_UNIT = replace(GROUP, sort="by_group"), replace(UNIT, sort="by_unit")
MODULE = Column("module", _("Module"), value=lambda row: choose(row.module_title), sort="module_position")
PERSON = Column(
    "person",
    _("Name"),
    value=lambda row: full_name(row.title_before, row.person_name, row.title_after),
    sort="by_person",
    link=lambda row: f"/cohorts/{row.cohort_id}/people/{row.enrolment_id}",
)
PEOPLE = Column("people", _("People"), Kind.NUMBER, total=True)


def count_if(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    """Return how many rows of a group fulfil a condition."""
    return sa.func.sum(sa.case((condition, 1), else_=0))


def share(part: Any, whole: Any) -> sa.ColumnElement[float]:
    """Return percent, NULL of nothing."""
    return sa.cast(100.0 * part / sa.func.nullif(whole, 0), sa.Float)


def percent(part: float | None, whole: float | None) -> int:
    """Return whole percent of totals, 0 of nothing."""
    return round(100 * (part or 0) / whole) if whole else 0
