"""What organizers do to the schedule: add, change, move, cancel, take off."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from lms.attendance.services import count_anew
from lms.db import db, utcnow
from lms.errors import Refused
from lms.i18n import gettext as _
from lms.i18n import zone
from lms.learning.models import Cohort, ScheduleEntry, ScheduleKind
from lms.messages.occasions import meeting_changed
from lms.people.access import Actor
from lms.privacy.services import audit
from lms.schedule import queries

# What calendars show; a change of any of them counts `sequence`.
SHOWN = ("title", "kind", "place", "group_id", "starts_at", "ends_at", "time_zone")
# What people are told of at once: they would be at the wrong place, or at the wrong time.
TOLD = ("place", "starts_at", "time_zone")
# What being there gives; a change reaches those who were there already.
COUNTED = ("jp", "module_id", "activity_key")


def save_meeting(
    *,
    actor: Actor,
    cohort: Cohort,
    entry: ScheduleEntry | None,
    title: str,
    kind: ScheduleKind,
    place: str,
    day: dt.date,
    begins: dt.time,
    ends: dt.time,
    last_day: dt.date | None = None,
    group_id: int | None = None,
    link: str = "",
    time_zone: str = "",
    capacity: int | None = None,
    jp: Decimal = Decimal(0),
    module_id: int | None = None,
    activity_key: str = "",
) -> ScheduleEntry:
    """Add a meeting or change one; day and times are those of its zone (empty: the cohort's), jp are hours of learning.

    Raises Refused when it ends before it begins, or was cancelled.
    """
    here = zone(time_zone or cohort.time_zone)
    starts_at, ends_at = dt.datetime.combine(day, begins, here), dt.datetime.combine(last_day or day, ends, here)
    if ends_at <= starts_at:
        raise Refused(_("The meeting ends before it begins."))
    if entry is not None and entry.cancelled_at is not None:
        raise Refused(_("This meeting was cancelled. Add a new one instead."))
    new = entry is None
    if entry is None:
        entry = ScheduleEntry(cohort_id=cohort.id)
        db.session.add(entry)
    before = [getattr(entry, name) for name in SHOWN]
    counted = None if new else [getattr(entry, name) for name in COUNTED]
    entry.title, entry.kind, entry.place, entry.link, entry.group_id = title, kind, place, link, group_id
    entry.starts_at, entry.ends_at, entry.time_zone = starts_at, ends_at, time_zone
    entry.capacity, entry.jp, entry.module_id, entry.activity_key = capacity, jp, module_id, activity_key
    after = [getattr(entry, name) for name in SHOWN]
    if not new and after != before:
        changed(entry)
    db.session.flush()
    if counted is not None and counted != [getattr(entry, name) for name in COUNTED]:
        count_anew(entry)
    if not new and any(then != now for name, then, now in zip(SHOWN, before, after, strict=True) if name in TOLD):
        meeting_changed(cohort=cohort, entry=entry)
    audit(actor.id, "cohort:meeting", "cohort", cohort.id, meeting=entry.id)
    return entry


def changed(entry: ScheduleEntry) -> None:
    """Count a change that calendars show."""
    entry.sequence += 1
    entry.changed_at = utcnow()


def cancel_meeting(*, actor: Actor, cohort: Cohort, entry: ScheduleEntry, reason: str) -> None:
    """Cancel a meeting for a reason that everybody reads; it stays on the schedule, struck through. A second time changes nothing.

    Who was noted there already gets no hours for it. Raises Refused for a meeting that is over.
    """
    if entry.cancelled_at is None:
        if entry.ends_at <= utcnow():
            raise Refused(_("This meeting is over. What was wrong with it is put right on its roster."))
        entry.cancelled_at, entry.cancel_reason = utcnow(), reason
        changed(entry)
        db.session.flush()
        count_anew(entry)
        meeting_changed(cohort=cohort, entry=entry, cancelled=True)
        audit(actor.id, "cohort:meeting_cancel", "cohort", cohort.id, meeting=entry.id)
    db.session.flush()


def delete_meeting(*, actor: Actor, cohort: Cohort, entry: ScheduleEntry) -> None:
    """Take a meeting off the schedule. Raises Refused once people could have read of it: then it is cancelled."""
    if db.session.scalar(queries.somebody_knows(entry)):
        raise Refused(_("People may have read of this meeting already. Cancel it and say why; then nobody waits in vain."))
    audit(actor.id, "cohort:meeting_off", "cohort", cohort.id, meeting=entry.id)
    db.session.delete(entry)
    db.session.flush()


def warnings_about(entry: ScheduleEntry) -> list[str]:
    """Return what the organizer should look at after saving a meeting: too many people for it, a place that another cohort has then."""
    found = []
    sizes: dict[int | None, int] = {row[0]: row[1] for row in db.session.execute(queries.sizes(entry.cohort_id))}
    people = sum(sizes.values()) if entry.group_id is None else sizes.get(entry.group_id, 0)
    if entry.capacity is not None and people > entry.capacity:
        found.append(_("It has room for %(room)s, and it is for %(people)s people.", room=entry.capacity, people=people))
    if entry.place.strip() and entry.kind is not ScheduleKind.ONLINE and db.session.scalar(queries.elsewhere_at(entry).limit(1)):
        found.append(_("Another cohort has this place at the same time."))
    return found
