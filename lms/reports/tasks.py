"""The worker's part of reports: making files."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from flask import current_app

from lms import i18n
from lms.db import utcnow
from lms.jobs.batches import advance, finish, working
from lms.people.access import load_actor
from lms.reports import exports, services
from lms.reports.contract import Wanted


def export_report(*, batch_id: str, report: str, kind: str, wanted: dict[str, Any], language: str, today: str) -> None:
    """Make the file of a report, with the rights that its owner has now. Begun anew when a worker was killed in between."""
    days = {name: dt.date.fromisoformat(wanted[name]) for name in ("since", "until") if wanted[name]}
    with working(batch_id) as batch:
        actor = load_actor(batch.owner_id, utcnow().date())
        actor = replace(actor, time_zone=actor.time_zone or current_app.config["LMS_TIME_ZONE"])
        i18n.use(language, actor.time_zone)
        batch.done = 0
        found = services.find_report(actor, report)
        asked = services.ask(actor, found, dt.date.fromisoformat(today), Wanted(**{**wanted, **days}))
        file = exports.write(asked, found, kind, utcnow(), lambda rows: advance(batch, min(rows, batch.total - batch.done - 1)))
        finish(batch, file=file)
