"""A template, and a certificate of the learner, for addresses that name them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa

from lms.credentials import services
from lms.credentials.models import CredentialKind
from lms.credentials.tasks import keep_file
from lms.credentials.texts import TEXTS
from lms.db import db
from lms.decisions.models import Decision, Outcome
from lms.learning.models import Cohort, Enrolment
from lms.people.access import load_actor
from lms.people.models import User


def certify(world: Any, cohort: Cohort, learner: User, organizer: User, today: dt.date) -> None:
    """Let the learner pass, and issue their certificate."""
    enrolment = db.session.scalars(sa.select(Enrolment).where(Enrolment.cohort_id == cohort.id, Enrolment.user_id == learner.id)).one()
    db.session.add(Decision(enrolment_id=enrolment.id, outcome=Outcome.PASSED))
    words = ("name", "heading", "issuer", "place", "signer_position", "signer_name")
    values = {
        **dict.fromkeys(services.FIELDS, ""),
        **dict.fromkeys(words, "Contoh"),
        "unit_id": cohort.organizer_unit_id,
        "kind": CredentialKind.STTP,
        "number_pattern": "{seq:000}/{year}",
        "text": TEXTS[CredentialKind.STTP],
    }
    actor = load_actor(organizer.id, today)
    template = services.save_template(actor=actor, template=None, values=values, letterhead="")
    work = services.issuing(template_id=template.id, cohort_id=cohort.id, day=today, actor_id=actor.id)
    (made,) = services.issue(work, [enrolment.id])
    keep_file(made.id, b"%PDF-1.7\n")
    world.values.setdefault("batch_id", learner.id)
    world.values |= {"template_id": template.id, "certificate_id": made.id}
    world.special |= {
        "credentials.checked": {"certificate_code": made.code},
        "credentials.own_file": {"ending": "jwt"},
        "credentials.siasn_file": {"ending": "csv"},
        "hours.own_file": {"ending": "csv"},
    }
