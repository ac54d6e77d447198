"""A load with people's rhythm: locust plays them, on SQLite and on PostgreSQL, and the database must hold what they were told.

    python tests/load/run.py [--database postgresql] [--rhythm friday] [--write]

Peduli is started as its operator does it, with its defaults. Locust runs in a process of its own, because gevent patches the one it is in.
With --write the table goes to docs/performance.md and the curves to docs/load.html.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench.quiz import cpu_of, machine, site
from faults.servers import Postgres, Web, children
from load.page import Course, page
from load.rhythms import EVERY_TIME, RHYTHMS, Rhythm

from courses.entries.models import Version
from lms.app import create_app
from lms.attempts.models import Attempt, AttemptState
from lms.db import db
from lms.sync.models import OperationState, TakenOperation
from quizzes.attempts.models import Step

HERE = Path(__file__).parent
DOCS = HERE.parent.parent / "docs"
MARK = "<!-- measured: load -->"
PARTS = "server with its worker, database, people, others"
KINDS = {"saves": "answers", "handed in": "handed in and marked", "operations": "writings", "journals": "journals handed in"}
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


@dataclass(frozen=True, slots=True)
class Measured:
    """What came of a rhythm on a database: its course, and the figures of the table."""

    rhythm: Rhythm
    database: str
    course: Course
    total: dict[str, str]  # locust's line of all requests
    told: dict[str, int]  # acknowledged: through, gone, saves, handed in
    kept: dict[str, int]  # in the database, by the same names, of which none is more than was told
    cores: dict[str, float]

    @property
    def whole(self) -> bool:
        """Tell whether all got through, nothing failed, and what was acknowledged is there, all of it once."""
        through = self.told.get("through", 0) == self.rhythm.people and self.total["Failure Count"] == "0"
        return through and self.kept == {name: self.told.get(name, 0) for name in self.kept}


def spent() -> float:
    """Return the seconds of CPU of processes that were started here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def family(pid: int) -> list[int]:
    """Return a process and all that descend from it: web processes are forks of forks."""
    return [pid, *(one for child in children(pid) for one in family(child))]


def cpu(web: Web, server: Postgres | None) -> dict[str, float]:
    """Return the seconds of CPU used so far by Peduli (web processes and worker) and by PostgreSQL."""
    assert web.process is not None
    database = family(server.process.pid) if server and server.process else []
    return {"server": sum(map(cpu_of, family(web.process.pid))), "database": sum(map(cpu_of, database))}


def play(rhythm: Rhythm, database: str, web: Web, server: Postgres | None, ground: Path, url: str) -> Measured:
    """Let locust play a rhythm and look into the database before and afterwards."""
    data = Path(web.environment["LMS_DATA"])
    told, files = data / f"{rhythm.name}.json", data / rhythm.name
    command = [sys.executable, "-m", "locust", "--headless", "-f", HERE / "people.py", "--host", f"http://127.0.0.1:{web.port}"]
    command += ["--csv", files, "--csv-full-history", "--only-summary", "--exit-code-on-error", "0"]
    environment = {**os.environ, "LOAD_RHYTHM": rhythm.name, "LOAD_GROUND": str(ground), "LOAD_TOLD": str(told)}
    there = count(data, url)
    before, began, all_before, own = cpu(web, server), time.monotonic(), machine(), spent()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode or not told.exists():
        raise SystemExit(done.stderr)
    wall = time.monotonic() - began
    used = {part: seconds - before[part] for part, seconds in cpu(web, server).items()}
    used["people"] = spent() - own
    used["others"] = machine() - all_before - sum(used.values())
    with Path(f"{files}_failures.csv").open() as rows:
        for row in csv.DictReader(rows):
            print(f"{rhythm.name}, {NAMES[database]}: {row['Occurrences']} x {row['Error']}", file=sys.stderr)
    with Path(f"{files}_stats.csv").open() as rows:
        total = next(row for row in csv.DictReader(rows) if row["Name"] == "Aggregated")
    cores = {part: seconds / wall for part, seconds in used.items()}
    acknowledged = json.loads(told.read_text())
    kept = count(data, url, there["handed in"] + acknowledged.get("handed in", 0))
    new = {name: kept[name] - there[name] for name in kept}
    return Measured(rhythm, database, Course.read(Path(f"{files}_stats_history.csv")), total, acknowledged, new, cores)


