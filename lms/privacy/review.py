"""The monthly review of emergencies, by the data protection officer."""

from __future__ import annotations

import calendar
import datetime as dt

import sqlalchemy as sa
from flask import current_app

from lms.db import db, utcnow
from lms.i18n import lazy_gettext as _
from lms.i18n import local_day, zone
from lms.messages.services import notify
from lms.people.access import Actor, valid_on
from lms.people.models import RoleAssignment, User
from lms.people.roles import Role
from lms.privacy.models import AuditEntry, GlassRequest
from lms.privacy.services import audit

REVIEWED = "glass:review"


def month_of(text: str, today: dt.date) -> dt.date:
    """Return the first day of a month, `2026-11`; of the present one for anything else."""
    try:
        return dt.date.fromisoformat(f"{text}-01")
    except ValueError:
        return today.replace(day=1)


def asked_in(month: dt.date, time_zone: str) -> sa.ColumnElement[bool]:
    """Return the condition that a request was made in a month, where the reader is."""
    last = month.replace(day=calendar.monthrange(month.year, month.month)[1])
    start = dt.datetime.combine(month, dt.time(), zone(time_zone))
    end = dt.datetime.combine(last + dt.timedelta(days=1), dt.time(), zone(time_zone))
    return sa.and_(GlassRequest.asked_at >= start, GlassRequest.asked_at < end)


def reviewed(month: dt.date) -> sa.Select[AuditEntry, str]:
    """Return (line, name) of who has reviewed a month."""
    return (
        sa.select(AuditEntry, User.name)
        .outerjoin(User, User.id == AuditEntry.actor_id)
        .where(AuditEntry.action == REVIEWED, AuditEntry.object_id == f"{month:%Y-%m}")
        .order_by(AuditEntry.id)
    )


def sign(*, actor: Actor, month: dt.date) -> None:
    """Note that a month was reviewed."""
    audit(actor.id, REVIEWED, "month", f"{month:%Y-%m}")


def remind() -> None:
    """Remind the data protection officers, once, of a month in which there were requests (task, daily)."""
    time_zone = current_app.config["LMS_TIME_ZONE"]
    today = local_day(utcnow(), time_zone)
    month = (today.replace(day=1) - dt.timedelta(days=1)).replace(day=1)
    if db.session.scalar(sa.select(GlassRequest.id).where(asked_in(month, time_zone)).limit(1)) is None:
        return
    held = sa.select(RoleAssignment.user_id).where(RoleAssignment.role == Role.DPO, valid_on(RoleAssignment, today))
    for user_id in db.session.scalars(sa.select(User.id).where(User.id.in_(held), User.is_active)):
        notify(
            kind="work",
            user_id=user_id,
            key=f"review/{month:%Y-%m}",
            subject=_("A month to review"),
            body=_("There were requests to open texts last month. Please compare the list with the paper files."),
            path=f"/privacy/review?month={month:%Y-%m}",
        )


def previous(month: dt.date) -> dt.date:
    """Return the month before."""
    return (month - dt.timedelta(days=1)).replace(day=1)


def following(month: dt.date, actor: Actor) -> dt.date | None:
    """Return the month after, or None when it has not begun."""
    after = (month + dt.timedelta(days=31)).replace(day=1)
    return after if after <= local_day(utcnow(), actor.time_zone) else None
