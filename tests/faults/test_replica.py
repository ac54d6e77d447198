"""Supervisors' pages and reports read from a replica: real servers, one that follows the other, is held back, ends and comes again."""

import contextlib
import sys
import threading
import time
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).parent.parent))

from faults import ground, servers

from lms import check, replica
from lms.app import create_app
from lms.db import db, utcnow
from lms.learning.models import Cohort
from lms.people import services as people
from lms.people.access import load_actor
from lms.people.models import Role, ScopeKind, User
from lms.reports import exports, services
from lms.reports.contract import Wanted
from lms.settings import SettingsError
from lms.testing import forget_caches
from lms.testing.client import Client

# Servers of its own, whatever the suite runs on: once is enough.
pytestmark = [pytest.mark.sqlite, pytest.mark.postgresql, pytest.mark.timeout(180)]
SIGN_IN = "peduli_supervisors@"
REPORT = "matrix"
NAMES = ("Ayu Lestari", "Bima Saputra", "Citra Dewanti", "Dimas Prakoso")


@contextlib.contextmanager
def program(data, url, supervision, reports=""):
    """Give the program whose supervisors' connection and whose reports have these addresses."""
    places = {"DATABASE_URL": url, "SUPERVISION_DATABASE_URL": supervision, "REPORTS_DATABASE_URL": reports}
    app = create_app({"DATA": data, **places, "BASE_URL": "http://localhost"})
    app.config["TESTING"] = True
    app.test_client_class = Client
    with app.app_context():
        try:
            yield app
        finally:
            db.session.remove()
            for engine in db.engines.values():
                engine.dispose()
            forget_caches(app)


@pytest.fixture
def primary(tmp_path):
    """Run a server with a cohort of three, their supervisor, and the database user of supervisors' pages."""
    with servers.postgres() as server:
        with program(tmp_path, server.url, ""):
            ground.make(3)
            boss = people.create_user(actor_id=None, name="Atasan", email="atasan@example.test")
            cohort = db.session.scalars(sa.select(Cohort)).one()
            people.grant_role(actor_id=None, user_id=boss.id, role=Role.SUPERVISOR, kind=ScopeKind.COHORT, scope_id=cohort.id)
            people.grant_role(actor_id=None, user_id=boss.id, role=Role.ORGANIZER, kind=ScopeKind.SITE, scope_id=0)
            db.session.execute(sa.text("CREATE ROLE peduli_supervisors LOGIN IN ROLE peduli_supervision"))
            db.session.commit()
        yield server


