"""Calendar feeds (RFC 5545): what a person attends and what is due, derived from the schedule each time, so that nothing can go stale.

A calendar knows a meeting by its UID, which never changes, and takes the version with the higher SEQUENCE. The address is a secret: it names
nobody else, no title of anything written, and no link to a meeting.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import uuid
from collections.abc import Sequence
from typing import Any

from flask import current_app
from icalendar import Calendar, Event

from lms import i18n
from lms.db import db, utcnow
from lms.errors import NotFound
from lms.i18n import choose, local_day
from lms.i18n import gettext as _
from lms.learning.models import ScheduleEntry
from lms.learning.outline import outlines
from lms.learning.words import cohort_title
from lms.people.access import Actor, load_actor
from lms.people.models import User
from lms.people.permissions import VIEW_COHORTS
from lms.people.roles import ScopeKind
from lms.privacy.services import audit
from lms.registry import appointments_of
from lms.schedule import queries
from lms.schedule.appointments import Appointment
from lms.schedule.models import CalendarFeed

KEPT_SECONDS = 900
CANCELLED_KEPT = dt.timedelta(days=90)
SIGNATURE = 16  # bytes


def _signature(feed_id: uuid.UUID) -> bytes:
    secret = current_app.secret_key or b""
    key = secret if isinstance(secret, bytes) else secret.encode()
    return hmac.new(key, b"calendar/" + feed_id.bytes, hashlib.sha256).digest()[:SIGNATURE]


def token_of(feed: CalendarFeed) -> str:
    """Return the secret of a feed's address: its id and the site's signature, 43 characters."""
    return base64.urlsafe_b64encode(feed.id.bytes + _signature(feed.id)).decode().rstrip("=")


def renew(*, actor: Actor) -> CalendarFeed:
    """Give a person a feed; one that they had before is gone, with its address."""
    revoke(actor=actor)
    feed = CalendarFeed(user_id=actor.id)
    db.session.add(feed)
    audit(actor.id, "calendar:renew", "user", actor.id)
    db.session.flush()
    return feed


def revoke(*, actor: Actor) -> None:
    """Take the feed away; its address answers nobody any more."""
    feed = db.session.scalar(queries.feed_of(actor.id))
    if feed is not None:
        db.session.delete(feed)
        audit(actor.id, "calendar:revoke", "user", actor.id)
    db.session.flush()


def feed_bytes(token: str) -> bytes:
    """Return the calendar behind a token, in its owner's language. Raises NotFound for a token that is none (any more)."""
    user = _owner(token)
    here = user.time_zone or current_app.config["LMS_TIME_ZONE"]
    i18n.use(user.language, here)
    return bytes(calendar_of(load_actor(user.id, local_day(utcnow(), here))).to_ical())


def _owner(token: str) -> User:
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        raw = b""
    feed_id = uuid.UUID(bytes=raw[:16]) if len(raw) == 16 + SIGNATURE else None
    feed = db.session.get(CalendarFeed, feed_id) if feed_id and hmac.compare_digest(raw[16:], _signature(feed_id)) else None
    user = db.session.get(User, feed.user_id) if feed else None
    if user is None or not user.is_active:
        raise NotFound("no such calendar")
    return user


def calendar_of(actor: Actor) -> Calendar:
    """Return a person's calendar: three statements, one for each plugin with appointments, and two for outlines not known yet."""
    now = utcnow()
    found = Calendar()
    found.add("prodid", "-//Peduli//Schedule//ID")
    found.add("version", "2.0")
    found.add("x-wr-calname", "Peduli")
    found.add("refresh-interval", dt.timedelta(hours=1), parameters={"VALUE": "DURATION"})
    found.add("x-published-ttl", "PT1H")
    led = [grant.scope_id for grant in actor.grants_of(VIEW_COHORTS) if grant.kind is ScopeKind.COHORT]
    meetings: Sequence[Any] = db.session.execute(queries.meetings_for(actor.id, led, now - CANCELLED_KEPT)).all()
    for row in meetings:
        found.add_component(_meeting(row[0], cohort_title(row)))
    there = {row[0].id for row in meetings}
    for one in appointments_of([actor.id], now - CANCELLED_KEPT):
        if one.entry_id not in there:
            found.add_component(_appointment(one, now))
    due = db.session.execute(queries.due_days_for(actor.id)).all()
    known = outlines(row.revision_id for row in due) if due else {}
    for row in due:
        found.add_component(_due(row, choose(known[row.revision_id].about["title"])))
    return found


def _meeting(entry: ScheduleEntry, cohort: str) -> Event:
    event = Event()
    event.add("uid", f"{entry.uid}@peduli")
    event.add("sequence", entry.sequence)
    event.add("dtstamp", entry.changed_at.replace(microsecond=0))
    event.add("dtstart", entry.starts_at.replace(microsecond=0))
    event.add("dtend", entry.ends_at.replace(microsecond=0))
    event.add("summary", entry.title)
    if entry.place:
        event.add("location", entry.place)
    event.add("description", f"{cohort}. {entry.cancel_reason}".strip() if entry.cancelled_at else cohort)
    event.add("url", f"{current_app.config['LMS_BASE_URL']}/learn/{entry.cohort_id}")
    event.add("status", "CANCELLED" if entry.cancelled_at else "CONFIRMED")
    return event


def _appointment(one: Appointment, now: dt.datetime) -> Event:
    event = Event()
    event.add("uid", f"{one.key}@peduli")
    event.add("sequence", one.sequence)
    event.add("dtstamp", now.replace(microsecond=0))
    event.add("dtstart", one.starts_at.replace(microsecond=0))
    event.add("dtend", one.ends_at.replace(microsecond=0))
    event.add("summary", f"{one.what}: {one.title}")
    if one.place:
        event.add("location", one.place)
    event.add("url", f"{current_app.config['LMS_BASE_URL']}{one.path}")
    event.add("status", "CANCELLED" if one.cancelled else "CONFIRMED")
    return event


def _due(row: Any, title: str) -> Event:
    changed_at = max(moment for moment in (row.created_at, row.due_changed_at, row.given_at) if moment)
    event = Event()
    event.add("uid", f"due-{row.cohort_id}-{row.module_id}@peduli")
    event.add("sequence", int((changed_at - row.created_at).total_seconds()))
    event.add("dtstamp", changed_at.replace(microsecond=0))
    event.add("dtstart", row.due_on)
    event.add("dtend", row.due_on + dt.timedelta(days=1))
    event.add("summary", _("Due: %(title)s", title=title))
    event.add("description", cohort_title(row))
    event.add("url", f"{current_app.config['LMS_BASE_URL']}/learn/{row.cohort_id}")
    event.add("transp", "TRANSPARENT")
    return event
