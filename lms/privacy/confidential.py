"""Confidential text: sealed with a key of its author's own, opened in one function only.

Envelope encryption: each person has a random data key (AES-256-GCM), which is stored wrapped by the site's master key. A dump of the
database reads nothing; a new master key rewraps the data keys without touching the texts; deleting one data key makes one person's texts
noise for ever. Ciphertext is bound to its author and item, so it cannot be moved to another row.
"""

from __future__ import annotations

import datetime as dt
import secrets
import uuid
from collections.abc import Iterable
from pathlib import Path

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import current_app, g, has_request_context

from lms.db import db, utcnow
from lms.errors import NotAllowed, Refused
from lms.i18n import gettext as _
from lms.people.access import Actor
from lms.privacy.chain import append
from lms.privacy.erased import is_erased
from lms.privacy.models import DataKey, GlassRequest, GlassState
from lms.privacy.reasons import RULES, ReadReason, closes_at
from lms.settings import key_file

NONCE = 12


def seal(author_id: uuid.UUID, item: str, text: str) -> bytes:
    """Return the text encrypted with the author's key and bound to `item` (a name that stays with the row)."""
    return seal_bytes(author_id, item, text.encode())


def seal_bytes(author_id: uuid.UUID, item: str, data: bytes) -> bytes:
    """Return bytes, a picture for instance, sealed as `seal` seals a text."""
    nonce = secrets.token_bytes(NONCE)
    return nonce + AESGCM(_data_key(author_id)).encrypt(nonce, data, _binding(author_id, item))


def reveal(
    *,
    actor: Actor,
    author_id: uuid.UUID,
    kind: str,
    item_id: uuid.UUID,
    sealed: Iterable[tuple[str, bytes]],
    reason: ReadReason | None = None,
    settled_at: dt.datetime | None = None,
) -> dict[str, str]:
    """Open sealed texts and return {item: text}, as `reveal_bytes` does it."""
    opened = reveal_bytes(actor=actor, author_id=author_id, kind=kind, item_id=item_id, sealed=sealed, reason=reason, settled_at=settled_at)
    return {item: data.decode() for item, data in opened.items()}


def reveal_bytes(
    *,
    actor: Actor,
    author_id: uuid.UUID,
    kind: str,
    item_id: uuid.UUID,
    sealed: Iterable[tuple[str, bytes]],
    reason: ReadReason | None = None,
    settled_at: dt.datetime | None = None,
) -> dict[str, bytes]:
    """Open what was sealed and return {name: bytes}. The only function that does.

    Authors read their own without a trace. Anybody else needs a reason whose row in `lms/privacy/reasons.py` allows it, and leaves a
    line in the log that the author reads; the caller has made sure that this very text was handed in to this very reader.
    settled_at is when it was answered, which starts the days after which it closes. Raises NotAllowed, or Refused when the time is over
    or the author's key has been destroyed; what is empty went with such a key, and is left out. No cache keeps the page of a request that
    has opened something.
    """
    parts = [(name, blob) for name, blob in sealed if blob]
    if has_request_context():
        g.confidential = True
    if actor.id != author_id:
        if reason is None:
            raise NotAllowed("confidential text")
        until = _allowed(actor, reason, [name for name, _blob in parts], settled_at)
        if reason is ReadReason.BREAK_GLASS:
            until = _glass_closes(actor, kind, item_id)
        append(author_id=author_id, reader_id=actor.id, kind=kind, item_id=item_id, reason=reason.value, until=until)
    if not parts:
        return {}
    cipher = AESGCM(_data_key(author_id, create=False))
    try:
        return {name: cipher.decrypt(blob[:NONCE], blob[NONCE:], _binding(author_id, name)) for name, blob in parts}
    except (InvalidTag, ValueError) as error:  # changed, or cut off so short that it is no sealed text at all
        raise Refused(
            _("This text cannot be opened: it was changed outside Peduli, or its key is not the one it was sealed with.")
        ) from error


def _allowed(actor: Actor, reason: ReadReason, names: list[str], settled_at: dt.datetime | None) -> dt.datetime | None:
    """Return until when the table lets this person open these parts. Raises NotAllowed, or Refused when the time is over."""
    rule = RULES[reason]
    if not actor.may(rule.permission) or rule.never & {name.partition("/")[0] for name in names}:
        raise NotAllowed("confidential text")
    until = closes_at(reason, settled_at)
    if until is not None and until <= utcnow():
        raise Refused(_("The time for reading this text is over. Now only its author can open it."))
    return until


def _glass_closes(actor: Actor, kind: str, item_id: uuid.UUID) -> dt.datetime:
    """Return when the four hours of these two people for this one text end. Raises NotAllowed when there are none."""
    until = db.session.scalar(
        sa.select(GlassRequest.closes_at).where(
            GlassRequest.kind == kind,
            GlassRequest.item_id == item_id,
            GlassRequest.state.in_([GlassState.APPROVED, GlassState.OPEN]),
            GlassRequest.closes_at > utcnow(),
            sa.or_(GlassRequest.asked_by_id == actor.id, GlassRequest.decided_by_id == actor.id),
        )
    )
    if until is None:
        raise NotAllowed("no emergency of this person")
    return until


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


def _gone() -> str:
    return _("The key of these texts has been destroyed; nobody can open them any more.")


def _data_key(user_id: uuid.UUID, *, create: bool = True) -> bytes:
    row = db.session.get(DataKey, user_id)
    if row is None:
        if not create:
            raise Refused(_gone())
        key, master = AESGCM.generate_key(256), current_master()
        db.session.add(DataKey(user_id=user_id, master_key=master, wrapped=_wrap(user_id, key, master)))
        db.session.flush()
        return key
    if is_erased(user_id, row.created_at):  # an old copy of the database has brought it back
        raise Refused(_gone())
    db.session.info[DataKey, user_id] = row  # while the session holds it, a page with several texts reads it once
    return _unwrap(row)


def fetch_keys(author_ids: Iterable[uuid.UUID]) -> None:
    """Read the keys of several authors in one statement: a page with texts of many then costs what one with a single text costs."""
    for row in db.session.scalars(sa.select(DataKey).where(DataKey.user_id.in_(list(author_ids)))):
        db.session.info[DataKey, row.user_id] = row


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
