"""What learners tell about themselves: that there is no signal where they are."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from lms.db import db
from lms.errors import Refused
from lms.i18n import gettext as _
from lms.learning.models import Enrolment, EnrolmentState
from lms.people.access import Actor
from lms.privacy.services import audit
from lms.supervision.marks import mark

LONGEST = dt.timedelta(days=60)


def told_until(actor: Actor) -> dt.date | None:
    """Return until when the actor has told that there is no signal, None when they have not."""
    mine = (Enrolment.user_id == actor.id, Enrolment.state == EnrolmentState.ACTIVE)
    return db.session.scalar(sa.select(sa.func.max(Enrolment.no_signal_until)).where(*mine))


def tell_no_signal(*, actor: Actor, until: dt.date | None, today: dt.date) -> None:
    """Tell in all cohorts of the actor that there is no signal until a day; None takes it back. Raises Refused for an impossible day."""
    if until is not None and not today <= until <= today + LONGEST:
        raise Refused(_("Choose a day from today on, at most two months ahead. You can tell it again later."))
    mine = sa.update(Enrolment).where(Enrolment.user_id == actor.id, Enrolment.state == EnrolmentState.ACTIVE)
    for cohort_id in db.session.scalars(mine.values(no_signal_until=until).returning(Enrolment.cohort_id)).all():
        mark(cohort_id)
    audit(actor.id, "supervision:no_signal", "user", actor.id, until=until.isoformat() if until else "")
    db.session.flush()
