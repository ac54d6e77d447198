"""What all tests share: which servers are there, and a database for each worker on PostgreSQL."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path

import hypothesis
import psycopg
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from support import demonstration, services

SERVER = os.environ.get("LMS_TEST_POSTGRES", "")

# The same examples in every run of the same code, however busy the machine is.
hypothesis.settings.register_profile("peduli", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("peduli")


def pytest_configure(config: pytest.Config) -> None:
    """Begin the run; give this process a PostgreSQL database of its own when the run is on PostgreSQL."""
    if not hasattr(config, "workerinput"):
        demonstration.begin_run()
    if not SERVER or (hasattr(config, "workerinput") is False and config.getoption("numprocesses", None)):
        return
    name = f"peduli_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    plain = SERVER.replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(f"{plain}postgres", autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name}")
        connection.execute(f"CREATE DATABASE {name}")
    os.environ["LMS_TEST_DATABASE_URL"] = f"{SERVER}{name}"


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the run."""
    if not hasattr(config, "workerinput"):
        demonstration.end_run()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what this machine has no server for; `make test` names it."""
    on_postgresql = bool(os.environ.get("LMS_TEST_DATABASE_URL"))
    reasons = {
        "browser": "" if services.chromium() else "no Chromium here",
        "postgresql": "" if services.postgres_programs() else "no PostgreSQL here",
        "redis": "" if services.shutil.which("redis-server") else "no Redis here",
        "sqlite": "only on SQLite" if on_postgresql else "",
    }
    for item in items:
        for marker, reason in reasons.items():
            if reason and item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=reason))


def pytest_collection_finish() -> None:
    """Keep what is loaded by now out of the search for garbage, which would go over all of it again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def postgres_server():
    """Return the address of a PostgreSQL server, without a database name."""
    if SERVER:
        yield SERVER
        return
    with services.postgres() as url:
        yield url
