"""Figures for the operator's page: what waits, how large things are, and what this process has done since it began. Nothing is stored for them."""

from __future__ import annotations

import datetime as dt
import platform
import shutil
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import current_app

from lms.db import db, read, utcnow
from lms.jobs.models import Job
from lms.jobs.services import is_due
from lms.people import site
from lms.watch import metrics, slow
from lms.watch.findings import size

ROWS = 6  # of a list
_QUEUE = (
    sa.select(Job.task, sa.func.count().label("number"), sa.func.min(Job.due_at).label("oldest"))
    .where(is_due(site.NOW))
    .group_by(Job.task)
    .order_by(sa.literal_column("oldest"), Job.task)
    .limit(ROWS)
)
_DATABASE = {
    "sqlite": sa.text("SELECT page_count * page_size AS bytes, sqlite_version() AS version FROM pragma_page_count(), pragma_page_size()"),
    "postgresql": sa.text("SELECT pg_database_size(current_database()) AS bytes, current_setting('server_version') AS version"),
}


@dataclass(frozen=True, slots=True)
class Process:
    """What this process did since it began: requests, those that ended with 5xx, seconds within which 95 % were answered, memory."""

    since: dt.datetime | None
    requests: int
    errors: int
    seconds: float | None
    memory: str


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures of the page. `queue` are (task, number, oldest), `slow` the places of slow statements of the last day."""

    queue: Sequence[Any]
    slow: list[slow.Slow]
    process: Process
    database: str
    database_size: str
    free: str
    python: str


def figures() -> Figures:
    """Return the figures: two statements."""
    data = Path(current_app.config["LMS_DATA"])
    stored = read(_DATABASE[db.engine.dialect.name]).one()
    return Figures(
        queue=read(_QUEUE, {"now": utcnow()}).all(),
        slow=slow.worst(data, ROWS),
        process=process(),
        database=f"{site.database_kind()} {stored.version.partition(' ')[0]}",
        database_size=size(stored.bytes),
        free=size(shutil.disk_usage(data).free),
        python=platform.python_version(),
    )


def process() -> Process:
    """Return what this process counted."""
    counted = [one for family in metrics.REQUESTS.collect() for one in family.samples if one.name.endswith("_total")]
    began = metrics.PROCESS.get_sample_value("process_start_time_seconds")
    memory = metrics.PROCESS.get_sample_value("process_resident_memory_bytes")
    return Process(
        since=dt.datetime.fromtimestamp(began, dt.UTC) if began else None,
        requests=round(sum(one.value for one in counted)),
        errors=round(sum(one.value for one in counted if one.labels["status"].startswith("5"))),
        seconds=_within(0.95),
        memory=size(memory) if memory else "",
    )


def _within(share: float) -> float | None:
    """Return the seconds within which this share of all requests was answered, as fine as the histogram; None before the first or beyond it."""
    buckets: dict[float, float] = defaultdict(float)
    for family in metrics.SECONDS.collect():
        for one in family.samples:
            if one.name.endswith("_bucket"):
                buckets[float(one.labels["le"])] += one.value
    every = buckets.get(float("inf"), 0)
    return next((limit for limit, count in sorted(buckets.items()) if every and count >= share * every and limit < float("inf")), None)
