"""Real servers that can be killed: Peduli as its operator starts it, and a PostgreSQL with the durability it has by default."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import struct
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

    def __init__(
        self, data: Path, database_url: str = "", program: tuple[str, ...] = ("-m", "lms", "run"), source: Path = ROOT, **settings: str
    ) -> None:
        self.source = source
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
                [sys.executable, *self.program, *arguments],
                cwd=self.source,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        services.wait_for(self.port, 60)

    def kill(self) -> None:
        """Kill every process of it at once, with SIGKILL: none can finish anything."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it as a service manager does."""
        self._end(signal.SIGTERM)

    def leave(self) -> None:
        """End it as docs/deploy lets systemd do it: its first process is told, and ends the others."""
        assert self.process is not None
        self.process.terminate()
        self.process.wait(timeout=40)
        self.process = None

    def _end(self, number: signal.Signals) -> None:
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)
        try:
            self.process.wait(timeout=40)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)  # a process that outlived its group's first
            self.process = None


class Postgres:
    """A PostgreSQL server as it comes: fsync and synchronous_commit are on unless `options` say otherwise.

    With `of` it is a streaming replica of that server. Its home lies below `folder`, if one is given, with a small log.
    """

    def __init__(self, *, of: Postgres | None = None, folder: Path | None = None, **options: str) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="peduli-faults-", dir=folder))
        self.port = services.free_port()
        programs = services.postgres_programs()
        assert programs is not None
        self.programs = programs
        self.before = services._unprivileged()
        if self.before:
            shutil.chown(self.home, self.before[1].partition("=")[2])
        small = ["--wal-segsize=1"] if folder else []
        make = ["initdb", *small, "-U", "peduli", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"]
        if of:
            make = ["pg_basebackup", "-R", "--checkpoint=fast", "--no-sync", "-d", of.url.replace("+psycopg", "")]
        subprocess.run([*self.before, programs / make[0], *make[1:], "-D", self.home / "data"], check=True, **QUIET)
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


class Clock:
    """What time it is for the processes that run with `environment`: it can be changed while they run. How time passes stays as it is."""

    def __init__(self, folder: Path) -> None:
        library = folder / "clock.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, Path(__file__).parent / "clock.c", "-ldl"], check=True)
        self.path = folder / "ahead"
        self.path.write_bytes(bytes(8))
        self.environment = {"LD_PRELOAD": str(library), "FAULT_CLOCK": str(self.path)}

    def set(self, seconds: int) -> None:
        """Let the clock be ahead by some seconds; behind by as many if they are negative."""
        with self.path.open("r+b", buffering=0) as file:
            file.write(struct.pack("q", seconds))


def can_set_clocks() -> bool:
    """Tell whether a clock can be made that is not this machine's: it takes Linux and a C compiler."""
    return sys.platform == "linux" and shutil.which("cc") is not None


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
def postgres(*, of: Postgres | None = None, folder: Path | None = None, **options: str) -> Iterator[Postgres]:
    """Run a PostgreSQL server that can be killed; `of` and `folder` as Postgres takes them."""
    server = Postgres(of=of, folder=folder, **options)
    try:
        server.start()
        yield server
    finally:
        server.remove()
