"""Reads for the studio, each one statement whatever the number of modules, cohorts or learners."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

import sqlalchemy as sa

from courses.base import WRITE
from courses.studio.models import DeletedActivity
from lms.api import (
    Activity,
    Actor,
    Cohort,
    CohortModule,
    Enrolment,
    EnrolmentState,
    Module,
    NotFound,
    Revision,
    RevisionActivity,
    User,
    db,
    full_name,
    modules_for,
    title_of,
)


@dataclass(frozen=True, slots=True)
class ModuleLine:
    """A module in the list: how many parts, which revision is the newest, whether the draft was edited afterwards."""

    id: int
    key: str
    code: str
    about: dict[str, Any]
    parts: int
    number: int | None
    published_at: dt.datetime | None
    edited: bool

    @property
    def jp(self) -> float:
        """Return the hours (JP) the module is designed for."""
        return float(sum(section.get("jp") or 0 for section in self.about["sections"]))


@dataclass(frozen=True, slots=True)
class Use:
    """A cohort that learns from a revision, and how many learners it has."""

    module_id: int
    number: int
    cohort: str
    learners: int


@dataclass(frozen=True, slots=True)
class RevisionLine:
    """A revision in the list, with the name of who published it, and the cohorts that learn from it, newest first."""

    id: int
    number: int
    note: str
    published_at: dt.datetime
    author: str
    uses: list[Use]


@dataclass(frozen=True, slots=True)
class ActivityLine:
    """An activity of the draft without its texts."""

    key: str
    type: str
    title: str
    section: str
    minutes: int
    required: bool
    hidden: bool
    requires: list[str]


@dataclass(frozen=True, slots=True)
class DeletedLine:
    """Activities that were deleted together and can be brought back."""

    batch: uuid.UUID
    titles: list[str]
    deleted_at: dt.datetime


def modules_of(actor: Actor) -> list[ModuleLine]:
    """Return the modules that the actor may write, last edited first."""
    parts = sa.select(sa.func.count(Activity.id)).where(Activity.module_id == Module.id).correlate(Module).scalar_subquery()
    newest = sa.select(Revision.module_id, sa.func.max(Revision.number).label("number")).group_by(Revision.module_id).subquery()
    rows = db.session.execute(
        sa.select(Module.id, Module.key, Module.code, Module.about, Module.updated_at, parts, Revision.number, Revision.published_at)
        .outerjoin(newest, newest.c.module_id == Module.id)
        .outerjoin(Revision, sa.and_(Revision.module_id == Module.id, Revision.number == newest.c.number))
        .where(modules_for(actor, WRITE))
        .order_by(Module.updated_at.desc(), Module.key)
    )
    return [
        ModuleLine(number, key, code, about, count, newest_number, published_at, bool(published_at and updated_at > published_at))
        for number, key, code, about, updated_at, count, newest_number, published_at in rows
    ]


def uses_of(module_ids: Iterable[int]) -> list[Use]:
    """Return which cohorts learn from which revisions of these modules, newest revision first."""
    rows = db.session.execute(
        sa.select(
            CohortModule.module_id, Revision.number, Cohort.title, Cohort.number.label("roman"), Cohort.year, sa.func.count(Enrolment.id)
        )
        .join(Revision, Revision.id == CohortModule.revision_id)
        .join(Cohort, Cohort.id == CohortModule.cohort_id)
        .outerjoin(Enrolment, sa.and_(Enrolment.cohort_id == Cohort.id, Enrolment.state == EnrolmentState.ACTIVE))
        .where(CohortModule.module_id.in_(list(module_ids)))
        .group_by(CohortModule.module_id, Revision.number, Cohort.id, Cohort.title, Cohort.number, Cohort.year)
        .order_by(Revision.number.desc(), Cohort.id.desc())
    )
    return [Use(module_id, number, title_of(title, roman, year), learners) for module_id, number, title, roman, year, learners in rows]


def revisions_of(module_id: int) -> list[RevisionLine]:
    """Return a module's revisions, newest first, each with the cohorts that learn from it."""
    rows = db.session.execute(
        sa.select(
            *(Revision.id, Revision.number, Revision.note, Revision.published_at, User.title_before, User.name, User.title_after),
            *(Cohort.id.label("cohort_id"), Cohort.title, Cohort.number.label("roman"), Cohort.year),
            sa.func.count(Enrolment.id).label("learners"),
        )
        .outerjoin(User, User.id == Revision.published_by_id)
        .outerjoin(CohortModule, CohortModule.revision_id == Revision.id)
        .outerjoin(Cohort, Cohort.id == CohortModule.cohort_id)
        .outerjoin(Enrolment, sa.and_(Enrolment.cohort_id == Cohort.id, Enrolment.state == EnrolmentState.ACTIVE))
        .where(Revision.module_id == module_id)
        .group_by(Revision.id, User.id, Cohort.id)
        .order_by(Revision.number.desc(), Cohort.id.desc())
    )
    found: dict[int, RevisionLine] = {}
    for row in rows:
        author = full_name(row.title_before, row.name, row.title_after) if row.name else ""
        line = found.setdefault(row.id, RevisionLine(row.id, row.number, row.note, row.published_at, author, []))
        if row.cohort_id is not None:
            line.uses.append(Use(module_id, row.number, title_of(row.title, row.roman, row.year), row.learners))
    return list(found.values())


