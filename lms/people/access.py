"""Who is asking, and what they may touch. Each permission has two forms made of the same parts: a check and a filter.

A filter is an SQL condition on the rows a person may touch; a check is that filter applied to one row. So a list and a page can never
disagree, and object-level checks stand in the query.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

import sqlalchemy as sa

from lms.db import db
from lms.errors import NotAllowed, NotFound
from lms.learning.models import Cohort, Module
from lms.people.models import ReportingLine, RoleAssignment, Unit, User, full_name
from lms.people.permissions import PERMISSIONS, Permission
from lms.people.roles import Role, ScopeKind


@dataclass(frozen=True, slots=True)
class Grant:
    """A role held somewhere; `path` is the unit's path when it is held on a unit."""

    role: Role
    kind: ScopeKind
    scope_id: int
    path: str = ""


@dataclass(frozen=True, slots=True)
class Actor:
    """The person who asks, as one read brings them: session, user and roles. Flask-Login's `current_user` is one of these."""

    id: uuid.UUID
    name: str
    language: str
    time_zone: str
    grants: tuple[Grant, ...] = ()
    session_id: uuid.UUID | None = None
    csrf_secret: str = ""
    unread: int = 0  # notices that are new to the person

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        """Return the id, for Flask-Login."""
        return str(self.id)

    @property
    def initials(self) -> str:
        """Return up to two letters for a round picture."""
        words = [word for word in self.name.split(",")[0].split() if not word.endswith(".")] or ["?"]
        return (words[0][:1] + (words[-1][:1] if len(words) > 1 else "")).upper()

    @property
    def roles(self) -> frozenset[Role]:
        """Return every role held anywhere; all are learners."""
        return frozenset({Role.LEARNER, *(grant.role for grant in self.grants)})

    def may(self, permission: Permission | str) -> bool:
        """Tell whether the person holds the permission anywhere at all."""
        return bool(self.roles & _roles(permission))

    def grants_of(self, permission: Permission | str) -> list[Grant]:
        """Return the grants that carry the permission."""
        roles = _roles(permission)
        return [grant for grant in self.grants if grant.role in roles]


@dataclass(frozen=True, slots=True)
class Nobody:
    """A visitor who is not signed in."""

    is_authenticated = False
    is_active = False
    is_anonymous = True
    roles: frozenset[Role] = frozenset()

    def get_id(self) -> None:
        """Return None, for Flask-Login."""

    def may(self, permission: Permission | str) -> bool:
        """Refuse everything."""
        return False


def _roles(permission: Permission | str) -> frozenset[Role]:
    name = permission if isinstance(permission, str) else permission.name
    return PERMISSIONS[name].roles


def load_actor(user_id: uuid.UUID, today: dt.date) -> Actor:
    """Return a person as an actor, for commands and tasks that act in somebody's name. Raises NotFound."""
    user = db.session.get(User, user_id)
    if user is None:
        raise NotFound("no such person")
    rows = db.session.execute(
        sa.select(RoleAssignment.role, RoleAssignment.scope_kind, RoleAssignment.scope_id, Unit.path)
        .outerjoin(Unit, sa.and_(RoleAssignment.scope_kind == ScopeKind.UNIT, Unit.id == RoleAssignment.scope_id))
        .where(RoleAssignment.user_id == user_id, valid_on(RoleAssignment, today))
    )
    grants = tuple(Grant(role, kind, scope_id, path or "") for role, kind, scope_id, path in rows)
    return Actor(user.id, full_name(user.title_before, user.name, user.title_after), user.language, user.time_zone, grants)


def valid_on(model: type[RoleAssignment | ReportingLine | Unit], day: dt.date | sa.BindParameter[dt.date]) -> sa.ColumnElement[bool]:
    """Return the condition that something with `valid_from` and `valid_to` holds on a day (both ends included)."""
    return sa.and_(sa.or_(model.valid_from.is_(None), model.valid_from <= day), sa.or_(model.valid_to.is_(None), model.valid_to >= day))


# -- filters ----------------------------------------------------------------------------------------------------------------------


def cohorts_for(actor: Actor, permission: Permission | str) -> sa.ColumnElement[bool]:
    """Return the condition on `Cohort` that selects the cohorts on which the person holds the permission."""
    conditions: list[sa.ColumnElement[bool]] = []
    numbers = []
    for grant in actor.grants_of(permission):
        if grant.kind is ScopeKind.SITE:
            # Instructors of the whole site write modules; learners' work is theirs only in cohorts that they are given.
            if grant.role is not Role.INSTRUCTOR:
                return sa.true()
        elif grant.kind is ScopeKind.UNIT and grant.path:  # a unit that is gone has no path, and every path begins with nothing
            conditions.append(Cohort.organizer_unit_id.in_(sa.select(Unit.id).where(Unit.path.startswith(grant.path, autoescape=True))))
        elif grant.kind is ScopeKind.COHORT:
            numbers.append(grant.scope_id)
    if numbers:
        conditions.append(Cohort.id.in_(numbers))
    return sa.or_(*conditions) if conditions else sa.false()


def modules_for(actor: Actor, permission: Permission | str) -> sa.ColumnElement[bool]:
    """Return the condition on `Module` that selects the modules on which the person holds the permission."""
    if Role.INSTRUCTOR not in actor.roles & _roles(permission):
        return sa.false()
    conditions: list[sa.ColumnElement[bool]] = [Module.owner_id == actor.id]
    numbers = []
    for grant in actor.grants_of(permission):
        if grant.kind is ScopeKind.SITE:
            return sa.true()
        if grant.kind is ScopeKind.MODULE:
            numbers.append(grant.scope_id)
    if numbers:
        conditions.append(Module.id.in_(numbers))
    return sa.or_(*conditions)


# -- checks -----------------------------------------------------------------------------------------------------------------------


def cohort(actor: Actor, permission: Permission | str, cohort_id: int) -> Cohort:
    """Return the cohort if the person holds the permission on it. Raises NotFound otherwise: whether it exists is not said."""
    found = db.session.scalar(sa.select(Cohort).where(Cohort.id == cohort_id, cohorts_for(actor, permission)))
    if found is None:
        raise NotFound("no such cohort for this person")
    return found


def module(actor: Actor, permission: Permission | str, key: str) -> Module:
    """Return the module if the person holds the permission on it. Raises NotFound otherwise."""
    found = db.session.scalar(sa.select(Module).where(Module.key == key, modules_for(actor, permission)))
    if found is None:
        raise NotFound("no such module for this person")
    return found


def demand(actor: Actor, permission: Permission | str) -> None:
    """Raise NotAllowed unless the person holds the permission somewhere."""
    if not actor.may(permission):
        raise NotAllowed("this needs a permission that the person does not hold")
