"""Who holds a permission on a cohort: the other way round than `lms.people.access`, for notices and for names to turn to."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from lms.db import db
from lms.learning.models import Cohort
from lms.people.access import valid_on
from lms.people.models import RoleAssignment, Unit, User, full_name
from lms.people.permissions import MANAGE_COHORTS, Permission
from lms.people.roles import Role, ScopeKind

NEAR = {ScopeKind.COHORT: 0, ScopeKind.UNIT: 1}


def holders_on(permission: Permission, cohort_id: int, day: dt.date) -> sa.Select[*tuple[Any, ...]]:
    """Return (id, titles and name, e-mail, kind and path of the scope) of everybody active who holds a permission on a cohort on a day."""
    own, scope = sa.orm.aliased(Unit), sa.orm.aliased(Unit)
    grant = RoleAssignment
    holds = sa.or_(
        sa.and_(grant.scope_kind == ScopeKind.COHORT, grant.scope_id == Cohort.id),
        sa.and_(grant.scope_kind == ScopeKind.UNIT, scope.path != "", own.path.startswith(scope.path)),
        sa.and_(grant.scope_kind == ScopeKind.SITE, grant.role != Role.INSTRUCTOR),
    )
    kind = sa.type_coerce(grant.scope_kind, sa.String()).label("kind")
    return (
        sa.select(User.id, User.title_before, User.name, User.title_after, User.email, kind, scope.path)
        .select_from(Cohort)
        .join(own, own.id == Cohort.organizer_unit_id)
        .join(grant, sa.true())
        .join(User, User.id == grant.user_id)
        .outerjoin(scope, sa.and_(grant.scope_kind == ScopeKind.UNIT, scope.id == grant.scope_id))
        .where(Cohort.id == cohort_id, grant.role.in_(permission.roles), valid_on(grant, day), holds, User.is_active)
    )


def nearest(rows: Iterable[Any]) -> list[Any]:
    """Return those whose role is given most closely, by name: on the cohort itself, else on its unit, else on one above, else on the site."""

    def distance(row: Any) -> tuple[int, int]:
        return NEAR.get(row.kind, 2), -len(row.path or "")

    found = {row.id: row for row in sorted(rows, key=lambda row: (distance(row), row.name, str(row.id)), reverse=True)}
    least = min(map(distance, found.values()), default=None)
    return sorted((row for row in found.values() if distance(row) == least), key=lambda row: (row.name, str(row.id)))


def people_with(permission: Permission, cohort_id: int, day: dt.date) -> list[uuid.UUID]:
    """Return whom to tell about a cohort of what concerns this permission: those whose role is given most closely."""
    return [row.id for row in nearest(db.session.execute(holders_on(permission, cohort_id, day)))]


def organizers_of(cohort_id: int, day: dt.date) -> Sequence[Any]:
    """Return (id, name, e-mail, …) of the organizers to whom learners of a cohort turn: one statement."""
    return nearest(db.session.execute(holders_on(MANAGE_COHORTS, cohort_id, day)))


def everybody_with(permission: Permission, day: dt.date) -> dict[uuid.UUID, str]:
    """Return {id: name} of everybody active who holds a permission somewhere on a day, by name: one statement."""
    rows = db.session.execute(
        sa.select(User.id, User.title_before, User.name, User.title_after)
        .where(
            User.is_active,
            sa.exists().where(RoleAssignment.user_id == User.id, RoleAssignment.role.in_(permission.roles), valid_on(RoleAssignment, day)),
        )
        .order_by(User.name, User.id)
    )
    return {number: full_name(before, name, after) for number, before, name, after in rows}
