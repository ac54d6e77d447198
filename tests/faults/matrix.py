"""Fault × database × moment: real processes, people who answer and hand in, something that breaks, and what is true afterwards.

`python tests/faults/matrix.py --write` runs every cell and puts the table into docs/reliability.md; `test_matrix.py` runs a few of them.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parent.parent))

import sqlalchemy as sa
from faults import audit, audit_office, ground, servers
from faults.line import Line
from faults.office import Office, open_office, staff
from faults.storm import Ledger, storm
from support import services
from support.mailing import MailServer, mail_server

from lms.app import create_app
from lms.db import db
from lms.registry import registry
from lms.testing import forget_caches

DOCS = Path(__file__).parent.parent.parent / "docs" / "reliability.md"
MARK = "<!-- measured: faults -->"
LEARNERS = 260
PASSED = 50  # people to whom certificates are issued meanwhile
DISK = 96  # megabytes of the disk that is filled
HOLD = 2.0  # seconds that a fault lasts which does not end by itself
LAG = 0.3  # seconds that a slow line takes each way
JUMP = 2 * 60 * 60  # seconds by which a clock jumps
SETTLED = 90  # seconds after which everything must be done


@dataclass
class Site:
    """Everything that runs: Peduli with two web processes and a worker, the line to it, its database and the line to that, Redis, a disk."""

    web: servers.Web
    front: Line
    folder: Path
    mails: MailServer
    office: Office
    database: servers.Postgres | None = None
    line: Line | None = None
    broker: Broker | None = None
    clock: servers.Clock | None = None

    def children(self) -> tuple[list[int], list[int]]:
        """Return the ids of the web processes and of the workers: these have a keeper above them."""
        assert self.web.process is not None
        below = servers.children(self.web.process.pid)
        return [number for number in below if not servers.children(number)], [kid for number in below for kid in servers.children(number)]

    def running_database(self) -> servers.Postgres:
        """Return the PostgreSQL."""
        assert self.database is not None
        return self.database


class Broker:
    """A Redis that keeps nothing, and can be killed."""

    def __init__(self) -> None:
        self.port = services.free_port()
        self.home = tempfile.mkdtemp(prefix="peduli-redis-")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it listens."""
        where = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", self.home]
        self.process = subprocess.Popen(["redis-server", *where, "--save", "", "--appendonly", "no"], stdout=subprocess.DEVNULL)
        services.wait_for(self.port)

    def kill(self) -> None:
        """Kill it."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(timeout=20)


# -- faults: each breaks something and ends it ---------------------------------------------------------------------------------------------


def web_process(site: Site) -> None:
    """Kill one of two web processes; its parent begins another."""
    with contextlib.suppress(ProcessLookupError, IndexError):
        os.kill(site.children()[0][0], signal.SIGKILL)


def worker(site: Site) -> None:
    """Kill the worker (with Redis: Celery's, with its children); its keeper begins another."""
    for number in site.children()[1]:
        for victim in (number, *servers.children(number)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)


def peduli(site: Site) -> None:
    """Kill every process of Peduli and start it again."""
    site.web.kill()
    site.web.start()


def database(site: Site) -> None:
    """Kill every process of PostgreSQL and start it again."""
    site.running_database().kill()
    site.running_database().start()


def redis(site: Site) -> None:
    """Kill Redis, with all that it holds, and start it again after a while."""
    assert site.broker is not None
    site.broker.kill()
    time.sleep(HOLD)
    site.broker.start()


def everything(site: Site) -> None:
    """Kill all there is at once, and start it in the order in which a computer does."""
    site.web.kill()
    if site.broker is not None:
        site.broker.kill()
        site.broker.start()
    if site.database is not None:
        database(site)
    site.web.start()


def full_disk(site: Site) -> None:
    """Fill the disk of the database for a while; who looks after PostgreSQL starts it again when it has ended."""
    filler = site.folder / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(1 << 16))
    time.sleep(HOLD)
    filler.unlink()
    running = site.database and site.database.process
    if site.database is not None and running is not None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.wait(timeout=2)  # it ends by itself, or goes on
            site.database.start()


def cut_line(site: Site) -> None:
    """Break every connection to the database, and let none be made for a while."""
    assert site.line is not None
    site.line.cut(HOLD)


def slow_line(site: Site) -> None:
    """Let nothing pass between Peduli and its database for a while."""
    assert site.line is not None
    site.line.stall(HOLD)


def lagging_line(site: Site) -> None:
    """Let the line to the database be slow for a while."""
    assert site.line is not None
    site.line.slow(HOLD, LAG)


def cut_front(site: Site) -> None:
    """Break every connection of people to Peduli, and let none be made for a while."""
    site.front.cut(HOLD)


def lagging_front(site: Site) -> None:
    """Let the line between people and Peduli be slow for a while."""
    site.front.slow(2 * HOLD, LAG)


def jumping_clock(site: Site) -> None:
    """Let the clock of Peduli jump ahead, then far back, and be right again."""
    assert site.clock is not None
    for seconds in (JUMP, -JUMP):
        site.clock.set(seconds)
        time.sleep(HOLD)
    site.clock.set(0)


