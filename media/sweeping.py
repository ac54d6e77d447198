"""Files that nothing names: found by looking at everything that the database holds, so that no table can be forgotten.

The daily look notes since when nothing names a file. What has been unused for thirty days without a break, and is unused still, goes: rows
now, bytes when the transaction has committed. What a crash in between leaves over, the next look removes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from lms.api import Base, after_commit, db
from media.models import Caption, File, Rendition
from media.services import ADDRESS, key_of
from media.storage import store

KEPT = dt.timedelta(days=30)
ORPHANED = dt.timedelta(hours=1)  # bytes without a row that are younger may belong to a transaction that has not ended
_OWN = "media_"


@dataclass(frozen=True, slots=True)
class Unused:
    """A file that nothing names: what it was first called, its bytes with renditions, since when."""

    digest: str
    name: str
    size: int
    since: dt.datetime


def named() -> set[str]:
    """Return the digests of all files that anything names: drafts, revisions, questions, templates, whatever table has their address.

    Every column of texts or JSON of every table is looked at. A table that only this program's later versions, or another plugin, know of is
    not missed as long as it is loaded.
    """
    found: set[str] = set()
    for table in Base.metadata.sorted_tables:
        if table.name.startswith(_OWN):
            continue
        for column in table.columns:
            if isinstance(column.type, (sa.String, sa.JSON)):
                text = sa.cast(column, sa.Text)
                for value in db.session.scalars(sa.select(text).where(text.like("%/media/%")).execution_options(yield_per=200)):
                    found.update(match[1] for match in ADDRESS.finditer(value))
    captions = sa.select(Caption.words_digest).where(Caption.digest.in_(found))
    return found | set(db.session.scalars(captions))


def unused(now: dt.datetime) -> list[Unused]:
    """Return what a sweep would remove at a moment; nothing is changed."""
    used = named()
    return [found for found in _due(now) if found.digest not in used]


def _due(now: dt.datetime) -> Iterator[Unused]:
    made = sa.select(sa.func.coalesce(sa.func.sum(Rendition.size), 0)).where(Rendition.digest == File.digest).scalar_subquery()
    statement = (
        sa.select(File.digest, File.name, File.size + made, File.unused_since)
        .where(File.unused_since <= now - KEPT)
        .order_by(File.unused_since, File.digest)
    )
    for digest, name, size, since in db.session.execute(statement):
        yield Unused(digest, name, int(size), since or now)


def sweep(now: dt.datetime) -> list[Unused]:
    """Note what is unused since now, take the note from what is used again, and remove what has been unused for thirty days."""
    # Whoever takes a file into use touches its row: from here to the commit they wait, and are told afterwards when it is gone.
    db.session.execute(sa.select(File.digest).where(File.unused_since.is_not(None)).with_for_update()).all()
    used = named()
    gone = [found for found in _due(now) if found.digest not in used]
    for file in db.session.scalars(sa.select(File)):
        if file.digest in used:
            file.unused_since = None
        elif file.unused_since is None:
            file.unused_since = now
    db.session.flush()
    _remove([found.digest for found in gone])
    _orphans(now)
    return gone


def _remove(digests: Iterable[str]) -> None:
    digests = list(digests)
    for digest in digests:
        names = ["", *db.session.scalars(sa.select(Rendition.name).where(Rendition.digest == digest))]
        db.session.execute(sa.delete(Caption).where(sa.or_(Caption.digest == digest, Caption.words_digest == digest)))
        db.session.execute(sa.delete(File).where(File.digest == digest))
        for name in names:
            after_commit(store().delete, key_of(digest, name))
    db.session.flush()


def _orphans(now: dt.datetime) -> None:
    """Remove bytes that no row knows, when they are older than any running transaction."""
    known = set(db.session.scalars(sa.select(File.digest)))
    for stored in store().list():
        digest = stored.key.rpartition("/")[2].partition(".")[0]
        if digest not in known and stored.changed_at < now - ORPHANED:
            after_commit(store().delete, stored.key)
