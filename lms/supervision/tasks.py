"""Periodic work on the figures of units."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from flask import current_app

from lms.db import commit, db, utcnow
from lms.i18n import local_day
from lms.supervision import rollups
from lms.supervision.models import RollupMark

AT_ONCE = 200  # cohorts in one transaction: SQLite has one writer
MOST_MARKS = 5000


def site_day() -> dt.date:
    """Return the day where the site is."""
    return local_day(utcnow(), current_app.config["LMS_TIME_ZONE"])


def roll_up_marked() -> None:
    """Count the cohorts anew in which something has changed (every ten minutes)."""
    marks = db.session.execute(sa.select(RollupMark.id, RollupMark.cohort_id).order_by(RollupMark.id).limit(MOST_MARKS)).all()
    if marks:
        rollups.roll_up({row.cohort_id for row in marks}, site_day())
        ids = [row.id for row in marks]
        for first in range(0, len(ids), rollups.MOST_IDS):
            db.session.execute(sa.delete(RollupMark).where(RollupMark.id.in_(ids[first : first + rollups.MOST_IDS])))


def roll_up_everything() -> None:
    """Count all cohorts that have not ended (daily: who is behind depends on the day), some hundreds in a transaction."""
    today = site_day()
    cohort_ids = rollups.running(today)
    units = rollups.units_with_totals()
    for first in range(0, len(cohort_ids), AT_ONCE):
        some = cohort_ids[first : first + AT_ONCE]
        rollups.count_moves(some)
        units |= rollups.count_cohorts(some, today)
        commit()
    rollups.add_up(units, today)
