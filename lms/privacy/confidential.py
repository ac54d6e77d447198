"""Confidential text: sealed with a key of its author's own, opened in one function only.

Envelope encryption: each person has a random data key (AES-256-GCM), which is stored wrapped by the site's master key. A dump of the
database reads nothing; a new master key rewraps the data keys without touching the texts; deleting one data key makes one person's texts
noise for ever. Ciphertext is bound to its author and item, so it cannot be moved to another row.
"""

from __future__ import annotations

import enum
import secrets
import uuid
from collections.abc import Iterable
from pathlib import Path

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import current_app

from lms.db import db
from lms.errors import NotAllowed, Refused
from lms.i18n import gettext as _
from lms.people.access import Actor
from lms.people.permissions import READ_CONFIDENTIAL
from lms.privacy.models import DataKey, Reading
from lms.settings import key_file

NONCE = 12


class ReadReason(enum.StrEnum):
    """Why somebody other than the author may open a text: a closed list."""

    ASSESSMENT = "assessment"  # handed in to this instructor


def seal(author_id: uuid.UUID, item: str, text: str) -> bytes:
    """Return the text encrypted with the author's key and bound to `item` (a name that stays with the row)."""
    nonce = secrets.token_bytes(NONCE)
    return nonce + AESGCM(_data_key(author_id)).encrypt(nonce, text.encode(), _binding(author_id, item))


def reveal(
    *,
    actor: Actor,
    author_id: uuid.UUID,
    kind: str,
    item_id: uuid.UUID,
    sealed: Iterable[tuple[str, bytes]],
    reason: ReadReason | None = None,
) -> dict[str, str]:
    """Open sealed texts and return {item: text}. The only function that does.

    Authors read their own without a trace. Anybody else needs a reason and the permission, and leaves a line in the log that the
    author reads; the caller has made sure that this very text was handed in to this very reader. Raises NotAllowed, or Refused when
    the author's key has been destroyed.
    """
    if actor.id != author_id:
        if reason is None or not actor.may(READ_CONFIDENTIAL):
            raise NotAllowed("confidential text")
        db.session.add(Reading(author_id=author_id, reader_id=actor.id, kind=kind, item_id=item_id, reason=reason.value))
    cipher = AESGCM(_data_key(author_id, create=False))
    try:
        return {item: cipher.decrypt(blob[:NONCE], blob[NONCE:], _binding(author_id, item)).decode() for item, blob in sealed}
    except InvalidTag as error:
        raise Refused(
            _("This text cannot be opened: it was changed outside Peduli, or its key is not the one it was sealed with.")
        ) from error


def _binding(author_id: uuid.UUID, item: str) -> bytes:
    return f"{author_id}/{item}".encode()


# -- keys --------------------------------------------------------------------------------------------------------------------------


def _folder() -> Path:
    return Path(current_app.config["LMS_DATA"]) / "keys"


def current_master() -> str:
    """Return the name of the newest master key; the first is made at first start."""
    names = sorted(path.stem for path in _folder().glob("master-*.key"))
    if not names:
        names = ["master-0001"]
        key_file(_folder() / f"{names[0]}.key")
    return names[-1]


def _master(name: str) -> AESGCM:
    path = _folder() / f"{name}.key"
    if not path.exists():
        raise Refused(_("The key %(name)s is missing from the keys folder. Restore it from its backup.", name=name))
    return AESGCM(key_file(path))


def _wrap(user_id: uuid.UUID, key: bytes, master: str) -> bytes:
    nonce = secrets.token_bytes(NONCE)
    return nonce + _master(master).encrypt(nonce, key, user_id.bytes)


def _unwrap(row: DataKey) -> bytes:
    try:
        return _master(row.master_key).decrypt(row.wrapped[:NONCE], row.wrapped[NONCE:], row.user_id.bytes)
    except InvalidTag as error:
        raise Refused(_("The key %(name)s is not the one that was used. Restore it from its backup.", name=row.master_key)) from error


def _data_key(user_id: uuid.UUID, *, create: bool = True) -> bytes:
    row = db.session.get(DataKey, user_id)
    if row is None:
        if not create:
            raise Refused(_("The key of these texts has been destroyed; nobody can open them any more."))
        key, master = AESGCM.generate_key(256), current_master()
        db.session.add(DataKey(user_id=user_id, master_key=master, wrapped=_wrap(user_id, key, master)))
        db.session.flush()
        return key
    db.session.info[DataKey, user_id] = row  # while the session holds it, a page with several texts reads it once
    return _unwrap(row)


def rotate_master_key() -> int:
    """Make a new master key and rewrap every data key with it; return how many. Texts stay as they are.

    The old key file stays until its owner removes it: backups made before still need it.
    """
    number = int(current_master().rpartition("-")[2]) + 1
    name = f"master-{number:04d}"
    key_file(_folder() / f"{name}.key")
    count = 0
    for row in db.session.scalars(sa.select(DataKey)):
        row.wrapped, row.master_key = _wrap(row.user_id, _unwrap(row), name), name
        count += 1
    return count


def destroy_key(user_id: uuid.UUID) -> None:
    """Destroy a person's data key: their confidential texts are noise from now on, in every copy that has no older key table."""
    db.session.execute(sa.delete(DataKey).where(DataKey.user_id == user_id))
