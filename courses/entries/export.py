"""Everything that somebody wrote here, for "download my data"."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa

from courses.entries import drafts, services
from courses.entries.models import AnswerDraft, Opinion
from courses.entries.queries import entries_of
from lms.api import Actor, db


def export(actor: Actor, user_id: uuid.UUID) -> list[dict[str, Any]]:
    """Return a person's entries with drafts, versions and answers in the clear; `actor` must be that person.

    Of an instructor also the answers that are half written, and the second opinions.
    """
    half = db.session.scalars(sa.select(AnswerDraft).where(AnswerDraft.assessor_id == user_id))
    opinions = db.session.scalars(sa.select(Opinion).where(Opinion.assessor_id == user_id, Opinion.level.is_not(None)))
    return [
        *_entries(actor, user_id),
        *({"kind": "half-written answer", "saved_at": row.saved_at, "values": services.opened_answer(actor, row)} for row in half),
        *({"kind": "second opinion", "opened_at": row.opened_at, "level": (row.level or 0) / 2} for row in opinions),
    ]


def _entries(actor: Actor, user_id: uuid.UUID) -> list[dict[str, Any]]:
    return [
        {
            "kind": entry.kind.value,
            "activity": entry.activity_key,
            "state": entry.state.value,
            "drafts": [{"saved_at": draft.saved_at, "texts": texts} for draft, texts in drafts.draft_texts(actor, entry)],
            "versions": [
                {
                    "number": version.number,
                    "handed_in_at": version.handed_in_at,
                    "receipt": version.receipt,
                    "texts": texts,
                    "readers": {section.key: section.audience.value for section in version.sections},
                    "answer": answer,
                    "level": version.feedback.level / 2 if version.feedback and version.feedback.level is not None else None,
                }
                for version, texts, answer in services.version_texts(actor, entry)
            ],
        }
        for entry in db.session.scalars(entries_of(user_id))
    ]
