"""Certificates of the demonstration: a template, those that were issued, one of them replaced; and a corrected line of hours."""

from __future__ import annotations

import sqlalchemy as sa

from lms.credentials import services
from lms.credentials.models import CredentialKind
from lms.credentials.paper import certificate_pdf
from lms.credentials.tasks import keep_file
from lms.credentials.texts import TEXTS
from lms.db import db, utcnow
from lms.decisions.models import Decision, Outcome
from lms.i18n import local_day
from lms.learning.models import Cohort, Enrolment
from lms.people.access import Actor, load_actor
from lms.people.models import RoleAssignment, Unit
from lms.people.roles import Role, ScopeKind
from lms.progress import jp


def demonstrate_certificates(cohort_id: int) -> None:
    """Correct a line of hours of the account that learners try, and issue certificates to everybody who has passed."""
    cohort = db.session.get_one(Cohort, cohort_id)
    today = local_day(utcnow(), cohort.time_zone)
    grant = db.session.scalars(
        sa.select(RoleAssignment).where(RoleAssignment.role == Role.ORGANIZER, RoleAssignment.scope_kind == ScopeKind.UNIT)
    ).first()
    if grant is None:
        return
    organizer = load_actor(grant.user_id, today)
    _correct(organizer, db.session.scalars(sa.select(Enrolment).where(Enrolment.cohort_id == cohort_id).order_by(Enrolment.id)).first())
    passed = sa.select(Enrolment.id).join(Decision, Decision.enrolment_id == Enrolment.id).order_by(Enrolment.id)
    people = db.session.scalars(passed.where(Enrolment.cohort_id == cohort_id, Decision.outcome == Outcome.PASSED)).all()
    template = services.save_template(actor=organizer, template=None, values=_template(cohort), letterhead="")
    work = services.issuing(template_id=template.id, cohort_id=cohort_id, day=today, actor_id=organizer.id)
    made = services.issue(work, people)
    again = services.reissue(actor=organizer, cohort=cohort, certificate=made[0], reason="Gelar pada nama belum lengkap.", today=today)
    for certificate in [*made, again]:
        keep_file(certificate.id, certificate_pdf(certificate.snapshot))


def _correct(organizer: Actor, person: Enrolment | None) -> None:
    """Let one line be corrected, so that people see how that looks."""
    if person is None:
        return
    found = next((line for line in jp.year_of(person.user_id, utcnow().year) if line.key.startswith("meeting/")), None)
    if found is not None:
        hours = found.nominal - 1
        jp.correct(
            actor=organizer,
            enrolment_id=person.id,
            line_id=found.id,
            hours=hours,
            reason="Pulang satu jam lebih awal, sesuai daftar hadir.",
        )


def _template(cohort: Cohort) -> dict[str, object]:
    """Return the demonstration's template, of the unit that runs the cohort."""
    unit = db.session.get_one(Unit, cohort.organizer_unit_id)
    return {
        "unit_id": unit.id,
        "name": "STTP PKTBT",
        "kind": CredentialKind.STTP,
        "heading": f"PEMERINTAH DAERAH (CONTOH)\n{unit.name.upper()}",
        "issuer": unit.name,
        "place": "Sungai Raya",
        "on_behalf": "a.n. Bupati (contoh)",
        "acting": "Plt.",
        "signer_position": "Kepala Badan",
        "signer_name": "Nama Pejabat, S.H., M.Si.",
        "signer_rank": "Pembina Tingkat I, IV/b",
        "signer_number": "19700229 199503 1 999",
        "number_pattern": "{seq:0000}/{program_code}/{unit_code}/{month_roman}/{year}",
        "program_code": "PKTBT",
        "unit_code": unit.name.split()[0].upper()[:10] if not unit.short_name else unit.short_name.upper(),
        "text": TEXTS[CredentialKind.STTP],
    }
