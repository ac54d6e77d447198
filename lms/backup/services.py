"""Making backups, bringing them back, and seeing that they can be brought back."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import current_app

from lms import check
from lms.backup import databases
from lms.backup.databases import Tell
from lms.backup.place import BackupError, Kept, Place, locked
from lms.db import db, utcnow
from lms.disk import keep_file
from lms.errors import NotFound
from lms.files import FileStore
from lms.privacy import chain
from lms.privacy.erased import list_file
from lms.progress.recompute import enrolment_ids, recompute
from lms.registry import registry
from lms.settings import key_file

CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was made: its name, files and bytes in it, and the bytes that were written for it."""

    name: str
    files: int
    size: int
    written: int


def place_of(folder: Path | None = None) -> Place:
    """Return the place that is named, or the one of the settings. Raises BackupError when neither names one or the key cannot be read."""
    config = current_app.config
    chosen = folder or (Path(config["LMS_BACKUP"]) if config["LMS_BACKUP"] else None)
    if chosen is None:
        raise BackupError("Name a folder for the backups, or set LMS_BACKUP.")
    return Place(chosen.resolve(), _key(config["LMS_BACKUP_KEY"]))


def _key(path: str) -> bytes | None:
    if not path:
        return None
    try:
        key = Path(path).read_bytes()
    except OSError as error:
        raise BackupError(f"The key of the backups cannot be read: {path}. `lms backup --new-key {path}` makes one.") from error
    if len(key) != 32:
        raise BackupError(f"{path} is no key of backups: it has {len(key)} bytes, not 32.")
    return key


def make(place: Place, *, keep: int, tell: Tell) -> Made:
    """Back up the database and the store's files as they are now, and keep the newest `keep` backups (0: all).

    People may work meanwhile: the database is copied as it was at one moment, and files never change once they are there. Raises BackupError.
    """
    with place.alone(), _work() as work:
        name = f"{utcnow():%Y%m%dT%H%M%SZ}"
        rows = databases.dump(_database(), work, tell)
        database, written = [], 0
        for path in sorted(work.iterdir()):
            kept, new = place.keep(path.name, _read(path))
            path.unlink()
            database.append(kept)
            written += new
        files, new = _files(place, tell)
        listed = {
            "database": [_row(kept) for kept in database],
            "files": [_row(kept) for kept in files],
            "kind": _database().get_backend_name(),
            "rows": rows,
            "keys": _fingerprints(_data() / "keys"),
        }
        place.write(name, listed)
        place.prune(keep, name)
    return Made(name, len(database) + len(files), sum(kept.size for kept in (*database, *files)), written + new)


@contextlib.contextmanager
def _work() -> Iterator[Path]:
    """Hold a folder ready for the copy of the database: with the data, for in a place of sealed backups it could be read. Raises Busy."""
    work = _data() / "backing-up"
    with locked(_data() / "backing-up.lock", "Another backup of this site is running."):
        shutil.rmtree(work, ignore_errors=True)  # of one that was killed
        work.mkdir(mode=0o700)
        try:
            yield work
        finally:
            shutil.rmtree(work, ignore_errors=True)


def _files(place: Place, tell: Tell) -> tuple[list[Kept], int]:
    """Keep the store's files; those that the newest backup has, whole, are not read again. Returns them and the bytes that were written."""
    before = _newest_files(place)
    found, written = [], 0
    for number, (name, size) in enumerate(_everything(), start=1):
        kept = before.get(name)
        if kept is None or kept.size != size or not place.has(kept):
            try:
                kept, new = place.keep(name, _store().read(name))
            except (NotFound, FileNotFoundError):  # nothing used it, and it was swept in between
                continue
            written += new
        found.append(kept)
        tell(f"files: {number}")
    return found, written


def _newest_files(place: Place) -> dict[str, Kept]:
    """Return the files of the newest backup by name; none when its list is damaged, and everything is read anew."""
    try:
        return {kept.name: kept for name in place.names()[-1:] for kept in _stored(place.listed(name))}
    except BackupError:
        return {}


def restore(place: Place, *, name: str, keys: Path | None, tell: Tell) -> dict[str, Any]:
    """Bring a backup back into the place that the settings name, which must be empty; return its list. Raises BackupError.

    The database comes last, and all at once: what was cut off is gone on with by the same command.
    """
    place.look()
    listed = place.listed(name)
    data = _data()
    if listed["kind"] != _database().get_backend_name():
        raise BackupError(f"This is a backup of {listed['kind']}, and LMS_DATABASE_URL names another kind of database.")
    if not databases.is_empty(_database()):
        raise BackupError(f"The database {_database().render_as_string()} is not empty. Restore into an empty one.")
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    if keys is not None:
        _bring_keys(keys, data / "keys")
    there = dict(_everything())
    for number, kept in enumerate(_stored(listed), start=1):
        if there.get(kept.name) != kept.size:
            _store().put(kept.name, place.read(kept))
        tell(f"files: {number} of {len(listed['files'])}")
    # Beside the database's own place, so that SQLite's file only needs to be given its name.
    beside = Path(str(_database().database)).parent if listed["kind"] == "sqlite" else data
    with tempfile.TemporaryDirectory(dir=beside, prefix="restoring-") as home:
        for row in listed["database"]:
            kept = _kept(row)
            place.bring_back(kept, Path(home) / kept.name)
            tell(f"database: {kept.name}")
        databases.restore(_database(), Path(home))
    return listed


