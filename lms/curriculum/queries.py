"""Reads of the course editor: each one statement."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa

from lms.learning.models import Cohort, CohortModule, Course, CourseModule, Module, Revision
from lms.people.access import Actor, cohorts_for
from lms.people.permissions import EDIT_COURSES, MANAGE_COHORTS
from lms.people.roles import ScopeKind

Select = sa.Select[*tuple[Any, ...]]


def editable(actor: Actor) -> sa.ColumnElement[bool]:
    """Return the condition on `Course` for those whom a person may change: all for organizers of a unit or the site, none for those of one cohort."""
    return sa.true() if any(grant.kind is not ScopeKind.COHORT for grant in actor.grants_of(EDIT_COURSES)) else sa.false()


def courses(actor: Actor, today: dt.date) -> Select:
    """Return the courses that a person may change with the number of modules, of cohorts, and of cohorts that are not over, the newest first."""
    modules = sa.select(sa.func.count()).where(CourseModule.course_id == Course.id).scalar_subquery()
    cohorts = sa.select(sa.func.count()).where(Cohort.course_id == Course.id)
    return (
        sa.select(
            Course.id,
            Course.title,
            Course.summary,
            modules.label("modules"),
            cohorts.scalar_subquery().label("cohorts"),
            cohorts.where(Cohort.ends_on >= today).scalar_subquery().label("current"),
        )
        .where(editable(actor))
        .order_by(Course.id.desc())
    )


def course_of(actor: Actor, course_id: int) -> sa.Select[Course]:
    """Return a course that a person may change."""
    return sa.select(Course).where(Course.id == course_id, editable(actor))


def places_of(course_id: int) -> sa.Select[CourseModule, Module]:
    """Return (place, module) of a course in order."""
    return (
        sa.select(CourseModule, Module)
        .join(Module, Module.id == CourseModule.module_id)
        .where(CourseModule.course_id == course_id)
        .order_by(CourseModule.position, CourseModule.module_id)
    )


def addable(course_id: int) -> sa.Select[Module]:
    """Return the published modules that are not in a course, by code."""
    inside = sa.select(CourseModule.module_id).where(CourseModule.course_id == course_id)
    published = sa.exists().where(Revision.module_id == Module.id)
    return sa.select(Module).where(published, Module.id.not_in(inside)).order_by(Module.code, Module.key)


def cohorts_of(actor: Actor, course_id: int, today: dt.date) -> sa.Select[Cohort]:
    """Return the cohorts of a course that a person manages and that are not over, the first to begin first."""
    return (
        sa.select(Cohort)
        .where(Cohort.course_id == course_id, Cohort.ends_on >= today, cohorts_for(actor, MANAGE_COHORTS))
        .order_by(Cohort.starts_on, Cohort.id)
        .limit(20)
    )


def pins_of(cohort_ids: list[int]) -> sa.Select[CohortModule]:
    """Return the modules of cohorts in order."""
    return sa.select(CohortModule).where(CohortModule.cohort_id.in_(cohort_ids)).order_by(CohortModule.cohort_id, CohortModule.position)


def in_use(course_id: int) -> Select:
    """Return whether a course has a cohort."""
    return sa.select(sa.exists().where(Cohort.course_id == course_id))
