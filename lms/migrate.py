"""Migrations: one history for the kernel and one for each plugin, each with a version table of its own.

`migrations/versions/<key>/` holds ours; a stranger's plugin brings a folder `migrations/` in its package. A table belongs to the
plugin whose key its name starts with; all others belong to the kernel.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from flask import current_app

import migrations
from lms.db import Base, db, transaction_mode
from lms.errors import Refused
from lms.registry import registry
from lms.supervision import engine as sealed

HOME = Path(migrations.__file__).parent
KERNEL = "lms"
VERSIONS = "alembic_version_"
LOCK_SECONDS = 5
LOCK_NOT_AVAILABLE = "55P03"  # PostgreSQL's code

NO_ROLE = (
    f"The database user may not create the role {sealed.ROLE}. Ask the database administrator to run CREATE ROLE {sealed.ROLE} NOLOGIN and "
    f"GRANT {sealed.ROLE} TO this user, then run this command again. Supervisors' pages stay closed until then."
)
BUSY = (
    f"Something has held a table for more than {LOCK_SECONDS} seconds, perhaps a backup. Nothing was changed, so that nobody has to wait. "
    "Run this command again when it is done."
)
NEWER = "The database is newer than this program ({}) and was left as it is."


@dataclass(frozen=True, slots=True)
class History:
    """One line of migrations: its key, where the scripts are, and which tables are its own."""

    key: str
    folder: Path

    @property
    def version_table(self) -> str:
        """Return the name of the table that holds the present revision."""
        return f"{VERSIONS}{self.key}"


def histories() -> list[History]:
    """Return the histories: the kernel's first, then each plugin's that has tables."""
    found = [History(KERNEL, HOME / "versions" / KERNEL)]
    for key, plugin in registry().plugins.items():
        for folder in (HOME / "versions" / key, plugin.folder / "migrations"):
            if folder.is_dir():
                found.append(History(key, folder))
                break
    return found


def _owns(history: History, connection: sa.Connection) -> Callable[[str], bool]:
    """Return what tells whether a table belongs to a history. Those of a plugin that was there before are not the kernel's either."""

    @functools.cache
    def plugins() -> tuple[str, ...]:
        kept = (name.removeprefix(VERSIONS) for name in sa.inspect(connection).get_table_names() if name.startswith(VERSIONS))
        return tuple(f"{key}_" for key in {*registry().plugins, *kept} - {KERNEL})

    if history.key == KERNEL:
        return lambda table: not table.startswith((VERSIONS, *plugins()))
    return lambda table: table.startswith(f"{history.key}_")


def config(history: History, connection: sa.Connection) -> Config:
    """Return Alembic's configuration of one history on an open connection."""
    settings = Config(stdout=io.StringIO())  # what there is to say is said by our own commands
    settings.set_main_option("script_location", str(HOME))
    settings.set_main_option("version_locations", str(history.folder))
    settings.set_main_option("path_separator", "newline")
    settings.attributes.update(
        connection=connection, version_table=history.version_table, owns=_owns(history, connection), target_metadata=Base.metadata
    )
    return settings


def upgrade() -> list[str]:
    """Bring every history to its newest revision, renew the views and rights of supervision; return warnings for a person.

    Histories that a newer program has brought further are left as they are. Raises Refused, with nothing changed, when PostgreSQL does not
    get a table for itself within some seconds: whoever wants that table queues up behind this wait, learners too.
    """
    ahead = set(newer())
    try:
        with transaction_mode("write"), db.engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.text(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'"))
            granted = _upgrade(connection, [history for history in histories() if history.key not in ahead])
    except sa.exc.OperationalError as error:
        if getattr(error.orig, "sqlstate", "") != LOCK_NOT_AVAILABLE:
            raise
        raise Refused(BUSY) from None
    return [*([NEWER.format(", ".join(sorted(ahead)))] if ahead else []), *([] if granted else [NO_ROLE])]


def _upgrade(connection: sa.Connection, behind: list[History]) -> bool:
    """Run the migrations of some histories; the views belong to the kernel's. Tell whether the role of supervision has its rights."""
    if KERNEL not in [history.key for history in behind]:
        for history in behind:
            command.upgrade(config(history, connection), "heads")
        return True
    sealed.drop_views(connection)
    for history in behind:
        command.upgrade(config(history, connection), "heads")
    sealed.create_views(connection)
    return sealed.grant_views(connection)


def downgrade(key: str, revision: str) -> None:
    """Take one history back to a revision (`base`: before its first)."""
    with transaction_mode("write"), db.engine.begin() as connection:
        sealed.drop_views(connection)
        command.downgrade(config(_history(key), connection), revision)


def _history(key: str) -> History:
    return next(history for history in histories() if history.key == key)


def check() -> list[str]:
    """Return what models and database disagree about; an empty list is right."""
    differences = []
    with transaction_mode("write"), db.engine.connect() as connection:
        for history in histories():
            try:
                command.check(config(history, connection))
            except Exception as error:  # noqa: BLE001 - alembic.util.AutogenerateDiffsDetected and its like; the message says what
                differences.append(f"{history.key}: {error}")
        connection.rollback()
    return differences


def write(key: str, message: str) -> Path:
    """Write a new migration of one history from the difference between models and database; return its file."""
    with transaction_mode("write"), db.engine.begin() as connection:
        history = _history(key)
        number = len(list(history.folder.glob(f"{key}_[0-9]*.py"))) + 1
        script = command.revision(
            config(history, connection), message=message, autogenerate=True, rev_id=f"{key}_{number:04d}", version_path=str(history.folder)
        )
    assert isinstance(script, Script)
    return Path(script.path)


def pending() -> Iterator[str]:
    """Yield the keys of histories whose database is behind their scripts."""
    for key, present, script in _revisions():
        if present != set(script.get_heads()) and present <= _known(script):
            yield key


def newer() -> Iterator[str]:
    """Yield the keys of histories that a newer program has brought further than this one knows: migrations expand, so this one goes on."""
    for key, present, script in _revisions():
        if not present <= _known(script):
            yield key


def _known(script: ScriptDirectory) -> set[str]:
    return {one.revision for one in script.walk_revisions()}


def _revisions() -> Iterator[tuple[str, set[str], ScriptDirectory]]:
    """Yield key, revisions of the database, and scripts of each history."""
    with transaction_mode("read"), db.engine.connect() as connection:
        for history in histories():
            script = ScriptDirectory.from_config(config(history, connection))
            context = MigrationContext.configure(connection, opts={"version_table": history.version_table})
            yield history.key, set(context.get_current_heads()), script
        connection.rollback()


def is_empty() -> bool:
    """Tell whether the database has no tables of ours yet."""
    with transaction_mode("read"), db.engine.connect() as connection:
        present = sa.inspect(connection).has_table("users")
        connection.rollback()
    return not present


def database_url() -> str:
    """Return the address of the database without its password."""
    return sa.make_url(current_app.config["SQLALCHEMY_DATABASE_URI"]).render_as_string(hide_password=True)
