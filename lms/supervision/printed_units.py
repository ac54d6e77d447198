"""The figures of a unit as PDF: the same table as on the page and in the files, with date and source."""

from __future__ import annotations

from typing import Any

from lms.i18n import format_number, language, ngettext
from lms.i18n import gettext as _
from lms.supervision import units
from lms.supervision.printed import compiled
from lms.supervision.units import UnitPage


def unit_pdf(page: UnitPage) -> bytes:
    """Return the table of a unit and of the units right below it, with exactly the figures of its page."""
    return compiled(words_of(page))


def words_of(page: UnitPage) -> dict[str, Any]:
    """Return the words of that table."""
    header, *rows, _source = units.export(page)
    return {
        "language": language(),
        "title": page.here.name,
        "about": _("Figures of the unit and of the units right below it"),
        "source": units.source_line(page),
        "people": ngettext("%(num)s unit", "%(num)s units", len(rows)),
        "header": [str(cell) for cell in header],
        "rows": [["–" if cell is None else format_number(cell) if isinstance(cell, int) else str(cell) for cell in row] for row in rows],
        "columns": ["3fr", *["1fr"] * (len(header) - 1)],
    }
