"""The one statement that finds what waits for a person, and the one that finds what they have answered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from lms.desk.kinds import Rows
from lms.learning.models import Cohort, Group, Module

MOST = 1000  # more than anybody can have waiting; a limit all the same


def waiting_among(rows: Iterable[tuple[str, Rows]]) -> Rows:
    """Return what waits, the oldest first: (kind, its rows) of at least one kind, with the names of module, cohort and group."""
    statement, found = _among(rows)
    return statement.order_by(found.c.at, found.c.kind, found.c.reference).limit(MOST)


def answered_among(rows: Iterable[tuple[str, Rows]]) -> Rows:
    """Return what was answered, what came last first."""
    statement, found = _among(rows)
    return statement.order_by(found.c.at.desc(), found.c.kind, found.c.reference)


def _among(rows: Iterable[tuple[str, Rows]]) -> tuple[Rows, Any]:
    found = sa.union_all(*(each.add_columns(sa.literal(kind).label("kind")) for kind, each in rows)).subquery()
    names = (
        Module.key.label("module_key"),
        Cohort.title.label("cohort"),
        Cohort.number.label("cohort_number"),
        Cohort.year.label("cohort_year"),
        Cohort.time_zone,
        Group.name.label("group"),
    )
    statement = (
        sa.select(found, *names)
        .outerjoin(Module, Module.id == found.c.module_id)
        .outerjoin(Cohort, Cohort.id == found.c.cohort_id)
        .outerjoin(Group, Group.id == found.c.group_id)
    )
    return statement, found
