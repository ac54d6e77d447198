"""Notices: one row for each occasion and person. Mails: what left of them. Choices, and who reminded whom."""

from __future__ import annotations

import datetime as dt
import enum
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, Json, personal, utcnow, uuid_key

EVERY_KIND = "*"  # the choice that holds for every kind without one of its own


class Frequency(enum.StrEnum):
    """How a kind of notice reaches a person by mail; in Peduli it always stands."""

    NOW = "now"
    DAILY = "daily"
    WEEKLY = "weekly"
    APP = "app"


def _notice(purpose: str) -> Json:
    return personal(purpose, retention="180 days", readable_by=("self",))


def _mail(purpose: str) -> Json:
    return personal(purpose, retention="180 days", readable_by=("self", "admin"))


class Mail(Base):
    """One mail that leaves. It has no text of its own: it is written from its notices, so that a second copy is the same as the first."""

    __tablename__ = "mails"

    id: Mapped[uuid.UUID] = uuid_key()
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), info=_mail("notice"))
    # Of one's own account and of emergencies: leaves at any hour and does not count among the three of a week.
    exempt: Mapped[bool] = mapped_column(default=False, info=_mail("few mails"))
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info=_mail("few mails"))
    sent_at: Mapped[dt.datetime | None] = mapped_column(info=_mail("delivery"))
    # The mail server refused it for good; its code stands beside it.
    refused_at: Mapped[dt.datetime | None] = mapped_column(info=_mail("delivery"))
    reply: Mapped[int | None] = mapped_column(info=_mail("delivery"))

    __table_args__ = (sa.Index("ix_mails_user", "user_id", "created_at"),)


class Notice(Base):
    """Something that a person is told: a sentence and the page that it points to. It never holds what somebody wrote in confidence."""

    __tablename__ = "notices"

    id: Mapped[uuid.UUID] = uuid_key()
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), info=_notice("notice"))
    kind: Mapped[str] = mapped_column(sa.String(60), info=_notice("choice of mails"))
    # What it is about, and which occasion of it: the same four say nothing twice.
    object: Mapped[str] = mapped_column(sa.String(120), info=_notice("nothing twice"))
    bucket: Mapped[str] = mapped_column(sa.String(40), default="", info=_notice("nothing twice"))
    title: Mapped[str] = mapped_column(sa.String(200), info=_notice("notice"))
    body: Mapped[str] = mapped_column(sa.Text, info=_notice("notice"))
    path: Mapped[str] = mapped_column(sa.String(300), info=_notice("notice"))
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info=_notice("order"))
    # From when on it stands on the page; "remind me tomorrow" moves it.
    shown_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info=_notice("order"))
    read_at: Mapped[dt.datetime | None] = mapped_column(info=_notice("what is new"))
    # When a mail with it is due, or when to look again; None: no mail is needed.
    leaves_at: Mapped[dt.datetime | None] = mapped_column(info=_notice("delivery"))
    mail_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("mails.id", ondelete="SET NULL"), index=True, info=_notice("delivery"))

    __table_args__ = (
        sa.UniqueConstraint("user_id", "kind", "object", "bucket"),
        sa.Index("ix_notices_page", "user_id", "shown_at"),
        sa.Index(
            "ix_notices_unread", "user_id", "shown_at", sqlite_where=sa.text("read_at IS NULL"), postgresql_where=sa.text("read_at IS NULL")
        ),
        sa.Index("ix_notices_leaving", "leaves_at", sqlite_where=sa.text("mail_id IS NULL"), postgresql_where=sa.text("mail_id IS NULL")),
    )


class NoticeChoice(Base):
    """How a person wants one kind of notice by mail; EVERY_KIND stands for those without a row."""

    __tablename__ = "notice_choices"

    user_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("users.id", ondelete="CASCADE"),
        primary_key=True,
        info=personal("choice of mails", retention="account", readable_by=("self",)),
    )
    kind: Mapped[str] = mapped_column(
        sa.String(60), primary_key=True, info=personal("choice of mails", retention="account", readable_by=("self",))
    )
    frequency: Mapped[Frequency] = mapped_column(info=personal("choice of mails", retention="account", readable_by=("self",)))


def _reminder(purpose: str, *others: str) -> Json:
    return personal(purpose, retention="180 days", readable_by=("self", "organizer", *others))


class ReminderLog(Base):
    """A person was reminded by a person, outside of Peduli: who, whom, when. Not with which words."""

    __tablename__ = "reminder_log"

    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(
        sa.ForeignKey("enrolments.id", ondelete="CASCADE"), info=_reminder("nobody is reminded thrice", "supervisor")
    )
    by_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("users.id", ondelete="SET NULL"), index=True, info=_reminder("accountability")
    )
    at: Mapped[dt.datetime] = mapped_column(default=utcnow, info=_reminder("accountability"))
    day: Mapped[dt.date] = mapped_column(info=_reminder("nobody is reminded thrice", "supervisor"))  # where the site is

    __table_args__ = (sa.Index("ix_reminder_log_enrolment", "enrolment_id", "day"),)
