"""What the demonstration shows supervisors: a unit with small ones below it, somebody without a signal, somebody who stands in, a list by mail."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from lms.db import db
from lms.demo.people import DOMAIN
from lms.learning.models import Cohort, Enrolment
from lms.people import services as people
from lms.people.access import load_actor
from lms.people.models import Unit, User
from lms.people.roles import Role, ScopeKind
from lms.supervision import delegations, rollups, schedules, signal
from lms.supervision.models import Cadence, Capacity
from lms.supervision.queries import Scope, Wanted
from lms.supervision.tasks import site_day

QUIET_ONE = 17  # the place in the cohort of somebody without a signal


def show_supervision(cohort_id: int) -> None:
    """Give the supervisor of the demonstration a unit as well, count its figures, and fill the pages around it."""
    today = site_day()
    boss_id = db.session.scalar(sa.select(User.id).where(User.email == f"supervisor@{DOMAIN}"))
    cohort = db.session.get_one(Cohort, cohort_id)
    root_id = db.session.scalar(sa.select(Unit.id).where(Unit.parent_id.is_(None)).order_by(Unit.id))
    if boss_id is None or root_id is None:
        return
    people.grant_role(actor_id=None, user_id=boss_id, role=Role.SUPERVISOR, kind=ScopeKind.UNIT, scope_id=root_id)
    members = db.session.scalars(sa.select(Enrolment.user_id).where(Enrolment.cohort_id == cohort_id).order_by(Enrolment.id)).all()
    if len(members) > QUIET_ONE:
        signal.tell_no_signal(actor=load_actor(members[QUIET_ONE], today), until=today + dt.timedelta(days=9), today=today)
    boss = load_actor(boss_id, today)
    delegations.delegate(
        actor=boss,
        scope=Scope("cohort", cohort.id),
        email=f"instructor2@{DOMAIN}",
        capacity=Capacity.DAILY,
        valid_from=today,
        valid_to=today + dt.timedelta(days=6),
        today=today,
    )
    schedules.plan(actor=boss, scope=Scope("cohort", cohort.id), wanted=Wanted(status="help"), cadence=Cadence.WEEKLY, today=today)
    db.session.flush()
    rollups.roll_up([cohort_id], today)
