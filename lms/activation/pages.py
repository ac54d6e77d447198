"""What the page of letters shows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from lms.activation import queries
from lms.activation.services import MOST_FAILURES
from lms.db import db, utcnow
from lms.learning.models import Cohort
from lms.people.models import Unit


@dataclass(frozen=True, slots=True)
class LettersPage:
    """The people of a cohort by state of their account; agencies of those who have not opened it; how many mails would leave."""

    waiting: list[Any]
    activated: int
    agencies: list[str]
    to_invite: int

    @property
    def out(self) -> list[Any]:
        """Return those with a letter that works."""
        return [row for row in self.waiting if state_of(row) == "out"]

    @staticmethod
    def state_of(row: Any) -> str:
        """Return the state of somebody's letter, see `state_of`."""
        return state_of(row)

    def chosen(self, whom: str, agencies: Collection[str]) -> list[Any]:
        """Return for whom letters are made."""
        return [row for row in self.waiting if (row.agency or "") in agencies and (whom == "all" or state_of(row) != "out")]


def state_of(row: Any) -> str:
    """Return `none`, `out` (a letter that works), `locked` or `ended`."""
    if row.issued_at is None or row.used_at is not None:
        return "none"
    if row.failures >= MOST_FAILURES:
        return "locked"
    return "out" if row.expires_at > utcnow() else "ended"


def letters_page(cohort: Cohort) -> LettersPage:
    """Return the page: two statements."""
    today = utcnow().date()
    rows = db.session.execute(queries.letters_of(cohort.id, today)).all()
    waiting = [row for row in rows if not row.activated]
    agencies = list(dict.fromkeys(row.agency or "" for row in waiting))
    return LettersPage(waiting, len(rows) - len(waiting), agencies, db.session.scalar(queries.count_to_invite(cohort.id, today)) or 0)


def sender_of(cohort: Cohort) -> str:
    """Return in whose name a cohort's letters are."""
    return db.session.scalars(sa.select(Unit.name).where(Unit.id == cohort.organizer_unit_id)).one()
