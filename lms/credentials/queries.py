"""Reads of templates and certificates: each one statement, whatever the number of people."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from lms.credentials.models import Certificate, CertificateFile, CertificateState, CertificateTemplate, CredentialKind
from lms.decisions.models import Decision, Outcome
from lms.learning.models import Cohort, Enrolment, EnrolmentState, ScheduleEntry
from lms.people.access import Actor
from lms.people.models import Unit, User
from lms.people.permissions import ISSUE
from lms.people.roles import ScopeKind

Select = sa.Select[*tuple[Any, ...]]

# Passing is decided by people; who was decided to have failed took part all the same. Who is postponed gets nothing yet.
FITS: dict[CredentialKind, tuple[Outcome, ...]] = {
    CredentialKind.STTP: (Outcome.PASSED,),
    CredentialKind.CERTIFICATE: (Outcome.PASSED,),
    CredentialKind.STATEMENT: (Outcome.FAILED,),
}


def units_for(actor: Actor) -> sa.Select[Unit]:
    """Return the units in whose name a person may keep templates, from the root down."""
    conditions: list[sa.ColumnElement[bool]] = []
    for grant in actor.grants_of(ISSUE):
        if grant.kind is ScopeKind.SITE:
            conditions.append(sa.true())
        elif grant.kind is ScopeKind.UNIT and grant.path:
            conditions.append(Unit.path.startswith(grant.path, autoescape=True))
    return sa.select(Unit).where(sa.or_(sa.false(), *conditions)).order_by(Unit.path)


def templates_for(actor: Actor) -> Select:
    """Return (template, unit name, how many certificates) of the templates a person keeps, those in use first."""
    count = sa.select(sa.func.count()).where(Certificate.template_id == CertificateTemplate.id).correlate(CertificateTemplate)
    units = units_for(actor).with_only_columns(Unit.id).order_by(None)
    return (
        sa.select(CertificateTemplate, Unit.name, count.scalar_subquery().label("issued"))
        .join(Unit, Unit.id == CertificateTemplate.unit_id)
        .where(CertificateTemplate.unit_id.in_(units))
        .order_by(CertificateTemplate.retired_at.is_not(None), CertificateTemplate.name)
    )


def template_for(actor: Actor, template_id: int) -> sa.Select[CertificateTemplate]:
    """Return one template, if the person keeps it."""
    units = units_for(actor).with_only_columns(Unit.id).order_by(None)
    return sa.select(CertificateTemplate).where(CertificateTemplate.id == template_id, CertificateTemplate.unit_id.in_(units))


def templates_of(cohort: Cohort) -> sa.Select[CertificateTemplate]:
    """Return the templates that fit a cohort: those of the unit that runs it and of the units above."""
    runner, above = aliased(Unit), aliased(Unit)
    return (
        sa.select(CertificateTemplate)
        .join(above, above.id == CertificateTemplate.unit_id)
        .join(runner, runner.id == cohort.organizer_unit_id)
        .where(runner.path.startswith(above.path), CertificateTemplate.retired_at.is_(None))
        .order_by(CertificateTemplate.name)
    )


def _decided() -> sa.Subquery:
    latest = sa.select(sa.func.max(Decision.id)).group_by(Decision.enrolment_id)
    return sa.select(Decision.enrolment_id, Decision.outcome, Decision.band, Decision.score).where(Decision.id.in_(latest)).subquery()


def people_of(cohort_id: int) -> Select:
    """Return everybody who takes part in a cohort with outcome and the certificates that hold: who is decided first, by name."""
    decided = _decided()
    mine = sa.and_(Certificate.enrolment_id == Enrolment.id, Certificate.state == CertificateState.VALID)
    return (
        sa.select(
            Enrolment.id.label("enrolment_id"),
            User.id.label("user_id"),
            User.name,
            User.title_before,
            User.title_after,
            decided.c.outcome,
            decided.c.band,
            Certificate.id.label("certificate_id"),
            Certificate.number,
            Certificate.kind,
        )
        .join(User, User.id == Enrolment.user_id)
        .outerjoin(decided, decided.c.enrolment_id == Enrolment.id)
        .outerjoin(Certificate, mine)
        .where(Enrolment.cohort_id == cohort_id, Enrolment.state == EnrolmentState.ACTIVE)
        .order_by(decided.c.outcome.is_(None), User.name, Enrolment.id, Certificate.kind)
    )


def waiting(cohort_id: int, kind: CredentialKind, actor_id: uuid.UUID | None) -> sa.Select[int]:
    """Return the enrolments of a cohort to which a kind can be issued and that have none that holds, by name; never the actor's own."""
    decided = _decided()
    has = sa.exists().where(Certificate.enrolment_id == Enrolment.id, Certificate.kind == kind, Certificate.state == CertificateState.VALID)
    return (
        sa.select(Enrolment.id)
        .join(User, User.id == Enrolment.user_id)
        .join(decided, decided.c.enrolment_id == Enrolment.id)
        .where(
            Enrolment.cohort_id == cohort_id,
            Enrolment.state == EnrolmentState.ACTIVE,
            decided.c.outcome.in_(FITS[kind]),
            ~has,
            User.id != actor_id,
        )
        .order_by(User.name, Enrolment.id)
    )


