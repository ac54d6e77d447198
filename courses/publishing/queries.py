"""Reads for publishing: a module's plan, and the cohorts that learn from it."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from courses.publishing.models import Obstacle, PlannedPublishing
from lms.api import (
    MANAGE_COHORTS,
    Actor,
    Cohort,
    CohortModule,
    Enrolment,
    EnrolmentState,
    Revision,
    User,
    cohorts_for,
    db,
    full_name,
    title_of,
)


@dataclass(frozen=True, slots=True)
class CohortLine:
    """A cohort that learns from a module: from which revision, how many learners; `movable` by who asks."""

    cohort_id: int
    module_id: int
    title: str
    number: int
    learners: int
    ends_on: dt.date
    movable: bool

    @property
    def move_url(self) -> str:
        """Return the page that shows what a newer revision would change for it, and moves it."""
        return f"/cohorts/{self.cohort_id}/modules/{self.module_id}/move"


@dataclass(frozen=True, slots=True)
class PlanLine:
    """A plan without its texts."""

    id: uuid.UUID
    due_at: dt.datetime
    planned_at: dt.datetime
    after_number: int
    note: str
    obstacle: Obstacle | None
    author: str


def cohorts_of(actor: Actor, module_id: int, today: dt.date) -> list[CohortLine]:
    """Return the cohorts that have not ended and learn from a module, those on older revisions first. One statement."""
    rows = db.session.execute(
        sa.select(
            *(Cohort.id, CohortModule.module_id, Cohort.title, Cohort.number.label("roman"), Cohort.year),
            *(Revision.number, sa.func.count(Enrolment.id).label("learners"), Cohort.ends_on),
            sa.case((cohorts_for(actor, MANAGE_COHORTS), True), else_=False).label("movable"),
        )
        .join(CohortModule, CohortModule.cohort_id == Cohort.id)
        .join(Revision, Revision.id == CohortModule.revision_id)
        .outerjoin(Enrolment, sa.and_(Enrolment.cohort_id == Cohort.id, Enrolment.state == EnrolmentState.ACTIVE))
        .where(CohortModule.module_id == module_id, Cohort.ends_on >= today)
        .group_by(Cohort.id, CohortModule.module_id, Revision.number)
        .order_by(Revision.number, Cohort.ends_on, Cohort.id)
    )
    return [
        CohortLine(
            row.id, row.module_id, title_of(row.title, row.roman, row.year), row.number, row.learners, row.ends_on, bool(row.movable)
        )
        for row in rows
    ]


def plan_line(module_id: int) -> PlanLine | None:
    """Return a module's plan without its texts, or None."""
    plan = PlannedPublishing
    row = db.session.execute(
        sa.select(
            *(plan.id, plan.due_at, plan.planned_at, plan.after_number, plan.note, plan.obstacle),
            *(User.title_before, User.name, User.title_after),
        )
        .outerjoin(User, User.id == plan.by_id)
        .where(plan.module_id == module_id)
    ).one_or_none()
    if row is None:
        return None
    return _line(row, row.title_before, row.name, row.title_after)


def _line(plan: Any, before: str, name: str | None, after: str) -> PlanLine:
    """Return what a page says about a plan: a row with its columns, and who made it."""
    author = full_name(before, name, after) if name else ""
    return PlanLine(plan.id, plan.due_at, plan.planned_at, plan.after_number, plan.note, plan.obstacle, author)


def plan_with_author(module_id: int) -> tuple[PlannedPublishing | None, PlanLine | None]:
    """Return a module's plan, and what a page says about it; nothing when there is none. One statement."""
    row = db.session.execute(
        sa.select(PlannedPublishing, User.title_before, User.name, User.title_after)
        .outerjoin(User, User.id == PlannedPublishing.by_id)
        .where(PlannedPublishing.module_id == module_id)
    ).one_or_none()
    return (row[0], _line(row[0], *row[1:])) if row else (None, None)


def plan_of(module_id: int) -> PlannedPublishing | None:
    """Return a module's plan, or None."""
    return db.session.scalar(sa.select(PlannedPublishing).where(PlannedPublishing.module_id == module_id))
