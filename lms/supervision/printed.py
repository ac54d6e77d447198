"""The list and the picture as PDF: A4 across, tagged (PDF/UA-1), with date, source and what they are narrowed to."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import typst

from lms.errors import Refused
from lms.i18n import choose, format_date, format_number, language
from lms.i18n import gettext as _
from lms.supervision import services
from lms.supervision.queries import Scope, Wanted
from lms.supervision.services import Person

SOURCE = Path(__file__).parent / "team.typ"
MOST = 500  # people; more is nothing for paper


def list_pdf(*, scope: Scope, today: dt.date, wanted: Wanted) -> bytes:
    """Return the whole filtered list. Raises Refused when it is too long for paper."""
    team = services.whole(scope=scope, today=today, wanted=wanted, most=MOST)
    several = len(team.choices.shown) > 1
    header = [_("Name"), _("Unit"), _("Group"), _("Status"), _("Parts"), _("Sessions"), _("Next due"), _("Last active")]
    rows = [_cells(person, several=several) for person in team.page.items]
    words = services.filter_words(scope, today, wanted)
    return _pdf(team, words, header, rows, ["3fr", "3fr", "2fr", "3fr", "auto", "auto", "auto", "auto"])


def _cells(person: Person, *, several: bool) -> list[str]:
    row = person.row
    group = " · ".join(word for word in (row.group_name, person.cohort.title if several else "") if word)
    status = f"{person.status}. {person.reason}" if person.reason else person.status
    parts = f"{format_number(row.done_count)}/{format_number(row.required_count)}"
    return [person.name, person.unit, group, status, parts, person.sessions or "–", _day(person.next_due_on), _day(row.active_on)]


def _day(day: dt.date | None) -> str:
    return format_date(day, short=True) if day else "–"


def picture_pdf(*, scope: Scope, today: dt.date, wanted: Wanted) -> bytes:
    """Return the picture of people and modules of one cohort. Raises Refused when it is too long for paper."""
    team = services.whole(scope=scope, today=today, wanted=wanted, most=MOST, one_cohort=True)
    modules = team.choices.shown[0].modules if team.choices.shown else []
    header = [_("Name"), _("Group"), _("Status"), *(choose(dict(module.title)) for module in modules)]
    rows = []
    for person in team.page.items:
        cells = [person.cells[module.id] for module in modules]
        rows.append([person.name, person.row.group_name or "–", person.status, *(_state(cell) for cell in cells)])
    return _pdf(team, services.filter_words(scope, today, wanted), header, rows, ["3fr", "auto", "2fr", *["1fr"] * len(modules)])


def _state(cell: services.Cell) -> str:
    if not cell.total:
        return "–"
    if cell.state == "complete":
        return _("complete")
    return f"{format_number(cell.done)}/{format_number(cell.total)}" + (f" ({_('waits')})" if cell.state == "waiting" else "")


def _pdf(
    team: services.Team, filters: Sequence[str], header: Sequence[str], rows: Sequence[Sequence[str]], columns: Sequence[str]
) -> bytes:
    if team.page.total > MOST:
        raise Refused(_("This list is too long for paper. Narrow it, or download it for Excel."))
    cohort = team.choices.shown[0].title if len(team.choices.shown) == 1 and team.choices.shown[0].title != team.title else ""
    data: dict[str, Any] = {
        "language": language(),
        "title": team.title,
        "about": " · ".join(word for word in (cohort, *filters) if word and word != team.title),
        "source": services.source_line(team.today),
        "people": _("%(number)s people", number=format_number(team.page.total)),
        "header": list(header),
        "rows": [list(row) for row in rows],
        "columns": list(columns),
    }
    return compiled(data)


def compiled(data: Mapping[str, Any]) -> bytes:
    """Return a page of `team.typ`: `language title about source people header rows columns`, all words as they are printed."""
    inputs = {"data": json.dumps(data, ensure_ascii=False)}
    pdf = typst.compile(str(SOURCE), format="pdf", sys_inputs=inputs, ignore_system_fonts=True, pdf_standards=["ua-1"])
    return bytes(pdf)