@dataclass(frozen=True, slots=True)
class Fault:
    """What breaks, on which databases, and what it needs besides."""

    what: str
    act: Callable[[Site], None]
    on: tuple[str, ...] = ("SQLite", "PostgreSQL")
    broker: bool = False
    disk: bool = False
    clock: bool = False


FAULTS = {
    "web": Fault("one of two web processes is killed", web_process),
    "worker": Fault("the worker is killed", worker),
    "celery": Fault("Celery's worker is killed", worker, on=("PostgreSQL",), broker=True),
    "peduli": Fault("everything of Peduli is killed", peduli),
    "database": Fault("PostgreSQL is killed", database, on=("PostgreSQL",)),
    "redis": Fault("Redis is gone for 2 s", redis, on=("PostgreSQL",), broker=True),
    "all": Fault("everything is killed at once", everything, broker=True),
    "disk": Fault("the disk is full for 2 s", full_disk, disk=True),
    "cut": Fault("the line to the database is cut for 2 s", cut_line, on=("PostgreSQL",)),
    "slow": Fault("the line to the database stands still for 2 s", slow_line, on=("PostgreSQL",)),
    "lag": Fault("the line to the database takes 300 ms each way for 2 s", lagging_line, on=("PostgreSQL",)),
    "cut-front": Fault("the line between people and Peduli is cut for 2 s", cut_front),
    "lag-front": Fault("the line between people and Peduli takes 300 ms each way for 4 s", lagging_front),
    "clock": Fault("the clock is 2 h ahead for 2 s, 2 h behind for 2 s, and right again", jumping_clock, clock=True),
    "clock-celery": Fault("the clock jumps so, with Celery", jumping_clock, on=("PostgreSQL",), broker=True, clock=True),
}
MOMENTS: Mapping[str, Callable[[Ledger], int]] = {
    "while answers are saved": lambda ledger: len(ledger.saved),
    "just after a hand-in": lambda ledger: len(ledger.handed_in),
}


@dataclass
class Cell:
    """What came out: what was acknowledged, how often something broke, requests that failed, the longest pause, what is wrong.

    `twice` counts mails that reached the mail server a second time, under the id of the first; `shown` and `said` pages that came, and those
    that said that Peduli cannot now; `settled` is how many seconds after the last fault the last certificate and mail was done.
    """

    saved: int = 0
    handed_in: int = 0
    strikes: int = 0
    failed: int = 0
    pause: float = 0.0
    certificates: int = 0
    mails: int = 0
    twice: int = 0
    shown: int = 0
    said: int = 0
    settled: float = 0.0
    wrong: list[str] = field(default_factory=list)


@contextlib.contextmanager
def disk() -> Iterator[Path]:
    """Give a folder; to whom the system allows it (root) a small disk of its own, which can be filled."""
    folder = Path(tempfile.mkdtemp(prefix="peduli-disk-"))
    mounted = os.getuid() == 0 and not subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK}m", "peduli", str(folder)], check=False, capture_output=True
    ).returncode  # fmt: skip
    try:
        yield folder
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=False)
        shutil.rmtree(folder, ignore_errors=True)


def can_fill() -> bool:
    """Tell whether a disk can be made that is filled without harm to others."""
    with disk() as folder:
        return folder.is_mount()


