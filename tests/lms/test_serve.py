"""`lms run` is several processes; none of them outlives the first."""

from __future__ import annotations

import contextlib
import http.client
import os
import select
import signal
import subprocess
import sys
import time
import urllib.request
import warnings
from pathlib import Path
from types import SimpleNamespace

import pytest
from faults import servers

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
    monkeypatch.setattr(serve, "work", lambda app: time.sleep(30))

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


def test_a_process_that_is_asked_to_end_in_its_first_moment_ends():
    def run(writes):
        serve.stop_on_signal()  # what its parent would do, which must not be what it does
        for _ in range(20):
            worker = serve._fork(time.sleep, 30)
            worker.terminate()
            worker.join()
        os.write(writes, b"all")

    child, reads = process(run)
    assert heard(reads) == b"all"
    os.waitpid(child, 0)
    os.close(reads)


def test_a_worker_that_is_killed_is_begun_again_and_ends_with_the_server(monkeypatch):
    monkeypatch.setattr(serve, "WATCH_SECONDS", 0.02)

    def run(writes):
        monkeypatch.setattr(serve, "work", lambda app: (os.write(writes, f"{os.getpid()}\n".encode()), time.sleep(30)))
        with serve.worker_beside(None):
            time.sleep(30)

    server, reads = process(run)
    first = int(heard(reads))
    os.kill(first, signal.SIGKILL)
    second = int(heard(reads))
    assert second != first
    os.kill(server, signal.SIGKILL)
    os.waitpid(server, 0)
    assert heard(reads) == b""
    os.close(reads)


def test_the_plain_server_takes_the_worker_along_when_it_is_asked_to_end(monkeypatch):
    settings = {"LMS_HOST": "127.0.0.1", "LMS_PORT": 1, "LMS_WEB_THREADS": 1}
    monkeypatch.setattr(serve, "HAS_GRANIAN", False)

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


def test_web_processes_share_what_is_loaded_and_one_that_is_killed_is_replaced(tmp_path):
    web = servers.Web(tmp_path, program=("-m", "lms", "web"), LMS_WEB_PROCESSES="2", LMS_LEAVE_SECONDS="6")
    migrated = subprocess.run(
        [sys.executable, "-m", "lms", "db", "upgrade"], cwd=servers.ROOT, env=web.environment, capture_output=True, check=False
    )
    assert migrated.returncode == 0, migrated.stderr
    web.start()
    try:
        first = web_processes(web)
        for number in first:
            assert own_memory(number) < 60, "megabytes that no other process shares"
        os.kill(first[0], signal.SIGKILL)
        deadline = time.monotonic() + 60
        while first[0] in (now := web_processes(web)) or len(now) < 2:
            assert answer(web) in {200, None}  # None: it was on the line of the one that was killed
            assert time.monotonic() < deadline, "nobody came instead"
            time.sleep(0.05)
        assert answer(web) == 200
        web.process.terminate()
        deadline = time.monotonic() + 5
        while (said := leaving(web)) != (503, "close"):
            assert time.monotonic() < deadline, said
        assert web.process.wait(20) == 0
    finally:
        web.stop()


def web_processes(web):
    """Return the ids of the processes that answer; a main thread of Python alone is none of them yet."""
    return [number for number in servers.children(web.process.pid) if servers._alive(number)]


def own_memory(number):
    """Return the megabytes that only this process has."""
    lines = Path(f"/proc/{number}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1024


def leaving(web):
    """Return what a proxy hears: the status of /readyz, and whether the line stays open."""
    line = http.client.HTTPConnection("127.0.0.1", web.port, timeout=20)
    line.request("GET", "/readyz")
    with contextlib.closing(line), line.getresponse() as got:
        return got.status, got.headers.get("Connection")


def answer(web):
    """Return the status of a page, or None when the line broke."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{web.port}/readyz", timeout=20) as got:
            return got.status
    except OSError:
        return None
