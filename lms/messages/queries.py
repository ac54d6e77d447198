"""Reads of notices and mails."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from lms.learning.models import Enrolment, EnrolmentState
from lms.messages.models import Mail, Notice, NoticeChoice, ReminderLog
from lms.people.models import User

Select = sa.Select[*tuple[Any, ...]]

_waits = sa.and_(Notice.mail_id.is_(None), Notice.leaves_at.is_not(None))


def unread(user_id: Any, now: sa.ColumnElement[dt.datetime] | dt.datetime) -> sa.ScalarSelect[int]:
    """Return the number of notices that are new to a person, as a column for another read: the bell costs no statement of its own."""
    return (
        sa.select(sa.func.count())
        .select_from(Notice)
        .where(Notice.user_id == user_id, Notice.read_at.is_(None), Notice.shown_at <= now)
        .correlate_except(Notice)
        .scalar_subquery()
    )


def notices_of(user_id: uuid.UUID, now: dt.datetime) -> sa.Select[Notice]:
    """Return a person's notices: what is new first, then by time, the latest first."""
    return (
        sa.select(Notice)
        .where(Notice.user_id == user_id, Notice.shown_at <= now)
        .order_by(Notice.read_at.is_(None).desc(), Notice.shown_at.desc(), Notice.id)
    )


def notice_of(user_id: uuid.UUID, notice_id: uuid.UUID) -> sa.Select[Notice]:
    """Return one of a person's own notices."""
    return sa.select(Notice).where(Notice.id == notice_id, Notice.user_id == user_id)


def people_with_mail_due(now: dt.datetime, most: int) -> Select:
    """Return the ids of people for whom a mail may be due."""
    return (
        sa.select(Notice.user_id).where(Notice.leaves_at <= now, Notice.mail_id.is_(None)).distinct().order_by(Notice.user_id).limit(most)
    )


def readers(user_ids: Collection[uuid.UUID]) -> Select:
    """Return (id, address, zone, active) of people, and keep them for this transaction: one planner at a time decides for a person."""
    return (
        sa.select(User.id, User.email, User.time_zone, User.is_active)
        .where(User.id.in_(user_ids))
        .order_by(User.id)
        .with_for_update(key_share=True)
    )


def waiting(user_ids: Collection[uuid.UUID]) -> Select:
    """Return what waits for a mail: id, person, kind, since when."""
    return (
        sa.select(Notice.id, Notice.user_id, Notice.kind, Notice.shown_at, Notice.leaves_at)
        .where(Notice.user_id.in_(user_ids), _waits)
        .order_by(Notice.user_id, Notice.shown_at)
    )


def mails_since(user_ids: Collection[uuid.UUID], since: dt.datetime) -> Select:
    """Return (person, moment) of the mails that count among the few of a week."""
    return sa.select(Mail.user_id, Mail.created_at).where(Mail.user_id.in_(user_ids), Mail.created_at > since, sa.not_(Mail.exempt))


def choices_of(user_ids: Collection[uuid.UUID]) -> Select:
    """Return (person, kind, frequency) of what people chose."""
    return sa.select(NoticeChoice.user_id, NoticeChoice.kind, NoticeChoice.frequency).where(NoticeChoice.user_id.in_(user_ids))


def lines_of(mail_id: uuid.UUID) -> sa.Select[Notice]:
    """Return the notices of a mail, the oldest first."""
    return sa.select(Notice).where(Notice.mail_id == mail_id).order_by(Notice.shown_at, Notice.id)


def reminders_of(enrolment_ids: Collection[int], since: dt.date, former: str) -> Select:
    """Return (enrolment, day, name of who) of the reminders of these people since a day, in whichever cohort, the latest first."""
    other = aliased(Enrolment)
    return (
        sa.select(Enrolment.id.label("enrolment_id"), ReminderLog.day, sa.func.coalesce(User.name, former).label("by_name"))
        .join(other, other.user_id == Enrolment.user_id)
        .join(ReminderLog, ReminderLog.enrolment_id == other.id)
        .outerjoin(User, User.id == ReminderLog.by_id)
        .where(Enrolment.id.in_(enrolment_ids), ReminderLog.day >= since)
        .order_by(ReminderLog.at.desc(), ReminderLog.id.desc())
    )


def in_cohort(cohort_id: int, enrolment_ids: Collection[int]) -> sa.Select[int]:
    """Return which of these are active enrolments of a cohort."""
    return sa.select(Enrolment.id).where(
        Enrolment.cohort_id == cohort_id, Enrolment.id.in_(enrolment_ids), Enrolment.state == EnrolmentState.ACTIVE
    )


def mails_there(mail_ids: Collection[uuid.UUID]) -> sa.Select[uuid.UUID]:
    """Return which of these mails are still kept."""
    return sa.select(Mail.id).where(Mail.id.in_(mail_ids))


def reminders_to(user_id: uuid.UUID) -> Select:
    """Return (when, name of who) of every reminder to a person that is kept, for "download my data"."""
    return (
        sa.select(ReminderLog.at, User.name)
        .join(Enrolment, Enrolment.id == ReminderLog.enrolment_id)
        .outerjoin(User, User.id == ReminderLog.by_id)
        .where(Enrolment.user_id == user_id)
        .order_by(ReminderLog.at)
    )
