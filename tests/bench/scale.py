"""`make bench-scale`: pages with 10,000 and with 1,000,000 enrolments of twenty activities each, on PostgreSQL; writes docs/performance.md.

A PostgreSQL of our own with two databases of the same shape (`scale_data.py`), and for each a process with the real application. The
processes take turns, request by request, so that whatever disturbs this machine disturbs both. Times are medians of what a request takes
inside the server process, database included. It needs 12 GB in the temporary folder and removes everything at the end.
"""

from __future__ import annotations

import argparse
import contextlib
import math
import os
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import psycopg
import sqlalchemy as sa
from flask import Flask

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench.run import signed_in
from bench.scale_data import ANCHOR_UNIT, PARTS, load
from faults.servers import postgres

from lms.app import create_app
from lms.db import db
from lms.learning.models import Enrolment
from lms.progress import services as progress
from lms.progress.models import EvidenceKind

DOCS = Path(__file__).parent.parent.parent / "docs" / "performance.md"
MARK = "<!-- measured: a province -->"
SIZES = {"small": 10_200, "large": 1_000_200}  # whole blocks of six cohorts
ROUNDS, WARM = 25, 3
SLOW = 3000.0  # milliseconds
# A server of this size, tuned as one would: no durability while it is filled, which no measured page waits for but the completion.
TUNED = {
    "shared_buffers": "3GB",
    "effective_cache_size": "8GB",
    "work_mem": "32MB",
    "random_page_cost": "1.1",
    "jit": "off",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "16GB",
    "checkpoint_timeout": "30min",
    "autovacuum": "off",
}
# What must hold: a page's time with a million against that with ten thousand, or milliseconds with a million.
RATIO, ROLL_UP = 1.5, 300.0
PAGES = {
    "supervisor: the people who report to me, 12": ("reports", "/team/people?scope=reports", RATIO),
    "supervisor: a unit of 60 people": ("unit", f"/team/units/unit-{ANCHOR_UNIT}", RATIO),
    "supervisor: a cohort": ("cohort", "/team/people?scope=cohort-7", RATIO),
    "cohort board": ("district", "/cohorts/20", RATIO),
    "people of a cohort": ("district", "/cohorts/20/people", RATIO),
    "one person of a cohort": ("district", "/cohorts/20/people/{person}", RATIO),
    "report: progress of a cohort": ("district", "/reports/progress?cohort=20", RATIO),
    "learner home": ("learner", "/learn", RATIO),
    "the province, rolled up": ("province", "/team/units/unit-1", ROLL_UP),
    "cohorts of a district": ("district", "/cohorts", None),
    "cohorts of the province": ("organizer", "/cohorts", None),
}
COMPLETION = "one completion, with its commit"
LIMITS = {**{name: limit for name, (_account, _path, limit) in PAGES.items()}, COMPLETION: RATIO}


