"""What a phone keeps of a roster, locked, so that it can be kept without a signal: names and what is noted, nothing else."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Sequence
from typing import Any

from lms.attendance import services
from lms.learning.models import Cohort, ScheduleEntry
from lms.schedule.words import times
from lms.sync.contact import sync_contact
from lms.web.vault import vault_key

KEPT = dt.timedelta(days=3)  # after the meeting


def told(*entries: dict[str, Any]) -> dict[str, Any]:
    """Return what a page gives to the device of who is signed in."""
    return {"contact": sync_contact(), "key": vault_key(), "entries": entries}


def roster(cohort: Cohort, entry: ScheduleEntry, people: Sequence[Any]) -> dict[str, Any]:
    """Return the roster of a meeting for the phone of who keeps it, with the secret of its codes."""
    return {
        "doc": f"meetings/{entry.id}",
        "title": entry.title,
        "home": f"/meetings/offline#{entry.id}",
        "until": round((entry.ends_at + KEPT).timestamp() * 1000),
        "meeting": {
            "id": entry.id,
            "url": f"/cohorts/{cohort.id}/meetings/{entry.id}/attendance",
            "when": times(entry, cohort.time_zone),
            "starts": round(entry.starts_at.timestamp() * 1000),
            "secret": base64.b64encode(services.secret_of(entry)).decode(),
            "people": [[row.id, row.name, row.unit_short or row.unit_name or row.institution or "", row.state or ""] for row in people],
        },
    }
