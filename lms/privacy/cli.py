"""`lms keys rotate`: a new master key for confidential texts."""

from __future__ import annotations

import json

import click
from flask.cli import AppGroup

from lms.db import commit
from lms.privacy.confidential import current_master, rotate_master_key
from lms.privacy.services import audit

keys_group = AppGroup("keys", help="The keys of confidential texts.")


@keys_group.command("rotate")
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
def rotate(*, as_json: bool) -> None:
    """Make a new master key and wrap every person's key with it. Texts stay as they are, and readable."""
    before = current_master()
    count = rotate_master_key()
    after = current_master()
    audit(None, "keys:rotate", "key", after, count=count)
    commit()
    if as_json:
        click.echo(json.dumps({"keys": count, "before": before, "now": after}))
        return
    click.echo(f"{count} keys of people are wrapped with {after} now.")
    click.echo(f"Back up {after}.key. Keep {before}.key until no backup of the database from before is left.")
