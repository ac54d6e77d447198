"""`lms module check | import | export`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click
import sqlalchemy as sa
from flask.cli import AppGroup, with_appcontext

from courses.base import plugin
from courses.checks.heavy import LIST, read_words
from courses.checks.printed import as_data, as_lines, check_folder
from courses.folder import services
from courses.folder.reader import ModuleText, read_folder
from courses.folder.writer import write_folder
from lms.api import ContentError, Module, User, commit, db, local_day, utcnow

module_cli = AppGroup("module", help="Modules as folders of text (docs/modules.md).")
plugin.commands.append(module_cli)
plugin.demonstration(services.import_content)

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def _say(problems: list[ContentError]) -> None:
    for problem in problems:
        click.echo(str(problem), err=True)


def read_or_exit(folder: Path) -> ModuleText:
    """Return the module of a folder; when something is wrong with it, say so and end with exit code 1."""
    text, problems = read_folder(folder)
    _say(problems)
    if problems or text is None:
        sys.exit(1)
    return text


@module_cli.command("check")
@click.argument("folders", nargs=-1, required=True, type=FOLDER)
@click.option("--json", "as_json", is_flag=True, help="Write findings and figures as JSON.")
@click.option("--words", type=FILE, help="A list of heavy words of your own: one a line, a tab, a plainer word.")
@click.option("--figures", is_flag=True, help="Show the figures of every page.")
@click.option("--strict", is_flag=True, help="Exit code 1 also for warnings.")
@with_appcontext
def check(folders: tuple[Path, ...], words: Path | None, as_json: bool, figures: bool, strict: bool) -> None:
    """Read FOLDERS as a careful reader would: findings by file, and a line of figures. Needs no database. Exit code 1 for errors."""
    try:
        heavy = read_words(words or LIST)
    except ContentError as error:
        _say([error])
        sys.exit(2)
    checked = [check_folder(folder, heavy, local_day(utcnow(), "Asia/Jakarta")) for folder in folders]
    if as_json:
        click.echo(json.dumps([as_data(one) for one in checked], indent=2, ensure_ascii=False))
    else:
        for one in checked:
            click.echo("\n".join(as_lines(one, figures=figures)))
    sys.exit(1 if any(one.errors or (strict and one.warnings) for one in checked) else 0)


@module_cli.command("import")
@click.argument("folder", type=FOLDER)
@click.option("--owner", help="E-mail address of the person who owns the module, when it is new.")
@click.option("--note", default="", help="What changed, for the list of revisions.")
@with_appcontext
def import_(folder: Path, owner: str | None, note: str) -> None:
    """Make or update the module of FOLDER and publish it; importing the same text again changes nothing."""
    text = read_or_exit(folder)
    owner_id = db.session.scalar(sa.select(User.id).where(User.email == owner)) if owner else None
    if owner and owner_id is None:
        click.echo(f"There is nobody with the address {owner}.", err=True)
        sys.exit(1)
    try:
        module, revision = services.import_module(actor_id=owner_id, text=text, note=note)
    except ContentError as error:
        _say([error])
        sys.exit(1)
    commit()
    click.echo(f"{module.key}: revision {revision.number}")


@module_cli.command("export")
@click.argument("key")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@with_appcontext
def export(key: str, folder: Path) -> None:
    """Write the draft of the module KEY as FOLDER."""
    module = db.session.scalar(sa.select(Module).where(Module.key == key))
    if module is None:
        click.echo(f"There is no module {key}.", err=True)
        sys.exit(1)
    services.export_module(module=module, folder=folder)
    click.echo(str(folder))


@module_cli.command("format")
@click.argument("folders", nargs=-1, required=True, type=FOLDER)
@with_appcontext
def format_(folders: tuple[Path, ...]) -> None:
    """Write FOLDERS anew in the one canonical form. Nothing stays in the database."""
    for folder in folders:
        try:
            module, _revision = services.import_module(actor_id=None, text=read_or_exit(folder))
            files, figures = services.module_files(module)
        finally:
            db.session.rollback()
        write_folder(folder, files, figures)
        click.echo(str(folder))
