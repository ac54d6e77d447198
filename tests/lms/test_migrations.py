"""The migrations make what the models say and can be taken back; `make lint` looks at both databases, these at the one of this run."""

import os

import check_migrations
import pytest
import sqlalchemy as sa

from lms import migrate
from lms.cli import main
from lms.db import db

SERVER = os.environ.get("LMS_TEST_POSTGRES", "")


@pytest.fixture
def fresh(tmp_path):
    """Return the address of an empty database."""
    if not SERVER:
        return f"sqlite:///{tmp_path}/fresh.db"
    return check_migrations.fresh_database(SERVER, f"migrations_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}")


def test_models_and_migrations_agree_and_every_migration_can_be_taken_back(fresh, tmp_path):
    assert check_migrations.problems(fresh, tmp_path) == []


def test_a_difference_is_named(fresh, tmp_path, monkeypatch):
    upgrade = migrate.upgrade

    def upgrade_and_lose_a_column():
        upgrade()
        with db.engine.begin() as connection:
            connection.execute(sa.text("ALTER TABLE mails DROP COLUMN sent_at"))

    monkeypatch.setattr(migrate, "upgrade", upgrade_and_lose_a_column)
    found = check_migrations.problems(fresh, tmp_path)
    assert len(found) == 1
    assert found[0].startswith("models and database differ after an upgrade from nothing: lms: ")
    assert "sent_at" in found[0]


def test_a_second_head_is_named(fresh, tmp_path, monkeypatch):
    monkeypatch.setattr(check_migrations.ScriptDirectory, "get_heads", lambda script: ["one", "two"])
    found = check_migrations.problems(fresh, tmp_path)
    assert found[0] == "the history lms has 2 heads (one, two); it needs one"
    assert len(found) >= 4


@pytest.mark.skipif(not SERVER, reason="on PostgreSQL only")
def test_nobody_queues_up_behind_an_upgrade_that_waits(app, database, monkeypatch):
    monkeypatch.setattr(migrate, "LOCK_SECONDS", 1)
    with db.engine.connect() as reader:
        reader.execute(sa.text("SELECT enrolment_id FROM supervised_people LIMIT 1"))
        told = app.test_cli_runner().invoke(main, ["db", "upgrade"])
    assert told.exit_code == 1
    assert "Run this command again" in told.output
    assert app.test_cli_runner().invoke(main, ["db", "upgrade"]).exit_code == 0
