"""Checking a list of people: what each row would do, and why it cannot.

The dry run and the import make the same check of the same file, with what its organizer has decided and typed (`lms.cohorts.plan`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lms.cohorts import cleaning
from lms.cohorts.cells import Cell, Sheet
from lms.cohorts.columns import Person, Table, TableError, read_table
from lms.cohorts.doubts import compare_with_accounts, refuse_rounded, refuse_twins
from lms.cohorts.models import Fate
from lms.cohorts.plan import Plan
from lms.cohorts.queries import groups_of, mappings_of
from lms.cohorts.reading import clean_row
from lms.cohorts.rows import Checked
from lms.cohorts.sheets import read_sheets
from lms.cohorts.units import Unit, Units, known_units
from lms.db import db
from lms.i18n import gettext as _
from lms.i18n import roman
from lms.learning.models import Cohort
from lms.people.services import fold

MOST_PEOPLE = 500  # one transaction enrols them all, and on SQLite everybody else's writing waits for it
GOOD = (Fate.NEW, Fate.KNOWN, Fate.BACK)


class TooMany(TableError):  # noqa: N818 - an answer, not an error
    """There are more people in the file than one import takes."""


@dataclass(frozen=True, slots=True)
class Spelling:
    """A unit's name that nobody knows: as written, in which rows, the closest units, what was chosen for it, and whether to remember it."""

    key: str
    written: str
    rows: list[int]
    closest: list[Unit]
    chosen: str
    remember: bool


@dataclass(frozen=True, slots=True)
class Check:
    """What an import would do."""

    table: Table
    rows: list[Checked]
    spellings: list[Spelling]
    sheets: list[str]

    def of(self, *fates: Fate) -> list[Checked]:
        """Return the rows of these fates, in order."""
        return [row for row in self.rows if row.fate in fates]

    @property
    def good(self) -> list[Checked]:
        """Return the rows that would change something."""
        return self.of(*GOOD)


def check_list(*, cohort: Cohort, data: bytes, plan: Plan | None = None) -> Check:
    """Return what importing a file would do: six statements, however long it is. Changes nothing.

    Raises SheetError and TableError, each with a sentence for the organizer.
    """
    said, sheets = plan or Plan(), read_sheets(data)
    table = read_table(sheets, said.layout, _memory(cohort))
    if len(table.people) > MOST_PEOPLE:
        raise TooMany(_("The list has more than %(count)s people. Split it into several files.", count=MOST_PEOPLE))
    units, groups = known_units(), _known_groups(cohort)
    people = [_typed_over(person, said.cells.get(str(person.number), {})) for person in table.people]
    day_first = cleaning.day_first(person["birth_date"] for person in people)
    rows = [clean_row(person, units, groups, said.units, day_first) for person in people]
    refuse_rounded(rows, table.people, said.cells)
    refuse_twins(rows)
    compare_with_accounts(rows, cohort)
    return Check(table, rows, _spellings(rows, units, said), _names(sheets))


def first_rows(data: bytes, sheet: int | None, most: int = 12) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return the names of the sheets and the first rows of one, as (number, cells): for a file whose list was not found. Raises SheetError."""
    sheets = read_sheets(data)
    chosen = (
        sheets[sheet] if sheet is not None and sheet < len(sheets) else max(sheets, key=lambda one: sum(len(r.cells) for r in one.rows))
    )
    return _names(sheets), [(row.number, [cell.text for cell in row.cells[:6]]) for row in chosen.rows if any(row.cells)][:most]


def _names(sheets: Sequence[Sheet]) -> list[str]:
    return [sheet.name for sheet in sheets] if len(sheets) > 1 and sheets[0].name else []


def _memory(cohort: Cohort) -> dict[str, dict[str, str]]:
    return {row.header: row.fields for row in db.session.execute(mappings_of(cohort.organizer_unit_id))}


def _typed_over(person: Person, typed: Mapping[str, str]) -> Person:
    return Person(person.number, {**person.cells, **{name: Cell(text) for name, text in typed.items()}}) if typed else person


def _known_groups(cohort: Cohort) -> dict[str, tuple[int, str]]:
    """Return {folded name: (id, name)}; `Kelompok 2` is found by `2` and `II` too."""
    found: dict[str, tuple[int, str]] = {}
    for position, group in enumerate(db.session.scalars(groups_of(cohort.id)), start=1):
        found[fold(group.name)] = (group.id, group.name)
        last = group.name.split()[-1]
        number = int(last) if re.fullmatch(r"[1-9][0-9]?", last) else position
        for short in (str(number), fold(roman(number)), f"kelompok{number}", f"group{number}"):
            found.setdefault(short, (group.id, group.name))
    return found


def _spellings(rows: Iterable[Checked], units: Units, said: Plan) -> list[Spelling]:
    found: dict[str, Spelling] = {}
    for row in rows:
        if row.spelling:
            key = fold(row.spelling)
            if key not in found:
                closest = units.closest(row.spelling) if len(found) < 40 else []
                found[key] = Spelling(key, row.spelling, [], closest, said.units.get(key, ""), key in said.remember)
            found[key].rows.append(row.number)
    return list(found.values())