def revision_of(module_id: int, number: int) -> Revision:
    """Return a revision of a module by its number. Raises NotFound."""
    found = db.session.scalar(sa.select(Revision).where(Revision.module_id == module_id, Revision.number == number))
    if found is None:
        raise NotFound(f"no revision {number} of this module")
    return found


def published_activities(revision_id: int) -> sa.Select[RevisionActivity]:
    """Return the activities of a revision in order."""
    return sa.select(RevisionActivity).where(RevisionActivity.revision_id == revision_id).order_by(RevisionActivity.position)


def newest_of(module_id: int) -> tuple[Revision, list[RevisionActivity]] | None:
    """Return a module's newest revision with its activities in order, or None while it was never published; one statement."""
    number = sa.select(sa.func.max(Revision.number)).where(Revision.module_id == module_id).scalar_subquery()
    rows = db.session.execute(
        sa.select(Revision, RevisionActivity)
        .outerjoin(RevisionActivity, RevisionActivity.revision_id == Revision.id)
        .where(Revision.module_id == module_id, Revision.number == number)
        .order_by(RevisionActivity.position)
    ).all()
    return (rows[0][0], [activity for _revision, activity in rows if activity is not None]) if rows else None


def activity_of(module_id: int, key: str) -> Activity:
    """Return an activity of a module's draft. Raises NotFound."""
    found = db.session.scalar(sa.select(Activity).where(Activity.module_id == module_id, Activity.key == key))
    if found is None:
        raise NotFound(f"no activity {key!r} in the draft")
    return found


def lines_of(module_id: int) -> list[ActivityLine]:
    """Return the activities of a draft in order, without their texts."""
    rows = db.session.execute(
        sa.select(*(getattr(Activity, each.name) for each in fields(ActivityLine)))
        .where(Activity.module_id == module_id)
        .order_by(Activity.position)
    )
    return [ActivityLine(*row) for row in rows]


def deleted_of(module_id: int) -> list[DeletedLine]:
    """Return what was deleted from a draft and can be brought back, newest first."""
    rows = db.session.execute(
        sa.select(DeletedActivity.batch, DeletedActivity.title, DeletedActivity.deleted_at)
        .where(DeletedActivity.module_id == module_id)
        .order_by(DeletedActivity.id.desc())
    )
    found: dict[uuid.UUID, DeletedLine] = {}
    for batch, title, deleted_at in rows:
        found.setdefault(batch, DeletedLine(batch, [], deleted_at)).titles.insert(0, title)
    return list(found.values())


def section_counts(module_id: int) -> dict[str, int]:
    """Return {section: how many activities of the draft it holds}."""
    rows = db.session.execute(
        sa.select(Activity.section, sa.func.count(Activity.id)).where(Activity.module_id == module_id).group_by(Activity.section)
    )
    return {section: count for section, count in rows}  # noqa: C416 - rows are no pairs to a type checker


def module_by_key(key: str) -> Module | None:
    """Return the module with a key, whoever may write it."""
    return db.session.scalar(sa.select(Module).where(Module.key == key))


def may_write(actor: Actor, module_id: int) -> bool:
    """Tell whether the actor may write a module."""
    return db.session.scalar(sa.select(Module.id).where(Module.id == module_id, modules_for(actor, WRITE))) is not None