def count(data: Path, url: str, expected: int = 0) -> dict[str, int]:
    """Return what is kept: {saves, handed in (and marked), operations, journals}; the worker has a minute to mark as many as are expected."""
    with create_app({"DATA": data, "DATABASE_URL": url, "BASE_URL": "http://localhost"}).app_context():

        def number(*of: Any) -> int:
            return db.session.scalar(sa.select(sa.func.count()).select_from(of[0]).where(*of[1:])) or 0

        end = time.monotonic() + 60
        while (marked := number(Attempt, Attempt.state == AttemptState.MARKED)) < expected and time.monotonic() < end:
            db.session.rollback()
            time.sleep(0.5)
        taken = number(TakenOperation, TakenOperation.state == OperationState.TAKEN)
        kept = {"saves": number(Step), "handed in": marked, "operations": taken, "journals": number(Version)}
        db.session.remove()
        for engine in {db.engine, db.engines["supervision"]}:
            engine.dispose()
        return kept


def measure(database: str, rhythms: Sequence[Rhythm]) -> Iterator[Measured]:
    """Play rhythms on a database."""
    learners = max(rhythm.first + rhythm.people for rhythm in rhythms)
    with site(database, learners, HERE / "ground.py") as (web, server, ground, url):
        for rhythm in rhythms:
            yield play(rhythm, database, web, server, ground, url)


def table(results: list[Measured]) -> list[str]:
    """Return the figures as a table."""
    lines = [f"| | people, through | requests, failures | p50, p95, p99 ms | told, kept | cores busy: {PARTS} |", "| --- |" + " ---: |" * 5]
    for one in results:
        told, total = one.told, one.total
        kept = [f"{KINDS[name]} {told[name]:,}, {number:,}" for name, number in one.kept.items() if name in told]
        cells: list[Any] = [
            f"{one.rhythm.name}, {NAMES[one.database]}",
            f"{one.rhythm.people:,}, {told.get('through', 0):,}",
            f"{int(total['Request Count']):,}, {int(total['Failure Count']):,}",
            ", ".join(f"{float(total[share]):,.0f}" for share in ("50%", "95%", "99%")),
            "; ".join(kept),
            ", ".join(f"{share:.2f}" for share in one.cores.values()),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def main() -> int:
    """Measure and print; returns 1 when somebody did not get through, or something that was acknowledged is missing."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", choices=tuple(NAMES), action="append", help="default: both")
    parser.add_argument("--rhythm", choices=tuple(RHYTHMS), action="append", help="default: all but the whole quiz")
    parser.add_argument("--write", action="store_true", help="write docs/load.html and the table in docs/performance.md")
    options = parser.parse_args()
    rhythms = [RHYTHMS[name] for name in options.rhythm] if options.rhythm else EVERY_TIME
    results = [one for database in options.database or NAMES for one in measure(database, rhythms)]
    lines = table(results)
    print("\n".join(lines))
    if options.write:
        where = f'{os.cpu_count()} cores for everything, {time.strftime("%Y-%m-%d")}. "Others" is what else ran on this machine meanwhile.'
        text = DOCS / "performance.md"
        before, _mark, rest = text.read_text().partition(MARK)
        _old, _mark, after = rest.partition(MARK)
        text.write_text(f"{before}{MARK}\n{where}\n\n" + "\n".join(lines) + f"\n{MARK}{after}")
        (DOCS / "load.html").write_text(page([(one.rhythm, NAMES[one.database], one.course) for one in results], where))
    return 0 if all(one.whole for one in results) else 1


if __name__ == "__main__":
    sys.exit(main())
