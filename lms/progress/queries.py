"""Reads of progress: prebuilt statements with parameters, and named functions that return a `Select`."""

from __future__ import annotations

import datetime as dt
import functools
import uuid
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from lms.db import read
from lms.learning.models import Cohort, CohortModule, Enrolment, RevisionActivity
from lms.people.models import User
from lms.progress.jp_rules import targets_of
from lms.progress.models import Completion, CompletionState, Evidence, EvidenceKind, Extension, JpEntry, ModuleProgress, TimeRequest

# Evidence of one activity, in order of arrival. Parameters: enrolment_id, module_id, activity_key.
FACTS = (
    sa.select(Evidence.id, Evidence.kind, Evidence.value, Evidence.occurred_at)
    .where(
        Evidence.enrolment_id == sa.bindparam("enrolment_id"),
        Evidence.module_id == sa.bindparam("module_id"),
        Evidence.activity_key == sa.bindparam("activity_key"),
    )
    .order_by(Evidence.sequence)
)

_here = sa.and_(
    Completion.enrolment_id == sa.bindparam("enrolment_id"),
    Completion.module_id == sa.bindparam("module_id"),
    Completion.activity_key == sa.bindparam("activity_key"),
)

# Lets one writer at a time touch an enrolment. A statement of its own: whoever had to wait must read what the other one wrote.
LOCK = sa.select(Enrolment.id).where(Enrolment.id == sa.bindparam("enrolment_id")).with_for_update()

# Where evidence lands: the pinned revision's activity, the learner's zone and days, the state until now. Same parameters. It locks the
# enrolment's row, so that one writer at a time adds evidence (SQLite has one writer anyway).
TARGET = (
    sa.select(
        Enrolment.user_id,
        Enrolment.cohort_id,
        Enrolment.started_on,
        Enrolment.active_on,
        CohortModule.revision_id,
        RevisionActivity.rule,
        RevisionActivity.section,
        Cohort.time_zone.label("cohort_zone"),
        User.time_zone.label("user_zone"),
        sa.select(Completion.state).where(_here).scalar_subquery().label("before"),
    )
    .join(Cohort, Cohort.id == Enrolment.cohort_id)
    .join(User, User.id == Enrolment.user_id)
    .join(CohortModule, sa.and_(CohortModule.cohort_id == Cohort.id, CohortModule.module_id == sa.bindparam("module_id")))
    .join(
        RevisionActivity,
        sa.and_(RevisionActivity.revision_id == CohortModule.revision_id, RevisionActivity.key == sa.bindparam("activity_key")),
    )
    .where(Enrolment.id == sa.bindparam("enrolment_id"))
)


# Whose evidence it is, when the activity is not in the pinned revision. Parameters: enrolment_id, module_id.
LEARNER = (
    sa.select(
        Enrolment.user_id,
        Enrolment.started_on,
        Enrolment.active_on,
        Cohort.time_zone.label("cohort_zone"),
        User.time_zone.label("user_zone"),
    )
    .join(Cohort, Cohort.id == Enrolment.cohort_id)
    .join(User, User.id == Enrolment.user_id)
    .join(CohortModule, sa.and_(CohortModule.cohort_id == Cohort.id, CohortModule.module_id == sa.bindparam("module_id")))
    .where(Enrolment.id == sa.bindparam("enrolment_id"))
)


def _is(state: CompletionState) -> sa.ColumnElement[int]:
    return sa.func.coalesce(sa.func.sum(sa.case((sa.and_(RevisionActivity.required, Completion.state == state), 1), else_=0)), 0)


# Counts of required activities of one module in its pinned revision. Parameters: enrolment_id, module_id, revision_id.
MODULE_COUNTS = (
    sa.select(
        sa.func.coalesce(sa.func.sum(sa.case((RevisionActivity.required, 1), else_=0)), 0).label("required"),
        _is(CompletionState.COMPLETE).label("done"),
        _is(CompletionState.WAITING).label("waiting"),
        sa.func.max(sa.case((RevisionActivity.required, Completion.first_completed_at))).label("last"),
    )
    .select_from(RevisionActivity)
    .outerjoin(
        Completion,
        sa.and_(
            Completion.enrolment_id == sa.bindparam("enrolment_id"),
            Completion.module_id == sa.bindparam("module_id"),
            Completion.activity_key == RevisionActivity.key,
        ),
    )
    .where(RevisionActivity.revision_id == sa.bindparam("revision_id"))
)

# The due day of a module for one person: the cohort's, or the later one that they have been given. A module without a day has none for anybody.
DUE_ON = sa.case((Extension.due_on > CohortModule.due_on, Extension.due_on), else_=CohortModule.due_on)


