"""What happens by itself to texts: they are kept for others only as long as others need them."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from flask import current_app

from courses.assignments.models import TextDraft
from courses.base import plugin
from courses.entries.audience import Audience
from courses.entries.models import Change, Draft, Entry, Section, Version
from lms.api import Cohort, Enrolment, db, local_day, utcnow

DAY = 86_400
DRAFTS = dt.timedelta(days=90)  # after the cohort has ended and nothing has been written since
OPEN = dt.timedelta(days=365)  # after handing in


@plugin.task(every=DAY)
def forget_old_texts() -> None:
    """Remove drafts and earlier states 90 days after their cohort; close what was handed in a year ago to everybody but its author."""
    now = utcnow()
    ended = local_day(now, current_app.config["LMS_TIME_ZONE"]) - DRAFTS
    over = sa.select(Enrolment.id).join(Cohort, Cohort.id == Enrolment.cohort_id).where(Cohort.ends_on < ended)
    busy = sa.select(Change.entry_id).where(Change.received_at >= now - DRAFTS)
    left = sa.select(Entry.id).where(Entry.enrolment_id.in_(over), Entry.id.not_in(busy))
    db.session.execute(sa.delete(Draft).where(Draft.entry_id.in_(left)))
    db.session.execute(sa.delete(Change).where(Change.entry_id.in_(left)))
    db.session.execute(sa.delete(TextDraft).where(TextDraft.enrolment_id.in_(over), TextDraft.saved_at < now - DRAFTS))
    old = sa.select(Version.id).where(Version.received_at < now - OPEN)
    closed = sa.update(Section).where(Section.version_id.in_(old), Section.audience != Audience.SELF)
    db.session.execute(closed.values(audience=Audience.SELF))
