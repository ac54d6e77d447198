"""A meeting in words: when it is, in its own zone and in the reader's where they differ."""

from __future__ import annotations

import datetime as dt
from typing import Any

from lms.db import utcnow
from lms.i18n import format_date, language, reader_zone, zone, zone_name
from lms.i18n import gettext as _
from lms.learning.models import ScheduleEntry

LINK_BEFORE = dt.timedelta(minutes=30)  # a link that is shown for weeks is passed on


def zone_of(entry: ScheduleEntry | Any, cohort_zone: str) -> str:
    """Return the zone in which a meeting takes place: its own, or the cohort's."""
    return entry.time_zone or cohort_zone


def span(starts_at: dt.datetime, ends_at: dt.datetime, key: str) -> str:
    """Write from when until when in a zone: `08.00–11.00 WIB`; the last day too, when it ends on another."""
    dot = "." if language() == "id" else ":"
    starts, ends = (moment.astimezone(zone(key)) for moment in (starts_at, ends_at))
    last = f"{format_date(ends.date(), short=True)} " if ends.date() != starts.date() else ""
    return f"{starts:%H{dot}%M}–{last}{ends:%H{dot}%M} {zone_name(key, starts_at)}"


def times(entry: ScheduleEntry | Any, cohort_zone: str) -> str:
    """Write when a meeting is: in its own zone, and in the reader's where the clocks differ."""
    there, here = zone_of(entry, cohort_zone), reader_zone()
    text = span(entry.starts_at, entry.ends_at, there)
    if entry.starts_at.astimezone(zone(there)).utcoffset() == entry.starts_at.astimezone(zone(here)).utcoffset():
        return text
    return _("%(there)s, for you %(here)s", there=text, here=span(entry.starts_at, entry.ends_at, here))


def link_is_open(entry: ScheduleEntry | Any) -> bool:
    """Tell whether the link of a meeting is shown to those whom it is for: from shortly before until the end."""
    return bool(entry.link) and entry.cancelled_at is None and entry.starts_at - LINK_BEFORE <= utcnow() <= entry.ends_at
