"""`lms supervision rollup`: count the figures of units anew, or prove that they are right."""

from __future__ import annotations

import sys

import click
from flask.cli import AppGroup

from lms.db import commit, db
from lms.supervision import rollups, tasks

supervision_group = AppGroup("supervision", help="Supervision: figures of units.")


@supervision_group.command("rollup")
@click.option("--check", is_flag=True, help="Change nothing; exit code 1 when something differs.")
def rollup_command(*, check: bool) -> None:
    """Count the people of every unit anew. With --check, compare with what is there and change nothing."""
    if not check:
        tasks.roll_up_everything()
        commit()
        click.echo("The figures of all units are counted anew.")
        return
    differences = rollups.recount()
    db.session.rollback()
    for where, was, is_now in differences:
        click.echo(f"{where}: was {was or 'nothing'}, from people {is_now or 'nothing'}")
    click.echo(f"{len(differences)} rows differ. Nothing was changed." if differences else "The figures of all units agree with people.")
    sys.exit(1 if differences else 0)
