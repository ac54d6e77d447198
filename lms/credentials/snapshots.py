"""What a certificate says: put together once, when it is issued, and kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import ROUND_DOWN, Decimal
from typing import Any

from flask import current_app

from lms.credentials import queries, texts
from lms.credentials.models import CertificateTemplate, CredentialKind
from lms.credentials.texts import Identity
from lms.db import db
from lms.i18n import choose, format_number, in_language, roman
from lms.learning.models import Cohort, CohortModule, Course
from lms.learning.outline import outlines


@dataclass(frozen=True, slots=True)
class Programme:
    """What everybody of a cohort has taken part in, in Indonesian. `subjects` are modules and meetings with their designed hours."""

    title: str
    cohort: str
    number: int
    first: dt.date
    last: dt.date
    subjects: Sequence[tuple[str, Decimal]]

    @property
    def hours(self) -> int:
        """Return the designed hours of all subjects, whole ones: what is over is not rounded up."""
        return int(sum((hours for _title, hours in self.subjects), Decimal(0)).to_integral_value(ROUND_DOWN))


def programme_of(cohort: Cohort) -> Programme:
    """Return what a cohort learns: its required modules in their pinned revisions, and its meetings with hours."""
    course = db.session.get_one(Course, cohort.course_id)
    pins = db.session.query(CohortModule.revision_id).filter_by(cohort_id=cohort.id, required=True).order_by(CohortModule.position)
    ids = [revision_id for (revision_id,) in pins]
    known = outlines(ids)
    subjects = [(_indonesian(known[number].about["title"]), Decimal(str(known[number].jp))) for number in ids]
    subjects += [(entry.title, entry.jp) for entry in db.session.scalars(queries.meetings_with_hours(cohort.id))]
    words = f"Angkatan {roman(cohort.number)} Tahun {cohort.year}"
    return Programme(_indonesian(course.title), words, cohort.number, cohort.starts_on, cohort.ends_on, subjects)


def _indonesian(title: dict[str, str]) -> str:
    return in_language("id", lambda: choose(title))


def base_url() -> str:
    """Return the address of the site as people see it, without a slash at its end."""
    return str(current_app.config["LMS_BASE_URL"]).rstrip("/")


def snapshot(
    template: CertificateTemplate, programme: Programme, who: Identity, *, masked: str, band: str, number: str, code: str, day: dt.date
) -> dict[str, Any]:
    """Return everything that is printed, as plain data."""
    kind = template.kind
    values = {
        **asdict(who),
        "nip": who.number,
        "program": programme.title,
        "cohort": programme.cohort,
        "dates": texts.period(programme.first, programme.last),
        "jp": str(programme.hours),
        "qualification": band,
        "issuer": template.issuer,
        "place": template.place,
    }
    rows = (
        ("Nama", who.name),
        (who.number_label, who.number),
        ("Tempat, tanggal lahir", who.birth),
        ("Pangkat, golongan", who.grade),
        ("Jabatan", who.position),
        ("Instansi", who.unit),
    )
    return {
        "kind": kind.value,
        "title": texts.TITLES[kind],
        "number_label": "Nomor: ",
        "number": number,
        "opening": "Diberikan kepada:" if kind is not CredentialKind.STATEMENT else "Dengan ini diterangkan bahwa:",
        "code": code,
        "url": f"{base_url()}/check/{code}",
        "check": "Periksa keasliannya di",
        "code_label": "Kode:",
        "heading": [line for line in template.heading.split("\n") if line.strip()],
        "letterhead": template.letterhead,
        "name": who.name,
        "masked": masked,
        "person": [list(row) for row in rows if row[1]],
        "text": texts.fill(template.text, values),
        "program": programme.title,
        "cohort": programme.cohort,
        "dates": values["dates"],
        "first": programme.first.isoformat(),
        "last": programme.last.isoformat(),
        "jp": programme.hours,
        "result": texts.RESULTS[kind],
        "qualification": band,
        "issuer": template.issuer,
        "issued_on": day.isoformat(),
        **_signature(template, day),
        "subjects": [{"title": title, "jp": _hours(hours)} for title, hours in programme.subjects],
        "total": str(programme.hours),
    }


def _hours(hours: Decimal) -> str:
    return in_language("id", lambda: format_number(hours))


def _signature(template: CertificateTemplate, day: dt.date) -> Mapping[str, str]:
    return {
        "place": template.place,
        "signed_at": f"{template.place}, {texts.date_words(day)}",
        "on_behalf": template.on_behalf,
        "position": f"{template.acting} {template.signer_position}".strip(),
        "signer": template.signer_name,
        "rank": template.signer_rank,
        "signer_number": template.signer_number,
    }


def example(template: CertificateTemplate, number: str, day: dt.date) -> dict[str, Any]:
    """Return a snapshot of nobody, for looking at a template before it is used."""
    who = Identity(
        name="Contoh Nama, S.Sos.",
        number="20000229 202403 1 999",
        number_label="NIP",
        birth="Pontianak, 29 Februari 2000",
        grade="Penata Muda, III/a",
        position="Analis Kebijakan Ahli Pertama",
        unit="Dinas Contoh",
    )
    subjects = [("Mata pelatihan pertama", Decimal(9)), ("Mata pelatihan kedua", Decimal(10)), ("Sesi tatap muka", Decimal(4))]
    programme = Programme("Pelatihan Contoh", f"Angkatan III Tahun {day.year}", 3, day - dt.timedelta(days=30), day, subjects)
    return snapshot(template, programme, who, masked="C•••", band="Memuaskan", number=number, code="CONTOHSAJA", day=day)
