"""What an organizer has decided about an uploaded list: sheet, header row, columns, units, and the cells that they typed anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from lms.cohorts.cells import MOST_CHARACTERS, clean
from lms.cohorts.columns import FIELDS, Layout

MOST_CELLS = 6000


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that was said, as plain JSON.

    fields: {column from 0: field}; units: {folded spelling: id of a unit, or `outside`}; remember: spellings to keep as aliases; cells:
    {row: {field: text}}. None and empty: nothing was said, the program guesses.
    """

    sheet: int | None = None
    header_row: int | None = None
    fields: dict[str, str] | None = None
    units: dict[str, str] = field(default_factory=dict)
    remember: list[str] = field(default_factory=list)
    cells: dict[str, dict[str, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Self:
        """Return a plan as it was kept."""
        return cls(**kept)

    @property
    def kept(self) -> dict[str, Any]:
        """Return the plan as it is kept."""
        return asdict(self)

    @property
    def layout(self) -> Layout:
        """Return what it says about the file."""
        fields = {int(place): name for place, name in self.fields.items()} if self.fields is not None else None
        return Layout(self.sheet, self.header_row, fields)


def posted(before: Plan, values: Mapping[str, str]) -> Plan:
    """Return the plan that the check page sends: it shows every decision, and what it does not name stays.

    Another sheet or header row makes the columns a new guess, and, as rows are others then, forgets the typed cells of another sheet.
    """
    sheet, header_row = _number(values, "sheet", before.sheet), _number(values, "header_row", before.header_row)
    shown = {name.removeprefix("column-"): value for name, value in values.items() if name.startswith("column-")}
    moved = sheet != before.sheet or header_row != before.header_row
    return Plan(
        sheet=sheet,
        header_row=header_row if sheet == before.sheet else None,
        fields=None if moved else _columns(before, shown, values),
        units={key: unit for key, unit in {**before.units, **_named(values, "unit-")}.items() if unit},  # "" is "leave these out for now"
        remember=sorted(_named(values, "remember-")) if _named(values, "unit-") else before.remember,
        cells=_cells(before.cells if sheet == before.sheet else {}, values),
    )


def _number(values: Mapping[str, str], name: str, otherwise: int | None) -> int | None:
    text = values.get(name, "")
    if text == values.get(f"was-{name}"):
        return otherwise  # the page proposed it, and nobody has said anything else
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else otherwise


def _columns(before: Plan, shown: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str] | None:
    """Return the columns by hand: those of the page, once any of them differs from what the page had proposed."""
    if not shown or (before.fields is None and all(value == values.get(f"guess-{place}", "") for place, value in shown.items())):
        return before.fields
    return {place: name for place, name in shown.items() if place.isascii() and place.isdigit() and name in FIELDS}


def _named(values: Mapping[str, str], start: str) -> dict[str, str]:
    return {name.removeprefix(start)[:200]: value for name, value in values.items() if name.startswith(start) and len(value) <= 20}


def _cells(before: Mapping[str, Mapping[str, str]], values: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return the typed cells; one that is shown and was not changed is none."""
    cells = {row: dict(fields) for row, fields in before.items()}
    for name, value in values.items():
        start, _dash, rest = name.partition("-")
        row, _dash, key = rest.partition("-")
        if start == "cell" and row.isascii() and row.isdigit() and key in FIELDS and value != values.get(f"was-{row}-{key}", ""):
            cells.setdefault(row, {})[key] = clean(value)[:MOST_CHARACTERS]
    return dict(list(cells.items())[:MOST_CELLS])
