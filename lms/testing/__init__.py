"""A pytest plugin for Peduli and for authors of plugins: `pytest_plugins = "lms.testing"` (docs/plugins.md).

Each test has a database of its own with real commits: a file copied from a migrated one takes a millisecond, so the sealed connection,
threads and workers see what is there. With `LMS_TEST_DATABASE_URL` (PostgreSQL) the tables are emptied after each test instead.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from lms import i18n, migrate
from lms.app import create_app
from lms.db import Base, db, set_transaction_mode
from lms.learning import outline
from lms.testing.client import Client
from lms.testing.made import Taken, make_activity, make_cohort, make_course, make_enrolment, make_module, make_unit, make_user
from lms.web import drawn

__all__ = [
    "Client",
    "Taken",
    "app",
    "client",
    "database",
    "make_activity",
    "make_cohort",
    "make_course",
    "make_enrolment",
    "make_module",
    "make_unit",
    "make_user",
    "queries",
]

RAM = Path("/dev/shm")  # noqa: S108 - a file in memory needs no fsync


def _scratch() -> Path:
    return Path(tempfile.mkdtemp(prefix="lms-test-", dir=RAM if RAM.is_dir() else None))


@pytest.fixture(scope="session")
def app() -> Iterator[Flask]:
    """Return the application with every installed plugin and an empty, migrated database."""
    data = _scratch()
    url = os.environ.get("LMS_TEST_DATABASE_URL", "")
    application = create_app({"DATA": data, "DATABASE_URL": url, "BASE_URL": "http://localhost"})
    application.config["TESTING"] = True
    application.test_client_class = Client
    with application.app_context():
        if url:
            _drop_everything()
        migrate.upgrade()
        _dispose()
    if not url:
        shutil.copy(data / "peduli.db", data / "template.db")
    yield application
    with application.app_context():
        _dispose()
    shutil.rmtree(data, ignore_errors=True)


@pytest.fixture
def database(app: Flask) -> Iterator[None]:
    """Give the test an empty database and an application context; what it commits is gone afterwards."""
    with app.app_context():
        set_transaction_mode("write")
        yield
        db.session.remove()
        _empty(app)
        forget_caches(app)


def forget_caches(app: Flask) -> None:
    """Empty what the process has kept of a database: the next one has other things under the same numbers."""
    outline.forget()
    drawn.forget()
    for plugin in app.extensions["lms"].plugins.values():
        for forget in plugin.caches:
            forget()


@pytest.fixture
def client(app: Flask, database: None) -> Client:
    """Return a browser without JavaScript; `client.as_(user)` signs in, tokens go along by themselves."""
    return Client(app)


@pytest.fixture
def queries(database: None) -> Any:
    """Give a counter of SQL statements, used as `with queries() as seen`."""
    return count_queries


@contextlib.contextmanager
def count_queries() -> Iterator[list[str]]:
    """Collect the SQL statements that are executed inside."""
    seen: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA", "SAVEPOINT", "RELEASE")):
            seen.append(statement)

    engines = {db.engine, db.engines["supervision"]}
    for engine in engines:
        sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        for engine in engines:
            sa.event.remove(engine, "before_cursor_execute", note)


def _dispose() -> None:
    db.session.remove()
    for engine in {db.engine, db.engines["supervision"]}:
        engine.dispose()


def _empty(app: Flask) -> None:
    if db.engine.dialect.name == "postgresql":
        names = ", ".join(f'"{table.name}"' for table in Base.metadata.sorted_tables)
        with db.engine.begin() as connection:
            connection.execute(sa.text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
        return
    _dispose()
    data = Path(app.config["LMS_DATA"])
    for leftover in data.glob("peduli.db*"):
        leftover.unlink()
    shutil.copy(data / "template.db", data / "peduli.db")


def _drop_everything() -> None:
    with db.engine.begin() as connection:
        connection.execute(sa.text("DROP SCHEMA public CASCADE"))
        connection.execute(sa.text("CREATE SCHEMA public"))


@pytest.fixture(autouse=True)
def _first_language() -> None:
    """Let no test inherit the language and the time zone of the one before."""
    i18n.use(i18n.DEFAULT, "Asia/Pontianak")


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail a test that talks to anything but this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        host = address[0] if isinstance(address, tuple) else ""
        if host and host not in {"127.0.0.1", "::1", "localhost"}:
            raise AssertionError(f"a test tried to reach {host}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
