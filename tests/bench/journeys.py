"""Whole journeys over HTTP against Peduli as its operator starts it: what each step costs, next to a floor of the same run.

    python tests/bench/journeys.py [--database postgresql] [--write]

Sign in, home, lesson, a quiz from its start over answers to the hand-in, a journal's draft, the supervisor's page of 2,000 people: with 8 and
with 64 clients, on SQLite and on PostgreSQL. The site is the demonstration with a cohort of 2,000 more; the server is `lms run` with its
defaults. Then lesson pages and answer saves by 64 clients, on PostgreSQL with as many web processes as there are cores. The clients are one
other process (`journeys_client.py`). All share this machine.
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
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench.bulk import grow_cohort
from bench.floor import floor_app
from bench.journeys_client import Plan
from bench.measure import machine, memory_of
from bench.quiz import Parts
from faults.servers import ROOT, Postgres, Web, children, postgres

from lms import migrate
from lms.app import create_app
from lms.db import db
from lms.demo import services as demo
from lms.learning.models import Cohort
from lms.people.models import User

HERE = Path(__file__).parent
DOCS = ROOT / "docs" / "performance.md"
MARK = "<!-- measured: journeys -->"
CLIENTS = (8, 64)
PEOPLE = 64  # of one run, each with a journey
RUNS = 5  # the people of the cohort are used up by one run after the other: a quiz is begun once
SUPERVISOR, PASSWORD = "supervisor@demo.example", "peduli-demo"
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
GRANIAN = ("-m", "granian", "--interface", "wsgi", "--factory", "--log-level", "error", "--host", "127.0.0.1", "--blocking-threads", "4")
SECONDS = 15  # of each of the two measurements with all cores
AIMS = {"lesson page": 250, "answer save": 150}  # a second, by 64 clients


def build(data: Path, url: str) -> int:
    """Make the demonstration and a cohort of 2,000, of whom the first can sign in; return the cohort's id."""
    with create_app({"DATA": data, "DATABASE_URL": url, "BASE_URL": "http://localhost"}).app_context():
        migrate.upgrade()
        demo.build(lambda _text: None)
        small = db.session.scalars(sa.select(Cohort.id).where(Cohort.number == 3)).one()
        large = grow_cohort(small, 2000, supervisor=SUPERVISOR)
        known = db.session.scalar(sa.select(User.password_hash).where(User.email == SUPERVISOR))
        for number in range(PEOPLE * RUNS):
            values = {"email": person(number), "password_hash": known}
            db.session.execute(sa.update(User).where(User.name == f"Peserta {number:05d}").values(values))
        db.session.commit()
        db.session.remove()
        for engine in {db.engine, db.engines["supervision"]}:
            engine.dispose()
        return large


def person(number: int) -> str:
    """Return the address of one of the cohort."""
    return f"peserta-{number}@example.test"


def people_of(run: int) -> list[str]:
    """Return who comes in one run."""
    return [person(number) for number in range(run * PEOPLE, (run + 1) * PEOPLE)]


