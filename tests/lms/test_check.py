"""`lms check` finds what is wrong, one sentence each, and says so with its exit code."""

import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from lms import check
from lms.cli import main
from lms.db import db
from lms.privacy.confidential import current_master, seal
from lms.privacy.models import DataKey
from lms.watch import findings


@pytest.fixture
def run(app, database, roomy):
    def ask():
        db.session.commit()
        done = app.test_cli_runner().invoke(main, ["check", "--json"])
        return done.exit_code, {finding["name"]: finding for finding in json.loads(done.output)}

    return ask


@pytest.fixture
def keys(app):
    return Path(app.config["LMS_DATA"]) / "keys"


def test_all_is_right(app, run):
    code, found = run()
    assert code == 0
    assert list(found) == [
        "settings",
        "database",
        "migrations",
        "keys",
        "supervision",
        "queue",
        "jobs",
        "mails",
        "backup",
        "disk",
        "statements",
    ]
    assert all(finding["ok"] for finding in found.values())
    plain = app.test_cli_runner().invoke(main, ["check"])
    assert plain.output.count("right") >= 5


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("TIME_ZONE", "Mars/Base", "LMS_TIME_ZONE"),
        ("DEFAULT_LANGUAGE", "de", "LMS_DEFAULT_LANGUAGE"),
        ("MAIL_URL", "http://mail", "LMS_MAIL_URL"),
    ],
)
def test_settings_that_cannot_work(app, run, monkeypatch, name, value, said):
    monkeypatch.setitem(app.config, f"LMS_{name}", value)
    code, found = run()
    assert code == 1
    assert said in found["settings"]["sentence"]


def test_a_database_that_does_not_answer(app, run, monkeypatch):
    class Gone:
        def connect(self):
            raise sa.exc.OperationalError("SELECT secret", {"password": "s3cret"}, Exception("could not connect"))

    with monkeypatch.context() as instead:
        instead.setattr(type(db), "engine", property(lambda self: Gone()))
        found = {finding.name: finding for finding in findings.checked()}
    assert list(found) == ["settings", "database"], "what depends on it is not asked"
    assert not found["database"].ok
    assert "could not connect." in found["database"].sentence
    assert "s3cret" not in found["database"].sentence


def test_migrations_that_wait(run, monkeypatch):
    monkeypatch.setattr(check.migrate, "pending", lambda: iter(["quizzes"]))
    code, found = run()
    assert code == 1
    assert "lms db upgrade" in found["migrations"]["sentence"]
    assert "quizzes" in found["migrations"]["sentence"]


def test_a_key_that_is_missing(run, make_user, keys):
    user = make_user()
    seal(user.id, "x", "rahasia")
    name = db.session.scalar(sa.select(DataKey.master_key))
    assert name == current_master()
    path = keys / f"{name}.key"
    kept = path.read_bytes()
    for damage in (path.unlink, lambda: path.write_bytes(b"short")):
        damage()
        code, found = run()
        path.write_bytes(kept)
        path.chmod(0o600)
        assert code == 1
        assert f"{name}.key" in found["keys"]["sentence"]
    assert run()[0] == 0


def test_a_key_that_others_can_read(run, keys):
    path = keys / "secret.key"
    path.chmod(0o640)
    code, found = run()
    path.chmod(0o600)
    assert code == 1
    assert "chmod 600" in found["keys"]["sentence"]


@pytest.mark.sqlite
def test_a_connection_that_is_not_sealed(run, monkeypatch):
    """The main engine in its place reads projections of its own making, and people: both are found."""
    engines = dict(db.engines)
    monkeypatch.setattr(type(db), "engines", property(lambda self: {**engines, "supervision": engines[None]}))
    code, found = run()
    assert code == 1
    assert "Supervisors' pages stay closed" in found["supervision"]["sentence"]
    with engines[None].begin() as connection:
        connection.execute(sa.text("CREATE VIEW supervised_people AS SELECT id AS enrolment_id FROM enrolments"))
    code, found = run()
    assert code == 1
    assert "must not read" in found["supervision"]["sentence"]
