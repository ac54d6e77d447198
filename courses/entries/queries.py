"""Lists of entries."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from courses.entries import services
from courses.entries.models import Entry, Version
from lms.api import Actor, Cohort, CohortModule, Enrolment, Group, Module, db, outline, title_of


def entries_of(author_id: uuid.UUID) -> sa.Select[Entry]:
    """Return a person's entries, latest first."""
    return (
        sa.select(Entry)
        .where(Entry.author_id == author_id)
        .options(selectinload(Entry.versions).selectinload(Version.feedback), selectinload(Entry.drafts))
        .order_by(Entry.created_at.desc())
    )


def _places(ids: Iterable[uuid.UUID]) -> Any:
    return db.session.execute(
        sa.select(
            Entry.id,
            Entry.activity_key,
            CohortModule.revision_id,
            Cohort.id,
            Cohort.title,
            Cohort.number,
            Cohort.year,
            Module.key,
            Group.name,
        )
        .join(Enrolment, Enrolment.id == Entry.enrolment_id)
        .join(Cohort, Cohort.id == Enrolment.cohort_id)
        .join(CohortModule, sa.and_(CohortModule.cohort_id == Cohort.id, CohortModule.module_id == Entry.module_id))
        .join(Module, Module.id == Entry.module_id)
        .outerjoin(Group, Group.id == Enrolment.group_id)
        .where(Entry.id.in_(list(ids)))
    )


def titles_of(entries: Iterable[Entry]) -> dict[uuid.UUID, dict[str, Any]]:
    """Return what entries are about: activity, module, cohort and address, by id; one statement, and outlines that are kept."""
    found = {}
    for entry_id, key, revision_id, cohort_id, title, number, year, module_key, group in _places(entry.id for entry in entries):
        contents = outline(revision_id)
        item = next((item for item in contents.items if item.key == key), None)
        found[entry_id] = {
            "activity": item.title if item else key,
            "module": contents.about["title"],
            "cohort": title_of(title, number, year),
            "group": group or "",
            "url": f"/learn/{cohort_id}/{module_key}/{key}",
        }
    return found


def address_of(entry: Entry) -> str:
    """Return the address of an entry in the player."""
    return str(titles_of([entry])[entry.id]["url"])


def export(actor: Actor, user_id: uuid.UUID) -> list[dict[str, Any]]:
    """Return a person's entries with drafts, versions and answers in the clear; `actor` must be that person."""
    return [
        {
            "kind": entry.kind.value,
            "activity": entry.activity_key,
            "state": entry.state.value,
            "drafts": [{"saved_at": draft.saved_at, "texts": texts} for draft, texts in services.draft_texts(actor, entry)],
            "versions": [
                {
                    "number": version.number,
                    "handed_in_at": version.handed_in_at,
                    "receipt": version.receipt,
                    "texts": texts,
                    "answer": answer,
                }
                for version, texts, answer in services.version_texts(actor, entry)
            ],
        }
        for entry in db.session.scalars(entries_of(user_id))
    ]