def ask(url, statement):
    """Return the first value of a statement of the server's administrator."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        return connection.execute(statement).fetchone()[0]


def wait_until(true):
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.05)


def rename(name):
    """Let the first learner have another name."""
    person = db.session.scalar(sa.select(User.id).where(User.email.is_(None)).order_by(User.id).limit(1))
    db.session.execute(sa.update(User).where(User.id == person).values(name=name))
    db.session.commit()


def finding(name):
    return next((one for one in check.set_up() if one.name == name), None)


def team(app):
    boss = db.session.scalars(sa.select(User).where(User.email == "atasan@example.test")).one()
    cohort = db.session.scalars(sa.select(Cohort.id)).one()
    return app.test_client().as_(boss).get(f"/team/people?scope=cohort-{cohort}")


@contextlib.contextmanager
def reading():
    """Give a list to which the name of the server comes that a report is read from: reports or main."""
    seen = []
    listeners = {name: lambda *event, name=name: seen.append(name) if "report AS" in event[2] else None for name in ("reports", None)}
    for name, note in listeners.items():
        sa.event.listen(db.engines[name], "before_cursor_execute", note)
    yield seen
    for name, note in listeners.items():
        sa.event.remove(db.engines[name], "before_cursor_execute", note)


def report(app):
    """Return a report that names people."""
    boss = db.session.scalars(sa.select(User).where(User.email == "atasan@example.test")).one()
    answer = app.test_client().as_(boss).get(f"/reports/{REPORT}?when=all")
    assert answer.status_code == 200
    return answer.text


def home(app):
    """Return a page of learning."""
    person = db.session.scalars(sa.select(User).where(User.email.is_(None)).limit(1)).one()
    return app.test_client().as_(person).get("/learn")


def test_pages_are_read_from_the_replica_and_from_the_main_server_while_it_is_away(tmp_path, primary, monkeypatch):
    monkeypatch.setattr(check, "CATCH_UP", 0.5)
    with servers.postgres(of=primary) as replica:
        hosts = f"host=127.0.0.1:{replica.port}&host=127.0.0.1:{primary.port}"
        with program(tmp_path, primary.url, f"postgresql+psycopg://{SIGN_IN}/postgres?{hosts}&target_session_attrs=prefer-standby") as app:
            wait_until(lambda: finding("replica").ok)
            assert ask(replica.url, "SELECT count(*) FROM pg_stat_activity WHERE usename = 'peduli_supervisors'") > 0
            assert finding("supervision").ok, "the replica refuses every other table"

            ask(replica.url, "SELECT pg_wal_replay_pause()")
            wait_until(lambda: ask(replica.url, "SELECT pg_get_wal_replay_pause_state()") == "paused")
            rename("Sinta Maharani")
            assert "Sinta" not in team(app).text, "a replica that is held back shows what was"
            late = finding("replica")
            assert not late.ok
            assert "does not follow" in late.sentence
            ask(replica.url, "SELECT pg_wal_replay_resume()")
            wait_until(lambda: "Sinta" in team(app).text)

            replica.kill()
            rename("Dewi Anggraini")
            assert "Dewi" in team(app).text, "read from the main server, by the same database user"
            assert home(app).status_code == 200
            away = finding("replica")
            assert not away.ok
            assert "No replica answers" in away.sentence
            assert finding("supervision").ok, "the main server refuses that user every other table too"

            replica.start()
            db.engines["supervision"].dispose()  # what RECYCLE does after a while
            wait_until(lambda: finding("replica").ok)


def test_a_replica_without_another_host_closes_supervisors_pages_alone(tmp_path, primary):
    with servers.postgres(of=primary) as replica:
        address = f"postgresql+psycopg://{SIGN_IN}127.0.0.1:{replica.port}/postgres"
        with program(tmp_path, primary.url, address) as app:
            assert team(app).status_code == 200
            assert finding("replica") is not None
            replica.kill()
            assert team(app).status_code == 503
            assert home(app).status_code == 200
            assert not finding("supervision").ok
            replica.start()
            assert team(app).status_code == 200, "what was connected before is noticed, and made anew"


def test_a_report_is_read_from_the_replica_and_never_shows_what_was(tmp_path, primary, monkeypatch):
    monkeypatch.setattr(check, "CATCH_UP", 0.5)
    with servers.postgres(of=primary) as follower:
        hosts = f"host=127.0.0.1:{follower.port}&host=127.0.0.1:{primary.port}"
        address = f"postgresql+psycopg://peduli@/postgres?{hosts}&target_session_attrs=prefer-standby"
        with program(tmp_path, primary.url, "", address) as app, reading() as seen:
            for name in NAMES:
                rename(name)
                assert name in report(app), "what was committed a moment ago is in it"
            assert seen == ["reports"] * len(NAMES)
            assert finding("replica of reports").ok
            with pytest.raises(sa.exc.DBAPIError), db.engines["reports"].begin() as connection:
                connection.execute(sa.update(User).values(name="nobody"))

            ask(follower.url, "SELECT pg_wal_replay_pause()")
            wait_until(lambda: ask(follower.url, "SELECT pg_get_wal_replay_pause_state()") == "paused")
            rename("Sinta Maharani")
            seen.clear()
            assert "Sinta" in report(app)
            assert seen == [None], "the main database answers for a replica that is held back"
            assert "does not follow" in finding("replica of reports").sentence
            ask(follower.url, "SELECT pg_wal_replay_resume()")

            follower.kill()
            rename("Dewi Anggraini")
            assert "Dewi" in report(app)
            assert "No replica answers" in finding("replica of reports").sentence
            follower.start()
            db.engines["reports"].dispose()  # what RECYCLE does after a while
            wait_until(lambda: finding("replica of reports").ok)
            assert "Dewi" in report(app)


def test_reports_of_a_replica_without_another_host_are_read_from_the_main_database(tmp_path, primary):
    with servers.postgres(of=primary) as follower, program(tmp_path, primary.url, "", follower.url) as app, reading() as seen:
        follower.kill()
        assert "Pelatihan" in report(app)
        assert seen == [None]
        assert not finding("replica of reports").ok


def test_a_report_that_waits_for_a_replica_which_ends_is_read_from_the_main_database(tmp_path, primary, monkeypatch):
    monkeypatch.setattr(replica, "WAIT", 20.0)
    monkeypatch.setattr(check, "CATCH_UP", 20.0)
    with servers.postgres(of=primary) as follower, program(tmp_path, primary.url, "", follower.url) as app, reading() as seen:
        ask(follower.url, "SELECT pg_wal_replay_pause()")
        wait_until(lambda: ask(follower.url, "SELECT pg_get_wal_replay_pause_state()") == "paused")
        for look in (lambda: report(app), lambda: finding("replica of reports").sentence):
            rename("Sinta Maharani")
            ending = threading.Timer(1, follower.kill)
            ending.start()
            told = look()
            ending.join()
            assert "Sinta" in told or "went away" in told
            follower.start()
            db.engines["reports"].dispose()
            ask(follower.url, "SELECT pg_wal_replay_pause()")
        assert seen == [None]


def test_the_file_of_a_report_is_read_from_the_replica(tmp_path, primary):
    with servers.postgres(of=primary) as follower, program(tmp_path, primary.url, "", follower.url) as app, reading() as seen:
        rename("Sinta Maharani")
        boss = db.session.scalars(sa.select(User).where(User.email == "atasan@example.test")).one()
        asked = services.ask(load_actor(boss.id, utcnow().date()), services.BY_KEY[REPORT], utcnow().date(), Wanted(when="all"))
        with app.test_request_context():
            name, _kind, file = exports.write(asked, services.BY_KEY[REPORT], "csv", utcnow(), lambda rows: None)
        assert "Sinta Maharani" in file.decode("utf-8-sig")
        assert name.endswith(".csv")
        assert seen == ["reports"]


def test_reports_cannot_be_read_from_a_replica_of_nothing(tmp_path):
    with pytest.raises(SettingsError, match="REPORTS_DATABASE_URL"):
        create_app({"DATA": tmp_path, "REPORTS_DATABASE_URL": "postgresql+psycopg://peduli@127.0.0.1/postgres"})
