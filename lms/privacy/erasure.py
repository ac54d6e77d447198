"""Destroying one person's key: their confidential texts become noise, here at once and in backups as those run out."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa

from lms.db import after_commit, db, utcnow
from lms.people.access import Actor
from lms.privacy.erased import erased, remember
from lms.privacy.models import DataKey
from lms.privacy.services import audit
from lms.registry import registry


def what_is_lost(user_id: uuid.UUID) -> list[tuple[Any, int]]:
    """Return (what it is called, how many) of each kind of confidential item that a person has written, and of whatever else they sealed."""
    counts = [(kind.title, len(kind.names(user_id))) for kind in registry().confidentials.values()]
    counts += [(kind.title, kind.count(user_id)) for kind in registry().keyed]
    return [(title, count) for title, count in counts if count]


def has_key(user_id: uuid.UUID) -> bool:
    """Tell whether a person has a key, and so anything to lose."""
    return db.session.get(DataKey, user_id) is not None


def destroy_key(*, actor: Actor | None, user_id: uuid.UUID) -> bool:
    """Destroy a person's key; tell whether there was one. actor None is somebody at the console of the server.

    The list beside the keys comes first: it is what a restored backup must honour. What was sealed with the key goes with it. After the
    commit no page of the database file holds the wrapped key any more.
    """
    row = db.session.get(DataKey, user_id)
    if row is None:
        return False
    lost = sum(count for _title, count in what_is_lost(user_id))
    remember(user_id, utcnow())
    _remove([user_id])
    audit(actor.id if actor else None, "keys:destroy", "user", user_id, count=lost)
    return True


def brought_back() -> list[uuid.UUID]:
    """Return whose destroyed key is in the database again: it was restored from a backup that is older."""
    listed = erased()
    rows = db.session.execute(sa.select(DataKey.user_id, DataKey.created_at).where(DataKey.user_id.in_(list(listed))))
    return [user_id for user_id, made_at in rows if made_at <= listed[user_id]]


def destroy_again() -> int:
    """Remove the keys that a restored backup has brought back; return how many."""
    found = brought_back()
    if found:
        _remove(found)
        audit(None, "keys:destroy", "key", "restored", count=len(found))
    return len(found)


def _remove(user_ids: list[uuid.UUID]) -> None:
    if db.session.connection().dialect.name == "sqlite":
        db.session.execute(sa.text("PRAGMA secure_delete = ON"))  # zeros in place of the row, not only in the list of rows
    for row in db.session.scalars(sa.select(DataKey).where(DataKey.user_id.in_(user_ids))):
        db.session.delete(row)
    for kind in registry().keyed:
        for user_id in user_ids:
            kind.drop(user_id)
    db.session.flush()
    after_commit(_wipe)


def _wipe() -> None:
    """Let nothing of a removed key stay in what the database keeps beside its rows: SQLite's log, PostgreSQL's dead rows."""
    connection = db.engine.raw_connection()
    try:
        driver: Any = connection.driver_connection
        if db.engine.dialect.name == "sqlite":
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        else:
            driver.autocommit = True  # VACUUM stands outside of transactions
            driver.execute("VACUUM data_keys")
            driver.autocommit = False
    finally:
        connection.close()
