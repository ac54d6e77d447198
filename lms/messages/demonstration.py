"""Notices of the demonstration cohort: what its people were told in eight weeks, some of it read, and who was reminded."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from lms.db import at, db, utcnow
from lms.i18n import local_day, zone
from lms.learning.models import Cohort, Enrolment
from lms.messages import copying, occasions, reminders
from lms.messages.models import Notice
from lms.people.access import load_actor
from lms.people.models import RoleAssignment, User
from lms.people.roles import Role, ScopeKind


def notices_and_reminders(cohort_id: int) -> None:
    """Let everybody be welcomed, the reminders of the last mornings be made, older notices be read, and the cohort's supervisor remind some."""
    cohort, now = db.session.get_one(Cohort, cohort_id), utcnow()
    with at(dt.datetime.combine(cohort.starts_on - dt.timedelta(days=3), dt.time(9), zone(cohort.time_zone))):
        occasions.welcome(
            cohort=cohort, enrolment_ids=list(db.session.scalars(sa.select(Enrolment.id).where(Enrolment.cohort_id == cohort_id)))
        )
    for days in (8, 1, 0):
        with at(now - dt.timedelta(days=days)):
            reminders.remind_some(time_zone=cohort.time_zone, day=local_day(utcnow(), cohort.time_zone), after=0)
    read = sa.update(Notice).where(Notice.shown_at < now - dt.timedelta(days=3))
    db.session.execute(read.values(read_at=Notice.shown_at, leaves_at=None))
    db.session.execute(sa.update(Notice).where(Notice.mail_id.is_(None)).values(leaves_at=None))
    held = (RoleAssignment.role == Role.SUPERVISOR, RoleAssignment.scope_kind == ScopeKind.COHORT, RoleAssignment.scope_id == cohort_id)
    supervisor_id = db.session.scalar(sa.select(RoleAssignment.user_id).where(*held))
    first = sa.select(Enrolment.id).join(User, User.id == Enrolment.user_id).where(Enrolment.cohort_id == cohort_id)
    some = [*db.session.scalars(first.order_by(Enrolment.id).limit(1))]
    some += db.session.scalars(first.where(Enrolment.done_count == 0).order_by(Enrolment.id).limit(2))
    if supervisor_id:
        with at(now - dt.timedelta(days=2)):
            copying.log_reminders(actor=load_actor(supervisor_id, local_day(now, cohort.time_zone)), enrolment_ids=some)
        db.session.execute(sa.update(Notice).where(Notice.mail_id.is_(None)).values(leaves_at=None))
