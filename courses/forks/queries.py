"""Reads about copies of modules, each one statement."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from courses.base import CREATE, WRITE
from courses.forks.models import Fork, ForkAnswer, OpenModule
from lms.api import Actor, Module, Revision, RevisionActivity, Unit, User, db, modules_for


@dataclass(frozen=True, slots=True)
class Ties:
    """What a module's page says about copies: where it comes from, what waits, whether others may copy it, how many have."""

    origin: str | None
    waiting: bool
    waiting_number: int | None
    open: bool
    copies: int


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy of a module as the original's authors see it: whose it is, which revision it began from last, how it differs."""

    title: dict[str, Any]
    key: str
    unit: str
    base_number: int | None
    base_at: dt.datetime
    published: int | None
    added: int
    local: int
    changed: int

    @property
    def is_variant(self) -> bool:
        """Tell whether only local examples and activities of its own make the difference."""
        return not self.changed and bool(self.local or self.added)


def ties_of(module_id: int) -> Ties:
    """Return what ties a module to others."""
    copies = sa.select(sa.func.count()).select_from(Fork).where(Fork.upstream_id == module_id).scalar_subquery()
    row = db.session.execute(
        sa.select(Fork.origin, Fork.waiting_at, Fork.waiting_number, OpenModule.module_id, copies)
        .select_from(Module)
        .outerjoin(Fork, Fork.module_id == Module.id)
        .outerjoin(OpenModule, OpenModule.module_id == Module.id)
        .where(Module.id == module_id)
    ).one()
    return Ties(row[0], row[1] is not None, row[2], row[3] is not None, row[4])


def fork_of(module_id: int) -> Fork | None:
    """Return a copy's row with its texts, or None for a module that is no copy."""
    return db.session.get(Fork, module_id)


def answers_of(module_id: int) -> dict[str, Any]:
    """Return {conflict: answer} as a merge takes them."""
    rows = db.session.execute(sa.select(ForkAnswer.conflict, ForkAnswer.answer).where(ForkAnswer.module_id == module_id))
    return {conflict: answer.get("choice") or answer for conflict, answer in rows}


def copies_of(module_id: int) -> list[Copy]:
    """Return the copies of a module, those that are furthest behind first."""
    newest = sa.select(sa.func.max(Revision.number)).where(Revision.module_id == Module.id).correlate(Module).scalar_subquery()
    rows = db.session.execute(
        sa.select(Module.about, Module.key, Unit.name, Fork.base_number, Fork.base_at, newest, Fork.added, Fork.local, Fork.changed)
        .join(Fork, Fork.module_id == Module.id)
        .outerjoin(User, User.id == Module.owner_id)
        .outerjoin(Unit, Unit.id == User.unit_id)
        .where(Fork.upstream_id == module_id)
        .order_by(Fork.base_number, Module.key)
    )
    return [Copy(about["title"], key, unit or "", *rest) for about, key, unit, *rest in rows]


def forks_of(module_id: int) -> sa.Select[Fork]:
    """Return the copies of a module with their texts."""
    return sa.select(Fork).where(Fork.upstream_id == module_id)


def copyable(actor: Actor, key: str) -> Module | None:
    """Return a published module that the actor may copy: one that they may write, or that its authors have opened; otherwise None."""
    if not actor.may(CREATE):
        return None
    opened = sa.exists().where(OpenModule.module_id == Module.id)
    published = sa.exists().where(Revision.module_id == Module.id)
    return db.session.scalar(sa.select(Module).where(Module.key == key, published, sa.or_(opened, modules_for(actor, WRITE))))


def activities_of(revision_id: int) -> list[RevisionActivity]:
    """Return the activities of a revision in order."""
    wanted = sa.select(RevisionActivity).where(RevisionActivity.revision_id == revision_id)
    return list(db.session.scalars(wanted.order_by(RevisionActivity.position)))


def newest_number(module_id: int | None) -> int | None:
    """Return the number of a module's newest revision."""
    return db.session.scalar(sa.select(sa.func.max(Revision.number)).where(Revision.module_id == module_id))
