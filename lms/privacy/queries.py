"""Reads of the audit trail and of the log of readings."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa

from lms.people.models import User
from lms.privacy.models import AuditEntry, Reading


def readings_of(author_id: uuid.UUID) -> sa.Select[Reading, str]:
    """Return who opened a person's confidential texts, latest first: (reading, reader's name)."""
    return (
        sa.select(Reading, User.name)
        .outerjoin(User, User.id == Reading.reader_id)
        .where(Reading.author_id == author_id)
        .order_by(Reading.at.desc(), Reading.id.desc())
    )


def readings_of_item(kind: str, item_id: uuid.UUID) -> sa.Select[str, dt.datetime]:
    """Return (reader's name, first time) of everybody who opened one text."""
    return (
        sa.select(User.name, sa.func.min(Reading.at).label("at"))
        .join(User, User.id == Reading.reader_id)
        .where(Reading.kind == kind, Reading.item_id == item_id)
        .group_by(User.id, User.name)
        .order_by(sa.func.min(Reading.at))
    )


def audit_trail(action: str = "") -> sa.Select[AuditEntry, str]:
    """Return the audit trail, latest first, with the actor's name; `action` keeps to those that start with it."""
    statement = sa.select(AuditEntry, User.name).outerjoin(User, User.id == AuditEntry.actor_id).order_by(AuditEntry.id.desc())
    return statement.where(AuditEntry.action.startswith(action, autoescape=True)) if action else statement


def audit_about(object_kind: str, object_id: object) -> sa.Select[AuditEntry]:
    """Return what was done to one object, latest first."""
    return (
        sa.select(AuditEntry)
        .where(AuditEntry.object_kind == object_kind, AuditEntry.object_id == str(object_id))
        .order_by(AuditEntry.id.desc())
    )
