"""A database as files, as it was at one moment, while people work; and back. SQLite by its own copying, PostgreSQL by pg_dump."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import sqlalchemy as sa

from lms.backup.place import BackupError

PAGES = 4096  # copied at a time
Tell = Callable[[str], None]


def dump(url: sa.URL, folder: Path, tell: Tell) -> dict[str, int]:
    """Write a database into a folder as it is at this moment; return {table: rows} of the same moment.

    Raises BackupError when PostgreSQL's programs are missing or say no.
    """
    return (_dump_sqlite if url.get_backend_name() == "sqlite" else _dump_postgresql)(url, folder, tell)


def restore(url: sa.URL, folder: Path) -> None:
    """Bring a database back from the files of `dump`, all of it or nothing. Raises BackupError unless it is empty, or when it fails."""
    if not is_empty(url):
        raise BackupError(f"The database {url.render_as_string()} is not empty. Restore into an empty one.")
    if url.get_backend_name() == "sqlite":
        (folder / "peduli.db").replace(Path(str(url.database)))
        return
    target = _address(url)
    # The roles and rights of supervisors' pages are made by `lms db upgrade`: they belong to the server, not to the database.
    _run(url, "pg_restore", "--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error", f"--dbname={target}", str(folder))


def is_empty(url: sa.URL) -> bool:
    """Tell whether a database has no tables. Raises BackupError when a part of another one lies where it is to be."""
    if url.get_backend_name() == "sqlite" and not Path(str(url.database)).exists():
        if beside := [path for part in ("-wal", "-shm", "-journal") if (path := Path(f"{url.database}{part}")).exists()]:
            raise BackupError(f"{beside[0]} belongs to a database that is not here; it would be read into the next one. Move it away too.")
        return True
    with _engine(url) as engine:
        return not sa.inspect(engine).get_table_names()


def count(connection: sa.Connection) -> dict[str, int]:
    """Return {table: rows}."""
    names = sorted(sa.inspect(connection).get_table_names())
    return {name: connection.scalar(sa.select(sa.func.count()).select_from(sa.table(name))) or 0 for name in names}


def rows_of(url: sa.URL) -> dict[str, int]:
    """Return {table: rows} of a database."""
    with _engine(url) as engine, engine.connect() as connection:
        return count(connection)


def is_sound(url: sa.URL) -> str:
    """Return what a database finds wrong with itself, or nothing."""
    if url.get_backend_name() != "sqlite":
        return ""
    with _engine(url) as engine, engine.connect() as connection:
        found = [row[0] for row in connection.exec_driver_sql("PRAGMA integrity_check(3)")]
        return "" if found == ["ok"] else "; ".join(found)


@contextlib.contextmanager
def _engine(url: sa.URL) -> Iterator[sa.Engine]:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    try:
        yield engine
    finally:
        engine.dispose()


def _dump_sqlite(url: sa.URL, folder: Path, tell: Tell) -> dict[str, int]:
    source, copy = sqlite3.connect(str(url.database), isolation_level=None), sqlite3.connect(folder / "peduli.db")
    with contextlib.closing(source), contextlib.closing(copy):
        # From here to the end this connection sees the file as it is now, so copying it in steps is never begun again.
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        source.backup(copy, pages=PAGES, progress=lambda _status, left, total: tell(f"database: {total - left} of {total} pages"))
        source.execute("ROLLBACK")
        copy.execute("PRAGMA journal_mode = DELETE")
    return rows_of(url.set(database=str(folder / "peduli.db")))


def _dump_postgresql(url: sa.URL, folder: Path, tell: Tell) -> dict[str, int]:
    with _engine(url) as engine, engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        snapshot = connection.scalar(sa.select(sa.func.pg_export_snapshot()))
        rows = count(connection)
        tell("database: pg_dump")
        source = _address(url)
        # Not compressed: what did not change since the last backup gives the same pieces.
        options = ("--format=directory", "--compress=0", "--no-owner", "--no-privileges", f"--snapshot={snapshot}")
        _run(url, "pg_dump", *options, f"--file={folder / 'dump'}", f"--dbname={source}")
    for path in (folder / "dump").iterdir():
        path.replace(folder / path.name)
    (folder / "dump").rmdir()
    return rows


def _address(url: sa.URL) -> str:
    """Return a database's address for PostgreSQL's programs, without the password: arguments are seen by everybody on the machine."""
    # Not `URL.set`: it leaves alone what is None, and the password would be written as asterisks, which are then tried.
    return url._replace(drivername="postgresql", password=None).render_as_string()


def _run(url: sa.URL, program: str, *arguments: str) -> None:
    if shutil.which(program) is None:
        raise BackupError(f"{program} is not here: install PostgreSQL's client programs, of the server's version or newer.")
    environment = {**os.environ, **({"PGPASSWORD": str(url.password)} if url.password else {})}
    done = subprocess.run([program, *arguments], env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - PostgreSQL's own
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise BackupError(f"{program} did not go through: {said[-1] if said else f'exit code {done.returncode}'}")
