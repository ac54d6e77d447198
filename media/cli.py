"""`lms media sweep`: remove files that nothing names."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from lms.api import commit, db, utcnow
from media import sweeping
from media.base import plugin


@plugin.cli.command("sweep")
@click.option("--dry-run", is_flag=True, help="Only list what would be removed.")
@with_appcontext
def sweep(dry_run: bool) -> None:
    """Remove files that nothing has named for thirty days. The worker does so daily by itself."""
    now = utcnow()
    gone = sweeping.unused(now) if dry_run else sweeping.sweep(now)
    if dry_run:
        db.session.rollback()
    else:
        commit()
    for found in gone:
        click.echo(f"{found.digest}  {found.size:>12}  {found.since:%Y-%m-%d}  {found.name}")
    click.echo(f"{len(gone)} files, {sum(found.size for found in gone)} bytes")
