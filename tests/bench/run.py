"""`make bench`: CPU of a request against a bare Flask page with one row read, measured in the same run; writes docs/performance.md.

Times here are CPU of the process (`time.process_time`), the 10th percentile over many small batches: machines are noisy, the least
disturbed batches tell most. Ratios are what counts. Everything runs in this process, with SQLite, as a browser asks (compression on).
"""

from __future__ import annotations

import argparse
import io
import itertools
import json
import platform
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask, g
from werkzeug.test import EnvironBuilder

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench.bulk import grow_cohort
from bench.floor import floor_app

from lms import migrate
from lms.app import create_app
from lms.db import db
from lms.demo import services as demo
from lms.forms import csrf_token
from lms.learning.models import Cohort
from lms.people import sessions
from lms.people.models import User

DOCS = Path(__file__).parent.parent.parent / "docs" / "performance.md"
BATCH, BATCHES, WARM = 12, 60, 40
ENCODINGS = "gzip, deflate, br, zstd"
MARK = "<!-- measured -->"
FLOOR = "bare Flask page, one row read"


class Asker:
    """Sends requests to a WSGI application without a socket."""

    def __init__(self, app: Flask, cookie: str = "", token: str = "") -> None:
        self.app, self.cookie, self.token = app, cookie, token

    def request(self, method: str, path: str, *bodies: dict[str, Any]) -> Callable[[], int]:
        """Return a function that sends the request once and returns the number of bytes of the answer. Bodies, of equal length, take turns."""
        headers = {"Accept-Encoding": ENCODINGS, "User-Agent": "bench", "Accept": "application/json" if bodies else "text/html"}
        if self.cookie:
            headers["Cookie"] = f"{sessions.COOKIE}={self.cookie}"
        if self.token:
            headers["X-CSRF-Token"] = self.token
        environs = [EnvironBuilder(path=path, method=method, data=body, headers=headers).get_environ() for body in bodies or (None,)]
        turns = itertools.cycle([(environ, environ["wsgi.input"].read() if bodies else b"") for environ in environs])

        def send() -> int:
            status: list[str] = []
            environ, content = next(turns)
            asked = dict(environ)
            asked["wsgi.input"] = io.BytesIO(content)
            answer = self.app.wsgi_app(asked, lambda line, headers, info=None: status.append(line))  # type: ignore[arg-type]
            size = sum(len(part) for part in answer)
            if hasattr(answer, "close"):
                answer.close()
            assert status[0].startswith(("200", "204")), f"{path}: {status[0]}"
            return size

        return send


def measure(tasks: dict[str, Callable[[], int]], batches: int = BATCHES) -> dict[str, tuple[float, int]]:
    """Return {name: (microseconds of CPU, bytes)}; the tasks take turns, so that a disturbance hits all alike."""
    sizes = {name: [send() for _time in range(WARM)][-1] for name, send in tasks.items()}
    times: dict[str, list[float]] = {name: [] for name in tasks}
    for _batch in range(batches):
        for name, send in tasks.items():
            begin = time.process_time()
            for _time in range(BATCH):
                send()
            times[name].append((time.process_time() - begin) / BATCH * 1e6)
    return {name: (statistics.quantiles(row, n=10)[0], sizes[name]) for name, row in times.items()}


def signed_in(app: Flask, email: str) -> Asker:
    """Return an asker for one of the demonstration's people."""
    with app.app_context():
        user_id = db.session.scalar(sa.select(User.id).where(User.email == email))
        assert user_id
        session = sessions.open_session(user_id=user_id, device="bench")
        db.session.commit()
    with app.app_context(), app.test_request_context():
        g._login_user = sessions.load_session(session.token)
        token = csrf_token()
    return Asker(app, session.token, token)


def begin_quiz(learner: Asker) -> str:
    """Begin an attempt and return its address."""
    client = learner.app.test_client()
    client.set_cookie(sessions.COOKIE, learner.cookie)
    headers = {"X-CSRF-Token": learner.token}
    return str(client.post("/quizzes/start/1/empati/kuis-akhir", headers=headers).headers["Location"])


def main() -> int:
    """Measure and print; with --write put the table into docs/performance.md."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--build", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--short", type=Path, help="measure with the demonstration in HOME/data alone, and not as long", metavar="HOME")
    options = parser.parse_args()
    if options.build:
        build(options.build)
        return 0
    if options.short:
        print(json.dumps(measure(of_the_demonstration(application(options.short), options.short), batches=15)))
        return 0
    with tempfile.TemporaryDirectory(prefix="peduli-bench-") as home:
        # In a process of its own: a server does not carry the memory of having made the demonstration.
        subprocess.run([sys.executable, __file__, "--build", home], check=True)
        results = run(Path(home))
    floor = results[FLOOR][0]
    lines = [
        "| what | CPU, µs | × floor | bytes sent |",
        "| --- | ---: | ---: | ---: |",
        *(f"| {name} | {micro:,.0f} | {micro / floor:.2f} | {size:,} |" for name, (micro, size) in results.items()),
    ]
    print(json.dumps(results) if options.json else "\n".join(lines))
    if options.write:
        where = f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {platform.machine()}, {time.strftime('%Y-%m-%d')}."
        before, _mark, rest = DOCS.read_text().partition(MARK)
        _old, _mark, after = rest.partition(MARK)
        DOCS.write_text(f"{before}{MARK}\n{where}\n\n" + "\n".join(lines) + f"\n{MARK}{after}")
    return 0


def application(home: Path) -> Flask:
    """Return Peduli with its data below `home`."""
    return create_app({"DATA": home / "data", "BASE_URL": "http://localhost"})


def build(home: Path) -> None:
    """Make the demonstration and a cohort of 2,000."""
    with application(home).app_context():
        migrate.upgrade()
        demo.build(lambda text: print(text, file=sys.stderr))
        small = db.session.scalar(sa.select(Cohort.id).where(Cohort.number == 3))
        grow_cohort(int(small or 0), 2000, supervisor="supervisor@demo.example")
        db.session.commit()


def run(home: Path) -> dict[str, tuple[float, int]]:
    """Measure, and return {name: (microseconds, bytes)}."""
    app = application(home)
    with app.app_context():
        large = db.session.scalar(sa.select(sa.func.max(Cohort.id)))
        db.session.rollback()
    requests = of_the_demonstration(app, home)
    supervisor = signed_in(app, "supervisor@demo.example")
    return measure({**requests, "supervisor page, 2,000 people": supervisor.request("GET", f"/team/people?scope=cohort-{large}")})


def of_the_demonstration(app: Flask, home: Path) -> dict[str, Callable[[], int]]:
    """Return {name: function that sends the request once}, the floor with a database of its own below `home` first."""
    learner, supervisor = signed_in(app, "learner@demo.example"), signed_in(app, "supervisor@demo.example")
    attempt = begin_quiz(learner)
    return {
        FLOOR: Asker(floor_app(f"sqlite:///{home}/floor.db", new=True)).request("GET", "/"),
        "learner home": learner.request("GET", "/learn"),
        "lesson page": learner.request("GET", "/learn/1/empati/lima-gerak-mendengar"),
        "quiz question": learner.request("GET", f"{attempt}?q=1"),
        "answer save": learner.request("POST", f"{attempt}/answer", *({"slot": 1, "q1-choice": choice} for choice in "ab")),
        "supervisor page, 52 people": supervisor.request("GET", "/team/people?scope=cohort-1"),
    }


if __name__ == "__main__":
    sys.exit(main())
