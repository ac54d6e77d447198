"""Uploads piece by piece. What has come is the size of a file in LMS_DATA/uploads: nothing that a crash could make untrue."""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import fcntl
import hashlib
import uuid
from collections.abc import Iterable
from pathlib import Path

import sqlalchemy as sa
from flask import current_app

from lms.api import Actor, ContentError, LmsError, NotFound, Refused, after_commit, db, gettext, utcnow
from media.cleaning.kinds import MEGABYTE, clean_name
from media.models import Transfer
from media.services import Ready, enter, make_ready, most_upload

LIFE = dt.timedelta(hours=24)
MOST_AT_ONCE = 30  # of one person


class OutOfPlaceError(LmsError):
    """A piece does not begin where the last one ended; the device asks how far it is."""


class DamagedOnTheWayError(LmsError):
    """A piece is not what its checksum says; the device sends it again."""


def begin(*, actor: Actor, name: str, size: int) -> Transfer:
    """Begin an upload. Raises Refused for an empty file, one that no kind may be as large as, and too many at once."""
    if not size:
        raise Refused(gettext("The file is empty."))
    if size > most_upload():
        raise Refused(gettext("The file is larger than %(size)s MB.", size=most_upload() // MEGABYTE))
    running = sa.select(sa.func.count()).where(Transfer.owner_id == actor.id, Transfer.digest.is_(None), Transfer.refusal == "")
    if (db.session.scalar(running) or 0) >= MOST_AT_ONCE:
        raise Refused(gettext("Finish or cancel the uploads that are under way first."))
    upload = Transfer(id=uuid.uuid4(), owner_id=actor.id, name=clean_name(name), size=size, expires_at=utcnow() + LIFE)
    db.session.add(upload)
    db.session.flush()
    _folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    path_of(upload.id).touch(mode=0o600)
    return upload


def upload_of(actor: Actor, upload_id: uuid.UUID) -> Transfer:
    """Return the actor's own upload. Raises NotFound for anybody else's, and for one whose time is over."""
    found = db.session.scalar(
        sa.select(Transfer).where(Transfer.id == upload_id, Transfer.owner_id == actor.id, Transfer.expires_at > utcnow())
    )
    if found is None:
        raise NotFound("no such upload of this person")
    return found


def offset_of(upload: Transfer) -> int:
    """Return how many bytes have come."""
    if upload.digest or upload.refusal:
        return upload.size
    try:
        return path_of(upload.id).stat().st_size
    except FileNotFoundError as error:
        raise NotFound("the bytes are gone") from error


def append(*, upload: Transfer, offset: int, pieces: Iterable[bytes], checksum: str = "") -> int:
    """Add bytes that begin at an offset and return how many are there now; what comes before the line breaks is kept.

    With a checksum (`sha1 …` or `sha256 …`, base64) all of them are kept or none. Raises OutOfPlaceError, DamagedOnTheWayError, and NotFound.
    """
    try:
        opened = path_of(upload.id).open("r+b")
    except FileNotFoundError as error:  # it is whole, or was given up
        raise NotFound("the bytes are gone") from error
    with opened as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        at = file.seek(0, 2)
        if offset != at or upload.digest or upload.refusal:
            raise OutOfPlaceError(gettext("The upload has gone on elsewhere."))
        digest = _hash(checksum)
        for piece in pieces:
            if at + len(piece) > upload.size:
                file.truncate(offset)
                raise OutOfPlaceError(gettext("More has come than the file is large."))
            file.write(piece)
            digest.update(piece)
            at += len(piece)
        if checksum and base64.b64encode(digest.digest()).decode() != checksum.partition(" ")[2]:
            file.truncate(offset)
            raise DamagedOnTheWayError(gettext("A piece was damaged on the way."))
        return at


def _hash(checksum: str) -> hashlib._Hash:
    name = checksum.partition(" ")[0] or "sha256"
    if name not in {"sha1", "sha256"}:
        raise OutOfPlaceError(gettext("This way of checking is not known."))
    return hashlib.new(name, usedforsecurity=False)


def finished(name: str, upload_id: uuid.UUID) -> Ready | str:
    """Clean a whole upload and put it into the store; return the sentence when the library refuses it. Asks nothing of the database.

    Raises NotFound when it has been taken in meanwhile.
    """
    try:
        return make_ready(path_of(upload_id), name)
    except FileNotFoundError as error:
        raise NotFound("the bytes are gone") from error
    except ContentError as error:
        return error.message


def complete(*, upload: Transfer, become: Ready | str) -> None:
    """Take a whole upload into the library, or note why it was refused. The bytes of the upload go."""
    if isinstance(become, str):
        upload.refusal = become[:500]
    else:
        upload.digest = enter(become, owner_id=upload.owner_id).digest
    after_commit(path_of(upload.id).unlink, True)
    db.session.flush()


def cancel(*, upload: Transfer) -> None:
    """Give an upload up."""
    after_commit(path_of(upload.id).unlink, True)
    db.session.delete(upload)
    db.session.flush()


def expire(now: dt.datetime) -> int:
    """Give up uploads whose time is over, and files that a crash has left; return how many."""
    gone = list(db.session.scalars(sa.delete(Transfer).where(Transfer.expires_at <= now).returning(Transfer.id)))
    left = set()
    for path in _folder().glob("*"):
        with contextlib.suppress(FileNotFoundError):  # it is whole by now
            if dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC) <= now - LIFE:
                left.add(path.name)
    for name in {*map(str, gone), *left}:
        after_commit((_folder() / name).unlink, True)
    return len(gone)


def _folder() -> Path:
    return Path(current_app.config["LMS_DATA"]) / "uploads"


def path_of(upload_id: uuid.UUID) -> Path:
    """Return where the bytes of an upload lie."""
    return _folder() / str(upload_id)
