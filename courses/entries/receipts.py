"""Receipts of what was handed in: who, what, when; never a word of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from courses.base import plugin
from courses.entries.models import Entry, Version
from lms.api import CohortModule, Enrolment, Kept, RevisionActivity, User, activity_type, db


@plugin.receipts
def versions(code: str, seen: sa.ColumnElement[bool]) -> Iterable[Kept]:
    """Find a version by the code of its receipt."""
    here = sa.and_(CohortModule.cohort_id == Enrolment.cohort_id, CohortModule.module_id == Entry.module_id)
    named = sa.and_(RevisionActivity.revision_id == CohortModule.revision_id, RevisionActivity.key == Entry.activity_key)
    rows: Any = db.session.execute(
        sa.select(Version, Entry.kind, Entry.activity_key, RevisionActivity.title, User.name)
        .join(Entry, Entry.id == Version.entry_id)
        .join(Enrolment, Enrolment.id == Entry.enrolment_id)
        .join(User, User.id == Entry.author_id)
        .outerjoin(CohortModule, here)
        .outerjoin(RevisionActivity, named)
        .where(Version.receipt == code, seen)
        .order_by(Version.received_at)
    )
    for version, kind, key, title, name in rows:
        yield Kept(name, activity_type(kind).title, title or key, version.handed_in_at, version.received_at)