def verify(place: Place, *, name: str, keys: Path, into: str, tell: Tell) -> Iterator[str]:
    """Restore a backup into an empty place of its own and compare; yield what is wrong, a sentence each.

    Every piece is compared with its fingerprint, every table's rows with those at the moment of the backup, and the restored site is asked
    whether its keys, its progress and its log are right. `into` is the address of an empty PostgreSQL database; SQLite needs none.
    Raises BackupError when it cannot be tried.
    """
    place.look()
    listed = place.listed(name)
    if listed["kind"] != "sqlite" and not into:
        raise BackupError("A backup of PostgreSQL is tried in an empty database: name it with --into.")
    with tempfile.TemporaryDirectory(prefix="peduli-verify-") as home:
        data = Path(home) / "data"
        url = into if listed["kind"] != "sqlite" else f"sqlite:///{data}/peduli.db"
        # A process of its own: it has that place's settings and touches nothing of this one's.
        tell("restoring")
        said = _restored(data, url, place, name, keys)
        if said:
            yield said
            return
        tell("comparing")
        if found := databases.is_sound(sa.make_url(url)):
            yield f"The database finds fault with itself: {found}"


def _restored(data: Path, url: str, place: Place, name: str, keys: Path) -> str:
    """Restore into a place of its own, ask the restored site whether it is right, and return what it complains about, or nothing."""
    environment = {variable: value for variable, value in os.environ.items() if not variable.startswith("LMS_")}
    environment |= {"LMS_DATA": str(data), "LMS_DATABASE_URL": url, "LMS_BACKUP_KEY": current_app.config["LMS_BACKUP_KEY"]}
    command = [sys.executable, "-m", "lms", "restore", str(place.root), "--backup", name, "--keys", str(keys), "--check"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - our own program
    return " ".join(done.stderr.strip().splitlines()[-5:]) or f"exit code {done.returncode}" if done.returncode else ""


def differing(listed: dict[str, Any]) -> list[str]:
    """Return which tables of this site have not as many rows as at a backup: to be asked before its database is brought up to date."""
    rows = databases.rows_of(_database())
    return [
        f"Table {table} has {rows.get(table)} rows; at the backup it had {expected}."
        for table, expected in listed["rows"].items()
        if rows.get(table) != expected
    ]


def problems() -> Iterator[str]:
    """Yield what this site finds wrong with itself: its settings and keys, progress that is not what evidence says, a log that was changed."""
    yield from (f"{finding.name}: {finding.text}" for finding in check.set_up() if not finding.ok)
    differing = 0
    for number in enrolment_ids(None):
        differing += bool(recompute(number))
        db.session.rollback()
        db.session.expunge_all()
    if differing:
        yield f"progress: {differing} enrolments differ from their evidence."
    yield from (f"readings: {problem}" for problem in chain.verify({}).problems)


def copy_keys(target: Path) -> int:
    """Copy the keys to a folder that is not the backups'; return how many there are.

    Raises BackupError when there are none, and when the folder has another key of the same name: it may be the only copy that there is.
    """
    source = _data() / "keys"
    found = [path for path in source.glob("*") if path.is_file()]
    if not found:
        raise BackupError(f"There are no keys in {source}.")
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in found:
        copy = target / path.name
        if path.suffix == ".key" and copy.exists() and copy.read_bytes() != path.read_bytes():
            raise BackupError(f"{copy} is another key, of another site or of this one before: choose an empty folder.")
    for path in found:
        draft = target / f"{path.name}.new"
        shutil.copy2(path, draft)  # with its mode: nobody else reads it
        draft.replace(target / path.name)
    return len(found)


def new_key(path: Path) -> None:
    """Make a key for sealed backups. Raises BackupError when the file is there already."""
    if path.exists():
        raise BackupError(f"{path} is there already; a new key would not open the backups of the old one.")
    key_file(path)


def _bring_keys(source: Path, target: Path) -> None:
    """Copy keys back. Whose keys were destroyed stays destroyed: that list only grows."""
    if not source.is_dir():
        raise BackupError(f"There is no folder {source} with keys.")
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    destroyed = list_file()
    known = destroyed.read_text() if destroyed.exists() else ""
    for path in source.glob("*"):
        if path.is_file():
            shutil.copy2(path, target / path.name)
    brought = destroyed.read_text() if destroyed.exists() else ""
    more = [line for line in known.splitlines() if line not in brought.splitlines()]
    if more:
        keep_file(destroyed, "\n".join([*brought.splitlines(), *more, ""]).encode())


def _fingerprints(folder: Path) -> dict[str, str]:
    """Return {file: fingerprint} of the keys, which tells later whether a copy is the right one and nothing about the key."""
    return {path.name: hashlib.sha256(b"peduli key" + path.read_bytes()).hexdigest()[:16] for path in sorted(folder.glob("*.key"))}


def missing_keys(listed: dict[str, Any], folder: Path) -> list[str]:
    """Return the names of the keys of a backup that a folder does not have, or has otherwise."""
    there = _fingerprints(folder)
    return [name for name, fingerprint in listed["keys"].items() if there.get(name) != fingerprint]


def _row(kept: Kept) -> list[Any]:
    return [kept.name, kept.size, list(kept.pieces)]


def _kept(row: list[Any]) -> Kept:
    return Kept(row[0], row[1], tuple(row[2]))


def _stored(listed: dict[str, Any]) -> list[Kept]:
    return [_kept(row) for row in listed["files"]]


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _everything() -> Iterator[tuple[str, int]]:
    return iter(()) if registry().file_store is None else _store().everything()


def _store() -> FileStore:
    store = registry().file_store
    if store is None:
        raise BackupError("The backup holds files, and no plugin that keeps files is installed.")
    return store


def _database() -> sa.URL:
    return sa.make_url(current_app.config["SQLALCHEMY_DATABASE_URI"])


def _data() -> Path:
    return Path(current_app.config["LMS_DATA"])
