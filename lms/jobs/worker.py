"""Who carries jobs out: a loop over the table when there is no broker, Celery when there is one."""

from __future__ import annotations

import datetime as dt
import logging
import time
import uuid
from collections.abc import Callable
from threading import Event
from typing import Any

from celery import Celery
from celery.beat import PersistentScheduler
from celery.signals import setup_logging
from flask import Flask

from lms.db import db
from lms.jobs import services

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0
PLAN_SECONDS = 30.0
DOWN_SECONDS = 10.0


def run_forever(app: Flask, stop: Event) -> None:
    """Carry out jobs until `stop` is set. Needs nothing but the database."""
    planned = float("-inf")
    while not stop.is_set():
        with app.app_context():
            try:
                more = True
                while more and not stop.is_set():
                    if time.monotonic() - planned > PLAN_SECONDS:  # also while much waits: clocks of quizzes and backups do not
                        services.plan_periodic()
                        planned = time.monotonic()
                    more = services.run_one()
            except Exception:
                db.session.rollback()
                log.exception("the worker could not read its table; it tries again")
        stop.wait(POLL_SECONDS)


class Beat(PersistentScheduler):
    """Celery's beat, which goes on when the clock is set back: its own waits until the clock has come to where it was before."""

    def tick(self, *arguments: Any, **options: Any) -> float:
        """Do what is due and return for how many seconds to sleep."""
        for entry in self.schedule.values():
            if entry.last_run_at > entry.default_now():
                entry.last_run_at = entry.default_now() - dt.timedelta(seconds=PLAN_SECONDS)  # the sweep is due now
                self._heap = None  # it is made anew from the entries
        return float(super().tick(*arguments, **options))


def make_celery(app: Flask) -> Celery:
    """Return the Celery application: one task that carries out one row of the table, and a beat that sweeps what got lost."""
    setup_logging.connect(_leave_logs_alone)
    celery = Celery("lms", broker=app.config["LMS_BROKER_URL"])
    celery.conf.update(
        task_ignore_result=True,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        broker_connection_retry_on_startup=True,
        beat_scheduler=f"{Beat.__module__}:{Beat.__qualname__}",
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


def _leave_logs_alone(**_told: Any) -> None:
    """Keep the logs of lms.watch.logs: Celery brings its own, unless somebody listens to this signal."""


def messenger(app: Flask) -> Callable[[uuid.UUID], None]:
    """Return what tells a worker that a job waits: a Celery message, or nothing when workers look for themselves.

    A broker that is down costs a delay, not a job: the sweep finds the row. Whoever meets it down does not wait for it to come back, and
    the next ones do not even ask for a while.
    """
    if not app.config["LMS_BROKER_URL"]:
        return lambda job_id: None
    celery = Celery("lms", broker=app.config["LMS_BROKER_URL"])
    celery.conf.broker_transport_options = {"max_retries": 0, "socket_connect_timeout": 1, "socket_timeout": 5}  # seconds
    down_until = 0.0

    def send(job_id: uuid.UUID) -> None:
        nonlocal down_until
        if time.monotonic() < down_until:
            return
        try:
            celery.send_task("lms.run_job", [str(job_id)], retry=False)
        except Exception:
            down_until = time.monotonic() + DOWN_SECONDS
            log.exception("the broker took no message; the sweep will")

    return send
