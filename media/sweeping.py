"""Files that nothing names: found by looking at everything that the database holds, so that no table can be forgotten.

The daily look notes since when nothing names a file. What has been unused for thirty days without a break, and is unused still, goes: its row
now, its bytes at a later look, as bytes that no row knows. So who brings the same file in again at that very moment finds the bytes there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from lms.api import Base, after_commit, db
from media.models import Caption, File, Rendition
from media.services import ADDRESS
from media.storage import store

KEPT = dt.timedelta(days=30)
ORPHANED = dt.timedelta(hours=1)  # bytes without a row that are younger may belong to a transaction that has not ended
_OWN = "media_"


@dataclass(frozen=True, slots=True)
class Unused:
    """A file that nothing names: what it was first called, its bytes with renditions, since when, and when it came."""

    digest: str
    suffix: str
    name: str
    size: int
    since: dt.datetime
    created_at: dt.datetime

    @property
    def until(self) -> dt.datetime:
        """Return until when it is kept."""
        return self.since + KEPT


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


def _unused_since(moment: dt.datetime) -> sa.Select[str, str, str, int, dt.datetime | None, dt.datetime]:
    made = sa.select(sa.func.coalesce(sa.func.sum(Rendition.size), 0)).where(Rendition.digest == File.digest).scalar_subquery()
    return (
        sa.select(File.digest, File.suffix, File.name, File.size + made, File.unused_since, File.created_at)
        .where(File.unused_since <= moment)
        .order_by(File.unused_since, File.digest)
    )


def _found(row: Any, now: dt.datetime) -> Unused:
    digest, suffix, name, size, since, created_at = row
    return Unused(digest, suffix, name, int(size), since or now, created_at)


def _due(now: dt.datetime) -> Iterator[Unused]:
    for row in db.session.execute(_unused_since(now - KEPT)):
        yield _found(row, now)


def sweep(now: dt.datetime) -> list[Unused]:
    """Note what is unused since now, take the note from what is used again, and remove what has been unused for thirty days."""
    # Whoever takes a file into use touches its row: from here to the commit they wait, and are told afterwards when it is gone.
    db.session.execute(sa.select(File.digest).where(File.unused_since.is_not(None)).with_for_update()).all()
    used = named()
    gone = [found for found in _due(now) if found.digest not in used]
    for file in db.session.scalars(sa.select(File).execution_options(populate_existing=True)):
        if file.digest in used:
            file.unused_since = None
        elif file.unused_since is None:
            file.unused_since = now
    db.session.flush()
    _orphans(now)
    _remove([found.digest for found in gone])
    return gone


def listed(now: dt.datetime, of: sa.ColumnElement[bool] | None = None) -> list[Unused]:
    """Return the files that the last look found unused, the longest unused first; `of` is a condition on File. Nothing is looked through."""
    statement = _unused_since(now)
    return [_found(row, now) for row in db.session.execute(statement.where(of) if of is not None else statement)]


def keep_on(digest: str) -> None:
    """Let the thirty days of a file begin anew: the next look notes it again, if nothing names it until then."""
    db.session.execute(sa.update(File).where(File.digest == digest).values(unused_since=None))


def _remove(digests: Iterable[str]) -> None:
    digests = list(digests)
    for digest in digests:
        db.session.execute(sa.delete(Caption).where(sa.or_(Caption.digest == digest, Caption.words_digest == digest)))
        db.session.execute(sa.delete(File).where(File.digest == digest))
    db.session.flush()


def _orphans(now: dt.datetime) -> None:
    """Remove bytes that no row knows, when they are older than any running transaction."""
    known = set(db.session.scalars(sa.select(File.digest)))
    for stored in store().list():
        digest = stored.key.rpartition("/")[2].partition(".")[0]
        if digest not in known and stored.changed_at < now - ORPHANED:
            after_commit(store().delete_old, stored.key, now - ORPHANED)