@contextlib.contextmanager
def site_on(kind: str, fault: Fault) -> Iterator[tuple[Site, ground.Ground]]:
    """Give what a fault needs: the database on a small disk of its own, the quiz, and Peduli that is not running yet."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(disk() if fault.disk else tempfile.TemporaryDirectory(prefix="peduli-fault-")))
        mails = stack.enter_context(mail_server())
        settings = {"LMS_WEB_PROCESSES": "2", "LMS_WEB_THREADS": "4", "LMS_MAIL_URL": f"smtp://127.0.0.1:{mails.port}"}
        made_database, line, url = None, None, ""
        if kind == "PostgreSQL":
            made_database = stack.enter_context(servers.postgres(folder=folder if fault.disk else None))
            line = Line(made_database.port)
            stack.callback(line.close)
            url = made_database.url.replace(f":{made_database.port}/", f":{line.port}/")
        broker = Broker() if fault.broker else None
        if broker is not None:
            broker.start()
            stack.callback(broker.kill)
            settings["LMS_BROKER_URL"] = f"redis://127.0.0.1:{broker.port}/0"
        clock = servers.Clock(folder) if fault.clock else None
        data = folder / "site"
        data.mkdir()
        shared = {"BASE_URL": "http://localhost", "BROKER_URL": settings.get("LMS_BROKER_URL", "")}
        app = create_app({"DATA": data, "DATABASE_URL": made_database.url if made_database else "", **shared})
        web = servers.Web(data, url, **settings, **(clock.environment if clock else {}))
        front = Line(web.port)
        stack.callback(front.close)
        with app.app_context():
            try:
                made, office = open_office(ground.make(LEARNERS + PASSED), PASSED)
                leave()
                yield Site(web, front, folder, mails, office, made_database, line, broker, clock), made
            finally:
                leave()
                forget_caches(app)


def leave() -> None:
    """Hold no connection: servers come and go."""
    db.session.remove()
    for engine in {db.engine, db.engines["supervision"]}:
        engine.dispose()


def run(fault: Fault, kind: str, moment: str, *, strikes: int = 2, seconds: float = 6, seed: int = 1) -> Cell:
    """Run one cell and return what came out."""
    with site_on(kind, fault) as (site, made):
        site.web.start()
        most = 60 if MOMENTS[moment] is MOMENTS["while answers are saved"] else 3

        def strike(_chance: Random) -> None:
            with contextlib.suppress(sa.exc.OperationalError):
                audit_office.plan_mails()
            leave()
            fault.act(site)

        try:
            ledger = storm(
                port=site.front.port,
                ground=made,
                strike=strike,
                seconds=seconds,
                kills=strikes,
                saves=100,
                seed=seed,
                most_between=most,
                counted=MOMENTS[moment],
                beside=staff(site.office, site.front.port),
            )
            wrong = [*ledger.troubles, *sorted(set(ledger.spoken))]
            settled = 0.0
            if not ledger.troubles:
                settled = settle(site)
                wrong += [*audit.findings(ledger), *audit_office.findings(ledger, site.mails.taken)]
        finally:
            site.web.kill()
        reached = audit_office.copies(site.mails.taken)
        return Cell(
            saved=len(ledger.saved),
            handed_in=len(ledger.handed_in),
            strikes=ledger.kills,
            failed=ledger.retries,
            pause=ledger.pause,
            certificates=len(ledger.certified),
            mails=len(reached),
            twice=reached.total() - len(reached),
            shown=ledger.shown,
            said=ledger.said,
            settled=settled,
            wrong=wrong,
        )


def settle(site: Site) -> float:
    """Let everything be done that was put in, and return how many seconds that took; then nothing runs.

    Everything is killed once more before, and the leases of those that were killed run out at once. Not so after a clock has jumped: then
    what runs goes on, and must find by itself what was written with the wrong time.
    """
    if site.clock is None:
        site.web.kill()
        audit.let_time_pass()
        leave()
        site.web.start()
    try:
        if site.clock is None:
            audit_office.ring(registry().send_job)
        return audit_office.wait_for_work(SETTLED)
    finally:
        site.web.stop()
        leave()


# -- the table -----------------------------------------------------------------------------------------------------------------------------

HEAD = (
    "| fault | database | moment | struck | saved, handed in | certificates, mails | mails twice | pages shown, said so | asked again "
    "| longest pause, s | all done after, s | wrong |"
)
RULE = "| --- | --- | --- |" + " ---: |" * 9


def row_of(fault: Fault, kind: str, moment: str, cell: Cell) -> str:
    """Return a cell as a row of the table."""
    return (
        f"| {fault.what} | {kind} | {moment} | {cell.strikes} | {cell.saved:,}, {cell.handed_in} | {cell.certificates}, {cell.mails} "
        f"| {cell.twice} | {cell.shown}, {cell.said} | {cell.failed} | {cell.pause:.1f} | {cell.settled:.1f} | {len(cell.wrong)} |"
    )


def write(rows: Mapping[tuple[str, str, str], str]) -> None:
    """Put rows into the table of docs/reliability.md; cells that were not run keep theirs."""
    before, _mark, rest = DOCS.read_text().partition(MARK)
    table, _mark, after = rest.partition(MARK)
    known = {tuple(part.strip() for part in line.split("|")[1:4]): line for line in table.splitlines()} if HEAD in table else {}
    known |= rows
    cells = [(fault.what, kind, moment) for fault in FAULTS.values() for kind in fault.on for moment in MOMENTS]
    lines = [HEAD, RULE, *(known[cell] for cell in cells if cell in known)]
    DOCS.write_text(f"{before}{MARK}\n{time.strftime('%Y-%m-%d')}, 2 cores for everything.\n\n" + "\n".join(lines) + f"\n{MARK}{after}")


def main() -> int:
    """Run every cell, or those of some faults; with --write put each into docs/reliability.md. Return 1 when something is wrong."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true", help="put the rows into docs/reliability.md")
    parser.add_argument("--only", help="keys of faults, separated by commas")
    options = parser.parse_args()
    broken = False
    for key, fault in FAULTS.items():
        if options.only and key not in options.only.split(","):
            continue
        if fault.clock and not servers.can_set_clocks():
            print(f"{fault.what}: not tried, for there is no C compiler here")
            continue
        for kind in fault.on:
            for moment in MOMENTS:
                cell = run(fault, kind, moment)
                broken |= bool(cell.wrong)
                row = row_of(fault, kind, moment, cell)
                print(row, *cell.wrong[:5], sep="\n  ", flush=True)
                if options.write:
                    write({(fault.what, kind, moment): row})
    return int(broken)


if __name__ == "__main__":
    sys.exit(main())
