"""Uploaded lists between the dry run and the import: rows that only who uploaded one finds, in its cohort, for a day at most."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from pathlib import PurePath

import sqlalchemy as sa

from lms.cohorts.models import ImportDraft
from lms.db import db, utcnow
from lms.errors import NotFound
from lms.learning.models import Cohort
from lms.people.access import Actor

KEEP = dt.timedelta(days=1)
_TOKEN = re.compile(r"[0-9a-f]{32}")


def keep_upload(*, actor: Actor, cohort: Cohort, data: bytes, name: str = "") -> str:
    """Keep the bytes of a list and return the name by which its owner finds it."""
    draft = ImportDraft(id=uuid.uuid4(), cohort_id=cohort.id, owner_id=actor.id, file_name=PurePath(name).name[-160:], data=data, plan={})
    db.session.add(draft)
    db.session.flush()
    return draft.id.hex


def find_upload(*, actor: Actor, cohort: Cohort, token: str) -> ImportDraft:
    """Return a list. Raises NotFound when it is somebody else's, another cohort's, used or older than a day."""
    draft = db.session.get(ImportDraft, uuid.UUID(token)) if _TOKEN.fullmatch(token) else None
    if draft is None or (draft.owner_id, draft.cohort_id) != (actor.id, cohort.id) or draft.created_at < utcnow() - KEEP:
        raise NotFound("no such upload")
    return draft


def forget_upload(draft: ImportDraft) -> None:
    """Delete a list."""
    db.session.delete(draft)
    db.session.flush()


def forget_old_imports() -> None:
    """Delete lists that were uploaded more than a day ago (task, daily)."""
    db.session.execute(sa.delete(ImportDraft).where(ImportDraft.created_at < utcnow() - KEEP))
