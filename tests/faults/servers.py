"""Real servers that can be killed: Peduli as its operator starts it, and a PostgreSQL with the durability it has by default."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
from support import services

ROOT = Path(__file__).parent.parent.parent
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/"}


class Web:
    """`lms run`: web server and worker, a process group of its own. What it logs is in `log`."""

    def __init__(self, data: Path, database_url: str = "", program: tuple[str, ...] = ("-m", "lms", "run"), **settings: str) -> None:
        self.port = services.free_port()
        self.log = data / "server.log"
        self.program = program
        clean = {name: value for name, value in os.environ.items() if not name.startswith("LMS_")}
        self.environment = {**clean, "LMS_DATA": str(data), "LMS_PORT": str(self.port), "LMS_DATABASE_URL": database_url, **settings}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *arguments: str) -> None:
        """Start it, and wait until it listens."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *self.program, *arguments], cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
        services.wait_for(self.port, 60)

    def kill(self) -> None:
        """Kill every process of it at once, with SIGKILL: none can finish anything."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it as a service manager does."""
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)
        try:
            self.process.wait(timeout=20)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)  # a process that outlived its group's first
            self.process = None


class Postgres:
    """A PostgreSQL server as it comes: fsync and synchronous_commit are on unless `options` say otherwise."""

    def __init__(self, **options: str) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="peduli-faults-"))
        self.port = services.free_port()
        programs = services.postgres_programs()
        assert programs is not None
        self.before = services._unprivileged()
        if self.before:
            shutil.chown(self.home, self.before[1].partition("=")[2])
        make = [programs / "initdb", "-D", self.home / "data", "-U", "peduli", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"]
        subprocess.run([*self.before, *make], check=True, **QUIET)
        given = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        where = ["-D", self.home / "data", "-p", str(self.port), "-k", self.home, "-c", "listen_addresses=127.0.0.1"]
        self.command = [*self.before, programs / "postgres", *where, *given]
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Return the address of the database for Peduli."""
        return f"postgresql+psycopg://peduli@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Start it (after a kill: recover from the log) and wait until it answers."""
        self.process = subprocess.Popen(self.command, **QUIET)
        end = time.monotonic() + 60
        while True:
            try:
                psycopg.connect(self.url.replace("+psycopg", ""), connect_timeout=5).close()
            except psycopg.OperationalError:
                assert time.monotonic() < end, "PostgreSQL did not come back"
                assert self.process.poll() is None, "PostgreSQL ended"
                time.sleep(0.05)
            else:
                return

    def kill(self) -> None:
        """Kill the server and every process that it started, with SIGKILL; return when they are gone."""
        assert self.process is not None
        every = [self.process.pid, *children(self.process.pid)]
        for number in every:
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        self.process.wait(timeout=20)
        end = time.monotonic() + 20
        while any(_alive(number) for number in every) and time.monotonic() < end:
            time.sleep(0.01)

    def remove(self) -> None:
        """End it and remove its folder."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(timeout=20)
        shutil.rmtree(self.home, ignore_errors=True)


def children(pid: int) -> list[int]:
    """Return the ids of the processes that a process started."""
    with contextlib.suppress(OSError):
        return [int(number) for task in Path(f"/proc/{pid}/task").iterdir() for number in (task / "children").read_text().split()]
    return []


def _alive(pid: int) -> bool:
    """Tell whether a process runs; one that ended and was not collected yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@contextlib.contextmanager
def postgres(**options: str) -> Iterator[Postgres]:
    """Run a PostgreSQL server that can be killed."""
    server = Postgres(**options)
    try:
        server.start()
        yield server
    finally:
        server.remove()
