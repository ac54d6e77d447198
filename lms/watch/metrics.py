"""Figures for Prometheus: of this process (requests, slow statements), and of the site (work that waits, mails, the newest backup, what is wrong)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

from flask import current_app
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, PlatformCollector, ProcessCollector, generate_latest

from lms.db import utcnow
from lms.people import site
from lms.watch import findings

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
PROCESS = CollectorRegistry()
ProcessCollector(registry=PROCESS)
PlatformCollector(registry=PROCESS)
REQUESTS = Counter("peduli_requests_total", "Requests answered", ["endpoint", "method", "status"], registry=PROCESS)
SECONDS = Histogram(
    "peduli_request_seconds",
    "How long answers took, by part of the program",
    ["part"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=PROCESS,
)
SLOW = Counter("peduli_slow_statements_total", "Statements slower than LMS_SLOW_MS", registry=PROCESS)


def count(part: str, endpoint: str, method: str, status: int, seconds: float) -> None:
    """Count an answered request. No label says who asked, or for what."""
    REQUESTS.labels(endpoint, method_of(method), status).inc()
    SECONDS.labels(part).observe(seconds)


def method_of(method: str) -> str:
    """Return a method of HTTP for a label; what somebody made up has none of its own, or labels would grow without end."""
    return method if method in METHODS else "-"


def text() -> bytes:
    """Return all figures as Prometheus reads them. Those of the site cost one statement, and are the same from every process."""
    return generate_latest(PROCESS) + generate_latest(_of_the_site())


def _of_the_site() -> CollectorRegistry:
    found = CollectorRegistry()
    glance = site.glance()
    for name, about, value in _figures(glance):
        Gauge(name, about, registry=found).set(value)
    wrong = Gauge("peduli_finding", "1 when an operator should look, by what was looked at", ["name"], registry=found)
    for finding in findings.everything(glance):
        wrong.labels(finding.name).set(not finding.ok)
    return found


def _figures(glance: site.Glance) -> Iterator[tuple[str, str, float]]:
    now = utcnow()
    yield "peduli_jobs_waiting", "Jobs that are due", glance.waiting
    yield (
        "peduli_jobs_oldest_seconds",
        "How long the oldest due job has waited",
        (now - glance.oldest).total_seconds() if glance.oldest else 0,
    )
    yield "peduli_jobs_failed", "Jobs that were given up", glance.failed
    yield "peduli_disk_free_bytes", "Room for LMS_DATA", shutil.disk_usage(current_app.config["LMS_DATA"]).free
    yield "peduli_mails_waiting", "Mails that were not sent yet", glance.mails
    yield "peduli_backup_late", "1 when there should be a newer backup", float(glance.backup.late)
    if glance.backup.newest:
        yield "peduli_backup_age_seconds", "Age of the newest backup", (now - glance.backup.newest).total_seconds()
