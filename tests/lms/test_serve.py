"""`lms run` is several processes; none of them outlives the first."""

from __future__ import annotations

import os
import select
import signal
import time
import warnings
from types import SimpleNamespace

import pytest

from lms import serve

pytestmark = pytest.mark.sqlite


def process(act):
    """Do something in a process of its own, which gets the end of a pipe to write to; return its number and the other end."""
    reads, writes = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forking beside threads, which the child does not use
        child = os.fork()
    if child == 0:
        try:
            act(writes)
        finally:
            os._exit(0)
    os.close(writes)
    return child, reads


def heard(reads):
    """Return what comes next from a pipe: nothing when nobody is left who could write to it."""
    assert select.select([reads], [], [], 10)[0], "somebody still holds the pipe"
    return os.read(reads, 100)


def test_a_worker_ends_with_a_server_that_is_killed(monkeypatch):
    monkeypatch.setattr(serve, "WATCH_SECONDS", 0.02)
    monkeypatch.setattr(serve, "work", lambda app: (signal.signal(signal.SIGTERM, signal.SIG_DFL), time.sleep(30)))

    def run(writes):
        with serve.worker_beside(None):
            os.write(writes, b"begun")
            time.sleep(30)

    server, reads = process(run)
    assert heard(reads) == b"begun"
    os.kill(server, signal.SIGKILL)
    os.waitpid(server, 0)
    assert heard(reads) == b""
    os.close(reads)


def test_the_plain_server_takes_the_worker_along_when_it_is_asked_to_end(monkeypatch):
    settings = {"LMS_HOST": "127.0.0.1", "LMS_PORT": 1, "LMS_WEB_THREADS": 1}
    monkeypatch.setattr(serve, "HAS_GRANIAN", False)
    monkeypatch.setattr(serve, "wsgi", lambda: None)

    def run(writes):
        monkeypatch.setattr(serve.waitress, "serve", lambda app, **options: (os.write(writes, b"begun"), time.sleep(30)))
        try:
            serve.serve(SimpleNamespace(config=settings))
        finally:
            os.write(writes, b"ended")

    server, reads = process(run)
    assert heard(reads) == b"begun"
    os.kill(server, signal.SIGTERM)
    assert heard(reads) == b"ended"
    os.waitpid(server, 0)
    os.close(reads)
