"""Rebuild every projection from evidence, and compare: the proof that nothing was lost or made up on the way."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from lms import i18n
from lms.db import db
from lms.learning.models import Cohort, Enrolment
from lms.people.models import User
from lms.progress import jp, services
from lms.progress.models import Completion, Evidence, JpEntry, ModuleProgress

ROLL_UP = ("required_count", "done_count", "waiting_count", "next_due_on", "started_on", "active_on", "completed_at")

Difference = tuple[int, str, Any, Any]


def enrolment_ids(cohort_id: int | None = None) -> list[int]:
    """Return the ids of all enrolments, or of one cohort's."""
    statement = sa.select(Enrolment.id).order_by(Enrolment.id)
    if cohort_id is not None:
        statement = statement.where(Enrolment.cohort_id == cohort_id)
    return list(db.session.scalars(statement))


def recompute(enrolment_id: int) -> list[Difference]:
    """Rebuild one enrolment's projections and return what differed before: (enrolment, where, was, is)."""
    services.lock(enrolment_id)
    before = _snapshot(enrolment_id)
    _rebuild(enrolment_id)
    after = _snapshot(enrolment_id)
    changed = [
        (enrolment_id, where, before.get(where), after.get(where))
        for where in sorted(before.keys() | after.keys())
        if before.get(where) != after.get(where)
    ]
    return [*changed, *_ledger(enrolment_id)]


def _ledger(enrolment_id: int) -> Iterator[Difference]:
    """Judge the hours of the person's years anew; what differs is put right by further lines, since none is ever changed."""
    years = sa.select(JpEntry.user_id, sa.extract("year", JpEntry.occurred_on)).where(JpEntry.enrolment_id == enrolment_id).distinct()
    for user_id, year in db.session.execute(years).all():
        for number, was, is_now in jp.recount(user_id, int(year)):
            yield enrolment_id, f"jp_entries {number} recognized", was, is_now


def _rebuild(enrolment_id: int) -> None:
    enrolment = db.session.get_one(Enrolment, enrolment_id)
    db.session.execute(sa.delete(Completion).where(Completion.enrolment_id == enrolment_id))
    db.session.execute(sa.delete(ModuleProgress).where(ModuleProgress.enrolment_id == enrolment_id))
    services.start_progress([enrolment_id])
    for module_id, key in _acts(enrolment_id):
        services.project_activity(enrolment_id, module_id, key)
    first, last = _own_days(enrolment_id)
    db.session.execute(sa.update(Enrolment).where(Enrolment.id == enrolment_id).values(started_on=first, active_on=last))
    db.session.refresh(enrolment)


def _acts(enrolment_id: int) -> Iterator[tuple[int, str]]:
    """Yield the activities with evidence that are in the pinned revisions; evidence of others waits for a revision that has them."""
    pinned = {
        (module_id, activity.key)
        for module_id, revision_id in services.pins(db.session.get_one(Enrolment, enrolment_id).cohort_id)
        for activity in services.activities_of(revision_id)
    }
    rows = db.session.execute(sa.select(Evidence.module_id, Evidence.activity_key).where(Evidence.enrolment_id == enrolment_id).distinct())
    yield from sorted((module_id, key) for module_id, key in rows if module_id is not None and (module_id, key) in pinned)


def _own_days(enrolment_id: int) -> tuple[dt.date | None, dt.date | None]:
    rows = db.session.execute(
        sa.select(Evidence.occurred_at, User.time_zone, Cohort.time_zone)
        .join(Enrolment, Enrolment.id == Evidence.enrolment_id)
        .join(User, User.id == Enrolment.user_id)
        .join(Cohort, Cohort.id == Enrolment.cohort_id)
        .where(Evidence.enrolment_id == enrolment_id, Evidence.actor_id == Enrolment.user_id)
    )
    days = [i18n.local_day(moment, own or cohort) for moment, own, cohort in rows]
    return min(days, default=None), max(days, default=None)


def _snapshot(enrolment_id: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for row in db.session.execute(sa.select(Completion.__table__).where(Completion.enrolment_id == enrolment_id)).mappings():
        for name in ("state", "score", "first_completed_at", "revision_id", "reasons"):
            found[f"completions {row['module_id']}/{row['activity_key']} {name}"] = row[name]
    for row in db.session.execute(sa.select(ModuleProgress.__table__).where(ModuleProgress.enrolment_id == enrolment_id)).mappings():
        for name in ("required_count", "done_count", "waiting_count", "completed_at"):
            found[f"module_progress {row['module_id']} {name}"] = row[name]
    enrolment = db.session.execute(sa.select(Enrolment.__table__).where(Enrolment.id == enrolment_id)).mappings().one()
    found |= {f"enrolments {name}": enrolment[name] for name in ROLL_UP}
    return found
