"""`make lint`: do the migrations make what the models say, can each be taken back, and does every history have one head?

Looks on a fresh SQLite database, and on a fresh PostgreSQL one where its programs are installed. Exit code 1 with a sentence for
each thing that is wrong.
"""

from __future__ import annotations

import sys
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path

import click
import psycopg
import sqlalchemy as sa
from alembic.script import ScriptDirectory
from support import services

from lms import migrate
from lms.app import create_app
from lms.db import db, transaction_mode


def problems(url: str, folder: Path) -> list[str]:
    """Return what is wrong on the empty database at `url`, one sentence each; `folder` takes the keys of the application."""
    app = create_app({"DATA": folder, "DATABASE_URL": url, "SUPERVISION_DATABASE_URL": ""})
    with app.app_context():
        try:
            return list(_problems())
        except sa.exc.SQLAlchemyError as error:
            return [f"a migration cannot be run: {' '.join(str(error).split())}"]
        finally:
            db.session.remove()
            for engine in (db.engine, db.engines["supervision"]):
                engine.dispose()


def _problems() -> Iterator[str]:
    many = list(_many_heads())
    if many:
        yield from many
        return
    migrate.upgrade()
    differing = list(_differences("after an upgrade from nothing"))
    if differing:
        yield from differing
        return
    # A plugin's tables point at the kernel's: the histories go in the order of `histories()` and come back in the other.
    for history in reversed(migrate.histories()):
        migrate.downgrade(history.key, "base")
    left = _tables()
    if left:
        yield f"a downgrade of everything leaves tables behind: {', '.join(left)}"
        return
    migrate.upgrade()
    yield from _differences("after a downgrade to base and an upgrade again")


def _many_heads() -> Iterator[str]:
    with transaction_mode("read"), db.engine.connect() as connection:
        for history in migrate.histories():
            heads = ScriptDirectory.from_config(migrate.config(history, connection)).get_heads()
            if len(heads) != 1:
                yield f"the history {history.key} has {len(heads)} heads ({', '.join(heads)}); it needs one"


def _differences(when: str) -> Iterator[str]:
    for line in migrate.check():
        yield f"models and database differ {when}: {textwrap.shorten(line, 300, placeholder=' …')}"


def _tables() -> list[str]:
    """Return the tables that are there, but for Alembic's own and SQLite's."""
    with transaction_mode("read"), db.engine.connect() as connection:
        names = sa.inspect(connection).get_table_names()
    return [name for name in names if not name.startswith("alembic_version_")]


def fresh_database(server: str, name: str) -> str:
    """Make an empty PostgreSQL database, in place of one with this name, and return its address."""
    with psycopg.connect(f"{server.replace('+psycopg', '')}postgres", autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name}")
        connection.execute(f"CREATE DATABASE {name}")
    return f"{server}{name}"


def main() -> int:
    """Look on every database that is here; print what is wrong and return 1, or 0."""
    with tempfile.TemporaryDirectory(prefix="peduli-migrations-") as home:
        folder = Path(home)
        found = [f"SQLite: {line}" for line in problems(f"sqlite:///{folder}/fresh.db", folder)]
        if services.postgres_programs():
            with services.postgres() as server:
                found += [f"PostgreSQL: {line}" for line in problems(fresh_database(server, "migrations"), folder)]
        else:
            click.echo("Left out: PostgreSQL, which is not installed here.")
    for line in found:
        click.echo(line, err=True)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
