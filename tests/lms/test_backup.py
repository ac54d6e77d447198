"""Backups: pieces that are what they were or are refused, a copy of one moment, and a site that lives again."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlencode

import psycopg
import pytest
from faults.servers import Web, postgres
from hypothesis import given
from hypothesis import strategies as st
from support.demonstration import ROOT, copy_to

from lms import migrate
from lms.app import create_app
from lms.backup import databases, place, services, tasks
from lms.backup.place import BackupError, Busy, Place
from lms.db import at, commit, db
from lms.people.models import Unit
from lms.testing import forget_caches

KEY = bytes(range(32))
NIGHT = dt.datetime(2026, 11, 22, 18, 30, tzinfo=dt.UTC)  # half past one at night in Pontianak
DAY = dt.datetime(2026, 11, 22, 3, 0, tzinfo=dt.UTC)


def lms(data: Path, *arguments: str, url: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command of Peduli as its operator does."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LMS_")}
    environment = {**clean, "LMS_DATA": str(data), "LMS_DATABASE_URL": url, **settings}
    return subprocess.run([sys.executable, "-m", "lms", *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


# -- pieces --------------------------------------------------------------------------------------------------------------------------


@given(chunks=st.lists(st.binary(max_size=60), max_size=12), size=st.integers(1, 64), sealed=st.booleans())
def test_what_is_kept_comes_back(tmp_path_factory, chunks, size, sealed):
    at_place = Place(tmp_path_factory.mktemp("place"), KEY if sealed else None)
    before, place.PIECE = place.PIECE, size
    try:
        with at_place.alone():
            kept, _written = at_place.keep("a", chunks)
            again, written = at_place.keep("b", [b"".join(chunks)])
    finally:
        place.PIECE = before
    assert b"".join(at_place.read(kept)) == b"".join(chunks)
    assert (kept.pieces, kept.size) == (again.pieces, len(b"".join(chunks)))
    assert written == 0, "the same bytes are kept once"


@pytest.mark.parametrize("key", [None, KEY])
def test_a_changed_byte_is_noticed(tmp_path, key):
    kept_at = Place(tmp_path, key)
    with kept_at.alone():
        kept, _written = kept_at.keep("a", [b"journal" * 50])
    path = next((tmp_path / "pieces").glob("*/*"))
    whole = path.read_bytes()
    for position in range(len(whole)):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :])
        with pytest.raises(BackupError, match="piece of a"):
            list(kept_at.read(kept))
    path.unlink()
    with pytest.raises(BackupError, match="missing"):
        list(kept_at.read(kept))


def test_sealed_pieces_tell_nothing(tmp_path):
    kept_at = Place(tmp_path, KEY)
    text = b"Ibu Sarimah sudah tiga kali datang. " * 40
    with kept_at.alone():
        kept, _written = kept_at.keep("a", [text])
        kept_at.write("20261122T000000Z", {"database": [["Ibu Sarimah", 1, []]], "files": []})
    assert kept.pieces != Place(tmp_path).keep("a", [text])[0].pieces, "nor does its name tell whether a known file is there"
    shutil.rmtree(tmp_path / "pieces" / Place(tmp_path).keep("a", [text])[0].pieces[0][:2])
    assert all(b"Sarimah" not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for key in (None, bytes(32)):
        with pytest.raises(BackupError, match=r"sealed|key"):
            Place(tmp_path, key).look()


def test_a_place_is_used_by_one_and_only_for_backups(tmp_path):
    kept_at = Place(tmp_path / "here")
    with kept_at.alone(), pytest.raises(Busy):
        Place(tmp_path / "here").alone().__enter__()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "surat.txt").write_text("penting")
    with pytest.raises(BackupError, match="holds other things"):
        Place(tmp_path / "other").alone().__enter__()
    assert (tmp_path / "other" / "surat.txt").read_text() == "penting"


@given(count=st.integers(1, 6), keep=st.integers(0, 6))
def test_old_backups_go_with_what_only_they_need(tmp_path_factory, count, keep):
    kept_at = Place(tmp_path_factory.mktemp("place"))
    listed = {}
    with kept_at.alone():
        for number in range(count):
            own, shared = kept_at.keep("own", [bytes([number])])[0], kept_at.keep("shared", [b"same"])[0]
            name = f"2026112{number}T000000Z"
            listed[name] = [own, shared]
            kept_at.write(name, {"database": [[own.name, 1, own.pieces]], "files": [[shared.name, 4, shared.pieces]]})
        gone = kept_at.prune(keep)
        newest = max(listed)
        ahead = "20310101T000000Z"
        kept_at.write(ahead, {"database": [], "files": []})
        kept_at.prune(1 if keep == 1 else 0, newest)
        assert newest in kept_at.names(), "what was made just now stays, whatever a clock said before"
        (kept_at.root / "backups" / f"{ahead}.json").unlink(missing_ok=True)
    left = kept_at.names()
    assert (len(left), gone) == ((min(count, keep), max(0, count - keep)) if keep else (count, 0))
    for name in left:
        assert [b"".join(kept_at.read(kept)) for kept in listed[name]] == [bytes([int(name[7])]), b"same"]
    assert len(list((kept_at.root / "pieces").glob("*/*"))) == len(left) + 1, "nothing is kept that no backup needs"


# -- databases -----------------------------------------------------------------------------------------------------------------------


def test_a_busy_sqlite_is_copied_as_it_was_at_one_moment(tmp_path):
    """Somebody moves money from one row to another all the time; in every copy the sum is right, and the copy ends."""
    source = tmp_path / "source.db"
    with sqlite3.connect(source) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE accounts (id INTEGER PRIMARY KEY, amount INTEGER, filler BLOB)")
        connection.executemany("INSERT INTO accounts VALUES (?, 100, zeroblob(4000))", [(number,) for number in range(3000)])
    stop = threading.Event()
    moved = [0]

    def move() -> None:
        with sqlite3.connect(source, timeout=30) as busy:
            while not stop.is_set():
                one, other = moved[0] * 7 % 3000, moved[0] * 13 % 3000
                busy.execute("UPDATE accounts SET amount = amount - 1 WHERE id = ?", (one,))
                busy.execute("UPDATE accounts SET amount = amount + 1 WHERE id = ?", (other,))
                busy.commit()
                moved[0] += 1

    thread = threading.Thread(target=move)
    thread.start()
    told: list[str] = []
    try:
        for number in range(3):
            folder = tmp_path / str(number)
            folder.mkdir()
            before = moved[0]
            rows = databases.dump(_url(source), folder, lambda text: (told.append(text), time.sleep(0.02)))
            assert moved[0] > before, "people went on working"
            with sqlite3.connect(folder / "peduli.db") as copy:
                assert copy.execute("SELECT sum(amount), count(*) FROM accounts").fetchone() == (300_000, 3000)
            assert rows == {"accounts": 3000}
    finally:
        stop.set()
        thread.join()
    assert len(told) >= 3


def _url(path: Path):
    return databases.sa.make_url(f"sqlite:///{path}")


# -- a site --------------------------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def opened(data: Path, url: str = "", **settings: str):
    """Be inside the application of a site."""
    app = create_app({"DATA": data, "DATABASE_URL": url, "BASE_URL": "http://localhost", **settings})
    with app.app_context():
        yield
        db.session.remove()
        for engine in {db.engine, db.engines["supervision"]}:
            engine.dispose()
        forget_caches(app)


def quietly(_text: str) -> None:
    """Say nothing."""


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """Return the folder of a site with the demonstration."""
    data = tmp_path_factory.mktemp("site") / "data"
    copy_to(data)
    return data


def people_go_on(data: Path) -> None:
    """Start Peduli on a folder and use it: sign in, learn on, open an own confidential text, look at a picture."""
    web = Web(data)
    web.start()
    try:
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        address = f"http://127.0.0.1:{web.port}"

        def get(path: str) -> str:
            return browser.open(f"{address}{path}", timeout=60).read().decode()

        page = get("/sign-in")
        typed = {
            "email": "learner@demo.example",
            "password": "peduli-demo",
            "csrf_token": re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)[1],
        }
        browser.open(f"{address}/sign-in", urlencode(typed).encode(), timeout=60)
        assert "Rukmini" in get("/profile")
        lesson = get("/learn/1/empati/lima-gerak-mendengar")
        assert "Bang Usman" in lesson
        picture = re.search(r'src="(/media/[^"]+)"', lesson)
        assert picture
        assert browser.open(f"{address}{picture[1]}", timeout=60).status == 200
        assert 'lang="' in get("/journals")
    finally:
        web.stop()


@pytest.mark.sqlite
def test_a_site_lives_again(site, tmp_path):
    """Back up, sealed; restore elsewhere with the keys from their own folder; it is whole by its own commands, and people go on."""
    key = tmp_path / "backup.key"
    services.new_key(key)
    with pytest.raises(BackupError, match="there already"):
        services.new_key(key)
    with opened(site, BACKUP=str(tmp_path / "place"), BACKUP_KEY=str(key)):
        kept_at = services.place_of()
        first, second = (services.make(kept_at, keep=0, tell=quietly) for _time in range(2))
        assert first.written > 1_000_000
        assert second.written == 0, "what has not changed is not kept again"
        services.copy_keys(tmp_path / "keys")
        with pytest.raises(BackupError, match="not empty"):
            services.restore(kept_at, name=first.name, keys=None, tell=quietly)

    again = tmp_path / "again"
    destroyed = again / "keys" / "destroyed.txt"
    destroyed.parent.mkdir(parents=True)
    destroyed.write_text("00000000-0000-0000-0000-000000000001 2026-11-21T00:00:00+00:00\n")
    settings = {"LMS_BACKUP": str(tmp_path / "place"), "LMS_BACKUP_KEY": str(key)}
    restored = lms(again, "restore", "--keys", str(tmp_path / "keys"), "--check", **settings)
    assert restored.returncode == 0, restored.stderr
    assert "000000000001" in destroyed.read_text(), "who was forgotten since stays forgotten"
    people_go_on(again)


@pytest.mark.sqlite
def test_what_cannot_be_relied_on_is_said(site, tmp_path):
    """A backup whose table counts otherwise, and nothing else; one whose keys are others; one that lost a piece."""
    with opened(site):
        kept_at = Place(tmp_path / "place")
        name = services.make(kept_at, keep=0, tell=quietly).name
        listed = kept_at.listed(name)
        kept_at.write(name, {**listed, "rows": {**listed["rows"], "users": 1}})

        def tried() -> list[str]:
            return list(services.verify(kept_at, name=name, keys=site / "keys", into="", tell=quietly))

        (problem,) = tried()
        assert problem.startswith("Table users has"), "everything else is as it was"
        assert services.missing_keys(listed, site / "keys") == []
        assert services.missing_keys(listed, tmp_path) == [path.name for path in sorted((site / "keys").glob("*.key"))]
        max((tmp_path / "place" / "pieces").glob("*/*"), key=lambda path: path.stat().st_size).unlink()
        (problem,) = tried()
        assert "missing" in problem
        name = services.make(kept_at, keep=1, tell=quietly).name
        assert tried() == [], "what is lost is written anew"
        (kept_at.root / "backups" / f"{name}.json").write_bytes(b"")
        with pytest.raises(BackupError, match="damaged"):
            services.make(kept_at, keep=2, tell=quietly)
        name = kept_at.names()[-1]
        assert tried() == [], "it is there, and nothing was removed"


@pytest.mark.sqlite
def test_one_that_is_killed_is_none_and_the_next_goes_on(site, tmp_path):
    def written() -> set[str]:
        return {path.name for path in (tmp_path / "place" / "pieces").glob("*/*") if "." not in path.name}

    environment = {**{name: value for name, value in os.environ.items() if not name.startswith("LMS_")}, "LMS_DATA": str(site)}
    process = subprocess.Popen([sys.executable, "-m", "lms", "backup", str(tmp_path / "place")], cwd=ROOT, env=environment)
    end = time.monotonic() + 120
    while not written():
        assert time.monotonic() < end
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept_at = Place(tmp_path / "place")
    assert kept_at.names() == []
    before = written()
    assert before
    with opened(site):
        made = services.make(kept_at, keep=0, tell=quietly)
    used = {piece for kept in place.files_of(kept_at.listed(made.name)) for piece in kept.pieces}
    assert before <= used, "what was written before is part of it"
    assert not (site / "backing-up").exists()
    assert not (tmp_path / "place" / "work").exists(), "the copy of the database never lies in the place"


@pytest.mark.sqlite
def test_keys_are_not_written_over_others(app, tmp_path):
    keys, first = Path(app.config["LMS_DATA"]) / "keys", tmp_path / "keys"
    with app.app_context():
        assert services.copy_keys(first) == len([path for path in keys.iterdir() if path.is_file()])
        services.copy_keys(first)
        key = next(first.glob("*.key"))
        assert key.stat().st_mode & 0o077 == 0
        key.write_bytes(b"another")
        with pytest.raises(BackupError, match="is another key"):
            services.copy_keys(first)
    assert key.read_bytes() == b"another"


@pytest.mark.sqlite
def test_a_log_of_another_database_is_not_read_into_the_restored_one(tmp_path):
    (tmp_path / "peduli.db-wal").write_bytes(b"old")
    with pytest.raises(BackupError, match="Move it away"):
        databases.is_empty(databases.sa.make_url(f"sqlite:///{tmp_path}/peduli.db"))


@pytest.mark.postgresql
def test_postgresql_comes_back(tmp_path, postgres_server):
    """From one database into an empty one, with counts of the same moment; what cannot be read whole leaves the database empty."""
    plain = postgres_server.replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(f"{plain}postgres", autocommit=True) as connection:
        for name in ("backup_source", "backup_target", "backup_trial"):
            connection.execute(f"DROP DATABASE IF EXISTS {name}")
            connection.execute(f"CREATE DATABASE {name}")
    source, target, trial = (f"{postgres_server}{name}" for name in ("backup_source", "backup_target", "backup_trial"))
    data, kept_at = tmp_path / "data", Place(tmp_path / "place")
    with opened(data, source):
        migrate.upgrade()
        for number in range(30):
            db.session.add(Unit(name=f"Dinas {number}"))
        commit()
        name = services.make(kept_at, keep=0, tell=quietly).name
        assert list(services.verify(kept_at, name=name, keys=data / "keys", into=trial, tell=quietly)) == []
        with pytest.raises(BackupError, match="name it with --into"):
            list(services.verify(kept_at, name=name, keys=data / "keys", into="", tell=quietly))
    with opened(tmp_path / "third"), pytest.raises(BackupError, match="names another kind of database"):
        services.restore(kept_at, name=name, keys=None, tell=quietly)
    (largest,) = (kept for kept in place.files_of(kept_at.listed(name)) if kept.name == "toc.dat")
    path = tmp_path / "place" / "pieces" / largest.pieces[0][:2] / largest.pieces[0]
    whole = path.read_bytes()
    with opened(tmp_path / "again", target):
        path.write_bytes(whole[:-9])
        with pytest.raises(BackupError, match="damaged"):
            services.restore(kept_at, name=name, keys=data / "keys", tell=quietly)
        assert databases.is_empty(databases.sa.make_url(target))
        path.write_bytes(whole)
        services.restore(kept_at, name=name, keys=data / "keys", tell=quietly)
        rows = databases.rows_of(databases.sa.make_url(target))
        assert rows == databases.rows_of(databases.sa.make_url(source))
        assert rows["units"] == 30


@pytest.mark.postgresql
@pytest.mark.sqlite
def test_a_postgresql_that_asks_for_a_password(tmp_path):
    """As every real one does; the password stands in no argument."""
    with postgres() as server:
        with psycopg.connect(server.url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute("ALTER ROLE peduli PASSWORD 'rahasia/:@sekali'")
            connection.execute("CREATE DATABASE again")
            rules = server.home / "data" / "pg_hba.conf"
            rules.write_text("host all all 127.0.0.1/32 scram-sha-256\n")
            connection.execute("SELECT pg_reload_conf()")
        url = databases.sa.make_url(server.url).set(password="rahasia/:@sekali")
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(server.url.replace("+psycopg", ""), connect_timeout=5)
        engine = databases.sa.create_engine(url)
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE kept AS SELECT generate_series(1, 30) AS number")
        engine.dispose()
        (tmp_path / "dump").mkdir()
        assert databases.dump(url, tmp_path / "dump", quietly) == {"kept": 30}
        databases.restore(url.set(database="again"), tmp_path / "dump")
        assert databases.rows_of(url.set(database="again")) == {"kept": 30}


# -- every night ---------------------------------------------------------------------------------------------------------------------


def test_one_a_night(app, tmp_path):
    """Made at night when the last is not fresh, at any hour when it is old; `lms check` complains when it is."""
    app.config["LMS_BACKUP"] = str(tmp_path)
    folder = Place(tmp_path)
    try:
        with app.app_context():
            assert tasks.is_due(), "the first one is made at once"
            with folder.alone():
                folder.write("20261121T183000Z", {"database": [], "files": []})
            made = dt.datetime(2026, 11, 21, 18, 30, tzinfo=dt.UTC)
            for hours, moment, due in [(24, NIGHT, True), (8.5, DAY, False), (0, made, False), (27, made + dt.timedelta(hours=27), True)]:
                with at(moment):
                    assert tasks.age() == dt.timedelta(hours=hours)
                    assert tasks.is_due() is due
            with folder.alone():
                folder.write("20310101T000000Z", {"database": [], "files": []})
            with at(made + dt.timedelta(hours=27)):
                assert tasks.is_due(), "one that a clock put years ahead is no backup of last night"
    finally:
        app.config["LMS_BACKUP"] = ""
