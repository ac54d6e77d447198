"""A clock that was ahead and is set back, and a worker that is killed: what they leave behind does not wait for ever."""

import datetime as dt
import threading
import time
from threading import Event

import pytest
import sqlalchemy as sa
from celery.beat import ScheduleEntry

from lms.db import at, commit, db
from lms.jobs import services, worker
from lms.jobs.models import Job, JobState
from lms.jobs.services import CLOCKS_DIFFER, LEASE
from lms.jobs.worker import PLAN_SECONDS, Beat, make_celery
from lms.plugin import Task
from lms.registry import registry

NOW = dt.datetime(2026, 11, 23, 2, tzinfo=dt.UTC)
AHEAD = NOW + dt.timedelta(hours=2)
DONE: list[str] = []


def note(what: str) -> None:
    """Note what was done; refuse what is to fail."""
    if what == "fails":
        raise RuntimeError("not now")
    DONE.append(what)


@pytest.fixture(autouse=True)
def _tasks(app, database, monkeypatch):
    """Let there be one task, and no periodic ones."""
    monkeypatch.setattr(registry(), "tasks", {"lms:note": Task("lms:note", note)})
    DONE.clear()


def work(moment=NOW):
    """Plan and carry out what is due at a moment."""
    with at(moment):
        services.plan_periodic()
        while services.run_one():
            pass


def put_in(what, **more):
    services.enqueue("lms:note", what=what, **more)
    commit()


def test_what_was_put_in_for_at_once_is_done_after_the_clock_was_set_back():
    with at(AHEAD):
        put_in("at once")
        put_in("tomorrow", due_at=AHEAD + dt.timedelta(days=1))
    with at(NOW):
        assert not services.run_one(), "it is due in two hours, says the table"
    work()
    assert DONE == ["at once"]
    work(AHEAD + dt.timedelta(days=1))
    assert DONE == ["at once", "tomorrow"]


def test_what_failed_is_tried_again_soon():
    with at(NOW):
        put_in("fails")
    with at(AHEAD):
        services.run_one()
    db.session.execute(sa.update(Job).values(arguments={"what": "works"}))
    work()
    assert DONE == ["works"]


def test_a_lease_of_a_worker_that_was_killed_runs_out_five_minutes_later():
    with at(AHEAD):
        put_in("taken")
        services.claim()
        commit()
    work()
    assert DONE == [], "its worker may still be at it"
    work(NOW + LEASE + dt.timedelta(seconds=1))
    assert DONE == ["taken"]


def test_servers_whose_clocks_differ_by_seconds_leave_each_other_alone():
    with at(NOW + CLOCKS_DIFFER / 2):
        put_in("soon")
        services.claim()
        commit()
    before = db.session.execute(sa.select(Job.due_at, Job.leased_until)).one()
    with at(NOW):
        services.plan_periodic()
    assert db.session.execute(sa.select(Job.due_at, Job.leased_until)).one() == before
    assert db.session.scalar(sa.select(Job.state)) is JobState.RUNNING


def test_the_sweep_goes_on(app, monkeypatch, tmp_path):
    """Celery's own beat would send nothing for two hours."""
    monkeypatch.setitem(app.config, "LMS_BROKER_URL", "memory://")
    celery, clock, sent = make_celery(app), [AHEAD], []
    monkeypatch.setattr(ScheduleEntry, "default_now", lambda entry: clock[0])
    monkeypatch.setattr(celery, "now", lambda: clock[0])
    monkeypatch.setattr(Beat, "apply_async", lambda *arguments, **options: sent.append(clock[0]))
    beat = Beat(app=celery, schedule_filename=str(tmp_path / "beat"), lazy=True)
    beat.setup_schedule()
    assert celery.conf.beat_scheduler == "lms.jobs.worker:Beat"
    moments = [AHEAD + dt.timedelta(seconds=PLAN_SECONDS), NOW, NOW + dt.timedelta(seconds=PLAN_SECONDS)]
    for clock[0] in moments:
        assert beat.tick() <= PLAN_SECONDS
    assert sent == moments
    beat.close()


def test_what_ends_its_worker_every_time_is_given_up():
    """A process that is killed says nothing: the lease runs out, and after as many tries as any job has a person decides."""
    services.enqueue("lms:note", what="a")
    commit()
    moment = NOW
    for _time in range(services.MOST_TRIES):
        with at(moment):
            services.plan_periodic()
            assert services.claim() is not None
            commit()
        moment += LEASE + dt.timedelta(seconds=1)
    work(moment)
    job = db.session.scalars(sa.select(Job)).one()
    assert (job.state, job.error, job.tries) == (JobState.FAILED, "WorkerKilled", services.MOST_TRIES)
    assert DONE == []
    with at(moment):
        services.put_in_again(Job.id == job.id)
        commit()
    work(moment)
    assert DONE == ["a"], "who looks after it can try again"


def test_plans_are_made_also_while_much_waits(app, monkeypatch):
    """A long queue holds up neither the clocks of quizzes nor the backup of the night."""
    done: list[str] = []
    stop = Event()
    monkeypatch.setattr(worker, "PLAN_SECONDS", 0.0)
    monkeypatch.setattr(services, "plan_periodic", lambda: done.append("plan"))

    def job():
        done.append("job")
        if len(done) > 8:
            stop.set()
        return True

    monkeypatch.setattr(services, "run_one", job)
    worker.run_forever(app, stop)
    assert done[:6] == ["plan", "job"] * 3


def test_the_log_says_what_failed_and_not_for_whom(caplog, monkeypatch):
    def refuse(what: str) -> None:
        raise ValueError(what)

    monkeypatch.setattr(registry(), "tasks", {"lms:note": Task("lms:note", refuse)})
    services.enqueue("lms:note", what="siti.rahma@example.test")
    commit()
    assert services.run_one()
    assert "ValueError" in caplog.text
    assert "in refuse" in caplog.text, "and where"
    assert "siti" not in caplog.text


def test_the_lease_of_long_work_is_renewed(app, monkeypatch):
    monkeypatch.setattr(services, "RENEW_SECONDS", 0.05)
    seen = []

    def long(**_arguments):
        db.session.rollback()
        end = time.monotonic() + 10
        first = db.session.scalar(sa.select(Job.leased_until))
        while time.monotonic() < end and len(seen) < 2:
            db.session.rollback()
            now = db.session.scalar(sa.select(Job.leased_until))
            if now != first:
                seen.append(now)
            time.sleep(0.05)
        db.session.rollback()

    monkeypatch.setitem(registry().tasks, "tests:long", Task("tests:long", long))
    services.enqueue("tests:long")
    commit()
    before = threading.active_count()
    assert services.run_one()
    assert len(seen) == 2
    assert threading.active_count() == before
    assert db.session.scalar(sa.select(Job.state)) is JobState.DONE
