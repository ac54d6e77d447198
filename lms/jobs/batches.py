"""Long work that somebody waits for: begun in a request, carried out by a worker step by step, fetched by who began it.

A view calls `begin_batch`; the task opens the batch with `working`, goes on from `batch.done`, calls `advance` after each step (it commits, so that
a worker that is killed is followed by one that goes on there) and `finish` at the end.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import uuid
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from lms.db import commit, db, utcnow
from lms.errors import NotFound, Refused
from lms.jobs.models import Batch, BatchFile, Job, JobState
from lms.jobs.services import LEASE, enqueue, put_in_again
from lms.people.access import Actor

KEEP = dt.timedelta(days=7)


def begin_batch(*, actor: Actor, task: str, title: str, total: int, origin: str = "", **arguments: Any) -> Batch:
    """Put long work in for the actor and return it; `task` (`plugin:function`) is called with `batch_id` and the arguments.

    total is the number of steps, at least 1; title is what the actor reads; origin is the page to go back to.
    """
    batch = Batch(id=uuid.uuid4(), owner_id=actor.id, title=title, origin=origin, total=max(1, total))
    db.session.add(batch)
    db.session.flush()
    enqueue(task, key=f"batch/{batch.id}", batch_id=str(batch.id), **arguments)
    return batch


@contextlib.contextmanager
def working(batch_id: str) -> Iterator[Batch]:
    """Give a batch to the task that carries it out; a batch that fails says so, and the job is tried again from where it was.

    Refused ends it with its sentence: a person changes something, then lets it be tried again. Raises NotFound when it is gone.
    """
    batch = db.session.get(Batch, uuid.UUID(batch_id))
    if batch is None:
        raise NotFound("the batch is gone")
    batch.state, batch.problem = JobState.RUNNING, ""
    commit()
    try:
        yield batch
    except Exception as error:
        problem = str(error)[:300] if isinstance(error, Refused) else ""
        db.session.rollback()
        db.session.execute(sa.update(Batch).where(Batch.id == uuid.UUID(batch_id)).values(state=JobState.FAILED, problem=problem))
        commit()
        if not problem:
            raise


def advance(batch: Batch, steps: int = 1) -> None:
    """Count steps as done and commit them with what they wrote; the worker keeps its lease for another five minutes, and all its tries."""
    batch.done = min(batch.total, batch.done + steps)
    db.session.execute(sa.update(Job).where(Job.key == f"batch/{batch.id}").values(leased_until=utcnow() + LEASE, tries=1))
    commit()


def finish(batch: Batch, *, file: tuple[str, str, bytes] | None = None) -> None:
    """Mark a batch as done; file is (name, content type, bytes). The task's own commit follows."""
    batch.done, batch.state, batch.finished_at = batch.total, JobState.DONE, utcnow()
    if file is not None:
        name, content_type, data = file
        db.session.merge(BatchFile(batch_id=batch.id, name=name, content_type=content_type, data=data))
    db.session.flush()


def batch_of(actor: Actor, batch_id: uuid.UUID) -> Batch:
    """Return the actor's own batch. Raises NotFound for anybody else's."""
    batch = db.session.scalar(sa.select(Batch).where(Batch.id == batch_id, Batch.owner_id == actor.id))
    if batch is None:
        raise NotFound("no such batch of this person")
    return batch


def is_given_up(batch: Batch) -> bool:
    """Tell whether nothing more happens to a batch by itself, although it is not done."""
    job = db.session.scalar(sa.select(Job.state).where(Job.key == f"batch/{batch.id}"))
    return batch.state is JobState.FAILED and job not in {JobState.WAITING, JobState.RUNNING}


def try_again(*, actor: Actor, batch_id: uuid.UUID) -> None:
    """Put a batch in again that was given up; it goes on from where it was. Raises NotFound for anybody else's."""
    batch = batch_of(actor, batch_id)
    if is_given_up(batch):
        batch.state, batch.problem = JobState.WAITING, ""
        put_in_again(Job.key == f"batch/{batch.id}")


def batches_of(actor: Actor) -> list[tuple[Batch, str | None]]:
    """Return the actor's batches of the last days, latest first, each with the name of its file, if it made one."""
    statement = (
        sa.select(Batch, BatchFile.name)
        .outerjoin(BatchFile, BatchFile.batch_id == Batch.id)
        .where(Batch.owner_id == actor.id)
        .order_by(Batch.created_at.desc())
        .limit(50)
    )
    return [(batch, name) for batch, name in db.session.execute(statement)]


def file_of(actor: Actor, batch_id: uuid.UUID) -> BatchFile:
    """Return what the actor's own batch made. Raises NotFound when it made none, or is anybody else's."""
    statement = sa.select(BatchFile).join(Batch, Batch.id == BatchFile.batch_id).where(Batch.id == batch_id, Batch.owner_id == actor.id)
    file = db.session.scalar(statement)
    if file is None:
        raise NotFound("this batch made no file")
    return file


def forget_old_batches() -> None:
    """Remove batches and their files after a week (daily)."""
    db.session.execute(sa.delete(Batch).where(Batch.created_at < utcnow() - KEEP))