def main() -> int:
    """Load, measure, print; with --write put the table into docs/performance.md. Returns 1 when something is slower than promised."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    parser.add_argument("--hold", action="store_true", help="load only, print the server's address and wait for a signal")
    parser.add_argument("--use", default="", help="measure on a server that --hold keeps")
    parser.add_argument("--only", default="", help="measure pages whose name holds these words")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--load", help=argparse.SUPPRESS)
    parser.add_argument("--answer", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.load or options.answer:
        return fill(*options.load.split("|")) if options.load else answer(options.answer)
    with contextlib.ExitStack() as stack:
        server = options.use or stack.enter_context(server_of_our_own())
        if options.hold:
            # Blocked, they wait for sigwait instead of ending the process before it has cleaned up.
            ends = {signal.SIGTERM, signal.SIGINT}
            signal.pthread_sigmask(signal.SIG_BLOCK, ends)
            print(server, flush=True)
            signal.sigwait(ends)
            return 0
        results = measure(server, [name for name in LIMITS if any(words in name for words in options.only.split(","))], options.rounds)
    lines, whole = table(results)
    print("\n".join(lines))
    if options.write:
        where = f"Python {platform.python_version()}, {os.cpu_count()} cores for everything, {time.strftime('%Y-%m-%d')}."
        before, _mark, rest = DOCS.read_text().partition(MARK)
        _old, _mark, after = rest.partition(MARK)
        DOCS.write_text(f"{before}{MARK}\n{where}\n\n" + "\n".join(lines) + f"\n{MARK}{after}")
    return 0 if whole else 1


@contextlib.contextmanager
def server_of_our_own() -> Iterator[str]:
    """Run a PostgreSQL with both databases filled; give its address."""
    with postgres(**TUNED) as server:
        address = server.url.removesuffix("postgres")
        for name, size in SIZES.items():
            with psycopg.connect(server.url.replace("+psycopg", ""), autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name}")
            subprocess.run(["nice", "-n", "10", sys.executable, __file__, "--load", f"{address}{name}|{size}"], check=True)
        yield address


@contextlib.contextmanager
def application(url: str) -> Iterator[Flask]:
    """Give the application on a database."""
    with tempfile.TemporaryDirectory(prefix="peduli-scale-") as home:
        yield create_app({"DATA": Path(home), "DATABASE_URL": url, "BASE_URL": "http://localhost"})


def fill(url: str, size: str) -> int:
    """Fill one database."""
    with application(url) as app, app.app_context():
        load(int(size), lambda text: print(f"{size}: {text}", file=sys.stderr, flush=True))
    return 0


# -- measuring ---------------------------------------------------------------------------------------------------------------------------


def answer(url: str) -> int:
    """Answer each line of standard input, the name of a page, with the milliseconds it took; in a process of its own."""
    with application(url) as app:
        with app.app_context():
            person = db.session.scalar(sa.select(sa.func.min(Enrolment.id)).where(Enrolment.cohort_id == 20))
        accounts = {account: signed_in(app, f"{account}@bench.example") for account in {page[0] for page in PAGES.values()}}
        sends: dict[str, Callable[[], object]] = {
            name: accounts[account].request("GET", path.format(person=person)) for name, (account, path, _limit) in PAGES.items()
        }
        sends[COMPLETION] = completions(app)
        print("ready", flush=True)
        for line in sys.stdin:
            began = time.perf_counter()
            try:
                sends[line.strip()]()
            except AssertionError as reason:
                print(reason, file=sys.stderr)
                print("inf", flush=True)
            else:
                print((time.perf_counter() - began) * 1000, flush=True)
    return 0


def completions(app: Flask) -> Callable[[], object]:
    """Return a function that lets one more person finish one more page, each time somewhere else."""
    with app.app_context():
        rows = db.session.execute(
            sa.select(Enrolment.id, Enrolment.user_id, Enrolment.done_count)
            .where(Enrolment.done_count.between(1, 19), Enrolment.id % 31 == 0)
            .order_by(sa.func.md5(sa.cast(Enrolment.id, sa.String)))
            .limit(ROUNDS + 2 * WARM)
        ).all()
    left = iter(rows)

    def complete() -> None:
        row = next(left)
        module, place = divmod(row.done_count, PARTS)
        with app.app_context():
            state = progress.record(
                enrolment_id=row.id,
                module_id=module + 1,
                activity_key=f"bagian-{place + 1}",
                kind=EvidenceKind.VIEWED,
                actor_id=row.user_id,
            )
            db.session.commit()
        assert state == "complete"

    return complete


class Side:
    """A process with the application on one database."""

    def __init__(self, url: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--answer", url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        assert self.output.readline() == "ready\n", "the application did not start"

    @property
    def output(self) -> IO[str]:
        """Return what it says."""
        assert self.process.stdout
        return self.process.stdout

    def ask(self, name: str) -> float:
        """Return the milliseconds of one request."""
        assert self.process.stdin
        self.process.stdin.write(f"{name}\n")
        self.process.stdin.flush()
        return float(self.output.readline())

    def end(self) -> None:
        """End it."""
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(timeout=30)


def measure(address: str, names: list[str], rounds: int) -> dict[str, dict[str, float]]:
    """Return {page: {size: median in milliseconds}}; both sizes take turns."""
    sides = {name: Side(f"{address}{name}") for name in SIZES}
    times: dict[str, dict[str, list[float]]] = {name: {size: [] for size in sides} for name in names}
    for name, row in times.items():
        for turn in range(WARM + rounds):
            if turn > WARM and max(took[-1] for took in row.values()) > SLOW:
                break  # seconds each: a few are enough to know
            for size, side in sides.items():
                took = side.ask(name)
                if turn >= WARM:
                    row[size].append(took)
        print(f"{name}: {' and '.join(f'{statistics.median(took):.1f} ms' for took in row.values())}", file=sys.stderr, flush=True)
    for side in sides.values():
        side.end()
    return {name: {size: statistics.median(took) for size, took in row.items()} for name, row in times.items()}


def table(results: dict[str, dict[str, float]]) -> tuple[list[str], bool]:
    """Return the figures as a table, and whether all promises hold."""
    lines = ["| what | 10,000, ms | 1,000,000, ms | ratio | promise |", "| --- | ---: | ---: | ---: | --- |"]
    whole = True
    for name, row in results.items():
        small, large = row["small"], row["large"]
        limit = LIMITS[name]
        promise, kept = "", True
        if limit == RATIO:
            promise, kept = f"≤ {RATIO} ×", large / small <= RATIO
        elif limit:
            promise, kept = f"≤ {limit:.0f} ms", large <= limit
        whole = whole and kept and math.isfinite(small + large)
        times = [f"{took:,.1f}" if math.isfinite(took) else "fails" for took in (small, large)]
        ratio = f"{large / small:.2f}" if math.isfinite(small + large) else "–"
        lines.append(f"| {name} | {times[0]} | {times[1]} | {ratio} | {promise}{'' if kept else ' **broken**'} |")
    return lines, whole


if __name__ == "__main__":
    sys.exit(main())
