"""Reads for packs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from lms.api import Actor, Cohort, CohortModule, Enrolment, EnrolmentState, Module, NotFound, local_day, read, utcnow

_MODULES = (
    sa.select(Module.key, CohortModule.revision_id, CohortModule.opens_on, Cohort.time_zone)
    .join(Module, Module.id == CohortModule.module_id)
    .join(Enrolment, Enrolment.cohort_id == CohortModule.cohort_id)
    .join(Cohort, Cohort.id == CohortModule.cohort_id)
    .where(
        Enrolment.user_id == sa.bindparam("user_id"),
        Enrolment.state == EnrolmentState.ACTIVE,
        CohortModule.cohort_id == sa.bindparam("cohort_id"),
    )
    .order_by(CohortModule.position)
)


def open_modules(actor: Actor, cohort_id: int) -> Sequence[Any]:
    """Return key, revision and time zone of the modules of one of the actor's cohorts that are open, in order. Raises NotFound."""
    rows = read(_MODULES, {"user_id": actor.id, "cohort_id": cohort_id}).all()
    if not rows:
        raise NotFound("no such cohort of this person")
    return [row for row in rows if row.opens_on is None or row.opens_on <= local_day(utcnow(), row.time_zone)]


def open_module(actor: Actor, cohort_id: int, module_key: str) -> Any:
    """Return one of them. Raises NotFound."""
    for row in open_modules(actor, cohort_id):
        if row.key == module_key:
            return row
    raise NotFound("no such module for this person, or it is not open yet")
