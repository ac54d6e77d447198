"""Templates, issuing, revoking. A number is given in the transaction in which its certificate is written, and never again."""

from __future__ import annotations

import datetime as dt
import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from lms.credentials import badge, keys, numbers, queries
from lms.credentials.models import Certificate, CertificateCounter, CertificateState, CertificateTemplate, CredentialKind
from lms.credentials.numbers import Place
from lms.credentials.snapshots import Programme, base_url, programme_of, snapshot
from lms.credentials.texts import identity_of, masked
from lms.db import db, utcnow
from lms.errors import NotAllowed, NotFound, Refused
from lms.i18n import gettext as _
from lms.i18n import in_language, lazy_gettext
from lms.jobs.batches import begin_batch
from lms.jobs.models import Batch
from lms.learning.models import Cohort, Enrolment
from lms.messages.services import Telling, notify, tell
from lms.people.access import Actor
from lms.people.models import Unit, User
from lms.privacy.services import audit

# Letters and digits that nobody mixes up on paper; ten of them are 49 bits.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE = 10
FIELDS = (
    *("unit_id", "name", "kind", "heading", "issuer", "place", "on_behalf", "acting", "signer_position", "signer_name", "signer_rank"),
    *("signer_number", "number_pattern", "program_code", "unit_code", "text"),
)
NUMBERING = ("number_pattern", "program_code", "unit_code")


# -- templates -----------------------------------------------------------------------------------------------------------------------------


def template_of(actor: Actor, template_id: int) -> CertificateTemplate:
    """Return a template that the actor keeps. Raises NotFound."""
    found = db.session.scalar(queries.template_for(actor, template_id))
    if found is None:
        raise NotFound("no such template of this person")
    return found


def save_template(*, actor: Actor, template: CertificateTemplate | None, values: Mapping[str, Any], letterhead: str) -> CertificateTemplate:
    """Add a template (None), or change one: what was issued by it stays as it is.

    Raises Refused when another template would write the same numbers, or has the name, and when the numbers of one that gave some would change.
    """
    number = template.id if template else 0
    wanted = numbers.signature(values["number_pattern"], program_code=values["program_code"], unit_code=values["unit_code"])
    for other in db.session.scalars(sa.select(CertificateTemplate).where(CertificateTemplate.id != number)):
        if numbers.signature(other.number_pattern, program_code=other.program_code, unit_code=other.unit_code) == wanted:
            raise Refused(_("The template “%(name)s” writes the same numbers. Give this one a code of its own.", name=other.name))
        if (other.unit_id, other.name) == (values["unit_id"], values["name"]):
            raise Refused(_("There is a template of this name already."))
    if template is None:
        template = CertificateTemplate()
        db.session.add(template)
    elif _numbers_given(template.id) and any(getattr(template, name) != values[name] for name in NUMBERING):
        raise Refused(_("Numbers were given by this template already, so pattern and codes stay as they are. Add a new template instead."))
    for name in FIELDS:
        setattr(template, name, values[name])
    template.letterhead = letterhead
    db.session.flush()
    audit(actor.id, "credential:template", "certificate_template", template.id, kind=template.kind.value)
    return template


def _numbers_given(template_id: int) -> bool:
    return bool(db.session.scalar(sa.select(sa.exists().where(CertificateCounter.template_id == template_id, CertificateCounter.last > 0))))


def retire_template(*, actor: Actor, template: CertificateTemplate) -> None:
    """Offer a template no more, or again; its numbers stay taken."""
    template.retired_at = None if template.retired_at else utcnow()
    db.session.flush()
    audit(actor.id, "credential:template", "certificate_template", template.id, retired=template.retired_at is not None)


# -- issuing -------------------------------------------------------------------------------------------------------------------------------


