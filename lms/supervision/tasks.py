"""Periodic work on the figures of units."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from typing import Any, TypeVar

import sqlalchemy as sa
from flask import current_app

from lms.db import commit, db, transaction_mode, utcnow
from lms.i18n import local_day
from lms.supervision import rollups
from lms.supervision.models import RollupMark

Found = TypeVar("Found")

AT_ONCE = 200  # cohorts in one transaction: SQLite has one writer
MOST_MARKS = 5000


def site_day() -> dt.date:
    """Return the day where the site is."""
    return local_day(utcnow(), current_app.config["LMS_TIME_ZONE"])


def roll_up_marked() -> None:
    """Count the cohorts anew in which something has changed (every ten minutes)."""
    marks = db.session.execute(sa.select(RollupMark.id, RollupMark.cohort_id).order_by(RollupMark.id).limit(MOST_MARKS)).all()
    if marks:
        today = site_day()
        units = _count_cohorts({row.cohort_id for row in marks}, today)
        rollups.keep_totals(_worked_out(rollups.added_up, units, today))
        ids = [row.id for row in marks]
        for first in range(0, len(ids), rollups.MOST_IDS):
            db.session.execute(sa.delete(RollupMark).where(RollupMark.id.in_(ids[first : first + rollups.MOST_IDS])))


def roll_up_everything() -> None:
    """Count all cohorts that have not ended (daily: who is behind depends on the day), some hundreds in a transaction."""
    today = site_day()
    cohort_ids = rollups.running(today)
    units = rollups.units_with_totals()
    for first in range(0, len(cohort_ids), AT_ONCE):
        units |= _count_cohorts(cohort_ids[first : first + AT_ONCE], today)
        commit()
    rollups.keep_totals(_worked_out(rollups.added_up, units, today))


def _count_cohorts(cohort_ids: Collection[int], today: dt.date) -> set[int]:
    rollups.count_moves(cohort_ids)
    units = rollups.count_cohorts(cohort_ids, today)
    rollups.show_shares(_worked_out(rollups.shares_to_show, cohort_ids))
    return units


def _worked_out(read: Callable[..., Found], *arguments: Any) -> Found:
    """Return what a function works out from what it reads, in a transaction of its own: while it thinks, everybody else can save."""
    commit()
    with transaction_mode("read"):
        found = read(*arguments)
        commit()
    return found
