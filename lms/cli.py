"""The `lms` command: nouns with verbs below them. `lms --help` lists them."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import cast

import click
from flask import Flask, current_app
from flask.cli import AppGroup, FlaskGroup, ScriptInfo, with_appcontext

from lms import docs, migrate, serve
from lms.app import create_app
from lms.backup.cli import backup_command, restore_command, verify_command
from lms.credentials.cli import credential_group
from lms.db import db
from lms.demo import services as demo
from lms.demo.people import PASSWORD
from lms.errors import LmsError, Refused
from lms.people import services as people
from lms.people.cli import unit_group, user_group
from lms.plugin_cli import plugin_group
from lms.privacy.cli import keys_group, privacy_group
from lms.progress.cli import progress_group
from lms.registry import Registry
from lms.settings import SettingsError
from lms.supervision.cli import supervision_group
from lms.watch import findings, logs


def make_app() -> object:
    """Return the application for a command; a mistake in settings or plugins is one sentence, not a trace."""
    try:
        return create_app()
    except (LmsError, SettingsError) as error:
        click.echo(f"Peduli does not start: {error}", err=True)
        sys.exit(2)


class Commands(FlaskGroup):
    """The kernel's commands, and those that plugins add."""

    def _plugin_commands(self, ctx: click.Context) -> dict[str, click.Command]:
        info = ctx.ensure_object(ScriptInfo)
        registry: Registry = info.load_app().extensions["lms"]
        return {str(command.name): command for plugin in registry.plugins.values() for command in plugin.commands}

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Return a command by name; the application is loaded only for plugins' commands."""
        return self.commands.get(name) or self._plugin_commands(ctx).get(name)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return sorted({*self.commands, *self._plugin_commands(ctx)})


@click.group(cls=Commands, create_app=make_app, add_default_commands=False, add_version_option=False)
def main() -> None:
    """Run and look after Peduli."""


def this_app() -> Flask:
    """Return the application itself, for threads and servers that outlive the command's context."""
    return cast("Flask", current_app._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001 - Flask's documented way


@main.command("run")
@click.option("--demo", "with_demo", is_flag=True, help="Fill an empty database with the demonstration first.")
@with_appcontext
def run_command(with_demo: bool) -> None:
    """Serve Peduli with a worker beside it: brings the database up to date, then listens on LMS_HOST and LMS_PORT."""
    logs.set_up(current_app.config["LMS_LOG_STYLE"])
    if list(migrate.pending()):
        click.echo("Bringing the database up to date …")
        for warning in migrate.upgrade():
            click.echo(warning, err=True)
    if with_demo and people.nobody_yet():
        click.echo("Making the demonstration; this takes less than a minute, once.")
        _let_go()
        # In a process of its own: what prints PDF begins threads, and a process that has some cannot be forked safely.
        subprocess.run([sys.executable, "-m", "lms", "demo"], check=True)
    app = this_app()
    click.echo(f"\n  Peduli:  {app.config['LMS_BASE_URL']}\n")
    if demo.exists():
        click.echo(f"  Accounts: {', '.join(demo.ACCOUNTS)}\n  Password: {PASSWORD}\n")
    _settle(app)
    with serve.worker_beside(app):
        serve.serve(app)


def _settle(app: Flask) -> None:
    """Make ready to fork: no process may use a connection of another one."""
    serve.settle(app)
    _let_go()


def _let_go() -> None:
    """Close every connection to the database."""
    db.session.remove()
    for engine in db.engines.values():
        engine.dispose()


@main.command("web")
@with_appcontext
def web_command() -> None:
    """Serve web pages alone, on LMS_HOST and LMS_PORT; `lms db upgrade` comes before, `lms worker` runs beside."""
    logs.set_up(current_app.config["LMS_LOG_STYLE"])
    app = this_app()
    _settle(app)
    serve.serve(app)


@main.command("worker")
@with_appcontext
def worker_command() -> None:
    """Carry out jobs: from the table, or through Celery when LMS_BROKER_URL is set."""
    logs.set_up(current_app.config["LMS_LOG_STYLE"])
    serve.work(this_app())


db_group = AppGroup("db", help="The database and its migrations.")
main.add_command(db_group)
main.add_command(plugin_group)
for group in (user_group, unit_group, progress_group, keys_group, privacy_group, credential_group, supervision_group):
    main.add_command(group)
for command in (backup_command, restore_command, verify_command):
    main.add_command(command)


@db_group.command("upgrade")
def db_upgrade() -> None:
    """Bring the database to the newest version, of the kernel and of every plugin; exit code 1 when a table is held too long."""
    try:
        warnings = migrate.upgrade()
    except Refused as error:
        raise click.ClickException(str(error)) from error
    for warning in warnings:
        click.echo(warning, err=True)
    click.echo(f"The database is up to date: {migrate.database_url()}")


@db_group.command("downgrade")
@click.argument("plugin")
@click.argument("revision")
def db_downgrade(plugin: str, revision: str) -> None:
    """Take the tables of PLUGIN (or `lms`) back to REVISION; `base` removes them with everything in them."""
    click.confirm(f"Data of {plugin} may be lost. Go on?", abort=True)
    migrate.downgrade(plugin, revision)


@db_group.command("check")
@with_appcontext
def db_check() -> None:
    """Compare models with the database; exit code 1 when they differ."""
    differences = migrate.check()
    for line in differences:
        click.echo(line, err=True)
    if differences:
        sys.exit(1)
    click.echo("Models and database agree.")


@db_group.command("write")
@click.argument("plugin")
@click.argument("message")
def db_write(plugin: str, message: str) -> None:
    """Write a migration of PLUGIN (or `lms`) from the difference between models and database."""
    click.echo(migrate.write(plugin, message))


@main.command("demo")
@with_appcontext
def demo_command() -> None:
    """Fill an empty database with the demonstration: five modules, 52 invented people, eight weeks of learning."""
    migrate.upgrade()
    if not people.nobody_yet():
        click.echo("There are people in this database already; the demonstration needs an empty one.", err=True)
        sys.exit(1)
    demo.build(click.echo)


@main.command("check")
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
@with_appcontext
def check_command(*, as_json: bool) -> None:
    """Look whether everything is set up right, and whether work, mails, backup and disk are as they should be; exit code 1 when one does not, 2 when nothing starts."""
    found = list(findings.checked())
    if as_json:
        click.echo(json.dumps([finding.as_json() for finding in found], indent=2))
    else:
        for finding in found:
            click.echo(f"{'right' if finding.ok else 'WRONG':<6} {finding.name:<12} {finding.text}")
    sys.exit(0 if all(finding.ok for finding in found) else 1)


@main.command("docs")
@click.option("--check", "only_check", is_flag=True, help="Change nothing; exit code 1 when a page is not up to date.")
@with_appcontext
def docs_command(*, only_check: bool) -> None:
    """Write the generated pages of docs/ (settings, permissions) from the code."""
    if not docs.FOLDER.is_dir():
        click.echo(f"There is no folder {docs.FOLDER}: this is not a copy of the repository.", err=True)
        sys.exit(2)
    names = docs.stale() if only_check else docs.write()
    for name in names:
        click.echo(f"docs/{name} {'is not up to date: run `lms docs`' if only_check else 'is written'}")
    sys.exit(1 if only_check and names else 0)
