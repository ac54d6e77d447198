"""Destroying one person's key: their texts are noise, here and in restored backups; and copies without the keys folder tell nothing."""

import json
import shutil
import sqlite3
import subprocess
import uuid
from pathlib import Path

import pytest
import sqlalchemy as sa

from lms.cli import main
from lms.db import commit, db, utcnow
from lms.errors import Refused
from lms.people.access import load_actor
from lms.privacy import erased, erasure
from lms.privacy.confidential import reveal, seal
from lms.privacy.models import AuditEntry, DataKey
from lms.testing.made import TODAY

SECRET = "kenarirahasia"


@pytest.fixture(autouse=True)
def _no_list(app):
    yield
    (Path(app.config["LMS_DATA"]) / "keys" / "destroyed.txt").unlink(missing_ok=True)


@pytest.fixture
def data(app):
    return Path(app.config["LMS_DATA"])


@pytest.fixture
def author(client, make_user, make_module, make_cohort, make_enrolment):
    """Return somebody with a journal that was handed in, and its text sealed once more by hand."""
    prompt = [{"key": "apa", "title": "Apa?", "prompt": "?"}]
    module = make_module({"type": "journal", "key": "jurnal", "settings": {"minimum_words": 1, "prompts": prompt}})
    cohort, user = make_cohort(module), make_user("Ani Penulis")
    make_enrolment(cohort, user)
    url = f"/learn/{cohort.id}/{module.key}/jurnal"
    assert client.as_(user).post(f"{url}/draft", data={"text-apa": f"Draf {SECRET}."}).status_code == 302
    assert client.as_(user).post(f"{url}/hand-in", data={"text-apa": f"Saya {SECRET}.", "base": 1}).status_code == 302
    return user


def opened(user, sealed):
    actor = load_actor(user.id, TODAY)
    return reveal(actor=actor, author_id=user.id, kind="x", item_id=uuid.uuid4(), sealed=[("a", sealed)])["a"]


def wrapped(user):
    return db.session.scalar(sa.select(DataKey.wrapped).where(DataKey.user_id == user.id))


def raw(data):
    """Return every byte of database and write-ahead log, and of all files but the keys."""
    return b"".join(path.read_bytes() for path in sorted(data.rglob("*")) if path.is_file() and path.parent.name != "keys")


def test_the_command_says_first_what_would_be_lost(app, author):
    sealed = seal(author.id, "a", SECRET)
    commit()
    run = app.test_cli_runner().invoke
    dry = run(main, ["keys", "destroy", author.email])
    assert dry.exit_code == 0
    assert dry.output.count("1 × ") == 2, "a journal, and the draft beside it"
    assert "Nothing is changed" in dry.output
    assert opened(author, sealed) == SECRET
    commit()
    done = run(main, ["keys", "destroy", author.email, "--yes", "--json"])
    told = json.loads(done.output)
    assert (told["destroyed"], sum(told["lost"].values())) == (True, 2)
    db.session.expire_all()
    with pytest.raises(Refused):
        opened(author, sealed)
    line = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "keys:destroy")).one()
    assert line.detail == {"count": 2}
    assert run(main, ["keys", "destroy", author.email, "--yes"]).exit_code == 1
    assert run(main, ["keys", "destroy"]).exit_code == 2


def test_the_page_asks_twice(client, author, make_user):
    browser = client.as_(make_user(roles=["dpo"]))
    assert browser.post("/privacy/erase", data={"person": "tidak@ada.test"}).status_code == 422
    url = browser.post("/privacy/erase", data={"person": author.email}).location
    for wrong in ({}, {"again": author.email}, {"understood": "y"}, {"again": "lain@ada.test", "understood": "y"}):
        assert browser.post(url, data=wrong).status_code == 422
        assert wrapped(author)
    assert browser.post(url, data={"again": author.email, "understood": "y"}).status_code == 302
    assert wrapped(author) is None
    assert "Ani Penulis" in browser.get(url).get_data(as_text=True)


def test_a_restored_backup_brings_no_destroyed_key_back(app, author):
    sealed = seal(author.id, "a", SECRET)
    kept = dict(db.session.execute(sa.select(DataKey.__table__)).mappings().one())
    erasure.destroy_key(actor=None, user_id=author.id)
    commit()
    db.session.execute(sa.insert(DataKey).values(**kept))
    commit()
    with pytest.raises(Refused):
        opened(author, sealed)
    with pytest.raises(Refused):
        seal(author.id, "b", "baru")
    db.session.rollback()
    run = app.test_cli_runner().invoke
    found = run(main, ["check", "--json"])
    (keys,) = [finding for finding in json.loads(found.output) if finding["name"] == "keys"]
    assert not keys["ok"]
    assert "--restored" in keys["sentence"]
    assert run(main, ["keys", "destroy", "--restored", "--yes"]).exit_code == 0
    db.session.expire_all()
    assert wrapped(author) is None
    commit()
    assert run(main, ["check"]).exit_code == 0
    again = seal(author.id, "a", "mulai lagi")
    assert opened(author, again) == "mulai lagi", "who writes again has a new key"
    with pytest.raises(Refused):
        opened(author, sealed)


def test_the_list_grows_and_is_read_anew(app, database):
    first, second = uuid.uuid4(), uuid.uuid4()
    assert erased.erased() == {}
    erased.remember(first, utcnow())
    assert set(erased.erased()) == {first}
    erased.remember(second, utcnow())
    assert set(erased.erased()) == {first, second}
    assert erased.list_file().stat().st_mode & 0o077 == 0


@pytest.mark.sqlite
def test_no_byte_of_a_destroyed_key_stays_in_the_database_files(author, data):
    key = wrapped(author)
    commit()
    assert key in raw(data)
    erasure.destroy_key(actor=None, user_id=author.id)
    commit()
    assert key not in raw(data)


@pytest.mark.sqlite
def test_a_copy_without_the_keys_folder_reads_nothing(author, data, tmp_path):
    """Database, write-ahead log, media and mails in the hands of a stranger: no private word in any byte."""
    commit()
    shutil.copytree(data, tmp_path / "copy", ignore=shutil.ignore_patterns("keys", "template.db"))
    bytes_of_copy = raw(tmp_path / "copy")
    assert len(bytes_of_copy) > 100_000
    assert SECRET.encode() not in bytes_of_copy
    assert SECRET.encode("utf-16-le") not in bytes_of_copy
    with sqlite3.connect(tmp_path / "copy" / "peduli.db") as connection:
        dump = "\n".join(connection.iterdump())
    connection.close()
    assert "INSERT INTO" in dump
    assert author.name in dump, "what is no secret is found, so the search works"
    assert SECRET not in dump


@pytest.mark.skipif(shutil.which("pg_dump") is None, reason="no pg_dump here")
def test_a_dump_of_postgresql_reads_nothing(author):
    if db.engine.dialect.name != "postgresql":
        pytest.skip("only on PostgreSQL")
    commit()
    url = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    dump = subprocess.run(["pg_dump", url], capture_output=True, text=True, check=True).stdout
    assert author.name in dump
    assert SECRET not in dump
    assert SECRET.encode().hex() not in dump