def begin_issue(
    *, actor: Actor, cohort: Cohort, template_id: int, day: dt.date, only: Sequence[int] = (), title: str, today: dt.date
) -> Batch:
    """Let a worker issue certificates to everybody whom the template's kind fits and who has none, or to some of them; never to the actor.

    Raises NotFound for a template that does not fit the cohort, Refused when there is nobody, and for a day in the future or before the
    cohort began.
    """
    template = next((found for found in db.session.scalars(queries.templates_of(cohort)) if found.id == template_id), None)
    if template is None:
        raise NotFound("no such template for this cohort")
    if not cohort.starts_on <= day <= today:
        raise Refused(_("The day of issue lies between the first day of the cohort and today."))
    everybody = list(db.session.scalars(queries.waiting(cohort.id, template.kind, actor.id)))
    chosen = [number for number in everybody if not only or number in set(only)]
    if not chosen:
        raise Refused(_("There is nobody to whom this can be issued now: it needs a decision, and each person gets one that holds."))
    audit(actor.id, "credential:issue", "cohort", cohort.id, template=template.id, people=len(chosen))
    return begin_batch(
        actor=actor,
        task="lms:issue_certificates",
        title=title,
        total=2 * len(chosen) + 1,
        origin=f"/cohorts/{cohort.id}/certificates",
        template_id=template.id,
        cohort_id=cohort.id,
        day=day.isoformat(),
        enrolment_ids=chosen,
    )


@dataclass(frozen=True, slots=True)
class Issuing:
    """What all certificates of one job have in common."""

    template: CertificateTemplate
    cohort: Cohort
    programme: Programme
    day: dt.date
    actor_id: uuid.UUID | None


def issuing(*, template_id: int, cohort_id: int, day: dt.date, actor_id: uuid.UUID | None) -> Issuing:
    """Return what a job needs. Raises NotFound when template or cohort is gone."""
    template, cohort = db.session.get(CertificateTemplate, template_id), db.session.get(Cohort, cohort_id)
    if template is None or cohort is None:
        raise NotFound("template or cohort is gone")
    return Issuing(template, cohort, programme_of(cohort), day, actor_id)


def issue(work: Issuing, enrolment_ids: Sequence[int]) -> list[Certificate]:
    """Issue certificates inside the present transaction, in this order; who has one of the kind that holds is left out.

    Never to the actor themselves, and only where the kind fits what was decided. Raises Refused when a number is taken already.
    """
    rows = {row.Enrolment.id: row for row in db.session.execute(queries.to_print(enrolment_ids))}
    # The counter is locked before anybody looks who has one already: two jobs at once would both find nobody.
    numbers.lock_counter(work.template.id, work.day.year)
    held = set(
        db.session.scalars(
            sa.select(Certificate.enrolment_id).where(
                Certificate.enrolment_id.in_(rows), Certificate.kind == work.template.kind, Certificate.state == CertificateState.VALID
            )
        )
    )
    made = []
    for number in enrolment_ids:
        row = rows.get(number)
        if row is None or number in held or row.outcome not in queries.FITS[work.template.kind] or row.User.id == work.actor_id:
            continue
        made.append(_write(work, row.Enrolment, row.User, row.Unit, row.band))
    db.session.flush()
    tell([_told(certificate, rows[certificate.enrolment_id].User.language) for certificate in made])
    return made


def _told(certificate: Certificate, code: str) -> Telling:
    title = in_language(code, lambda: _("A certificate of yours is ready"))
    body = in_language(code, lambda: _("You can download it. Whoever wants to know whether it is genuine scans the code on it."))
    return Telling(certificate.user_id, "certificate", f"certificate/{certificate.id}", title, body, "/profile/certificates")


def _refuse_taken(number: str, actor_id: uuid.UUID | None) -> None:
    """Raise Refused, in the language of who issues, for a number that another template has written."""
    if db.session.scalar(sa.select(sa.exists().where(Certificate.number == number))):
        code = db.session.scalar(sa.select(User.language).where(User.id == actor_id)) or ""
        told = in_language(code, lambda: _("The number %(number)s is taken already. Use a template with another pattern.", number=number))
        raise Refused(told)


