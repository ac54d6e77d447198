"""Jobs: put in with the transaction that needs them, carried out at least once; so every handler is idempotent."""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import threading
import traceback
import uuid
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from flask import current_app

from lms.db import after_commit, commit, db, upsert, utcnow
from lms.jobs.models import Job, JobState
from lms.plugin import Task
from lms.registry import registry

log = logging.getLogger(__name__)

LEASE = dt.timedelta(minutes=5)
RENEW_SECONDS = 60.0
MOST_TRIES = 8
FIRST_WAIT = dt.timedelta(seconds=10)  # before the second try; it doubles with each
LONGEST_WAIT = FIRST_WAIT * 2 ** (MOST_TRIES - 2)
_USED_UP = Job.tries >= MOST_TRIES
CLOCKS_DIFFER = dt.timedelta(minutes=1)  # between servers that are set by the network: far less
KEEP_ENDED = dt.timedelta(days=14)


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


def put_aside(job_id: uuid.UUID) -> bool:
    """Let a failed job stay undone; tell whether there was one. It can be put in again until it is removed."""
    failed = sa.update(Job).where(Job.id == job_id, Job.state == JobState.FAILED)
    return db.session.scalar(failed.values(state=JobState.ASIDE, finished_at=utcnow()).returning(Job.id)) is not None


def is_due(now: dt.datetime | sa.BindParameter[dt.datetime]) -> sa.ColumnElement[bool]:
    """Return the condition that a worker should take a job now: it waits, or whoever took it is gone and it may still be tried."""
    lost = sa.and_(Job.state == JobState.RUNNING, Job.leased_until < now, ~_USED_UP)
    return sa.and_(Job.due_at <= now, sa.or_(Job.state == JobState.WAITING, lost))


def claim(job_id: uuid.UUID | None = None) -> Job | None:
    """Take one due job (or this one, if it is due) and lease it; None when there is none. The caller commits."""
    now = utcnow()
    statement = sa.select(Job).where(is_due(now)).order_by(Job.due_at).limit(1).with_for_update(skip_locked=True)
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
        with _leased(job_key):
            _handler(job.task).handler(**job.arguments)
            job.state, job.finished_at, job.error = JobState.DONE, utcnow(), ""
            commit()
    except Exception as error:  # noqa: BLE001 - whatever a handler of a plugin raises
        db.session.rollback()
        # Not its message: a mail server that refuses says whom it refused.
        frames = "".join(traceback.format_tb(error.__traceback__))
        log.error("job %s failed: %s\n%s", job_key, type(error).__name__, frames)  # noqa: TRY400 - see above
        _fail(job_key, error)
    return True


@contextlib.contextmanager
def _leased(job_id: uuid.UUID) -> Iterator[None]:
    """Renew a job's lease while it is carried out, so that nobody else takes it up: a film takes longer than any lease."""
    app, done = current_app._get_current_object(), threading.Event()  # type: ignore[attr-defined]  # noqa: SLF001 - as Flask says

    def renew() -> None:
        while not done.wait(RENEW_SECONDS):
            with app.app_context(), contextlib.suppress(sa.exc.OperationalError):  # in a minute again
                mine = sa.update(Job).where(Job.id == job_id, Job.state == JobState.RUNNING)
                db.session.execute(mine.values(leased_until=utcnow() + LEASE))
                commit()

    renewing = threading.Thread(target=renew, name=f"lease of {job_id}", daemon=True)
    renewing.start()
    try:
        yield
    finally:
        done.set()
        db.session.rollback()  # what was not committed may hold the row that is being renewed
        renewing.join()


def _fail(job_id: uuid.UUID, error: Exception) -> None:
    """Try again after 10 s, 20 s, 40 s, …; give up and keep it for a person after the last try."""
    job = db.session.get_one(Job, job_id, populate_existing=True)
    job.state = JobState.FAILED if job.tries >= MOST_TRIES else JobState.WAITING
    job.due_at = utcnow() + FIRST_WAIT * 2 ** (job.tries - 1)
    job.error = type(error).__name__  # the message may hold what somebody typed
    commit()


def _handler(name: str) -> Task:
    try:
        return registry().tasks[name]
    except KeyError:
        raise LookupError(f"no task {name!r}; is its plugin installed?") from None


def give_up(now: dt.datetime) -> None:
    """Keep for a person what has ended its worker as often as it may be tried: a process that is killed can say nothing itself."""
    lost = sa.and_(Job.state == JobState.RUNNING, Job.leased_until < now, _USED_UP)
    db.session.execute(sa.update(Job).where(lost).values(state=JobState.FAILED, error="WorkerKilled"))


def plan_periodic(now: dt.datetime | None = None) -> None:
    """Put in the periodic tasks of the present time slot; any number of workers may do so, the key makes it once."""
    now = now or utcnow()
    bring_back(now)
    give_up(now)
    for task in registry().tasks.values():
        if task.every:
            slot = int(now.timestamp()) // task.every
            enqueue(task.name, key=f"{task.name}@{slot}", due_at=now)
    commit()


def bring_back(now: dt.datetime) -> None:
    """Let nothing wait for hours that a clock wrote which was ahead and has been set back since.

    A job that was put in for at once is due now. One that failed is tried again now. A lease that is longer than any ends when one that was
    taken now would: its worker may still be at it. What was put in for a later moment keeps it.
    """
    waits, runs, ahead = Job.state == JobState.WAITING, Job.state == JobState.RUNNING, now + CLOCKS_DIFFER
    at_once = sa.and_(Job.created_at > ahead, Job.due_at <= Job.created_at)
    again = sa.and_(Job.tries > 0, Job.due_at > ahead + LONGEST_WAIT)
    was_due = sa.and_(Job.due_at > ahead, sa.or_(runs, sa.and_(waits, sa.or_(at_once, again))))
    db.session.execute(sa.update(Job).where(was_due).values(due_at=now, created_at=now))
    db.session.execute(sa.update(Job).where(runs, Job.leased_until > ahead + LEASE).values(leased_until=now + LEASE))


def tidy() -> None:
    """Remove jobs that were done, or put aside, two weeks ago."""
    ended = Job.state.in_([JobState.DONE, JobState.ASIDE])
    db.session.execute(sa.delete(Job).where(ended, Job.finished_at < utcnow() - KEEP_ENDED))


def waiting_ids() -> list[uuid.UUID]:
    """Return the ids of jobs that are due, for a sweep that sends them again."""
    return list(db.session.scalars(sa.select(Job.id).where(is_due(utcnow())).order_by(Job.due_at).limit(500)))
