"""Figures of units: the page, and its table to download. Roll-ups only; no list of people leads from here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from flask import Response, render_template, request
from flask_login import current_user

from lms.export import as_file, csv_response, xlsx_response
from lms.i18n import gettext as _
from lms.people.permissions import SUPERVISE, requires
from lms.supervision import printed_units, units
from lms.supervision.base import own_day, room
from lms.supervision.scopes import find_scope


def _page(key: str) -> units.UnitPage:
    scope = find_scope(current_user, key, own_day())
    wanted = request.args.get("unit", "")
    number = int(wanted) if wanted.isascii() and wanted.isdecimal() and len(wanted) < 10 else scope.number
    return units.unit_page(scope=scope, unit_id=number)


@room.get("/team/units/<key>")
@requires(SUPERVISE, on="self")
def unit_figures(key: str) -> str:
    """Show the figures of a unit of one's scope and of the units right below it."""
    page = _page(key)
    return render_template(
        "supervision/unit.html",
        page=page,
        words=units.words_of(),
        shown=units.shown,
        withheld=units.withheld(),
        source=units.source_line(page),
    )


@room.get("/team/units/<key>/figures.csv")
@requires(SUPERVISE, on="self")
def unit_csv(key: str) -> Response:
    """Download the figures that the page shows, as CSV."""
    return _export(key, csv_response)


@room.get("/team/units/<key>/figures.xlsx")
@requires(SUPERVISE, on="self")
def unit_xlsx(key: str) -> Response:
    """Download the figures that the page shows, for a spreadsheet program."""
    return _export(key, xlsx_response)


@room.get("/team/units/<key>/figures.pdf")
@requires(SUPERVISE, on="self")
def unit_pdf(key: str) -> Response:
    """Download the figures that the page shows, for paper."""
    page = _page(key)
    return as_file(printed_units.unit_pdf(page), "application/pdf", f"{_name(page)}.pdf")


def _name(page: units.UnitPage) -> str:
    return f"{_('unit')}-{page.as_of.isoformat() if page.as_of else ''}"


def _export(key: str, respond: Callable[[Iterable[Sequence[str | int | float | None]], str], Response]) -> Response:
    page = _page(key)
    return respond(units.export(page), _name(page))
