"""Jobs with a real broker: a Redis server and worker processes of our own; mail goes to a server in this process, which counts."""

import contextlib
import json
import os
import signal
import socketserver
import subprocess
import sys
import threading
import time
from pathlib import Path

import check_migrations
import pytest
import sqlalchemy as sa
from support import services

from lms import migrate
from lms.app import create_app
from lms.db import db, set_transaction_mode
from lms.jobs.models import Job, JobState
from lms.messages.kinds import SECURITY
from lms.messages.services import notify
from lms.people.services import create_user

pytestmark = pytest.mark.redis

SERVER = os.environ.get("LMS_TEST_POSTGRES", "")
ROOT = Path(__file__).parent.parent.parent
PATIENCE = 40
# `lms worker`, but for a lease of four seconds in place of five minutes, and a sweep each second in place of each half minute.
WORKER = """
import datetime
from lms.cli import main
from lms.jobs import services, worker
services.LEASE, worker.PLAN_SECONDS = datetime.timedelta(seconds=4), 1.0
main(["worker"])
"""


class MailServer(socketserver.ThreadingTCPServer):
    """Takes mails and counts them. While `holding`, it takes the text of a mail and never says that it did."""

    allow_reuse_address = daemon_threads = True
    block_on_close = False

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Talk)
        self.taken: list[str] = []
        self.holding = False
        self.held = threading.Event()

    @property
    def url(self):
        return f"smtp://127.0.0.1:{self.server_address[1]}"


class Talk(socketserver.StreamRequestHandler):
    """As much of SMTP as our mails need."""

    def handle(self):
        self.wfile.write(b"220 here\r\n")
        while line := self.rfile.readline().strip().upper():
            if line == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                text = b"".join(iter(self.rfile.readline, b".\r\n"))
                if self.server.holding:
                    self.server.held.set()
                    self.rfile.read()  # until the other side is gone
                    return
                self.server.taken.append(text.decode())
            self.wfile.write(b"221 bye\r\n" if line == b"QUIT" else b"250 good\r\n")


@pytest.fixture
def mails():
    """Return a mail server."""
    with MailServer() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def broker():
    """Return the address of a Redis server of our own."""
    with services.redis() as url:
        yield url


@pytest.fixture
def settings(tmp_path, broker, mails):
    """Return the settings that the site and its workers share; the database is empty and up to date."""
    name = f"jobs_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    url = check_migrations.fresh_database(SERVER, name) if SERVER else f"sqlite:///{tmp_path}/jobs.db"
    return {"DATA": str(tmp_path), "DATABASE_URL": url, "BROKER_URL": broker, "MAIL_URL": mails.url}


@contextlib.contextmanager
def site(settings):
    """Be the web process: an application on the shared database, with a person to write to."""
    app = create_app(settings)
    with app.app_context():
        set_transaction_mode("write")
        if list(migrate.pending()):
            migrate.upgrade()
        user = create_user(actor_id=None, name="Rukmini", email="rukmini@example.org")
        db.session.commit()
        try:
            yield user.id
        finally:
            db.session.remove()
            for engine in (db.engine, db.engines["supervision"]):
                engine.dispose()


@contextlib.contextmanager
def worker(settings):
    """Run a worker in a process group of its own."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LMS_")}
    environment = {**clean, **{f"LMS_{name}": value for name, value in settings.items()}}
    with (Path(settings["DATA"]) / "worker.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", WORKER], cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        yield process
    finally:
        kill(process)


def kill(process):
    """Kill -9 a worker with its children, as a power cut would."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=10)


def write_to(user_id, occasion):
    notify(kind=SECURITY, user_id=user_id, key=occasion, subject=occasion, body=occasion, path="/learn")


def jobs():
    """Return (state, tries) of the mails' jobs, oldest first."""
    db.session.rollback()
    found = db.session.execute(sa.select(Job.state, Job.tries).where(Job.task == "lms:send_mail").order_by(Job.created_at))
    return [tuple(row) for row in found]


def wait_until(condition, settings):
    """Wait until it is true; fail with what the worker said."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, (Path(settings["DATA"]) / "worker.log").read_text()[-3000:]
        time.sleep(0.05)


def test_a_job_is_done_once_and_one_of_a_rolled_back_transaction_never(settings, mails):
    with site(settings) as user_id, worker(settings):
        write_to(user_id, "rolled back")
        db.session.rollback()
        write_to(user_id, "committed")
        db.session.commit()
        wait_until(lambda: jobs() == [(JobState.DONE, 1)], settings)
        time.sleep(5)  # sweeps and the end of the lease come and go
        assert jobs() == [(JobState.DONE, 1)]
    assert ["Subject: committed" in text for text in mails.taken] == [True]


def test_a_job_whose_worker_was_killed_is_done_again(settings, mails):
    with site(settings) as user_id:
        mails.holding = True
        with worker(settings) as process:
            write_to(user_id, "interrupted")
            db.session.commit()
            assert mails.held.wait(PATIENCE), "the worker did not begin"
            kill(process)
        ((state, tries),) = jobs()
        assert state == JobState.RUNNING
        mails.holding = False
        with worker(settings):
            wait_until(lambda: jobs() == [(JobState.DONE, tries + 1)], settings)
    assert ["Subject: interrupted" in text for text in mails.taken] == [True]


@pytest.mark.sqlite
def test_a_worker_of_celery_logs_as_everybody_does(settings):
    nobody = f"smtp://127.0.0.1:{services.free_port()}"
    log = Path(settings["DATA"]) / "worker.log"
    with site(settings) as user_id, worker({**settings, "MAIL_URL": nobody, "LOG_STYLE": "json"}):
        write_to(user_id, "in vain")
        db.session.commit()
        wait_until(lambda: "ConnectionRefusedError" in log.read_text(), settings)
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    assert "lms.jobs.services" in {line["logger"] for line in lines}


@pytest.mark.sqlite
def test_a_broker_that_is_down_delays_a_job_and_loses_none(settings, mails):
    nobody = f"redis://127.0.0.1:{services.free_port()}/0"
    with site({**settings, "BROKER_URL": nobody}) as user_id:
        began = time.monotonic()
        write_to(user_id, "delayed")
        db.session.commit()
        assert time.monotonic() - began < 3, "nobody waits for a broker that is not there"
        assert jobs() == [(JobState.WAITING, 0)]
        with worker(settings):
            wait_until(lambda: jobs() == [(JobState.DONE, 1)], settings)
    assert len(mails.taken) == 1
