"""Things of passing rules and decisions that addresses name."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from lms.db import db
from lms.decisions import minutes, services
from lms.decisions.forms import MinutesForm
from lms.decisions.models import Outcome
from lms.learning.models import Cohort, CohortModule
from lms.people.access import Actor
from lms.progress.models import TimeRequest


def things(organizer: Actor, cohort: Cohort, enrolment_id: int) -> dict[str, Any]:
    """Return values for addresses: minutes of one decision, and the course."""
    services.decide(actor=organizer, cohort=cohort, enrolment_ids=[enrolment_id], outcome=Outcome.PASSED, reason="Setara.")
    data = {"number": "", "place": "Aula", "held_on": cohort.starts_on, "attendees": "Panitia, Ketua", "whom": "all"}
    kept = minutes.write_minutes(actor=organizer, cohort=cohort, unit_name="Dinas", form=MinutesForm(formdata=None, data=data))
    pin = db.session.scalars(sa.select(CohortModule.module_id).where(CohortModule.cohort_id == cohort.id)).first()
    asked = TimeRequest(enrolment_id=enrolment_id, module_id=pin, wished_on=cohort.ends_on, reason="Banjir.")
    db.session.add(asked)
    db.session.flush()
    return {"minutes_id": kept.id, "course_id": cohort.course_id, "ask_id": asked.id}
