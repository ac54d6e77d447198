"""`lms keys rotate | destroy` and `lms privacy verify`: the keys of confidential texts, and the log of who read them."""

from __future__ import annotations

import json
import sys

import click
from flask.cli import AppGroup

from lms.db import commit
from lms.people.cli import person_called
from lms.privacy import chain, erasure
from lms.privacy.confidential import current_master, rotate_master_key
from lms.privacy.services import audit

keys_group = AppGroup("keys", help="The keys of confidential texts.")
privacy_group = AppGroup("privacy", help="Who read confidential texts.")


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


@keys_group.command("destroy")
@click.argument("person", required=False)
@click.option("--restored", is_flag=True, help="Destroy again what an old backup has brought back.")
@click.option("--yes", is_flag=True, help="Do it. Without this nothing is changed.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
def destroy(person: str | None, *, restored: bool, yes: bool, as_json: bool) -> None:
    """Destroy the key of PERSON (e-mail address, number or id): nobody, not even they, can open their confidential texts any more.

    Without --yes it only tells what would be lost. Exit code 1 when there is no such person or no key.
    """
    if bool(person) == restored:
        raise click.UsageError("Name a person, or give --restored.")
    if restored:
        _destroy_restored(yes=yes, as_json=as_json)
        return
    user = person_called(str(person))
    lost = {str(title): count for title, count in erasure.what_is_lost(user.id)}
    if not erasure.has_key(user.id):
        raise click.ClickException("This person has no key: there is nothing to destroy.")
    if yes:
        erasure.destroy_key(actor=None, user_id=user.id)
        commit()
    if as_json:
        click.echo(json.dumps({"id": str(user.id), "lost": lost, "destroyed": yes}))
        return
    counts = ", ".join(f"{count} × {title}" for title, count in lost.items()) or "no finished text"
    click.echo(f"{user.full_name}: {counts}, with drafts and answers.")
    click.echo("Their key is destroyed." if yes else "Nothing is changed. With --yes they are lost for ever.")
    click.echo("Backups hold the wrapped key until they run out; Peduli refuses it when one is restored over these keys.")


def _destroy_restored(*, yes: bool, as_json: bool) -> None:
    found = erasure.brought_back()
    if yes and found:
        erasure.destroy_again()
        commit()
    if as_json:
        click.echo(json.dumps({"keys": [str(user_id) for user_id in found], "destroyed": yes}))
        return
    click.echo(f"{len(found)} destroyed keys are in the database again.{' They are destroyed once more.' if yes and found else ''}")


@privacy_group.command("verify")
@click.option("--head", "heads", multiple=True, metavar="NUMBER:DIGEST", help="A head that you wrote down earlier.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
def verify(heads: tuple[str, ...], *, as_json: bool) -> None:
    """Look whether the log of readings is whole: no row changed, removed, put in or moved. Exit code 1 when it is not."""
    verdict = chain.verify(dict(_head(text) for text in heads))
    if as_json:
        told = {"readings": verdict.count, "head": f"{verdict.head.number}:{verdict.head.digest}", "problems": verdict.problems}
        click.echo(json.dumps(told))
    else:
        for problem in verdict.problems:
            click.echo(problem, err=True)
        click.echo(f"{verdict.count} readings; head {verdict.head.number}:{verdict.head.digest}")
        click.echo("The log is whole." if not verdict.problems else "The log was changed by hand, or its key is another one.")
    sys.exit(1 if verdict.problems else 0)


def _head(text: str) -> tuple[int, str]:
    number, colon, digest = text.partition(":")
    if not (colon and number.isdigit() and len(digest) == 64):
        raise click.BadParameter(f"{text!r}: write a number, a colon and 64 digits, as the page shows them")
    return int(number), digest.lower()
