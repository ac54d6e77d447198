"""`lms credential verify | keys | rotate-key`: check a credential without network, see and renew the keys that sign."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import BinaryIO

import click
from flask.cli import AppGroup

from lms.credentials import badge, keys

credential_group = AppGroup("credential", help="Signed credentials (Open Badges 3.0).")


@credential_group.command("verify")
@click.argument("file", type=click.File("rb"))
@click.option(
    "--key",
    "key_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Public keys (JWK set), as /check/keys gives them; default: this site's.",
)
@click.option(
    "--revoked",
    "revoked_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="List of what was revoked, as /check/revoked gives it.",
)
@click.option("--about", help="E-mail address (or name) of the person: is it about them?")
@click.option("--json", "as_json", is_flag=True, help="Write the credential as JSON.")
def verify_command(file: BinaryIO, key_file: Path | None, revoked_file: Path | None, about: str | None, *, as_json: bool) -> None:
    """Verify the signature of a credential FILE, without network; exit code 1 when it is not right, was revoked or is about somebody else."""
    known = json.loads(key_file.read_text()) if key_file else keys.public_keys()
    try:
        content = badge.verify(file.read().decode("ascii", "replace"), known)
    except ValueError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    if as_json:
        click.echo(json.dumps(content, indent=2, ensure_ascii=False))
    else:
        told = content["credentialSubject"]
        click.echo(f"The signature is right: {content['name']}, {told['achievement']['humanCode']}, by {content['issuer']['name']}.")
    wrong = []
    if revoked_file and content["id"] in {row["id"] for row in json.loads(revoked_file.read_text())["revokedCredential"]}:
        wrong.append("It was revoked.")
    if about and not badge.is_about(content, about):
        wrong.append("It is not about this person.")
    for sentence in wrong:
        click.echo(sentence, err=True)
    sys.exit(1 if wrong else 0)


@credential_group.command("keys")
def keys_command() -> None:
    """Write the public keys as a JWK set, newest first."""
    click.echo(json.dumps(keys.public_keys(), indent=2))


@credential_group.command("rotate-key")
def rotate_command() -> None:
    """Make a new key. It signs from now on; what older keys have signed still verifies. Back LMS_DATA/keys up."""
    click.echo(f"New key {keys.rotate()}.")