def _write(
    work: Issuing, enrolment: Enrolment, user: User, unit: Unit | None, band: str, replaces_id: uuid.UUID | None = None
) -> Certificate:
    template, year = work.template, work.day.year
    sequence = numbers.next_number(template.id, year)
    place = Place(template.program_code, template.unit_code, work.day, work.programme.number)
    number, code = numbers.write_number(template.number_pattern, sequence, place), new_code()
    _refuse_taken(number, work.actor_id)
    printed = snapshot(
        template,
        work.programme,
        identity_of(user, unit),
        masked=masked(user.name),
        band=band if template.kind is CredentialKind.STTP else "",
        number=number,
        code=code,
        day=work.day,
    )
    issued_at = utcnow()
    recipient = badge.recipient_of(user.email, user.full_name)
    content = badge.credential(base_url=base_url(), code=code, snapshot=printed, issued_at=issued_at, recipient=recipient)
    certificate = Certificate(
        id=uuid.uuid4(),
        enrolment_id=enrolment.id,
        user_id=user.id,
        template_id=template.id,
        kind=template.kind,
        year=year,
        sequence=sequence,
        number=number,
        code=code,
        issued_on=work.day,
        issued_at=issued_at,
        issued_by_id=work.actor_id,
        snapshot=printed,
        badge=badge.sign(content, keys.signing_key()),
        replaces_id=replaces_id,
    )
    db.session.add(certificate)
    return certificate


def new_code() -> str:
    """Return a code that nobody can guess."""
    return "".join(secrets.choice(ALPHABET) for _place in range(CODE))


def plain_code(typed: str) -> str:
    """Return a code as it is kept, from what somebody typed off a paper: small letters, spaces and hyphens are all right."""
    return "".join(sign for sign in typed.upper() if sign.isalnum())[:40]


# -- revoking ------------------------------------------------------------------------------------------------------------------------------


def certificate_of(cohort_id: int, certificate_id: uuid.UUID) -> Any:
    """Return (certificate, person, digest) of a cohort. Raises NotFound."""
    row = db.session.execute(queries.certificate_in(cohort_id, certificate_id)).one_or_none()
    if row is None:
        raise NotFound("no such certificate in this cohort")
    return row


def _end(actor: Actor, certificate: Certificate, state: CertificateState, reason: str) -> None:
    """Let a certificate hold no more. Raises NotAllowed for one's own, Refused for one that does not hold."""
    if certificate.user_id == actor.id:
        raise NotAllowed(_("Nobody decides about their own certificate. Ask another organizer."))
    locked = sa.select(Certificate).where(Certificate.id == certificate.id).with_for_update().execution_options(populate_existing=True)
    if db.session.execute(locked).scalar_one().state is not CertificateState.VALID:
        raise Refused(_("This certificate does not hold any more."))
    certificate.state, certificate.reason = state, reason
    certificate.revoked_at, certificate.revoked_by_id = utcnow(), actor.id
    db.session.flush()


def _tell_ended(certificate: Certificate, subject: str) -> None:
    notify(
        kind="certificate",
        user_id=certificate.user_id,
        key=f"certificate/{certificate.id}/ended",
        subject=subject,
        body=lazy_gettext("It holds no more. The page of your certificates says why, and which one holds instead, if there is one."),
        path="/profile/certificates",
    )


def revoke(*, actor: Actor, certificate: Certificate, reason: str) -> None:
    """Revoke a certificate for a reason, which its holder reads; the number is never used again. Raises as `_end` does."""
    _end(actor, certificate, CertificateState.REVOKED, reason)
    _tell_ended(certificate, lazy_gettext("A certificate of yours was revoked"))
    audit(actor.id, "credential:revoke", "certificate", certificate.id)


def reissue(*, actor: Actor, cohort: Cohort, certificate: Certificate, reason: str, today: dt.date) -> Certificate:
    """Replace a certificate by one with a number of its own and what is known today; both say so of each other.

    Raises as `_end` does, and Refused when it does not fit any more what was decided last.
    """
    row = db.session.execute(queries.to_print([certificate.enrolment_id])).one()
    if row.outcome not in queries.FITS[certificate.kind]:
        raise Refused(_("It does not fit what was decided since. Revoke it instead."))
    _end(actor, certificate, CertificateState.REPLACED, reason)
    _tell_ended(certificate, lazy_gettext("A certificate of yours was replaced"))
    work = issuing(template_id=certificate.template_id, cohort_id=cohort.id, day=today, actor_id=actor.id)
    made = _write(work, row.Enrolment, row.User, row.Unit, row.band or "", replaces_id=certificate.id)
    db.session.flush()
    audit(actor.id, "credential:reissue", "certificate", certificate.id, by=str(made.id))
    begin_batch(
        actor=actor,
        task="lms:print_certificate",
        title=_("Certificate %(number)s", number=made.number),
        total=1,
        origin=f"/cohorts/{cohort.id}/certificates/{made.id}",
        certificate_id=str(made.id),
    )
    return made
