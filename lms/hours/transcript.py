"""The transcript of a person's hours: year by year, line by line, with the reason where fewer hours count than were learned."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from lms.db import db
from lms.hours import queries
from lms.hours.words import CAUSES, FORMS, limit_words
from lms.i18n import choose, format_date, format_number, language
from lms.i18n import gettext as _
from lms.learning.words import title_of
from lms.pdf import pdf
from lms.people.models import User
from lms.progress.jp_rules import rules
from lms.progress.models import JpEntry, JpForm
from lms.progress.queries import target_of

SOURCE = Path(__file__).parent / "transcript.typ"


@dataclass(frozen=True, slots=True)
class Correction:
    """A line that corrects another: when, why, by whom (empty: by the program), and by how many recognised hours."""

    day: dt.datetime
    cause: str
    reason: str
    by: str
    nominal: Decimal
    recognized: Decimal


@dataclass(slots=True)
class Line:
    """Something learned, with what holds now."""

    id: int
    day: dt.date
    programme: str
    course: str
    title: str
    form: JpForm
    nominal: Decimal
    recognized: Decimal
    why: str
    rule: str
    corrections: list[Correction] = field(default_factory=list)

    @property
    def form_words(self) -> str:
        """Return the form of learning in words."""
        return str(FORMS[self.form])


@dataclass(frozen=True, slots=True)
class Transcript:
    """One year of a person."""

    year: int
    years: Sequence[int]
    lines: Sequence[Line]
    target: Decimal | None = None  # what the year asks of this person

    @property
    def nominal(self) -> Decimal:
        """Return the designed hours of all lines."""
        return sum((line.nominal for line in self.lines), Decimal(0))

    @property
    def recognized(self) -> Decimal:
        """Return the recognised hours of all lines."""
        return sum((line.recognized for line in self.lines), Decimal(0))


def transcript(user_id: uuid.UUID, year: int) -> Transcript:
    """Return a person's year: four statements. Years are those with lines, and this one."""
    years = sorted({year, *(int(found) for found in db.session.scalars(queries.years_of(user_id)))}, reverse=True)
    target = db.session.scalar(sa.select(target_of(year)).where(User.id == user_id))
    return Transcript(year, years, lines(db.session.execute(queries.lines_of_year(user_id, year))), target)


def lines(rows: Iterable[Any]) -> list[Line]:
    """Put lines and those that correct them together; a correction never stands before what it corrects has been read."""
    known = {rule.name: rule for rule in rules()}
    found: dict[int, Line] = {}
    for row in rows:
        entry: JpEntry = row.JpEntry
        why = limit_words(entry.limit, entry.form, known.get(entry.rule))
        if entry.corrects_id is None:
            programme = title_of(row.cohort_title, row.cohort_number, row.cohort_year)
            found[entry.id] = Line(
                entry.id,
                entry.occurred_on,
                programme,
                choose(row.course_title),
                choose(entry.title),
                entry.form,
                entry.nominal,
                entry.recognized,
                why,
                entry.rule,
            )
            continue
        line = found[entry.corrects_id]
        line.nominal, line.recognized, line.why = line.nominal + entry.nominal, line.recognized + entry.recognized, why
        line.corrections.append(
            Correction(entry.recorded_at, str(CAUSES[entry.cause]), entry.reason, row.corrector or "", entry.nominal, entry.recognized)
        )
    return list(found.values())


def table(found: Transcript) -> list[list[str | float | None]]:
    """Return the transcript as rows of a spreadsheet, hours as numbers, the sum last."""
    head = [_("Day"), _("Programme"), _("Part"), _("Form"), _("JP designed"), _("JP recognised"), _("Why fewer"), _("Corrections")]
    rows: list[list[str | float | None]] = [list(head)]
    for line in found.lines:
        corrected = "; ".join(f"{row.cause}: {row.reason}".rstrip(": ") for row in line.corrections)
        hours = [float(line.nominal), float(line.recognized)]
        rows.append([line.day.isoformat(), line.programme, line.title, line.form_words, *hours, line.why, corrected])
    return [*rows, ["", "", _("Sum"), "", float(found.nominal), float(found.recognized), "", ""]]


def as_pdf(found: Transcript, *, name: str, about: str, day: dt.date) -> bytes:
    """Return the transcript as a PDF; `about` is what stands below the name (number, unit), `day` when it was made."""
    have = format_number(found.recognized)
    total = _("%(have)s of %(target)s JP", have=have, target=format_number(found.target)) if found.target else f"{have} JP"
    return pdf(
        SOURCE,
        {
            "language": language(),
            "title": _("Transcript of hours %(year)s", year=found.year),
            "name": name,
            "about": about,
            "sum": total,
            "made": _("Made by Peduli on %(date)s. 1 JP is 45 minutes. The day is the learner's local day.", date=format_date(day)),
            "head": [_("Day"), _("Programme and part"), _("Form"), _("Designed"), _("Recognised")],
            "total": [_("Sum"), format_number(found.nominal), have],
            "lines": [_printed(line) for line in found.lines],
        },
    )


def _printed(line: Line) -> dict[str, Any]:
    notes = [line.why] if line.why else []
    notes += [f"{row.cause}: {row.reason}".rstrip(": ") for row in line.corrections]
    cells = [format_date(line.day, short=True), line.form_words, format_number(line.nominal), format_number(line.recognized)]
    return {"cells": cells, "title": line.title, "programme": line.programme, "notes": notes}