def to_print(enrolment_ids: Iterable[int]) -> Select:
    """Return (enrolment, person, unit, outcome, band) of enrolments."""
    decided = _decided()
    return (
        sa.select(Enrolment, User, Unit, decided.c.outcome, decided.c.band)
        .join(User, User.id == Enrolment.user_id)
        .outerjoin(Unit, Unit.id == User.unit_id)
        .outerjoin(decided, decided.c.enrolment_id == Enrolment.id)
        .where(Enrolment.id.in_(list(enrolment_ids)))
    )


def meetings_with_hours(cohort_id: int) -> sa.Select[ScheduleEntry]:
    """Return the meetings of a cohort that give hours, in order of time."""
    return (
        sa.select(ScheduleEntry)
        .where(ScheduleEntry.cohort_id == cohort_id, ScheduleEntry.jp > 0, ScheduleEntry.cancelled_at.is_(None))
        .order_by(ScheduleEntry.starts_at, ScheduleEntry.id)
    )


def issued_in(cohort_id: int) -> Select:
    """Return (certificate, person, whether its PDF is made) of everything issued in a cohort, latest number first."""
    return (
        sa.select(Certificate, User.name, CertificateFile.certificate_id.is_not(None).label("printed"))
        .join(Enrolment, Enrolment.id == Certificate.enrolment_id)
        .join(User, User.id == Certificate.user_id)
        .outerjoin(CertificateFile, CertificateFile.certificate_id == Certificate.id)
        .where(Enrolment.cohort_id == cohort_id)
        .order_by(Certificate.issued_at.desc(), Certificate.sequence.desc())
    )


def certificate_in(cohort_id: int, certificate_id: uuid.UUID) -> Select:
    """Return (certificate, person, digest of its PDF or None), if it was issued in the cohort."""
    return (
        sa.select(Certificate, User, CertificateFile.digest)
        .join(Enrolment, Enrolment.id == Certificate.enrolment_id)
        .join(User, User.id == Certificate.user_id)
        .outerjoin(CertificateFile, CertificateFile.certificate_id == Certificate.id)
        .where(Certificate.id == certificate_id, Enrolment.cohort_id == cohort_id)
    )


def certificates_of(user_id: uuid.UUID) -> Select:
    """Return (certificate, digest of its PDF or None) of a person, latest first."""
    return (
        sa.select(Certificate, CertificateFile.digest)
        .outerjoin(CertificateFile, CertificateFile.certificate_id == Certificate.id)
        .where(Certificate.user_id == user_id)
        .order_by(Certificate.issued_at.desc())
    )


def by_code(code: str) -> sa.Select[Certificate]:
    """Return the certificate with a code."""
    return sa.select(Certificate).where(Certificate.code == code)


def revoked() -> Select:
    """Return (code, state, since) of everything that does not hold any more."""
    return (
        sa.select(Certificate.code, Certificate.state, Certificate.revoked_at)
        .where(Certificate.state != CertificateState.VALID)
        .order_by(Certificate.revoked_at)
    )


def for_siasn(cohort: Cohort) -> Select:
    """Return (certificate, person) of the certificates of a cohort that hold, by number; statements are no courses in SIASN."""
    return (
        sa.select(Certificate, User)
        .join(Enrolment, Enrolment.id == Certificate.enrolment_id)
        .join(User, User.id == Certificate.user_id)
        .where(Enrolment.cohort_id == cohort.id, Certificate.state == CertificateState.VALID, Certificate.kind != CredentialKind.STATEMENT)
        .order_by(Certificate.template_id, Certificate.year, Certificate.sequence)
    )


def replacing(certificate_id: uuid.UUID) -> sa.Select[str]:
    """Return the number of the certificate that replaces one."""
    return sa.select(Certificate.number).where(Certificate.replaces_id == certificate_id)
