"""The audit trail: one line for whatever changes rights, results or other people's data."""

from __future__ import annotations

import uuid

from lms.db import db
from lms.privacy.models import AuditEntry


def audit(actor_id: uuid.UUID | None, action: str, object_kind: str, object_id: object, **detail: object) -> None:
    """Add a line to the audit trail in the present transaction.

    detail holds keys, numbers and states only, never a text that somebody wrote, a name or an employee number.
    """
    db.session.add(AuditEntry(actor_id=actor_id, action=action, object_kind=object_kind, object_id=str(object_id), detail=detail))