def send(plan: Plan) -> dict[str, Any]:
    """Let people come; return what they saw by step, and the cores that others than site and people kept busy."""
    everything, began = machine(), time.monotonic()
    done = subprocess.run(
        [sys.executable, HERE / "journeys_client.py"], input=json.dumps(asdict(plan)), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    seen = json.loads(done.stdout)
    return {"steps": seen["steps"], "others": (machine() - everything - seen["cpu"]) / (time.monotonic() - began)}


@contextlib.contextmanager
def running(web: Web, *arguments: str, workers: int = 1) -> Iterator[Web]:
    """Run a web server with as many web processes as it is to have; `arguments` are added to its command."""
    web.start(*arguments)
    try:
        end = time.monotonic() + 20
        while web.process and len(children(web.process.pid)) < workers:
            if time.monotonic() > end:
                raise SystemExit("there are fewer processes than there should be")
            time.sleep(0.05)
        yield web
    finally:
        web.stop()


@contextlib.contextmanager
def floor(home: Path, url: str, workers: int) -> Iterator[tuple[Web, dict[str, list[int]]]]:
    """Run the floor on the same server program; give it and its processes."""
    folder = home / f"floor-{workers}"
    folder.mkdir()
    web = Web(folder, "", (*GRANIAN, "--workers", str(workers)), FLOOR_URL=url, PYTHONPATH=str(HERE.parent))
    with running(web, "--port", str(web.port), "bench.floor:served", workers=workers):
        assert web.process is not None
        yield web, {"web": [web.process.pid, *children(web.process.pid)]}


def measure(name: str) -> dict[str, Any]:
    """Measure on one database."""
    with tempfile.TemporaryDirectory(prefix="peduli-journeys-") as folder, contextlib.ExitStack() as stack:
        home = Path(folder)
        database = stack.enter_context(postgres()) if name == "postgresql" else None
        data, url = home / "data", database.url if database else ""
        data.mkdir()
        cohort = build(data, url)
        floor_url = f"sqlite:///{home}/floor.db"
        if database:
            with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
                connection.execute("CREATE DATABASE floor")
            floor_url = url.replace("/postgres", "/floor")
        floor_app(floor_url, new=True)
        found: dict[str, Any] = {"runs": {}}
        with floor(home, floor_url, 1) as (web, pids):
            lowest = {clients: send(plan_of("floor", web, pids, database, cohort, 0, clients)) for clients in CLIENTS}
        with running(Web(data, url)) as web:
            warm = plan_of("journey", web, {}, database, cohort, 0, CLIENTS[0])
            send(replace(warm, people=warm.people[: CLIENTS[0]]))
            for run, clients in enumerate(CLIENTS, start=1):
                parts = Parts.of(web, None)
                pids = {"web": parts.web, "worker": parts.worker}
                seen = send(plan_of("journey", web, pids, database, cohort, run, clients))
                found["runs"][clients] = {"others": seen["others"], "steps": {**lowest[clients]["steps"], **seen["steps"]}}
            found["memory"] = memory(Parts.of(web, database))
        if database:
            found["full"] = full(home, data, url, floor_url, database, cohort)
        return found


def plan_of(
    kind: str, web: Web, pids: dict[str, list[int]], database: Postgres | None, cohort: int, run: int, clients: int, seconds: float = 0
) -> Plan:
    """Return the plan of one run."""
    first = database.process.pid if database and database.process else 0
    return Plan(kind, web.port, pids, first, people_of(run), PASSWORD, clients, cohort, seconds, SUPERVISOR)


def full(home: Path, data: Path, url: str, floor_url: str, database: Postgres, cohort: int) -> dict[str, Any]:
    """Measure lesson pages and answer saves by 64 clients with as many web processes as cores."""
    workers = os.cpu_count() or 1
    with floor(home, floor_url, workers) as (web, pids):
        found = send(plan_of("floor", web, pids, database, cohort, 0, PEOPLE))["steps"]
    with running(Web(data, url, ("-m", "lms", "web"), LMS_WEB_PROCESSES=str(workers)), workers=workers) as web:
        assert web.process is not None
        others = []
        for run, kind in ((3, "lessons"), (4, "saves")):
            pids = {"web": [web.process.pid, *children(web.process.pid)]}
            seen = send(plan_of(kind, web, pids, database, cohort, run, PEOPLE, SECONDS))
            others.append(seen["others"])
            found |= seen["steps"]
        each = [memory_of(pid) for pid in children(web.process.pid)]
    return {"workers": workers, "steps": found, "memory": each, "others": max(others)}


def memory(parts: Parts) -> dict[str, list[float]]:
    """Return the megabytes of each process that has any."""
    return {name: [size for pid in pids if (size := memory_of(pid)) > 1] for name, pids in asdict(parts).items()}


# -- what is written -----------------------------------------------------------------------------------------------------------------


def figures(step: dict[str, Any]) -> dict[str, float]:
    """Return requests, requests a second, milliseconds of CPU a request by web and database, and the 50th and 95th percentile in ms."""
    count = len(step["times"])
    cuts = statistics.quantiles(step["times"], n=20)
    cpu = {part: seconds / count * 1000 for part, seconds in step["cpu"].items()}
    return {
        "count": count,
        "rate": count / step["seconds"],
        "web": cpu["web"],
        "database": cpu.get("database", 0),
        "p50": cuts[9],
        "p95": cuts[18],
    }


def row(name: str, runs: list[dict[str, Any]]) -> str:
    """Return a line of a table: a step with few clients and with many."""
    rows = [figures(run["steps"][name]) for run in runs]
    lowest = [figures(run["steps"]["floor"])["web"] for run in runs]
    cells = [
        ", ".join(f"{one['rate']:,.0f}" for one in rows),
        ", ".join(f"{one['web']:.1f}" for one in rows),
        ", ".join(f"{one['database']:.1f}" for one in rows),
        ", ".join(f"{one['web'] / least:.1f}" for one, least in zip(rows, lowest, strict=True)),
        *(f"{one['p50']:,.0f}, {one['p95']:,.0f}" for one in rows),
    ]
    return f"| {name} | " + " | ".join(cells) + " |"


def table(name: str, found: dict[str, Any]) -> Iterator[str]:
    """Yield the lines about one database."""
    runs = [found["runs"][clients] for clients in CLIENTS]
    yield f"**{NAMES[name]}**, one web process; each pair is with {CLIENTS[0]} and with {CLIENTS[1]} clients, times are p50 and p95."
    yield ""
    yield (
        f"| step | requests/s | CPU a request, ms: web | database | × floor (web) | {CLIENTS[0]} clients, ms | {CLIENTS[1]} clients, ms |"
    )
    yield "| --- |" + " ---: |" * 6
    yield from (row(step, runs) for step in runs[0]["steps"])
    yield ""
    sizes = "; ".join(f"{part} {', '.join(f'{size:.0f}' for size in each)}" for part, each in found["memory"].items() if each)
    others = ", ".join(f"{run['others']:.1f}" for run in runs)
    yield f"Memory of each process, MB: {sizes}. Cores that others used meanwhile: {others}."
    yield ""


def aims(found: dict[str, Any]) -> Iterator[str]:
    """Yield the lines about the server with as many web processes as cores."""
    least = figures(found["steps"]["floor"])
    yield f"**As many web processes as cores ({found['workers']})**, PostgreSQL, {PEOPLE} clients."
    yield ""
    yield "| | requests/s | aim | CPU a request, ms: web, database | × floor (web) | p50, p95, ms |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: |"
    for name, step in found["steps"].items():
        one = figures(step)
        aim = f"≥ {AIMS[name]}" if name in AIMS else ""
        cpu = f"{one['web']:.1f}, {one['database']:.1f}"
        yield f"| {name} | {one['rate']:,.0f} | {aim} | {cpu} | {one['web'] / least['web']:.1f} | {one['p50']:,.0f}, {one['p95']:,.0f} |"
    yield ""
    yield (
        f"Memory of each web process, MB: {', '.join(f'{size:.0f}' for size in found['memory'])} (aim: ≤ 120). "
        f"Cores that others used meanwhile: {found['others']:.1f}."
    )


def main() -> int:
    """Measure and print; with --write put the tables into docs/performance.md."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", choices=tuple(NAMES), action="append", help="default: both")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/performance.md")
    options = parser.parse_args()
    results = {name: measure(name) for name in options.database or NAMES}
    lines = [line for name, found in results.items() for line in table(name, found)]
    lines += [line for found in results.values() if "full" in found for line in aims(found["full"])]
    print("\n".join(lines))
    if options.write:
        where = f"{os.cpu_count()} cores for everything, {time.strftime('%Y-%m-%d')}; other work ran meanwhile."
        before, _mark, rest = DOCS.read_text().partition(MARK)
        _old, _mark, after = rest.partition(MARK)
        DOCS.write_text(f"{before}{MARK}\n{where}\n\n" + "\n".join(lines) + f"\n{MARK}{after}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
