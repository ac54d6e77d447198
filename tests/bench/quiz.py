"""A quiz that thousands begin within a minute: what the server as it comes makes of it, on SQLite and on PostgreSQL.

    python tests/bench/quiz.py [--database postgresql] [--attempts 3000] [--write]

A cohort of signed-in learners takes a quiz of ten questions: they arrive evenly over a minute, think about each question, save each answer
as the page's script does, hand in and look at the result. The server is `lms run` with its defaults, PostgreSQL with its own; the learners
are one other process (`quiz_client.py`). All share this machine, so the client's share of it is in the table too. Every attempt must be
marked at the end and every answer there.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench.measure import cpu_of, machine, memory_of
from bench.quiz_client import Plan
from faults.servers import Postgres, Web, children, postgres

from lms.app import create_app
from lms.attempts.models import Attempt, AttemptState
from lms.db import db
from quizzes.attempts.models import Step

HERE = Path(__file__).parent
DOCS = HERE.parent.parent / "docs" / "performance.md"
MARK = "<!-- measured: a quiz -->"
REQUESTS = ("start", "first page", "save", "hand-in", "result page")
QUIET, WARM = 120, 40  # learners one after the other, to know what a request costs; learners before anything is measured


@dataclass(frozen=True, slots=True)
class Parts:
    """The processes of a running site: web server, worker, database (none of its own with SQLite)."""

    web: list[int]
    worker: list[int]
    database: list[int]

    @classmethod
    def of(cls, web: Web, database: Postgres | None) -> Parts:
        """Find them."""
        assert web.process is not None
        own = [web.process.pid, *children(web.process.pid)]
        # All are forks and look alike, but only the worker has a keeper above it.
        worker = [pid for keeper in own[1:] if children(keeper) for pid in (keeper, *children(keeper))]
        servers = [database.process.pid, *children(database.process.pid)] if database and database.process else []
        return cls([pid for pid in own if pid not in worker], worker, servers)

    def cpu(self) -> dict[str, float]:
        """Return seconds of CPU used so far."""
        return {name: sum(cpu_of(pid) for pid in pids) for name, pids in asdict(self).items()}

    def memory(self) -> dict[str, float]:
        """Return megabytes."""
        return {name: sum(memory_of(pid) for pid in pids) for name, pids in asdict(self).items()}


def send(plan: Plan) -> dict[str, Any]:
    """Let learners take the quiz; return what they saw."""
    command = [sys.executable, HERE / "quiz_client.py"]
    done = subprocess.run(command, input=json.dumps(asdict(plan)), capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return dict(json.loads(done.stdout))


@contextlib.contextmanager
def site(
    name: str, learners: int, program: Path = HERE.parent / "faults" / "ground.py"
) -> Iterator[tuple[Web, Postgres | None, Path, str]]:
    """Run a site with a cohort that a program makes: (web server, database server, the learners' file, address of the database)."""
    with tempfile.TemporaryDirectory(prefix="peduli-quiz-") as home, contextlib.ExitStack() as stack:
        database = stack.enter_context(postgres()) if name == "postgresql" else None
        url = database.url if database else ""
        web = Web(Path(home), url)
        ground = Path(home) / "ground.json"
        with ground.open("w") as out:
            subprocess.run([sys.executable, program, str(learners)], env=web.environment, stdout=out, check=True)
        web.start()
        try:
            yield web, database, ground, url
        finally:
            web.stop()


def measure(name: str, options: argparse.Namespace) -> dict[str, Any]:
    """Measure on one database and return the figures."""
    with site(name, WARM + QUIET + options.attempts) as (web, database, ground, url):
        send(Plan(str(ground), web.port, 0, WARM, 0.5, 0.1))
        alone = quiet(web, database, ground)
        before, began, all_before = Parts.of(web, database).cpu(), time.monotonic(), machine()
        seen = send(Plan(str(ground), web.port, WARM + QUIET, options.attempts, options.arrive, options.think))
        parts, wall = Parts.of(web, database), time.monotonic() - began
        used = {part: seconds - before[part] for part, seconds in parts.cpu().items()}
        other = machine() - all_before - sum(used.values()) - seen["cpu"]
        marked, saved = counts(Path(web.environment["LMS_DATA"]), url)
        took = {request: [took for _sent, took in seen["times"].get(request, [])] for request in REQUESTS}
        requests = sum(len(row) for row in took.values())
        return {
            "attempts": options.attempts,
            "marked": marked - WARM - QUIET,
            "saved": saved - 10 * (WARM + QUIET),
            "errors": len(seen["errors"]),
            "first errors": seen["errors"][:3],
            "reconnects": seen["reconnects"],
            "seconds": seen["wall"],
            "requests": requests,
            "a second": requests / seen["wall"],
            "busiest": busiest(seen["times"]),
            "times": {request: percentiles(row) for request, row in took.items()},
            "cpu": {**{part: seconds / wall for part, seconds in used.items()}, "client": seen["cpu"] / wall, "others": other / wall},
            "each": {part: seconds / requests * 1000 for part, seconds in used.items()},
            "alone": alone,
            "memory": parts.memory(),
            "processes": {part: len(pids) for part, pids in asdict(parts).items()},
            "load": os.getloadavg()[0],
        }


def quiet(web: Web, database: Postgres | None, ground: Path) -> dict[str, float]:
    """Return the milliseconds of a learner who has the server for themself: the median of each request."""
    seen = send(Plan(str(ground), web.port, WARM, QUIET, QUIET * 0.25, 0.01))
    return {request: statistics.median(took for _sent, took in seen["times"][request]) for request in REQUESTS}


def counts(data: Path, url: str) -> tuple[int, int]:
    """Return how many attempts are marked and how many answers are kept; a worker may have to finish first."""
    with create_app({"DATA": data, "DATABASE_URL": url, "BASE_URL": "http://localhost"}).app_context():
        waiting = sa.select(sa.func.count()).select_from(Attempt).where(Attempt.state != AttemptState.MARKED)
        end = time.monotonic() + 60
        while db.session.scalar(waiting) and time.monotonic() < end:
            db.session.rollback()
            time.sleep(0.5)
        marked = db.session.scalar(sa.select(sa.func.count()).select_from(Attempt).where(Attempt.state == AttemptState.MARKED))
        saved = db.session.scalar(sa.select(sa.func.count()).select_from(Step))
        db.session.remove()
        for engine in {db.engine, db.engines["supervision"]}:
            engine.dispose()
        return int(marked or 0), int(saved or 0)


def busiest(times: dict[str, list[list[float]]], span: int = 10) -> float:
    """Return the requests a second of the busiest ten seconds."""
    spans: dict[int, int] = {}
    for row in times.values():
        for sent, took in row:
            place = int((sent + took / 1000) // span)
            spans[place] = spans.get(place, 0) + 1
    return max(spans.values()) / span


def percentiles(row: list[float]) -> list[float]:
    """Return the 50th, 95th and 99th percentile."""
    found = statistics.quantiles(row, n=100)
    return [found[49], found[94], found[98]]


def table(results: dict[str, dict[str, Any]]) -> list[str]:
    """Return the figures as a table."""

    def row(title: str, text: Any) -> str:
        return f"| {title} | " + " | ".join(text(one) for one in results.values()) + " |"

    return [
        "| | " + " | ".join({"sqlite": "SQLite", "postgresql": "PostgreSQL"}[name] for name in results) + " |",
        "| --- |" + " ---: |" * len(results),
        row("attempts begun, marked at the end", lambda one: f"{one['attempts']:,}, {one['marked']:,}"),
        row("answers kept", lambda one: f"{one['saved']:,}"),
        row("requests, errors", lambda one: f"{one['requests']:,}, {one['errors']}"),
        row("everything over after, s", lambda one: f"{one['seconds']:.0f}"),
        row("requests a second: all the time, busiest ten seconds", lambda one: f"{one['a second']:.0f}, {one['busiest']:.0f}"),
        *(
            row(f"{request}, ms: p50, p95, p99", lambda one, request=request: ", ".join(f"{took:,.0f}" for took in one["times"][request]))
            for request in REQUESTS
        ),
        row(
            f"alone on the server, ms: {', '.join(REQUESTS)}", lambda one: ", ".join(f"{one['alone'][request]:.0f}" for request in REQUESTS)
        ),
        row("CPU a request, ms: web, worker, database", lambda one: ", ".join(f"{took:.2f}" for took in one["each"].values())),
        row("cores busy: web, worker, database, client, others", lambda one: ", ".join(f"{part:.2f}" for part in one["cpu"].values())),
        row("memory, MB: web, worker, database", lambda one: ", ".join(f"{part:,.0f}" for part in one["memory"].values())),
    ]


def main() -> int:
    """Measure and print; with --write put the table into docs/performance.md. Returns 1 when an answer or an attempt is missing."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", choices=("sqlite", "postgresql"), action="append", help="default: both")
    parser.add_argument("--attempts", type=int, default=3000)
    parser.add_argument("--arrive", type=float, default=60, help="seconds in which all begin")
    parser.add_argument("--think", type=float, default=14, help="seconds before each answer, on average")
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    results = {name: measure(name, options) for name in options.database or ("sqlite", "postgresql")}
    lines = table(results)
    print(json.dumps(results, indent=1) if options.json else "\n".join(lines))
    if options.write:
        where = f"{os.cpu_count()} cores for everything, {time.strftime('%Y-%m-%d')}."
        before, _mark, rest = DOCS.read_text().partition(MARK)
        _old, _mark, after = rest.partition(MARK)
        DOCS.write_text(f"{before}{MARK}\n{where}\n\n" + "\n".join(lines) + f"\n{MARK}{after}")
    whole = all(one["marked"] == one["attempts"] and one["saved"] == 10 * one["attempts"] and not one["errors"] for one in results.values())
    return 0 if whole else 1


if __name__ == "__main__":
    sys.exit(main())
