"""Reads of the audit trail and of the log of readings."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from lms.people.models import User
from lms.privacy.models import AuditEntry, GlassRequest, Reading
from lms.privacy.reasons import ReadReason


def told() -> sa.ColumnElement[bool]:
    """Return the condition that the author may know of a reading: all but those of an emergency that is still kept from them."""
    silent = sa.and_(
        GlassRequest.kind == Reading.kind,
        GlassRequest.item_id == Reading.item_id,
        GlassRequest.decided_at <= Reading.at,
        GlassRequest.closes_at > Reading.at,
        GlassRequest.author_told_at.is_(None),
    )
    return sa.or_(Reading.reason != ReadReason.BREAK_GLASS.value, ~sa.exists().where(silent))


# What was shown to a group was read by the group: who of it looked is nobody's business.
_READER = sa.case((Reading.reason == ReadReason.SHARED.value, ""), else_=User.name).label("reader")


def readings_of(author_id: uuid.UUID) -> sa.Select[Reading, str]:
    """Return who opened a person's confidential texts, latest first: (reading, reader's name). For the author."""
    return (
        sa.select(Reading, _READER)
        .outerjoin(User, User.id == Reading.reader_id)
        .where(Reading.author_id == author_id, told())
        .order_by(Reading.number.desc())
    )


def all_readings(viewer_id: uuid.UUID) -> sa.Select[Reading, str, str]:
    """Return every reading, latest first: (reading, reader's name, author's name); of one's own texts what one has been told."""
    reader, author = aliased(User), aliased(User)
    return (
        sa.select(Reading, reader.name.label("reader"), author.name.label("author"))
        .outerjoin(reader, reader.id == Reading.reader_id)
        .outerjoin(author, author.id == Reading.author_id)
        .where(sa.or_(Reading.author_id != viewer_id, told()))
        .order_by(Reading.number.desc())
    )


def readings_of_item(kind: str, item_id: uuid.UUID) -> sa.Select[str, dt.datetime]:
    """Return (reader's name, first time) of everybody who opened one text; no name stands for the group it was shown to."""
    return (
        sa.select(_READER, sa.func.min(Reading.at).label("at"))
        .join(User, User.id == Reading.reader_id)
        .where(Reading.kind == kind, Reading.item_id == item_id, told())
        .group_by("reader")
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
