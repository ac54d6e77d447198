"""Who carries jobs out: a loop over the table when there is no broker, Celery when there is one."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable
from threading import Event

from celery import Celery
from flask import Flask

from lms.db import db
from lms.jobs import services

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0
PLAN_SECONDS = 30.0


def run_forever(app: Flask, stop: Event) -> None:
    """Carry out jobs until `stop` is set. Needs nothing but the database."""
    planned = 0.0
    while not stop.is_set():
        with app.app_context():
            try:
                if time.monotonic() - planned > PLAN_SECONDS:
                    services.plan_periodic()
                    planned = time.monotonic()
                while not stop.is_set() and services.run_one():
                    pass
            except Exception:
                db.session.rollback()
                log.exception("the worker could not read its table; it tries again")
        stop.wait(POLL_SECONDS)


def make_celery(app: Flask) -> Celery:
    """Return the Celery application: one task that carries out one row of the table, and a beat that sweeps what got lost."""
    celery = Celery("lms", broker=app.config["LMS_BROKER_URL"])
    celery.conf.update(
        task_ignore_result=True,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        broker_connection_retry_on_startup=True,
        beat_schedule={"sweep": {"task": "lms.sweep", "schedule": PLAN_SECONDS}},
    )

    @celery.task(name="lms.run_job")
    def run_job(job_id: str) -> None:
        with app.app_context():
            services.run_one(uuid.UUID(job_id))

    @celery.task(name="lms.sweep")
    def sweep() -> None:
        with app.app_context():
            services.plan_periodic()
            for job_id in services.waiting_ids():
                run_job.delay(str(job_id))

    return celery


def messenger(app: Flask) -> Callable[[uuid.UUID], None]:
    """Return what tells a worker that a job waits: a Celery message, or nothing when workers look for themselves.

    A broker that is down costs a delay, not a job: the sweep finds the row.
    """
    if not app.config["LMS_BROKER_URL"]:
        return lambda job_id: None
    celery = Celery("lms", broker=app.config["LMS_BROKER_URL"])

    def send(job_id: uuid.UUID) -> None:
        try:
            celery.send_task("lms.run_job", [str(job_id)], retry=False)
        except Exception:
            log.exception("the broker took no message; the sweep will")

    return send
