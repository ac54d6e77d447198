"""Looking a receipt up: what is kept under a code, for its owner and for whoever runs or teaches in a cohort of theirs."""

from __future__ import annotations

import re
from collections.abc import Iterable

import sqlalchemy as sa

from lms.db import db
from lms.learning.models import Cohort, Enrolment
from lms.people.access import Actor, cohorts_for
from lms.people.models import User
from lms.people.permissions import VIEW_COHORTS
from lms.receipts import Kept, receipt
from lms.registry import registry
from lms.sync.models import OperationState, TakenOperation

CODE = re.compile(r"[A-Z0-9]{2}-?[A-Z0-9]{6}")


def code_of(text: str) -> str:
    """Return a code as it is kept, `DT-7Q4K2M`; nothing for what is none. The signs that codes do not have are read as those they look like."""
    plain = "".join(text.upper().split()).replace("I", "8").replace("O", "9")
    return f"{plain[:2]}-{plain[-6:]}" if CODE.fullmatch(plain) else ""


def find(actor: Actor, code: str) -> list[Kept]:
    """Return what is kept under a code, as far as the person may see whose it is: one statement for each kind."""
    visible = sa.select(Cohort.id).where(cohorts_for(actor, VIEW_COHORTS))
    seen = sa.or_(Enrolment.user_id == actor.id, Enrolment.cohort_id.in_(visible))
    return [one for call in registry().receipts for one in call(code, seen)]


def operations(code: str, seen: sa.ColumnElement[bool]) -> Iterable[Kept]:
    """Find what a device has delivered."""
    known = registry().operations
    theirs = sa.exists().where(Enrolment.user_id == TakenOperation.user_id, seen)
    rows = db.session.execute(
        sa.select(TakenOperation, User.name)
        .join(User, User.id == TakenOperation.user_id)
        .where(TakenOperation.code == code, TakenOperation.state == OperationState.TAKEN, theirs)
        .order_by(TakenOperation.received_at)
    )
    for row, name in rows:
        made = receipt("operation", f"{row.device}.{row.number}", row.digest.hex(), row.received_at)
        kind = known.get(row.kind)
        yield Kept(name, kind.title if kind else row.kind, "", row.happened_at, row.received_at, made.code == row.code)
