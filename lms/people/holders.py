"""Who holds a permission on a cohort: the other way round than `lms.people.access`, for notices and for names to turn to."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from lms.db import db
from lms.learning.models import Cohort
from lms.people.access import valid_on
from lms.people.models import RoleAssignment, Unit, User
from lms.people.permissions import MANAGE_COHORTS, Permission
from lms.people.roles import Role, ScopeKind


def holders(permission: Permission, cohort_id: int, day: dt.date) -> sa.Select[*tuple[Any, ...]]:
    """Return (id, name and titles, e-mail, kind, path) of everybody active who holds a permission on a cohort on a day, who is nearest to it first."""
    own, scope = sa.orm.aliased(Unit), sa.orm.aliased(Unit)
    grant = RoleAssignment
    holds = sa.or_(
        sa.and_(grant.scope_kind == ScopeKind.COHORT, grant.scope_id == Cohort.id),
        sa.and_(grant.scope_kind == ScopeKind.UNIT, scope.path != "", own.path.startswith(scope.path)),
        sa.and_(grant.scope_kind == ScopeKind.SITE, grant.role != Role.INSTRUCTOR),
    )
    near = sa.case((grant.scope_kind == ScopeKind.COHORT, 0), (grant.scope_kind == ScopeKind.UNIT, 1), else_=2)
    return (
        sa.select(User.id, User.title_before, User.name, User.title_after, User.email, grant.scope_kind, scope.path)
        .select_from(Cohort)
        .join(own, own.id == Cohort.organizer_unit_id)
        .join(grant, sa.true())
        .join(User, User.id == grant.user_id)
        .outerjoin(scope, sa.and_(grant.scope_kind == ScopeKind.UNIT, scope.id == grant.scope_id))
        .where(Cohort.id == cohort_id, grant.role.in_(permission.roles), valid_on(grant, day), holds, User.is_active)
        .order_by(near, sa.func.length(scope.path).desc().nulls_last(), User.name, User.id)
    )


def nearest(permission: Permission, cohort_id: int, day: dt.date) -> Sequence[Any]:
    """Return the holders whose role is given most closely: on the cohort itself, else on its unit, else on one above, else on the site."""
    rows = db.session.execute(holders(permission, cohort_id, day)).all()
    return [row for row in rows if (row.scope_kind, row.path) == (rows[0].scope_kind, rows[0].path)]


def people_with(permission: Permission, cohort_id: int, day: dt.date) -> list[uuid.UUID]:
    """Return whom to tell about a cohort of what concerns this permission: those whose role is given most closely."""
    return list(dict.fromkeys(row.id for row in nearest(permission, cohort_id, day)))


def organizers_of(cohort_id: int, day: dt.date) -> Sequence[Any]:
    """Return (id, name, e-mail, …) of the organizers to whom learners of a cohort turn: one statement."""
    return nearest(MANAGE_COHORTS, cohort_id, day)
