"""`lms backup`, `lms restore`, `lms verify`: make backups, bring one back, and see that it can be brought back."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from lms import migrate
from lms.backup import services
from lms.backup.place import BackupError, Place

KEEP = 30
FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command("backup")
@click.argument("place", type=FOLDER, required=False)
@click.option("--keep", default=KEEP, show_default=True, help="How many backups to keep; 0: all.")
@click.option("--prune", "only_prune", is_flag=True, help="Make none: only remove all but the newest ones, and what none of them needs.")
@click.option("--list", "only_list", is_flag=True, help="List the backups that are there.")
@click.option("--keys-to", type=FOLDER, help="Copy the keys to this folder instead: never beside the backups, which they open.")
@click.option("--new-key", type=click.Path(dir_okay=False, path_type=Path), help="Make a key for sealed backups instead (LMS_BACKUP_KEY).")
@with_appcontext
def backup_command(place: Path | None, keep: int, keys_to: Path | None, new_key: Path | None, *, only_prune: bool, only_list: bool) -> None:
    """Back up database and files into PLACE (default: LMS_BACKUP), while people work; what has not changed is not kept again.

    It may be stopped and started again: what was written is found. The keys are not in it. Exit code 1 when it does not go through.
    """
    with _said_plainly():
        if new_key is not None:
            services.new_key(new_key)
            click.echo(f"{new_key} is made. Keep a copy elsewhere: without it nobody can read the backups.")
        elif keys_to is not None:
            _copy_keys(keys_to, place)
        elif only_prune:
            found = services.place_of(place)
            with found.alone():
                click.echo(f"{found.prune(keep)} backups are removed; {len(found.names())} are left.")
        elif only_list:
            found = services.place_of(place)
            found.look()
            for name in found.names():
                listed = found.listed(name)
                click.echo(f"{name}  {listed['kind']}, {sum(listed['rows'].values())} rows, {len(listed['files'])} files")
        else:
            with _counter() as tell:
                made = services.make(services.place_of(place), keep=keep, tell=tell)
            click.echo(f"Backup {made.name}: {made.files} files, {made.size:,} bytes, of which {made.written:,} were written.")


def _copy_keys(target: Path, place: Path | None) -> None:
    chosen = place or (Path(current_app.config["LMS_BACKUP"]) if current_app.config["LMS_BACKUP"] else None)
    if chosen is not None and target.resolve().is_relative_to(chosen.resolve()):
        raise BackupError("Keys and backups together open every journal: choose another folder, best on another disk.")
    click.echo(f"{services.copy_keys(target)} files are copied to {target}.")


@click.command("restore")
@click.argument("place", type=FOLDER, required=False)
@click.option("--backup", "name", help="Which backup (`lms backup --list`); default: the newest.")
@click.option("--keys", type=FOLDER, help="The copy of the keys to bring back with it.")
@click.option(
    "--check", is_flag=True, help="Look afterwards whether settings, keys, everybody's progress and the log of readings are right."
)
@with_appcontext
def restore_command(place: Path | None, name: str | None, keys: Path | None, *, check: bool) -> None:
    """Bring a backup in PLACE (default: LMS_BACKUP) back to where the settings point: an empty LMS_DATA, an empty database.

    What was cut off is gone on with by the same command. Exit code 1 when it does not go through.
    """
    with _said_plainly():
        found = services.place_of(place)
        name = name or _newest(found)
        with _counter() as tell:
            listed = services.restore(found, name=name, keys=keys, tell=tell)
        problems = services.differing(listed) if check else []
        for warning in migrate.upgrade():
            click.echo(warning, err=True)
        click.echo(f"Backup {name} is restored: {sum(listed['rows'].values())} rows, {len(listed['files'])} files.")
        missing = services.missing_keys(listed, Path(current_app.config["LMS_DATA"]) / "keys")
        if missing:
            raise BackupError(f"Keys of this backup are missing here: {', '.join(missing)}. Copy them back before you start Peduli.")
    if check:
        problems += services.problems()
        for problem in problems:
            click.echo(problem, err=True)
        sys.exit(1 if problems else 0)


@click.command("verify")
@click.argument("place", type=FOLDER, required=False)
@click.option("--backup", "name", help="Which backup; default: the newest.")
@click.option("--keys", type=FOLDER, help="The copy of the keys; default: those of this site.")
@click.option("--into", default="", metavar="URL", help="An empty PostgreSQL database to restore into; SQLite needs none.")
@with_appcontext
def verify_command(place: Path | None, name: str | None, keys: Path | None, into: str) -> None:
    """Restore a backup into an empty place and compare everything: pieces, rows, keys, progress, the log of readings.

    Nothing of this site is touched. Exit code 1 when something is wrong.
    """
    with _said_plainly():
        found = services.place_of(place)
        name = name or _newest(found)
        folder = keys or Path(current_app.config["LMS_DATA"]) / "keys"
        with _counter() as tell:
            problems = list(services.verify(found, name=name, keys=folder, into=into, tell=tell))
    for problem in problems:
        click.echo(problem, err=True)
    click.echo(f"Backup {name} {'cannot be relied on' if problems else 'was restored, and is what it was'}.")
    sys.exit(1 if problems else 0)


def _newest(place: Place) -> str:
    place.look()
    names = place.names()
    if not names:
        raise BackupError(f"There is no whole backup in {place.root} yet.")
    return names[-1]


class _said_plainly:  # noqa: N801 - reads as what it does
    """Turn what is in the way into one sentence and exit code 1."""

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        """Say it."""
        if isinstance(error, (BackupError, OSError)):
            click.echo(str(error), err=True)
            sys.exit(1)


class _counter:  # noqa: N801
    """A line on a terminal that says how far it is; nothing elsewhere."""

    def __enter__(self) -> Callable[[str], None]:
        """Return what tells it."""
        self.shown = sys.stderr.isatty()
        return self.tell

    def tell(self, text: str) -> None:
        """Write over the line before."""
        if self.shown:
            click.echo(f"\r\x1b[K{text}", nl=False, err=True)

    def __exit__(self, *_exit: object) -> None:
        """End the line."""
        if self.shown:
            click.echo("", err=True)
