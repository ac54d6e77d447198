"""Figures of a unit and of the units below it, from roll-ups; never from people."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lms.errors import NotFound
from lms.i18n import format_date, format_number
from lms.i18n import gettext as _
from lms.supervision import queries, services
from lms.supervision.queries import Scope
from lms.supervision.sealed import sealed
from lms.supervision.suppression import LEAST

COHORTS = 8  # columns of the table of cohorts
FIGURES = ("people", "complete", "under_way", "behind", "not_begun")


@dataclass(frozen=True, slots=True)
class UnitLine:
    """A line of the table: a unit with everything below it, or the people of the unit itself; `figures` are None where withheld."""

    id: int
    name: str
    own: bool
    figures: Mapping[str, int | None]
    share: int | None
    jp_tenths: int | None

    @property
    def nobody(self) -> bool:
        """Tell whether nobody of the unit is enrolled."""
        return self.figures["people"] == 0


@dataclass(frozen=True, slots=True)
class CohortColumn:
    """A cohort of the table: its title, and how far each unit has come in percent; a unit is missing that has nobody in it."""

    id: int
    title: str
    shares: Mapping[int, int | None]


@dataclass(frozen=True, slots=True)
class UnitPage:
    """What the page of a unit shows. `as_of` is None before anything was counted."""

    scope: Scope
    here: UnitLine
    below: list[UnitLine]
    above: list[tuple[int, str]]
    cohorts: list[CohortColumn]
    as_of: dt.date | None

    @property
    def withheld(self) -> bool:
        """Tell whether a figure of the page is not shown."""
        return any(value is None for line in (self.here, *self.below) for value in line.figures.values())


def unit_page(*, scope: Scope, unit_id: int) -> UnitPage:
    """Return the figures of a unit of the scope: four reads of roll-ups and one of titles, whatever the number of people.

    Raises NotFound for a unit that is not in the scope.
    """
    here: dict[str, Any] = {"path": f"{scope.path}%", "unit_id": unit_id}
    with sealed() as connection:
        rows = connection.execute(queries.UNIT, here).all()
        if scope.kind != "unit" or not rows or rows[0].id != unit_id:
            raise NotFound("no such unit in this scope")
        ids = [int(part) for part in rows[0].path.split("/") if part][:-1]
        above = connection.execute(queries.ABOVE, {**here, "ids": ids}).all()
        numbers = connection.execute(queries.UNIT_COHORTS, {**here, "limit": COHORTS}).scalars().all()
        units = [row.id for row in rows]
        shares = connection.execute(queries.UNIT_SHARES, {"unit_ids": units, "cohort_ids": numbers}).all()
    lines = [_line(row) for row in rows if not (row.own and row.id != unit_id)]
    titles = services.cohort_lines(numbers)
    columns = [
        CohortColumn(number, titles[number].title, {row.unit_id: row.share for row in shares if row.cohort_id == number})
        for number in numbers
        if number in titles
    ]
    days = [row.as_of for row in rows if row.as_of]
    below = sorted(lines[1:], key=lambda line: line.own)
    return UnitPage(scope, lines[0], below, [(row.id, row.name) for row in above], columns, max(days, default=None))


def _line(row: Any) -> UnitLine:
    if row.unit_id is None:
        return UnitLine(row.id, row.name, own=False, figures=dict.fromkeys(FIGURES, 0), share=None, jp_tenths=None)
    return UnitLine(row.id, row.name, bool(row.own), {name: getattr(row, name) for name in FIGURES}, row.share, row.jp_tenths)


def words_of() -> dict[str, str]:
    """Return the name of each figure."""
    return {
        "people": _("people"),
        "complete": _("complete"),
        "under_way": _("under way"),
        "behind": _("behind"),
        "not_begun": _("not begun"),
    }


def shown(value: int | None) -> str:
    """Return a figure as it is shown: withheld ones say why they are."""
    return withheld() if value is None else format_number(value)


def withheld() -> str:
    """Return what stands in the place of a figure that is not shown: one sign, whether it is small itself or would give a small one away."""
    return "•"


def export(page: UnitPage) -> list[list[str | int | None]]:
    """Return the table of a unit with exactly the figures of its page, and a last line with date and source."""
    words = words_of()
    header = (_("Unit"), *(words[name] for name in FIGURES), _("Parts complete (%)"), _("JP this year on average"))
    table: list[list[str | int | None]] = [[*header]]
    for line in (page.here, *page.below):
        name = _("%(unit)s itself", unit=line.name) if line.own else line.name
        hours = "" if line.jp_tenths is None else format_number(line.jp_tenths / 10, 1)
        table.append([name, *[withheld() if line.figures[key] is None else line.figures[key] for key in FIGURES], line.share, hours])
    return [*table, [source_line(page)]]


def source_line(page: UnitPage) -> str:
    """Say as of which day, from where, and what is withheld."""
    if page.as_of is None:
        return _("Nothing was counted yet.")
    return " ".join(
        (
            f"{_('As of %(date)s', date=format_date(page.as_of))}.",
            _("Source: Peduli, roll-ups of units."),
            _("Figures about fewer than %(least)s people are not shown, nor others from which they could be worked out.", least=LEAST),
        )
    )
