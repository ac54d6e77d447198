"""Finding a unit by what a spreadsheet calls it: by alias and folded name; the closest ones for what is not known. Never makes one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from lms.db import db, utcnow
from lms.people import models
from lms.people.access import valid_on
from lms.people.services import fold

CLOSEST = 3


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as a list of people names it."""

    id: int
    name: str
    path: str = ""


class Units:
    """All units by their names, folded: small letters and digits only."""

    def __init__(self, names: Iterable[tuple[int, str, str, str]], aliases: Mapping[str, int]) -> None:
        """Take (id, name, short name, path) of each unit, and {alias: id}."""
        rows = list(names)
        self._units = {number: Unit(number, name, path) for number, name, _short, path in rows}
        self._folded = {key: number for number, name, short, _path in rows for key in (fold(short), fold(name)) if key}
        self._folded |= {alias: number for alias, number in aliases.items() if number in self._units}
        self._pieces: list[tuple[int, frozenset[str]]] = []

    def find(self, text: str) -> Unit | None:
        """Return the unit of this name, or None."""
        return self._units.get(self._folded.get(fold(text), -1))

    def by_id(self, text: str) -> Unit | None:
        """Return the unit with this number, written as text, or None."""
        return self._units.get(int(text)) if text.isascii() and text.isdigit() else None

    def closest(self, text: str) -> list[Unit]:
        """Return up to three units whose names are most like a text: by the groups of three letters that they share."""
        if not self._pieces:
            self._pieces = [(number, _pieces(key)) for key, number in self._folded.items()]
        wanted = _pieces(fold(text))
        best: dict[int, float] = {}
        for number, pieces in self._pieces:
            best[number] = max(best.get(number, 0.0), _likeness(wanted, pieces))
        order = sorted((-likeness, self._units[number].name, number) for number, likeness in best.items() if likeness)
        return [self._units[number] for _likeness, _name, number in order[:CLOSEST]]


def _pieces(text: str) -> frozenset[str]:
    padded = f"^{text}$"
    return frozenset(padded[index : index + 3] for index in range(len(padded) - 2))


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    common = len(one & other)
    return common / (len(one) + len(other) - common) / 2 + common / min(len(one), len(other)) / 2 if common else 0.0


def known_units() -> Units:
    """Return the units of today with all their names: two statements."""
    today = utcnow().date()
    columns = (models.Unit.id, models.Unit.name, models.Unit.short_name, models.Unit.path)
    names = db.session.execute(sa.select(*columns).where(valid_on(models.Unit, today)))
    aliases = db.session.execute(sa.select(models.UnitAlias.alias, models.UnitAlias.unit_id))
    return Units([(number, name, short, path) for number, name, short, path in names], {row.alias: row.unit_id for row in aliases})
