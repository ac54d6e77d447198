"""`lms module fork | pull`: copying a module, and taking over what is new in the original."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import sqlalchemy as sa
from flask.cli import with_appcontext

from courses.folder.cli import FOLDER, module_cli, read_or_exit
from courses.forks import queries, services
from courses.forks.models import Fork
from courses.forks.standing import Standing
from courses.merging.folders import Marker, write_plain
from courses.merging.modules import differences, merge_modules
from courses.studio import queries as studio
from lms.api import Actor, ContentError, Module, Refused, User, commit, db, file_store, load_actor, utcnow


def _end(sentence: object) -> None:
    click.echo(str(sentence), err=True)
    sys.exit(1)


def _module(key: str) -> Module:
    module = studio.module_by_key(key)
    if module is None:
        _end(f"There is no module {key}.")
        raise AssertionError
    return module


def _person(email: str) -> Actor:
    number = db.session.scalar(sa.select(User.id).where(User.email == email))
    if number is None:
        _end(f"There is nobody with the address {email}.")
        raise AssertionError
    return load_actor(number, utcnow().date())


@module_cli.command("fork")
@click.argument("key")
@click.argument("new_key")
@click.option("--owner", required=True, help="E-mail address of the person who owns the copy.")
@with_appcontext
def fork(key: str, new_key: str, owner: str) -> None:
    """Copy what is published of the module KEY as a module NEW_KEY of an agency's own. Everything in it keeps its key."""
    upstream, actor = _module(key), _person(owner)
    try:
        module = services.copy_module(actor=actor, upstream=upstream, key=new_key)
    except (Refused, ContentError) as error:
        _end(error)
        return
    commit()
    click.echo(f"{module.key}: a copy of {upstream.key}")


@module_cli.command("pull")
@click.argument("key")
@click.option("--from", "folder", type=FOLDER, help="The original's newer version as a folder, when it comes from another installation.")
@click.option("--dry-run", is_flag=True, help="Say what would happen, change nothing.")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="With conflicts: the folder to write, with marks as `merge` does."
)
@click.option("--by", help="E-mail address of the person in whose name; by default the owner of the copy.")
@with_appcontext
def pull(key: str, folder: Path | None, dry_run: bool, out: Path | None, by: str | None) -> None:
    """Take what is new in the original over into the draft of the copy KEY; nothing is published.

    With open conflicts the draft stays as it is, each is named, and the exit code is 1: they are answered in the studio, whose answers count
    here too.
    """
    module = _module(key)
    copy = queries.fork_of(module.id)
    if copy is None:
        _end(f"{key} is no copy.")
        return
    actor = _person(by) if by else load_actor(module.owner_id, utcnow().date()) if module.owner_id else None
    if actor is None:
        _end("Nobody owns this module; say in whose name with --by.")
        return
    try:
        _look(actor, module, copy, folder)
        if copy.waiting is None:
            click.echo(f"{key}: nothing is new")
            return
        found = services.standing(module, copy)
        _say(found)
        if found.open:
            _conflicts(module, found, out)
        if not dry_run:
            services.apply(actor=actor, module=module, fork=copy, seen=found.mark)
            commit()
    except (Refused, ContentError) as error:
        _end(error)
    finally:
        db.session.rollback()


def _look(actor: Actor, module: Module, copy: Fork, folder: Path | None) -> None:
    if folder is not None:
        services.take_in(actor=actor, module=module, fork=copy, text=read_or_exit(folder))
    else:
        services.look_upstream(copy)


def _say(found: Standing) -> None:
    for row in differences(found.ours, found.merged):
        names = f": {', '.join(row.names)}" if row.names else ""
        click.echo(f"{row.kind:8} {row.key or 'module'}{names}")
    click.echo(f"{len(found.merged.activities)} activities, {len(found.open)} conflicts")


def _conflicts(module: Module, found: Standing, out: Path | None) -> None:
    """Name the open conflicts, write the folder with marks when one is asked for, and end."""
    for conflict in found.open:
        click.echo(f"conflict {'/'.join(conflict.path)}", err=True)
    if out is not None:
        store = file_store()
        merged = merge_modules(found.base, found.ours, found.theirs, Marker(found.answers))
        pictures = {address: store.load(address) for address in merged.files.values()} if store else {}
        write_plain(module.key, merged, pictures, out)
        click.echo(str(out))
    sys.exit(1)
