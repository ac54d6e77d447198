"""The log of readings is a chain: each row carries a digest over the digest of the row before and over its own fields.

The digest is an HMAC-SHA256 under a key that lies outside the database (LMS_DATA/keys/readings.key): who can write the database alone
cannot make a row that fits. Who has the key as well can, but not backwards past a head that is known elsewhere: the head is published
each day, in the audit trail and on a page from which people write it down.
"""

from __future__ import annotations

import datetime as dt
import hmac
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import sqlalchemy as sa
from flask import current_app

from lms.db import db, read, upsert, utcnow
from lms.privacy.models import AuditEntry, Reading, ReadingHead
from lms.privacy.services import audit
from lms.settings import key_file

GENESIS = bytes(32)
PUBLISHED = "privacy:head"
_READINGS = cast("sa.Table", Reading.__table__)
_HEADS = cast("sa.Table", ReadingHead.__table__)
_IN_ORDER = sa.select(_READINGS).order_by(_READINGS.c.number)


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain: how many readings there are, and the digest of the last, as 64 hexadecimal digits."""

    number: int
    digest: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What verifying found: how many readings there are, the head, and a sentence for each thing that is wrong."""

    count: int
    head: Head
    problems: tuple[str, ...]


def append(
    *, author_id: uuid.UUID, reader_id: uuid.UUID, kind: str, item_id: uuid.UUID, reason: str, until: dt.datetime | None = None
) -> int:
    """Add a reading to the chain in the present transaction and return its number.

    The row of the head is taken first and held until the commit, so that the chain stays one line whoever else reads at that moment. What
    one transaction adds goes to the database together.
    """
    end = _taken()
    row = {
        "number": end.number + 1,
        "author_id": author_id,
        "reader_id": reader_id,
        "kind": kind,
        "item_id": item_id,
        "reason": reason,
        "at": utcnow(),
        "until": until,
    }
    end.number, end.digest = end.number + 1, _link(_key(), end.digest, row)
    db.session.add(Reading(**row, digest=end.digest))
    return end.number


def _taken() -> ReadingHead:
    """Return the row of the head, held by the present transaction."""
    transaction, kept = db.session().get_transaction(), db.session.info.get(ReadingHead)
    if kept is not None and kept[0] is transaction and transaction is not None:
        return cast("ReadingHead", kept[1])
    db.session.execute(upsert(_HEADS).values(id=1, number=0, digest=GENESIS).on_conflict_do_nothing())
    held = sa.select(ReadingHead).where(ReadingHead.id == 1).with_for_update().execution_options(populate_existing=True)
    end = db.session.scalars(held).one()
    db.session.info[ReadingHead] = (db.session().get_transaction(), end)
    return end


def head() -> Head:
    """Return the present end of the chain; number 0 while nobody has read anything."""
    row = read(sa.select(_HEADS.c.number, _HEADS.c.digest)).one_or_none()
    return Head(row.number, row.digest.hex()) if row else Head(0, GENESIS.hex())


def verify(known: Mapping[int, str] | None = None) -> Verdict:
    """Go through the whole chain. `known` holds heads that were written down elsewhere, {number: digest}.

    Finds every row that was changed, removed, put in or moved, and every published head that does not fit any more.
    """
    key, digest, last, problems = _key(), GENESIS, 0, []
    expected = {**_published(), **(known or {})}
    for row in db.session.execute(_IN_ORDER).mappings().yield_per(1000):
        if row["number"] != last + 1:
            problems.append(f"Between reading {last} and reading {row['number']} something is missing.")
        if not hmac.compare_digest(_link(key, digest, dict(row)), row["digest"]):
            problems.append(f"Reading {row['number']} is not what it was, or not where it was.")
        digest, last = row["digest"], row["number"]
        if expected.pop(last, digest.hex()) != digest.hex():
            problems.append(f"Reading {last} does not fit the head that was published for it.")
    problems += [f"Reading {number}, whose head was published, is missing." for number in sorted(expected) if number]
    end = head()
    if (end.number, end.digest) != (last, digest.hex()):
        problems.append(f"The chain ends at reading {last}, and should end at reading {end.number}.")
    return Verdict(last, end, tuple(problems))


def publish() -> None:
    """Write the present head into the audit trail, unless it stands there already (task, daily)."""
    end = head()
    if end.number and end.number not in _published():
        audit(None, PUBLISHED, "readings", end.number, digest=end.digest)


def _published() -> dict[int, str]:
    rows = db.session.execute(
        sa.select(AuditEntry.object_id, AuditEntry.detail).where(AuditEntry.action == PUBLISHED).order_by(AuditEntry.id)
    )
    return {int(number): str(detail["digest"]) for number, detail in rows}


def _key() -> bytes:
    return key_file(Path(current_app.config["LMS_DATA"]) / "keys" / "readings.key")


def _link(key: bytes, before: bytes, row: Mapping[str, Any]) -> bytes:
    """Return the digest of a row that follows another. Every field goes in, with its name and in one way of writing only."""
    fields = [[column.name, _text(row[column.name])] for column in _READINGS.c if column.name != "digest"]
    return hmac.digest(key, before + json.dumps(fields).encode(), "sha256")


def _text(value: object) -> str | None:
    if value is None:
        return None
    return value.astimezone(dt.UTC).isoformat(timespec="microseconds") if isinstance(value, dt.datetime) else str(value)
