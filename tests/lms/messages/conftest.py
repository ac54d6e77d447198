"""A morning in November, and a real mail server in the process."""

import datetime as dt
import threading

import pytest
from support.mailing import MailServer

from lms.db import at, commit
from lms.jobs.services import run_one

MORNING = dt.datetime(2026, 11, 23, 2, tzinfo=dt.UTC)  # Monday, 09.00 WIB


@pytest.fixture
def serve():
    """Return a function that starts a mail server."""
    running = []

    def start(tls=None):
        server = MailServer(tls)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        running.append(server)
        return server

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


@pytest.fixture(autouse=True)
def _morning(app, monkeypatch):
    """Let it be morning, and mails go nowhere unless a test says where."""
    monkeypatch.setitem(app.config, "LMS_MAIL_URL", "")
    with at(MORNING):
        yield


@pytest.fixture
def work(database):
    """Return a function that does all the jobs that are due at a moment."""

    def until_done(moment=MORNING):
        commit()
        with at(moment):
            count = 0
            while run_one():
                count += 1
        return count

    return until_done