def extension_of(enrolment_id: sa.SQLColumnExpression[int]) -> tuple[type[Extension], sa.ColumnElement[bool]]:
    """Return what an outer join takes to bring along the extension of a cohort's module for an enrolment: `.outerjoin(*extension_of(…))`."""
    return Extension, sa.and_(Extension.module_id == CohortModule.module_id, Extension.enrolment_id == enrolment_id)


def asked_until(enrolment_id: sa.SQLColumnExpression[int]) -> sa.ScalarSelect[dt.date]:
    """Return the day until which a learner has asked for time and has no answer yet, as a column for another read."""
    asked = sa.select(sa.func.max(TimeRequest.wished_on)).where(TimeRequest.enrolment_id == enrolment_id, TimeRequest.answered_at.is_(None))
    return asked.correlate_except(TimeRequest).scalar_subquery()


# The day of a module while something is still due from the learner: what waits for an instructor is nobody's delay.
DUE_FROM_LEARNER = sa.case((ModuleProgress.done_count + ModuleProgress.waiting_count < ModuleProgress.required_count, DUE_ON))

# Sums over the required modules of a cohort for one enrolment, and the next due day. Parameter: enrolment_id, cohort_id.
ENROLMENT_COUNTS = (
    sa.select(
        sa.func.coalesce(sa.func.sum(ModuleProgress.required_count), 0).label("required"),
        sa.func.coalesce(sa.func.sum(ModuleProgress.done_count), 0).label("done"),
        sa.func.coalesce(sa.func.sum(ModuleProgress.waiting_count), 0).label("waiting"),
        sa.func.min(DUE_FROM_LEARNER).label("next_due_on"),
        sa.select(sa.func.min(Evidence.occurred_at))
        .where(Evidence.enrolment_id == sa.bindparam("enrolment_id"), Evidence.activity_key == "", Evidence.kind == EvidenceKind.FINISHED)
        .scalar_subquery()
        .label("finished"),
    )
    .select_from(CohortModule)
    .join(
        ModuleProgress,
        sa.and_(ModuleProgress.module_id == CohortModule.module_id, ModuleProgress.enrolment_id == sa.bindparam("enrolment_id")),
    )
    .outerjoin(*extension_of(sa.bindparam("enrolment_id")))
    .where(CohortModule.cohort_id == sa.bindparam("cohort_id"), CohortModule.required)
)

# States of the activities of one module. Parameters: enrolment_id, module_id.
MODULE_STATES = sa.select(Completion.activity_key, Completion.state).where(
    Completion.enrolment_id == sa.bindparam("enrolment_id"), Completion.module_id == sa.bindparam("module_id")
)


def completion_of(enrolment_id: int, module_id: int, activity_key: str) -> sa.Select[Completion]:
    """Return the completion of one activity."""
    return sa.select(Completion).where(
        Completion.enrolment_id == enrolment_id, Completion.module_id == module_id, Completion.activity_key == activity_key
    )


def overrides_of(enrolment_id: int, module_id: int, activity_key: str) -> sa.Select[Evidence, str]:
    """Return the overrides of one activity with the name of who made them, latest first."""
    return (
        sa.select(Evidence, User.name)
        .outerjoin(User, User.id == Evidence.actor_id)
        .where(
            Evidence.enrolment_id == enrolment_id,
            Evidence.module_id == module_id,
            Evidence.activity_key == activity_key,
            Evidence.kind == "override",
        )
        .order_by(Evidence.sequence.desc())
    )


def jp_of_year(user_id: uuid.UUID, year: int) -> tuple[Decimal, Decimal, Decimal | None]:
    """Return (nominal, recognised, target) hours of a person in a calendar year; target None where none is set for them."""
    row: Any = read(_hours_of(year), {"user_id": user_id}).one()
    return row[0], row[1], row[2]


@functools.lru_cache(maxsize=20)
def _hours_of(year: int) -> sa.Select[Decimal, Decimal, Decimal | None]:
    nominal, recognized = (sa.func.coalesce(sa.func.sum(column), 0) for column in (JpEntry.nominal, JpEntry.recognized))
    target = sa.select(target_of(year)).where(User.id == sa.bindparam("user_id")).scalar_subquery()
    return sa.select(nominal, recognized, target).where(
        JpEntry.user_id == sa.bindparam("user_id"), JpEntry.occurred_on.between(dt.date(year, 1, 1), dt.date(year, 12, 31))
    )


def target_of(year: int) -> sa.ColumnElement[Decimal | None]:
    """Return what a year asks of a user, NULL where nothing is set."""
    hours = JpEntry.recognized.type
    known = [(User.category == category, sa.literal(target, hours)) for category, target in targets_of(year).items()]
    return sa.case(*known) if known else sa.literal(None, hours)
