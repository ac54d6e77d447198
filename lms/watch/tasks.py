"""Administrators are told what the operator's page would show, for nobody looks at it every day. A worker that is dead tells nothing."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from flask import current_app

from lms import i18n
from lms.check import Finding
from lms.db import db, utcnow
from lms.i18n import local_day
from lms.jobs.services import enqueue
from lms.messages.kinds import SITE
from lms.messages.services import Telling, tell
from lms.people import site
from lms.people.holders import everybody_with
from lms.people.models import User
from lms.people.permissions import OPERATE
from lms.watch import findings

AGAIN = dt.timedelta(minutes=15)  # a worker that was just started catches up, a mail server comes back: nobody is woken for that


def look_after() -> None:
    """Look at the site, and once more a while later at what is wrong (task, every ten minutes)."""
    now = utcnow()
    for finding in findings.everything(site.glance()):
        if not finding.ok:
            enqueue("lms:tell_operators", key=f"site/{finding.name}/{now:%Y-%m-%dT%H}", due_at=now + AGAIN, name=finding.name)


def tell_operators(name: str) -> None:
    """Tell administrators what is still wrong: one notice a day for each kind of finding (task)."""
    glance, now = site.glance(), utcnow()
    day = local_day(now, current_app.config["LMS_TIME_ZONE"])

    def wrong() -> Finding | None:
        return next((one for one in findings.everything(glance) if one.name == name and not one.ok), None)

    tellings = []
    people = sa.select(User.id, User.language, User.time_zone).where(User.id.in_(everybody_with(OPERATE, day))).order_by(User.id)
    for user_id, language, time_zone in db.session.execute(people):
        found = i18n.in_language(language, wrong, time_zone=time_zone or current_app.config["LMS_TIME_ZONE"])
        if found is not None:
            tellings.append(Telling(user_id, SITE, name, found.title, found.sentence, "/admin", day.isoformat()))
    tell(tellings)
