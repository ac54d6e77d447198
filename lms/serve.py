"""`lms run`: one process group with the web server and a worker; nothing else is needed."""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import resource
import signal
import time
from collections.abc import Iterator
from threading import Event, Thread
from types import FrameType
from typing import NoReturn

import waitress
from flask import Flask

from lms.app import create_app
from lms.jobs.worker import make_celery, run_forever
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
CONNECTIONS = 16_384  # kept open at once; a phone keeps its own while its owner reads


def allow_many_files() -> None:
    """Let this process hold as many connections as the system allows it."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def wsgi() -> Flask:
    """Return the application as servers want it, with compressed static files in front."""
    app = create_app()
    assets.serve_compressed(app)
    return app


def wsgi_below() -> Flask:
    """Return the application for a process that granian has started; it ends with granian."""
    end_with(os.getppid())
    return wsgi()


def end_with(parent: int) -> None:
    """End this process when its parent has ended, however it did: a parent that is killed can tell nobody."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(WATCH_SECONDS)
        os.kill(os.getpid(), signal.SIGTERM)

    Thread(target=watch, name="parent", daemon=True).start()


def serve(app: Flask) -> None:
    """Serve until told to stop: with granian when it is installed, else with waitress."""
    signal.signal(signal.SIGTERM, _leave)  # waitress has no answer to it of its own
    allow_many_files()
    host, port, threads = app.config["LMS_HOST"], app.config["LMS_PORT"], app.config["LMS_WEB_THREADS"]
    if HAS_GRANIAN:
        Granian(
            "lms.serve:wsgi_below",
            factory=True,
            interface=Interfaces.WSGI,
            address=host,
            port=port,
            workers=1,
            blocking_threads=threads,
            backlog=4096,
            backpressure=CONNECTIONS,
            log_access=False,
            log_level=LogLevels.error,
        ).serve()
        return
    waitress.serve(wsgi(), host=host, port=port, threads=threads, connection_limit=CONNECTIONS, clear_untrusted_proxy_headers=False)


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)


@contextlib.contextmanager
def worker_beside(app: Flask) -> Iterator[None]:
    """Run a worker in a process of its own while the web server runs; it ends with the server, also with one that is killed.

    The process is a fork: it shares what is loaded. Connections to the database must be closed before.
    """
    process = multiprocessing.get_context("fork").Process(target=_work_beside, args=(app, os.getpid()), name="worker")
    process.start()
    try:
        yield
    finally:
        process.terminate()
        process.join(timeout=10)
        if process.is_alive():
            process.kill()


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


def set_up_logging() -> None:
    """Log warnings and errors to standard error; requests and texts are not logged."""
    logging.basicConfig(level=os.environ.get("LOG_LEVEL", "WARNING"), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
