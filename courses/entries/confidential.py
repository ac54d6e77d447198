"""Visits and journals for the two people of an emergency: which ones somebody has handed in, and what of one, still sealed."""

from __future__ import annotations

import uuid
from collections import Counter

import sqlalchemy as sa

from courses.base import plugin
from courses.entries import queries
from courses.entries.models import Entry, EntryKind
from courses.entries.services import section_item
from lms.api import PrivateName, PrivateText, ReadReason, db, gettext
from lms.api import lazy_gettext as _


def _names(kind: EntryKind, author_id: uuid.UUID) -> list[PrivateName]:
    """Return what was handed in, by the code that instructors see; by code and activity where two of the author's bear the same code."""
    statement = sa.select(Entry).where(Entry.author_id == author_id, Entry.number.is_not(None)).order_by(Entry.created_at)
    entries = db.session.scalars(statement).all()
    times = Counter(entry.code for entry in entries)
    mine = (entry for entry in entries if entry.kind is kind)
    return [PrivateName(entry.id, entry.code if times[entry.code] == 1 else f"{entry.code}/{entry.activity_key}") for entry in mine]


@plugin.confidential(EntryKind.JOURNAL.value, title=_("Journal"), names=lambda author_id: _names(EntryKind.JOURNAL, author_id))
@plugin.confidential(EntryKind.VISIT.value, title=_("Field visit"), names=lambda author_id: _names(EntryKind.VISIT, author_id))
def load(entry_id: uuid.UUID) -> PrivateText | None:
    """Return what was handed in of an entry, and the answers to it, sealed; None when there is no such entry.

    A section that its author kept to themselves was handed in to nobody and stays closed, like a draft.
    """
    found = sa.select(Entry).where(Entry.id == entry_id).options(queries.with_versions(ReadReason.BREAK_GLASS))
    entry = db.session.scalars(found).unique().one_or_none()
    if entry is None:
        return None
    parts = []
    for version in entry.versions:
        label = gettext("Version %(number)s", number=version.number)
        parts += [(f"{label}: {part.key}", section_item(version.id, part.key), part.sealed) for part in version.sections]
        if version.feedback:
            parts.append((gettext("Answer from the instructor"), f"feedback/{version.id}", version.feedback.sealed))
    return PrivateText(entry.author_id, str(queries.titles_of([entry])[entry.id]["activity"]), tuple(parts))
