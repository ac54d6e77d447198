"""What the filters of reports offer: only what the person may see anyway."""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from lms.learning.models import Cohort, Course, Group
from lms.people.models import Unit
from lms.reports.contract import Asked, Select

MOST = 60  # choices of one filter; narrower filters bring the others within reach


def years(asked: Asked) -> Select:
    """Return (course id, course title, year) of the cohorts in the person's scope, the latest year first."""
    pairs = sa.select(Cohort.course_id, Cohort.year).where(asked.scope).distinct().subquery()
    return (
        sa.select(Course.id, Course.title, pairs.c.year)
        .join(pairs, pairs.c.course_id == Course.id)
        .order_by(pairs.c.year.desc(), Course.id)
    )


def cohorts(asked: Asked) -> Select:
    """Return the cohorts that can be chosen, the latest first; what is chosen already stands there in any case."""
    chosen = asked.wanted.cohort
    everything = replace(asked, wanted=replace(asked.wanted, cohort=0)).cohorts
    condition = sa.and_(asked.scope, sa.or_(everything, Cohort.id == chosen)) if chosen else everything
    first = sa.case((Cohort.id == chosen, 0), else_=1)
    return (
        sa.select(Cohort.id, Cohort.title, Cohort.number, Cohort.year)
        .where(condition)
        .order_by(first, Cohort.starts_on.desc(), Cohort.id.desc())
        .limit(MOST)
    )


def cohort(asked: Asked) -> sa.Select[int]:
    """Return the id of the wanted cohort, if the person may see it."""
    return sa.select(Cohort.id).where(asked.scope, Cohort.id == asked.wanted.cohort)


def latest_cohort(asked: Asked) -> sa.Select[int]:
    """Return the id of the latest cohort in the person's scope that has begun, or of the next one."""
    begun = sa.case((Cohort.starts_on <= asked.today, 0), else_=1)
    return sa.select(Cohort.id).where(asked.scope).order_by(begun, Cohort.starts_on.desc(), Cohort.id.desc()).limit(1)


def groups(asked: Asked) -> Select:
    """Return (id, name) of the groups of the chosen cohort, if the person may see it."""
    return (
        sa.select(Group.id, Group.name)
        .join(Cohort, Cohort.id == Group.cohort_id)
        .where(asked.scope, Cohort.id == asked.wanted.cohort)
        .order_by(Group.position, Group.id)
    )


def units(unit_id: int) -> Select:
    """Return (id, name, path) of a unit, what is above it, and what is directly below; the roots and theirs when none is chosen."""
    unit = aliased(Unit)
    if unit_id:
        near = sa.or_(Unit.parent_id == unit_id, sa.select(unit.path).where(unit.id == unit_id).scalar_subquery().startswith(Unit.path))
    else:
        near = sa.or_(Unit.parent_id.is_(None), Unit.parent_id.in_(sa.select(unit.id).where(unit.parent_id.is_(None))))
    return sa.select(Unit.id, Unit.name, Unit.path).where(near, Unit.path != "").order_by(Unit.path).limit(MOST)
