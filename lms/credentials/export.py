"""What is kept about a person's certificates, for "download my data"."""

from __future__ import annotations

import uuid
from typing import Any, cast

import sqlalchemy as sa

from lms.credentials.models import Certificate
from lms.db import db


def export_certificates(user_id: uuid.UUID) -> list[dict[str, Any]]:
    """Return every certificate of the person; the PDFs are downloaded one by one."""
    table = cast("sa.Table", Certificate.__table__)
    rows = db.session.execute(sa.select(table).where(table.c.user_id == user_id)).mappings()
    return [{"table": table.name, **row} for row in rows]
