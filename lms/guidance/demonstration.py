"""Coaches, mentors and examiners of the demonstration: a coach and an examiner for each group."""

from __future__ import annotations

import sqlalchemy as sa

from lms.db import db
from lms.guidance import services
from lms.learning.models import Cohort, Enrolment, Group
from lms.people import services as people
from lms.people.access import load_actor
from lms.people.models import Category, RoleAssignment, User
from lms.people.roles import Role, ScopeKind

# account, name, titles, roles: two coaches, two examiners
GUIDES = (
    ("coach", "Lidya Rosalina", "M.Pd.", Role.COACH),
    ("coach2", "Petrus Alung", "M.Si.", Role.COACH),
    ("examiner", "Hartati Wulandari", "M.A.P.", Role.EXAMINER),
    ("examiner2", "Abdul Karim Nasri", "S.H., M.H.", Role.EXAMINER),
)


def guide_everybody(cohort_id: int) -> None:
    """Give each group a coach and an examiner, and the first six people their line manager as mentor."""
    cohort = db.session.get_one(Cohort, cohort_id)
    grants = list(
        db.session.scalars(
            sa.select(RoleAssignment).where(RoleAssignment.scope_kind == ScopeKind.COHORT, RoleAssignment.scope_id == cohort_id)
        )
    )
    supervisor = db.session.get_one(User, next(grant.user_id for grant in grants if grant.role is Role.SUPERVISOR))
    organizer = load_actor(next(grant.granted_by_id for grant in grants if grant.granted_by_id) or supervisor.id, cohort.starts_on)
    found = {}
    for account, name, after, role in GUIDES:
        user = people.create_user(
            actor_id=organizer.id,
            name=name,
            title_after=after,
            email=f"{account}@{str(supervisor.email).partition('@')[2]}",
            category=Category.PNS,
            unit_id=cohort.organizer_unit_id,
            password_hash=supervisor.password_hash,
        )
        found[account] = (user.id, role)
    found["mentor"] = (supervisor.id, Role.MENTOR)
    for user_id, role in found.values():
        people.grant_role(
            actor_id=organizer.id, user_id=user_id, role=role, kind=ScopeKind.COHORT, scope_id=cohort_id, valid_from=cohort.starts_on
        )
    everybody = sa.select(Enrolment.id).where(Enrolment.cohort_id == cohort_id).order_by(Enrolment.id)
    groups = db.session.scalars(sa.select(Group.id).where(Group.cohort_id == cohort_id).order_by(Group.position))
    for place, group_id in enumerate(groups):
        members = list(db.session.scalars(everybody.where(Enrolment.group_id == group_id)))
        for account in ("coach", "examiner") if place % 2 == 0 else ("coach2", "examiner2"):
            user_id, role = found[account]
            services.assign(actor=organizer, cohort=cohort, enrolment_ids=members, role=role, user_id=user_id, since=cohort.starts_on)
    first = list(db.session.scalars(everybody.limit(6)))
    services.assign(actor=organizer, cohort=cohort, enrolment_ids=first, role=Role.MENTOR, user_id=supervisor.id, since=cohort.starts_on)
