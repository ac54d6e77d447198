"""What happens by itself: photos end with their time, and how to reach people with theirs; who leads is reminded of hosts who wait to hear."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from courses.base import plugin
from courses.visits import album, notices
from courses.visits.models import Visit
from lms.api import db, utcnow

EVERY = 6 * 3600
DAY = 24 * 3600
REACHABLE = dt.timedelta(days=365)  # after the visit
CONTACTS = ("contact_role", "contact_phone", "escort", "escort_phone")


@plugin.task(every=EVERY)
def tidy_visits() -> None:
    """Delete photos whose time is over, and files that a crash has left."""
    album.expire(album.site_day())
    album.sweep(utcnow())


@plugin.task(every=DAY)
def forget_contacts() -> None:
    """Remove, a year after a visit, who could be reached and how."""
    some = sa.or_(*(getattr(Visit, name) != "" for name in CONTACTS))
    db.session.execute(sa.update(Visit).where(Visit.ends_at < utcnow() - REACHABLE, some).values(dict.fromkeys(CONTACTS, "")))


@plugin.task(every=DAY)
def remind_to_tell_back() -> None:
    """Remind whoever leads visits of a host who was to hear by now."""
    notices.remind_leaders(utcnow().date())
