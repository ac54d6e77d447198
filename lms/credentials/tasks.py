"""What workers do: number and write certificates, set their PDFs, pack them. Killed at any moment, the next worker goes on there."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import uuid
import zipfile
from collections.abc import Iterable, Iterator, Sequence

import sqlalchemy as sa

from lms.credentials import services
from lms.credentials.models import Certificate, CertificateFile, CertificateState
from lms.credentials.paper import certificate_pdf
from lms.db import commit, db, keep, utcnow
from lms.export import file_name
from lms.jobs.batches import advance, finish, working
from lms.jobs.models import Batch

AT_ONCE = 25  # certificates in one transaction: writers of SQLite wait for each other


def issue_certificates(batch_id: str, template_id: int, cohort_id: int, day: str, enrolment_ids: list[int]) -> None:
    """Issue certificates to people, in this order, set each as PDF and pack all into one file.

    The first steps of the batch are numbers, as many again are PDFs, the last is the package. What is written and how far it is are one
    transaction, so that no certificate is made twice and none is left out.
    """
    with working(batch_id) as batch:
        number_all(batch, template_id, cohort_id, day, enrolment_ids)
        print_all(batch, enrolment_ids)
        file = packed(_made(batch, enrolment_ids, template_id))
        finish(batch, file=(f"{file_name(batch.title)}.zip", "application/zip", file))


def number_all(batch: Batch, template_id: int, cohort_id: int, day: str, enrolment_ids: Sequence[int]) -> None:
    """Carry out the first half of the steps that is still to do."""
    work = services.issuing(template_id=template_id, cohort_id=cohort_id, day=dt.date.fromisoformat(day), actor_id=batch.owner_id)
    while batch.done < len(enrolment_ids):
        wanted = enrolment_ids[batch.done : batch.done + AT_ONCE]
        services.issue(work, wanted)
        advance(batch, len(wanted))


def print_all(batch: Batch, enrolment_ids: Sequence[int]) -> None:
    """Carry out the second half of the steps that is still to do; while pages are set, no transaction is held."""
    while batch.done < 2 * len(enrolment_ids):
        start = batch.done - len(enrolment_ids)
        wanted = enrolment_ids[start : start + AT_ONCE]
        rows = [(row.id, row.snapshot) for row in db.session.execute(_without_file().where(Certificate.enrolment_id.in_(wanted)))]
        commit()
        pages = [(number, certificate_pdf(snapshot)) for number, snapshot in rows]
        for number, data in pages:
            keep_file(number, data)
        advance(batch, len(wanted))


def _without_file() -> sa.Select[uuid.UUID, dict[str, object]]:
    return (
        sa.select(Certificate.id, Certificate.snapshot)
        .outerjoin(CertificateFile, CertificateFile.certificate_id == Certificate.id)
        .where(CertificateFile.certificate_id.is_(None))
        .order_by(Certificate.sequence)
    )


def keep_file(certificate_id: uuid.UUID, data: bytes) -> None:
    """Keep the PDF of a certificate, unless it is there already."""
    row = {"certificate_id": certificate_id, "data": data, "digest": hashlib.sha256(data).hexdigest(), "made_at": utcnow()}
    keep(CertificateFile, row, key=("certificate_id",), update=False)


def _made(batch: Batch, enrolment_ids: Sequence[int], template_id: int) -> Iterator[tuple[str, bytes]]:
    """Yield (name of the file, PDF) of what this batch has issued, by number; a few at a time, and no transaction is held in between."""
    mine = (
        sa.select(Certificate.id)
        .where(
            Certificate.enrolment_id.in_(enrolment_ids),
            Certificate.template_id == template_id,
            Certificate.issued_by_id == batch.owner_id,
            # What was issued to them before holds no more. Moments would not tell: a clock may be set back in between.
            Certificate.state == CertificateState.VALID,
        )
        .order_by(Certificate.year, Certificate.sequence)
    )
    numbers = list(db.session.scalars(mine))
    for start in range(0, len(numbers), AT_ONCE):
        statement = (
            sa.select(Certificate.sequence, Certificate.snapshot, CertificateFile.data)
            .join(CertificateFile, CertificateFile.certificate_id == Certificate.id)
            .where(Certificate.id.in_(numbers[start : start + AT_ONCE]))
            .order_by(Certificate.year, Certificate.sequence)
        )
        rows = db.session.execute(statement).all()
        commit()
        yield from ((f"{sequence:04}-{file_name(about['name'])}.pdf", data) for sequence, about, data in rows)


def packed(files: Iterable[tuple[str, bytes]]) -> bytes:
    """Return a ZIP; PDFs are compressed already, so they are stored as they are."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return buffer.getvalue()


def print_certificate(batch_id: str, certificate_id: str) -> None:
    """Set the PDF of one certificate."""
    with working(batch_id) as batch:
        number = uuid.UUID(certificate_id)
        snapshot = db.session.get_one(Certificate, number).snapshot
        keep_file(number, certificate_pdf(snapshot))
        finish(batch)
