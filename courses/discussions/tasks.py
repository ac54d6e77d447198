"""What happens by itself: two years after a cohort its discussions end."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from flask import current_app

from courses.base import plugin
from courses.discussions import queries
from courses.discussions.models import Post
from lms.api import db, local_day, utcnow

DAY = 86_400
KEPT = dt.timedelta(days=730)


@plugin.task(every=DAY)
def forget_old_discussions() -> None:
    """Remove the posts of cohorts that ended two years ago, with replies and reports."""
    day = local_day(utcnow(), current_app.config["LMS_TIME_ZONE"]) - KEPT
    db.session.execute(sa.delete(Post).where(Post.id.in_(queries.of_cohorts_that_ended_before(day))))
