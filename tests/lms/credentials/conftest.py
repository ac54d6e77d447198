"""A cohort with people about whom it was decided, and a template for their certificates."""

import datetime as dt
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from lms.credentials import services
from lms.credentials.models import CredentialKind
from lms.credentials.texts import TEXTS
from lms.db import commit, db
from lms.decisions.models import Decision, Outcome
from lms.jobs.models import Job
from lms.learning.models import Enrolment
from lms.people.access import load_actor
from lms.people.models import IdentityType, User
from lms.testing.made import TODAY

VALUES = {
    "name": "STTP",
    "kind": CredentialKind.STTP,
    "heading": "PEMERINTAH KABUPATEN CONTOH\nBKPSDM",
    "issuer": "BKPSDM Contoh",
    "place": "Sungai Raya",
    "on_behalf": "",
    "acting": "Plt.",
    "signer_position": "Kepala Badan",
    "signer_name": "Nama Pejabat",
    "signer_rank": "",
    "signer_number": "",
    "number_pattern": "{seq:0000}/{program_code}/{month_roman}/{year}",
    "program_code": "PKTBT",
    "unit_code": "",
    "text": TEXTS[CredentialKind.STTP],
}


@pytest.fixture
def site(make_user, make_unit, make_module, make_cohort):
    """Return a cohort, its organizer, a template, and `people(n)`, which enrols people who have passed."""
    unit = make_unit("BKPSDM Contoh")
    title = {"id": "Empati", "en": "Empathy"}
    module = make_module(sections=[{"key": "satu", "title": title, "jp": 9.5, "form": "e_learning"}], title=title)
    cohort = make_cohort(module, unit=unit)
    organizer = load_actor(make_user("Panitia", roles=[("organizer", "unit", unit.id)]).id, TODAY)
    template = services.save_template(actor=organizer, template=None, values={**VALUES, "unit_id": unit.id}, letterhead="")

    def people(count, outcome=Outcome.PASSED, **values):
        made = []
        for number in range(count):
            given = {"name": f"Orang {number:04}", "email": f"{outcome}{number}@example.test", "unit_id": unit.id, **values}
            user = User(**given, identity_type=IdentityType.PNS, employee_number=None)
            db.session.add(user)
            made.append(user)
        db.session.flush()
        enrolled = [Enrolment(cohort_id=cohort.id, user_id=user.id) for user in made]
        db.session.add_all(enrolled)
        db.session.flush()
        db.session.add_all(
            Decision(enrolment_id=row.id, outcome=outcome, band="Memuaskan", score=85, task="Tugas", due_on=TODAY, reason="Ada sebabnya.")
            for row in enrolled
        )
        commit()
        return enrolled

    def issuing(**values):
        given = {"template_id": template.id, "cohort_id": cohort.id, "day": dt.date(2026, 11, 20), "actor_id": organizer.id, **values}
        return services.issuing(**given)

    db.session.execute(sa.delete(Job))  # what publishing the module has put in is no certificate
    commit()
    return SimpleNamespace(unit=unit, cohort=cohort, organizer=organizer, template=template, people=people, issuing=issuing)
