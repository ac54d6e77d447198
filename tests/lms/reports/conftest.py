"""The ground of reports: a cohort whose projections a test writes itself."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from support.reports import PARTS, TODAY, Ground

from lms.db import commit, db
from lms.learning.models import CohortModule, Group


@pytest.fixture
def ground(make_unit, make_user, make_module, make_cohort):
    """Return a running cohort with two modules of three parts; the first module was due two days ago."""
    lessons = [{"type": "lesson", "settings": {"source": "Halo."}} for _part in range(PARTS)]
    for number, lesson in enumerate(lessons, start=1):
        lesson["key"] = f"lesson-{number}"
    modules = [make_module(*lessons), make_module(*lessons)]
    units = [make_unit("Dinas Satu"), make_unit("Dinas Dua")]
    cohort = make_cohort(*modules, unit=units[0])
    due = [TODAY - dt.timedelta(days=2), TODAY + dt.timedelta(days=30)]
    for module, day in zip(modules, due, strict=True):
        db.session.get_one(CohortModule, (cohort.id, module.id)).due_on = day
    groups = [
        *db.session.scalars(sa.select(Group).where(Group.cohort_id == cohort.id)),
        Group(cohort_id=cohort.id, name="Kelompok 2", position=2),
    ]
    db.session.add(groups[1])
    commit()
    organizer = make_user("Panitia", roles=[("organizer", "unit", units[0].id)])
    return Ground(cohort, modules, units, groups, organizer, due)
