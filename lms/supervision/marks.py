"""Marks that say which cohorts have changed since the figures of units were made."""

from __future__ import annotations

import sqlalchemy as sa

from lms.db import db
from lms.supervision.models import RollupMark

_ADD = sa.insert(RollupMark)


def mark(cohort_id: int) -> None:
    """Say that something has changed in a cohort: one row, added beside all others, in the transaction that changes it."""
    db.session.connection().execute(_ADD, {"cohort_id": cohort_id})
