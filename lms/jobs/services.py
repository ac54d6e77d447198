"""Jobs: put in with the transaction that needs them, carried out at least once; so every handler is idempotent."""

from __future__ import annotations

import datetime as dt
import logging
import uuid
from typing import Any

import sqlalchemy as sa

from lms.db import after_commit, commit, db, upsert, utcnow
from lms.jobs.models import Job, JobState
from lms.plugin import Task
from lms.registry import registry

log = logging.getLogger(__name__)

LEASE = dt.timedelta(minutes=5)
MOST_TRIES = 8
KEEP_DONE = dt.timedelta(days=14)


def enqueue(task: str, *, key: str | None = None, due_at: dt.datetime | None = None, **arguments: Any) -> None:
    """Add a job in the present transaction; with a key that is there already it changes nothing.

    task is `plugin:function`; arguments are plain JSON values, ids rather than texts.
    """
    statement = upsert(Job).values(
        id=uuid.uuid4(),
        task=task,
        arguments=arguments,
        key=key,
        due_at=due_at or utcnow(),
        state=JobState.WAITING,
        tries=0,
        error="",
        created_at=utcnow(),
    )
    job_id = db.session.execute(statement.on_conflict_do_nothing(index_elements=["key"]).returning(Job.id)).scalar()
    if job_id is not None and due_at is None:
        after_commit(registry().send_job, job_id)


def put_in_again(*which: sa.ColumnElement[bool]) -> int:
    """Let jobs that have ended be carried out once more, with as many tries as new ones; return how many."""
    fresh = {"state": JobState.WAITING, "tries": 0, "due_at": utcnow(), "leased_until": None, "error": "", "finished_at": None}
    found = db.session.scalars(sa.update(Job).where(*which).values(fresh).returning(Job.id)).all()
    for job_id in found:
        after_commit(registry().send_job, job_id)
    return len(found)


def claim(job_id: uuid.UUID | None = None) -> Job | None:
    """Take one due job (or this one, if it is due) and lease it; None when there is none. The caller commits."""
    now = utcnow()
    ready = sa.and_(
        Job.due_at <= now, sa.or_(Job.state == JobState.WAITING, sa.and_(Job.state == JobState.RUNNING, Job.leased_until < now))
    )
    statement = sa.select(Job).where(ready).order_by(Job.due_at).limit(1).with_for_update(skip_locked=True)
    if job_id is not None:
        statement = statement.where(Job.id == job_id)
    job = db.session.scalar(statement)
    if job is not None:
        job.state, job.tries, job.leased_until = JobState.RUNNING, job.tries + 1, now + LEASE
    return job


def run_one(job_id: uuid.UUID | None = None) -> bool:
    """Claim and carry out one job; tell whether there was one. What it writes and "done" are one transaction."""
    job = claim(job_id)
    if job is None:
        db.session.rollback()
        return False
    job_key = job.id
    commit()
    try:
        _handler(job.task).handler(**job.arguments)
        job.state, job.finished_at, job.error = JobState.DONE, utcnow(), ""
        commit()
    except Exception as error:
        db.session.rollback()
        log.exception("job %s failed", job_key)
        _fail(job_key, error)
    return True


def _fail(job_id: uuid.UUID, error: Exception) -> None:
    """Try again after 10 s, 20 s, 40 s, …; give up and keep it for a person after the last try."""
    job = db.session.get_one(Job, job_id, populate_existing=True)
    job.state = JobState.FAILED if job.tries >= MOST_TRIES else JobState.WAITING
    job.due_at = utcnow() + dt.timedelta(seconds=10 * 2 ** (job.tries - 1))
    job.error = type(error).__name__  # the message may hold what somebody typed
    commit()


def _handler(name: str) -> Task:
    try:
        return registry().tasks[name]
    except KeyError:
        raise LookupError(f"no task {name!r}; is its plugin installed?") from None


def plan_periodic(now: dt.datetime | None = None) -> None:
    """Put in the periodic tasks of the present time slot; any number of workers may do so, the key makes it once."""
    now = now or utcnow()
    for task in registry().tasks.values():
        if task.every:
            slot = int(now.timestamp()) // task.every
            enqueue(task.name, key=f"{task.name}@{slot}", due_at=now)
    commit()


def tidy() -> None:
    """Remove jobs that were done two weeks ago."""
    db.session.execute(sa.delete(Job).where(Job.state == JobState.DONE, Job.finished_at < utcnow() - KEEP_DONE))


def waiting_ids() -> list[uuid.UUID]:
    """Return the ids of jobs that are due, for a sweep that sends them again."""
    return list(
        db.session.scalars(
            sa.select(Job.id)
            .where(Job.due_at <= utcnow(), Job.state.in_([JobState.WAITING, JobState.RUNNING]))
            .order_by(Job.due_at)
            .limit(500)
        )
    )
