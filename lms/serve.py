"""`lms run`: one process group with the web server and a worker; nothing else is needed."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import gc
import multiprocessing
import os
import resource
import signal
import time
from collections.abc import Callable, Iterator
from multiprocessing.process import BaseProcess
from threading import Event, Thread, Timer
from types import FrameType
from typing import NoReturn

import waitress
from flask import Flask

from lms.app import create_app
from lms.jobs.worker import make_celery, run_forever
from lms.watch import logs
from lms.watch.leaving import Leaving
from lms.web import assets

try:
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels
except ImportError:  # the plain server is good enough for one office
    HAS_GRANIAN = False
else:
    HAS_GRANIAN = True


WATCH_SECONDS = 1.0
PATIENCE = 25  # seconds in which a web process that is asked to end may finish what it does
M_MMAP_THRESHOLD, MMAP_BYTES = -3, 1 << 20  # malloc.h: what is larger is asked of the system and given back to it
CONNECTIONS = 16_384  # kept open at once; a phone keeps its own while its owner reads


def allow_many_files() -> None:
    """Let this process hold as many connections as the system allows it."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def wsgi() -> Flask:
    """Return the application as servers want it: the way in for those that are not ours."""
    app = create_app()
    logs.set_up(app.config["LMS_LOG_STYLE"])
    settle(app)
    return app


def settle(app: Flask) -> None:
    """Put compressed static files in front of an application, and make what is loaded by now stay as it is.

    What is frozen is neither searched for garbage nor written to by the search: processes that are forked from this one share it.
    """
    assets.serve_compressed(app)
    # A process that is asked to end before it has an answer of its own to that must not take its parent's.
    os.register_at_fork(after_in_child=functools.partial(signal.signal, signal.SIGTERM, signal.SIG_DFL))
    # The 19 MB that a password takes go back at once, and are not kept once for each thread (glibc; other systems have no such call).
    with contextlib.suppress(AttributeError):
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, MMAP_BYTES)
    gc.freeze()


def end_with(parent: int) -> None:
    """End this process when its parent has ended, however it did: a parent that is killed can tell nobody."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(WATCH_SECONDS)
        os.kill(os.getpid(), signal.SIGTERM)

    Thread(target=watch, name="parent", daemon=True).start()


def serve(app: Flask) -> None:
    """Serve a settled application until told to stop: with granian when it is installed, else with waitress, which is one process.

    Web processes are forks of this one, so they begin at once and share what is loaded; one that is killed is replaced. Connections to the
    database must be closed before.
    """
    signal.signal(signal.SIGTERM, _leave)  # waitress has no answer to it of its own
    allow_many_files()
    host, port, threads = app.config["LMS_HOST"], app.config["LMS_PORT"], app.config["LMS_WEB_THREADS"]
    if HAS_GRANIAN:
        multiprocessing.set_start_method("fork", force=True)
        server = Granian(
            "lms.serve:wsgi",
            interface=Interfaces.WSGI,
            address=host,
            port=port,
            workers=app.config["LMS_WEB_PROCESSES"],
            respawn_failed_workers=True,
            workers_kill_timeout=PATIENCE,
            blocking_threads=threads,
            backlog=4096,
            backpressure=CONNECTIONS,
            log_access=False,
            log_level=LogLevels.error,
        )
        server.on_startup(functools.partial(_leave_slowly, server.signal_handler_interrupt, Leaving(app), app.config["LMS_LEAVE_SECONDS"]))
        server.serve(target_loader=functools.partial(_below, app, os.getpid()))
        return
    waitress.serve(app, host=host, port=port, threads=threads, connection_limit=CONNECTIONS, clear_untrusted_proxy_headers=False)


def _below(app: Flask, parent: int, target: str) -> Flask:
    """Return the application for a process that granian has forked; it ends with granian."""
    end_with(parent)
    return app


def _leave_slowly(end: Callable[[], None], leaving: Leaving, seconds: int) -> None:
    """Let SIGTERM end this server after some seconds, in which `/readyz` says 503 and people are still served; a second one at once."""

    def ask(number: int, frame: FrameType | None) -> None:
        if leaving.begin() and seconds:
            Timer(seconds, end).start()
        else:
            end()

    signal.signal(signal.SIGTERM, ask)


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)


@contextlib.contextmanager
def worker_beside(app: Flask) -> Iterator[None]:
    """Run a worker in a process of its own while the web server runs; it ends with the server, also with one that is killed.

    A worker that ends before is begun again: a process between the two waits for that. All are forks: they share what is loaded.
    Connections to the database must be closed before.
    """
    keeper = _fork(_keep_working, app, os.getpid())
    try:
        yield
    finally:
        _end(keeper)


def _fork(act: Callable[..., None], *arguments: object) -> BaseProcess:
    """Begin a process that shares what is loaded; one that is asked to end before it has an answer of its own to that ends."""
    process = multiprocessing.get_context("fork").Process(target=_begin, args=(act, *arguments))
    # What is asked of it in its first moment would meet this process's answer: it waits until that is taken off.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return process


def _begin(act: Callable[..., None], *arguments: object) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    act(*arguments)


def _end(process: BaseProcess) -> None:
    process.terminate()
    process.join(timeout=10)
    if process.is_alive():
        process.kill()


def _keep_working(app: Flask, parent: int) -> None:
    stop = stop_on_signal()
    end_with(parent)
    while not stop.is_set():
        worker = _fork(_work_beside, app, os.getpid())
        while worker.is_alive() and not stop.wait(WATCH_SECONDS):
            pass
        _end(worker)


def _work_beside(app: Flask, parent: int) -> None:
    end_with(parent)
    work(app)


def work(app: Flask) -> None:
    """Carry out jobs until told to stop: from the table, or through Celery when there is a broker."""
    if app.config["LMS_BROKER_URL"]:
        schedule = f"--schedule={app.config['LMS_DATA']}/beat"
        make_celery(app).worker_main(["worker", "--beat", "--loglevel=WARNING", "--concurrency=2", schedule])
    else:
        run_forever(app, stop_on_signal())


def stop_on_signal() -> Event:
    """Return an event that is set when the process is asked to end."""
    stop = Event()

    def ask(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, ask)
    return stop
