"""Visits and journals for the two people of an emergency, still sealed; and what becomes of them when their author's key is destroyed."""

from __future__ import annotations

import uuid
from collections import Counter

import sqlalchemy as sa

from courses.base import plugin
from courses.entries import queries
from courses.entries.models import AnswerDraft, Change, Draft, Entry, EntryKind, EntryState, Feedback, Section, Version
from courses.entries.services import section_item
from lms.api import PrivateName, PrivateText, ReadReason, Sealed, db, gettext
from lms.api import lazy_gettext as _


def _names(kind: EntryKind, author_id: uuid.UUID) -> list[PrivateName]:
    """Return what was handed in, by the code that instructors see; by code and activity where two of the author's bear the same code."""
    there = sa.exists().where(Version.entry_id == Entry.id, Section.version_id == Version.id)  # else its key was destroyed
    statement = sa.select(Entry).where(Entry.author_id == author_id, Entry.number.is_not(None), there).order_by(Entry.created_at)
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


def _count(model: type[Draft | AnswerDraft], *where: sa.ColumnElement[bool]) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(model).where(*where)) or 0


def _drafts_of(author_id: uuid.UUID) -> int:
    return _count(Draft, Draft.entry_id.in_(sa.select(Entry.id).where(Entry.author_id == author_id)))


def drop_texts(author_id: uuid.UUID) -> None:
    """Remove what a person has written and what was answered to it, whose key is destroyed; that, when and with which result stays.

    Nobody can answer it any more, so it waits for nobody.
    """
    mine = sa.select(Entry.id).where(Entry.author_id == author_id)
    versions = sa.select(Version.id).where(Version.entry_id.in_(mine))
    db.session.execute(sa.delete(Change).where(Change.entry_id.in_(mine)))
    db.session.execute(sa.delete(Draft).where(Draft.entry_id.in_(mine)))
    db.session.execute(sa.delete(Section).where(Section.version_id.in_(versions)))
    db.session.execute(sa.update(Feedback).where(Feedback.version_id.in_(versions)).values(sealed=b""))
    db.session.execute(sa.update(Entry).where(Entry.author_id == author_id, Entry.state == EntryState.HANDED_IN).values(promised_on=None))


def _half_answers_of(assessor_id: uuid.UUID) -> int:
    return _count(AnswerDraft, AnswerDraft.assessor_id == assessor_id)


def drop_answers(assessor_id: uuid.UUID) -> None:
    """Remove the half-written answers of an instructor whose key is destroyed."""
    db.session.execute(sa.delete(AnswerDraft).where(AnswerDraft.assessor_id == assessor_id))


plugin.keyed += [Sealed(_("Draft"), _drafts_of, drop_texts), Sealed(_("Half-written answer"), _half_answers_of, drop_answers)]
