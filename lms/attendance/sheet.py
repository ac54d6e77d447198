"""The list to sign on paper: one row for each person with a short code, and what its codes mean when somebody enters them."""

from __future__ import annotations

import datetime as dt
import io
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import segno

from lms.attendance import limits, services
from lms.attendance.models import AttendanceState, NoteSource
from lms.attendance.services import Mark
from lms.codes import number_of
from lms.i18n import format_date, language, zone
from lms.i18n import gettext as _
from lms.learning.models import Cohort, ScheduleEntry
from lms.learning.words import cohort_title
from lms.pdf import pdf
from lms.people.access import Actor
from lms.people.models import full_name
from lms.schedule.words import span, zone_of

SOURCE = Path(__file__).parent / "sheet.typ"
CHECK = 2  # digits behind the number of the enrolment: a slip of a finger is found, and no row can be guessed


def row_code(entry: ScheduleEntry, enrolment_id: int) -> str:
    """Return the code of somebody's row on the sheet of a meeting: digits, as short as the number of the enrolment allows."""
    return f"{enrolment_id}{number_of(services.secret_of(entry), f'row/{enrolment_id}'.encode(), CHECK)}"


def read_codes(entry: ScheduleEntry, people: Iterable[Any], text: str) -> tuple[set[int], list[str]]:
    """Return the enrolments whose codes stand in a text, one on a line, and the lines that are no code of this sheet."""
    known = {row_code(entry, row.id): row.id for row in people}
    lines = [line for line in ("".join(part.split()) for part in text.splitlines()) if line]
    return {known[line] for line in lines if line in known}, [line for line in lines if line not in known]


def days_of(entry: ScheduleEntry, cohort: Cohort) -> list[dt.date]:
    """Return the local days of a meeting."""
    held = limits.Held(AttendanceState.ABSENT, entry.starts_at, entry.ends_at, entry.jp, zone_of(entry, cohort.time_zone))
    return limits.days_of(held)


def enter(
    *, actor: Actor, cohort: Cohort, entry: ScheduleEntry, people: Sequence[Any], signed: set[int], day: dt.date, rest_absent: bool
) -> tuple[int, list[str]]:
    """Enter who signed on a day of the meeting; return how many have changed, and the names of who signed and is noted as absent later.

    A signature is from the beginning of the meeting, so what a roster noted later holds; who enters looks at these and corrects, or not.
    """
    here = zone(zone_of(entry, cohort.time_zone))
    moment = dt.datetime.combine(day, entry.starts_at.astimezone(here).time(), here).astimezone(dt.UTC)
    marks = [Mark(number, AttendanceState.PRESENT, note_id=_note_id(entry, number, day, "signed")) for number in sorted(signed)]
    if rest_absent:
        absent = [row.id for row in people if row.id not in signed and row.state is None and row.user_id != actor.id]
        marks += [Mark(number, AttendanceState.ABSENT, note_id=_note_id(entry, number, day, "absent")) for number in absent]
    changed = services.note(actor=actor, entry=entry, marks=marks, source=NoteSource.SHEET, moment=moment)
    return changed, [row.name for row in people if row.id in signed and row.state is AttendanceState.ABSENT and row.moment > moment]


def _note_id(entry: ScheduleEntry, enrolment_id: int, day: dt.date, what: str) -> uuid.UUID:
    return uuid.uuid5(entry.uid, f"sheet/{enrolment_id}/{day.isoformat()}/{what}")


def as_pdf(cohort: Cohort, entry: ScheduleEntry, people: Sequence[Any]) -> bytes:
    """Return the sheet as PDF: A4, fonts in it, readable aloud."""
    here = zone_of(entry, cohort.time_zone)
    rows = [_row(entry, number, person) for number, person in enumerate(people, start=1)]
    data = {
        "language": language(),
        "title": _("Attendance list"),
        "meeting": entry.title,
        "about": [
            cohort_title(cohort),
            f"{format_date(days_of(entry, cohort)[0])}, {span(entry.starts_at, entry.ends_at, here)}",
            entry.place,
        ],
        "columns": [_("No."), _("Name"), _("Unit"), _("Signature"), _("Code")],
        "rows": rows,
        "foot": _("Enter the codes of signed rows in Peduli: cohort, attendance, this meeting, signed list."),
        "leader": _("Signed for the organizer"),
        "code": _("Code %(code)s", code="{}"),
    }
    return pdf(SOURCE, data)


def _row(entry: ScheduleEntry, number: int, person: Any) -> dict[str, Any]:
    code = row_code(entry, person.id)
    return {
        "number": str(number),
        "name": full_name(person.title_before, person.name, person.title_after),
        "unit": person.unit_short or person.unit_name or person.institution or "",
        "code": code,
        "qr": _picture(code),
    }


def _picture(code: str) -> str:
    out = io.BytesIO()
    segno.make(code, micro=False, error="m").save(out, kind="svg", border=0, xmldecl=False)
    return out.getvalue().decode()
