"""A day that stays the same, and teams whose standing is written straight into the projections."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from lms.db import at, commit, db
from lms.learning.models import Cohort, CohortModule, Enrolment
from lms.progress.models import ModuleProgress
from lms.progress.services import renew_due_days

TODAY = dt.date(2026, 11, 21)


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    """Let it be noon of that day in Pontianak."""
    with at(dt.datetime(2026, 11, 21, 5, tzinfo=dt.UTC)):
        yield


def pin_of(cohort_id: int, index: int) -> CohortModule:
    """Return a module of a cohort by its place, from 0."""
    statement = sa.select(CohortModule).where(CohortModule.cohort_id == cohort_id).order_by(CohortModule.position)
    return db.session.scalars(statement).all()[index]


@pytest.fixture
def plan(database: None) -> Callable[..., None]:
    """Return a function that changes a module of a cohort: `plan(cohort, 1, due_on=day, required=False)`."""

    def change(cohort: Cohort, index: int, **values: Any) -> None:
        for name, value in values.items():
            setattr(pin_of(cohort.id, index), name, value)
        renew_due_days(cohort.id)
        commit()

    return change


@pytest.fixture
def stand(database: None) -> Callable[..., None]:
    """Return a function that writes how far an enrolment is: `stand(enrolment, done=3, of=10, waiting=1, due=day, started=day)`.

    All counts go to the first module of the cohort; `due` is that module's due day.
    """

    def write(enrolment: Enrolment, *, done: int = 0, of: int = 10, waiting: int = 0, due: dt.date | None = None, **values: Any) -> None:
        db.session.execute(
            sa.update(Enrolment)
            .where(Enrolment.id == enrolment.id)
            .values(required_count=of, done_count=done, waiting_count=waiting, **values)
        )
        pin = pin_of(enrolment.cohort_id, 0)
        pin.due_on = due
        db.session.execute(
            sa.update(ModuleProgress)
            .where(ModuleProgress.enrolment_id == enrolment.id, ModuleProgress.module_id == pin.module_id)
            .values(required_count=of, done_count=done, waiting_count=waiting)
        )
        renew_due_days(enrolment.cohort_id)
        commit()

    return write
