"""Reads of guidance: each one statement."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from lms.guidance.models import Guidance
from lms.learning.models import Cohort, Enrolment, EnrolmentState, Group
from lms.people.access import Actor
from lms.people.holders import holders_on
from lms.people.models import RoleAssignment, Unit, User
from lms.people.permissions import MANAGE_COHORTS, VIEW_GUIDED
from lms.people.roles import Role, ScopeKind

Select = sa.Select[*tuple[Any, ...]]

GUIDES = (Role.COACH, Role.MENTOR, Role.EXAMINER)


def not_over(today: dt.date) -> sa.ColumnElement[bool]:
    """Return the condition that guidance has not ended; it may begin later."""
    return sa.or_(Guidance.valid_to.is_(None), Guidance.valid_to >= today)


def holders(cohort_id: int, today: dt.date) -> Select:
    """Return (role, id, name) of those who hold a role that guides on a cohort and keep it today, by name."""
    return (
        sa.select(RoleAssignment.role, User.id, User.name)
        .join(User, User.id == RoleAssignment.user_id)
        .where(
            RoleAssignment.role.in_(GUIDES),
            RoleAssignment.scope_kind == ScopeKind.COHORT,
            RoleAssignment.scope_id == cohort_id,
            sa.or_(RoleAssignment.valid_to.is_(None), RoleAssignment.valid_to >= today),
        )
        .order_by(User.name, User.id)
        .distinct()
    )


def people_of(cohort_id: int) -> Select:
    """Return (enrolment id, name, group id, name of the group) of the active people of a cohort, by group and name."""
    return (
        sa.select(Enrolment.id, User.name, Enrolment.group_id, Group.name.label("group_name"))
        .join(User, User.id == Enrolment.user_id)
        .outerjoin(Group, Group.id == Enrolment.group_id)
        .where(Enrolment.cohort_id == cohort_id, Enrolment.state == EnrolmentState.ACTIVE)
        .order_by(Group.position.nulls_last(), Group.id, User.name, Enrolment.id)
    )


def guides_of_cohort(cohort_id: int, today: dt.date) -> Select:
    """Return (enrolment id, role, name, from, to) of all guidance in a cohort that has not ended."""
    return (
        sa.select(Guidance.enrolment_id, Guidance.role, User.name, Guidance.valid_from, Guidance.valid_to)
        .join(User, User.id == Guidance.user_id)
        .join(Enrolment, Enrolment.id == Guidance.enrolment_id)
        .where(Enrolment.cohort_id == cohort_id, not_over(today))
        .order_by(Guidance.valid_from)
    )


def guidance_of(cohort_id: int, enrolment_ids: Collection[int]) -> sa.Select[Guidance, str]:
    """Return (guidance, name of the learner) of people of a cohort, also what has ended."""
    return (
        sa.select(Guidance, User.name)
        .join(Enrolment, Enrolment.id == Guidance.enrolment_id)
        .join(User, User.id == Enrolment.user_id)
        .where(Enrolment.cohort_id == cohort_id, Guidance.enrolment_id.in_(enrolment_ids))
        .order_by(User.name)
    )


def given_by(cohort_id: int, user_id: uuid.UUID, role: Role, today: dt.date) -> sa.Select[Guidance]:
    """Return what somebody gives in a role in a cohort and has not ended."""
    return (
        sa.select(Guidance)
        .join(Enrolment, Enrolment.id == Guidance.enrolment_id)
        .where(Enrolment.cohort_id == cohort_id, Guidance.user_id == user_id, Guidance.role == role, not_over(today))
    )


def helpers_of(enrolment_id: int, cohort_id: int, today: dt.date) -> sa.CompoundSelect[Any]:
    """Return a learner's coach and mentor of today (with `role`), and the holders of organizing their cohort (without): one statement."""
    nothing = sa.cast(sa.null(), sa.String())
    guides = (
        sa.select(
            User.id,
            User.title_before,
            User.name,
            User.title_after,
            nothing.label("email"),
            nothing.label("kind"),
            nothing.label("path"),
            sa.type_coerce(Guidance.role, sa.String()).label("role"),
        )
        .join(User, User.id == Guidance.user_id)
        .where(
            Guidance.enrolment_id == enrolment_id,
            Guidance.role.in_([Role.COACH, Role.MENTOR]),
            Guidance.valid_from <= today,
            not_over(today),
        )
    )
    return sa.union_all(guides, holders_on(MANAGE_COHORTS, cohort_id, today).add_columns(nothing.label("role")))


def guided_by(actor: Actor, today: dt.date) -> Select:
    """Return the people whom the actor guides today, in a role that they hold on the cohort today, with their roll-up."""
    held = [
        sa.and_(Guidance.role == grant.role, Enrolment.cohort_id == grant.scope_id)
        for grant in actor.grants_of(VIEW_GUIDED)
        if grant.kind is ScopeKind.COHORT
    ]
    return (
        sa.select(
            Enrolment.id,
            Enrolment.cohort_id,
            Enrolment.state,
            Enrolment.required_count,
            Enrolment.done_count,
            Enrolment.waiting_count,
            Enrolment.next_due_on,
            Enrolment.started_on,
            Enrolment.active_on,
            Enrolment.completed_at,
            User.title_before,
            User.name,
            User.title_after,
            User.institution,
            Unit.name.label("unit_name"),
            Unit.short_name.label("unit_short"),
            Group.name.label("group_name"),
            Guidance.role,
            Cohort.title,
            Cohort.number,
            Cohort.year,
        )
        .select_from(Guidance)
        .join(Enrolment, Enrolment.id == Guidance.enrolment_id)
        .join(Cohort, Cohort.id == Enrolment.cohort_id)
        .join(User, User.id == Enrolment.user_id)
        .outerjoin(Unit, Unit.id == User.unit_id)
        .outerjoin(Group, Group.id == Enrolment.group_id)
        .where(
            Guidance.user_id == actor.id,
            Guidance.valid_from <= today,
            not_over(today),
            Enrolment.state == EnrolmentState.ACTIVE,
            sa.or_(sa.false(), *held),
        )
        .order_by(Cohort.starts_on.desc(), Cohort.id.desc(), Guidance.role, Group.position, User.name, Enrolment.id)
    )
