"""Taking an import back, for a day: exactly what it made, and of that only what nobody has used since.

"Used" is read from the database itself: a row of any table that points to the enrolment or the account, but for those that came into being
with it. So a plugin's table counts too, and nothing that somebody did can be taken away.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from lms.cohorts.models import CohortImport, Fate, ImportLine
from lms.cohorts.queries import lines_of
from lms.db import Base, db, utcnow
from lms.errors import Refused
from lms.i18n import gettext as _
from lms.learning.models import Enrolment, EnrolmentState
from lms.people.access import Actor
from lms.people.models import User
from lms.privacy.services import audit
from lms.progress.models import Evidence
from lms.supervision.marks import mark

UNDO_FOR = dt.timedelta(hours=24)
# What comes into being with an enrolment or an account, without anybody having done anything.
_COMES_ALONG = {
    "enrolments": {"completions", "module_progress", "import_lines"},
    "users": {"enrolments", "import_lines", "activation_codes", "mails", "notices"},
}


@dataclass(frozen=True, slots=True)
class Undone:
    """How many people are out of the cohort again, how many accounts are gone, and how many rows stay because somebody has used them."""

    left: int
    accounts: int
    kept: int


def can_undo(done: CohortImport) -> bool:
    """Tell whether an import can still be taken back."""
    return done.undone_at is None and utcnow() <= done.made_at + UNDO_FOR


def undo(*, actor: Actor, done: CohortImport) -> Undone:
    """Take an import back. Raises Refused when that was done already, or when a day has passed."""
    db.session.refresh(done, with_for_update=True)
    if done.undone_at is not None:
        raise Refused(_("This import has been taken back already."))
    if not can_undo(done):
        raise Refused(_("An import can be taken back for 24 hours. After that, withdraw people one by one."))
    lines = list(db.session.scalars(lines_of(done.id)))
    begun = _used("enrolments", [line.enrolment_id for line in lines if line.fate is not Fate.BACK]) | _active_since(done, lines)
    taken = [line for line in lines if line.enrolment_id and line.enrolment_id not in begun]
    for line in lines:
        line.kept = "" if line in taken else "begun"
    _leave(taken)
    mark(done.cohort_id)
    accounts = _close(actor, [line for line in taken if line.fate is Fate.NEW])
    done.undone_at, done.undone_by_id = utcnow(), actor.id
    result = Undone(len(taken), accounts, sum(bool(line.kept) for line in lines))
    audit(actor.id, "cohort:undo_import", "cohort", done.cohort_id, list=done.id, left=result.left, accounts=accounts, kept=result.kept)
    db.session.flush()
    return result


def _leave(lines: list[ImportLine]) -> None:
    """Remove enrolments that the import made; let those who came back be withdrawn again, in the group that they had."""
    made = [line.enrolment_id for line in lines if line.fate is not Fate.BACK]
    for line in lines:
        if line.fate is Fate.BACK:
            values = {"state": EnrolmentState.WITHDRAWN, "group_id": line.group_before}
            db.session.execute(sa.update(Enrolment).where(Enrolment.id == line.enrolment_id).values(values))
    for line in lines:
        if line.fate is not Fate.BACK:
            line.enrolment_id = None
    db.session.flush()
    db.session.execute(sa.delete(Enrolment).where(Enrolment.id.in_(made)))


def _close(actor: Actor, lines: list[ImportLine]) -> int:
    """Remove accounts that the import made and nobody has used; note why the others stay. Return how many are gone."""
    ids = [line.user_id for line in lines if line.user_id]
    elsewhere = sa.select(Enrolment.user_id).where(Enrolment.user_id.in_(ids))
    signed_in = set(db.session.scalars(sa.select(User.id).where(User.id.in_(ids), User.password_hash.is_not(None))))
    in_use = _used("users", ids) | set(db.session.scalars(elsewhere))
    gone = []
    for line in lines:
        line.kept = "signed_in" if line.user_id in signed_in else "in_use" if line.user_id in in_use else ""
        if not line.kept and line.user_id:
            gone.append(line.user_id)
            line.user_id = None
    db.session.flush()
    for user_id in gone:
        audit(actor.id, "people:remove", "user", user_id)
    db.session.execute(sa.delete(User).where(User.id.in_(gone)))
    return len(gone)


def _used(name: str, ids: Collection[Any]) -> set[Any]:
    """Return which of these rows something points to that did not come along with them: one statement for each table that could."""
    found: set[Any] = set()
    for table in Base.metadata.sorted_tables:
        if table.name in _COMES_ALONG[name]:
            continue
        for key in table.foreign_keys:
            if key.column.table.name == name and ids:
                found.update(db.session.scalars(sa.select(key.parent).where(key.parent.in_(ids)).distinct()))
    return found


def _active_since(done: CohortImport, lines: list[ImportLine]) -> set[int]:
    """Return the enrolments of people who came back and have learned since."""
    back = [line.enrolment_id for line in lines if line.fate is Fate.BACK]
    statement = sa.select(Evidence.enrolment_id).where(Evidence.enrolment_id.in_(back), Evidence.received_at >= done.made_at).distinct()
    return set(db.session.scalars(statement)) if back else set()


def kept_people(done: CohortImport) -> list[tuple[uuid.UUID, int | None, str, str]]:
    """Return (person, enrolment, name, why) of the rows that an undo has left."""
    statement = (
        sa.select(User.id, ImportLine.enrolment_id, User.name, ImportLine.kept)
        .join(User, User.id == ImportLine.user_id)
        .where(ImportLine.import_id == done.id, ImportLine.kept != "")
        .order_by(User.name)
    )
    return [(user_id, enrolment_id, name, why) for user_id, enrolment_id, name, why in db.session.execute(statement)]
