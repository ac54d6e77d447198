"""Reading one row of a list: what each cell means, what is wrong with it, what is doubtful."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping

from lms.cohorts import cleaning
from lms.cohorts.cells import Cell, Kind
from lms.cohorts.columns import TITLES, Person
from lms.cohorts.rows import Checked
from lms.cohorts.units import Units
from lms.i18n import format_date
from lms.i18n import gettext as _
from lms.people import nip
from lms.people.models import Category, IdentityType
from lms.people.ranks import parse_grade
from lms.people.services import fold

OUTSIDE = "outside"
LIMITS = {"title_before": 60, "name": 120, "title_after": 80, "email": 200, "position": 120, "institution": 160, "birth_place": 80}
_BROKEN = re.compile(r"#(REF!|N/A|NAME\?|VALUE!|DIV/0!|NULL!|NUM!)")
_SOLDIER = re.compile(r"[0-9]{5,12}")
_NOISE = re.compile(r"[^0-9]")


def clean_row(
    person: Person, units: Units, groups: Mapping[str, tuple[int, str]], choices: Mapping[str, str], day_first: bool | None
) -> Checked:
    """Return a row with what it says and what is wrong with it; choices says which unit is meant by each spelling that is not known."""
    written = {name: cell.text for name, cell in person.cells.items()}
    cells = {name: Cell(cleaning.unquoted(cell.text), cell.kind) for name, cell in person.cells.items()}
    cells = {name: cell for name, cell in cells.items() if not cleaning.is_nothing(cell.text)}
    blank = Cell("")
    name = cleaning.split_name(cells.get("name", blank).text, cells.get("title_before", blank).text, cells.get("title_after", blank).text)
    row = Checked(person.number, written, name)
    _look_at_formulas(row, cells)
    row.values = {"title_before": name.before, "name": name.name, "title_after": name.after, "identity_type": IdentityType.NONE}
    row.warnings.extend(name.warnings)
    if not any(letter.isalpha() for letter in name.name):
        row.fail("name", _("The name is missing."))
    _read_number(row, cells)
    _read_birth(row, cells, day_first)
    _read_contact(row, cells)
    _read_unit(row, cells, units, choices)
    _read_rest(row, cells, groups)
    for key, limit in LIMITS.items():
        if len(row.values.get(key) or "") > limit:
            row.fail(key, _("“%(text)s …” is too long: at most %(limit)s characters.", text=row.values[key][:30], limit=limit))
    return row


def _look_at_formulas(row: Checked, cells: Mapping[str, Cell]) -> None:
    """Take what a formula has computed, and say so; text that is a formula itself, or an error of one, is refused."""
    for key, cell in cells.items():
        if key not in TITLES:
            continue  # only compared, not kept
        if _BROKEN.fullmatch(cell.text):
            row.fail(key, _("The cell holds the error %(text)s of a formula. Type the value instead.", text=cell.text))
        elif cell.text.startswith("="):
            row.fail(key, _("“%(text)s” is a formula. Copy the cell and paste it as a value.", text=cell.text[:40]))
        elif cell.text.startswith(cleaning.SIGNS) and key != "phone":
            row.fail(key, _("“%(text)s” begins like a formula. Delete the sign at its beginning.", text=cell.text[:40]))
        elif cell.kind is Kind.FORMULA:
            row.warnings.append(_("“%(text)s” was computed by a formula; what it shows is taken.", text=cell.text[:40]))


def _read_number(row: Checked, cells: Mapping[str, Cell]) -> None:
    cell = cells.get("nip")
    row.values["employee_number"] = None
    said = cleaning.identity_of(cells["identity"].text) if "identity" in cells else ""
    if said == cleaning.NIK:
        row.fail("identity", _("A NIK is not kept: it is the number of a citizen, not of a civil servant. Write the NIP, or nothing."))
    if cell is None or said == cleaning.NIK:
        return
    if cell.kind in {Kind.NUMBER, Kind.DATE} or "e+" in cell.text.lower():
        row.fail(
            "nip", _("The NIP is kept as a number, so Excel has lost its last digits. Format the column as Text and type the number again.")
        )
        return
    digits = _NOISE.sub("", cell.text)
    if said == IdentityType.NRP and _SOLDIER.fullmatch(digits):
        row.values |= {"employee_number": digits, "identity_type": IdentityType.NRP}
        return
    try:
        number = nip.parse(cell.text)
    except nip.NumberError as error:
        row.fail("nip", str(error))
        return
    row.values |= {"employee_number": number.digits, "identity_type": number.type}
    row.warnings.extend(number.warnings)
    if said in {IdentityType.PNS, IdentityType.PPPK} and said != number.type:
        row.warnings.append(_("The list and the number do not say the same about PNS and PPPK; the number counts."))
    sex = cleaning.sex_of(cells["sex"].text) if "sex" in cells else ""
    if sex and sex != number.sex:
        row.warnings.append(_("The sex in the list and in the NIP differ."))


def _read_birth(row: Checked, cells: Mapping[str, Cell], day_first: bool | None) -> None:
    """Take the day from the number; compare the list with it; ask where there is no number and the day could be two."""
    born = nip.born(row.values["employee_number"])
    cell = cells.get("birth_date", Cell(""))
    days = cleaning.birth_dates(cell, day_first=day_first)
    place = cells["birth_place"].text if "birth_place" in cells else cleaning.birth_place(cell.text)
    row.values |= {"birth_place": place, "birth_date": born or (next(iter(days)) if len(days) == 1 else None)}
    if born and days and born not in days:
        row.warnings.append(_("The date of birth in the list and in the NIP differ."))
    elif len(days) > 1 and not born:
        row.fail("birth_date", _("%(one)s or %(other)s? Write the month as a word.", **_two(sorted(days))))
    elif cell and not days:
        row.warnings.append(_("“%(text)s” is no date of birth; it is left out.", text=cell.text))


def _two(days: list[dt.date]) -> dict[str, str]:
    return {"one": format_date(days[0]), "other": format_date(days[-1])}


def _read_contact(row: Checked, cells: Mapping[str, Cell]) -> None:
    row.values |= {"email": None, "phone": ""}
    if "email" in cells:
        address, error, warning = cleaning.clean_email(cells["email"].text)
        row.values["email"] = address or None
        if error:
            row.fail("email", error)
        row.warnings.extend([warning] if warning else [])
    if "phone" in cells:
        row.values["phone"], warning = cleaning.clean_phone(cells["phone"])
        row.warnings.extend([warning] if warning else [])


def _read_unit(row: Checked, cells: Mapping[str, Cell], units: Units, choices: Mapping[str, str]) -> None:
    """Find the unit by its names. What is not known is asked for, or, where the list has both, stands in for by the agency above."""
    text = cells["unit"].text if "unit" in cells else ""
    agency = cells["institution"].text if "institution" in cells else ""
    unit = units.find(text) or units.find(agency)
    row.values |= {"unit_id": unit.id if unit else None, "institution": "" if unit else agency}
    row.unit = unit
    if unit and text and not units.find(text):
        row.warnings.append(_("“%(text)s” is not known; the person is placed in %(unit)s.", text=text, unit=unit.name))
    if unit or not text:
        return
    chosen = choices.get(fold(text), "")
    row.spelling = text
    row.unit = units.by_id(chosen)
    if row.unit:
        row.values["unit_id"] = row.unit.id
    elif chosen == OUTSIDE:
        row.values["institution"] = text
    else:
        row.fail("unit", _("The unit “%(text)s” is not known. Choose one above, or correct the list.", text=text))


def _read_rest(row: Checked, cells: Mapping[str, Cell], groups: Mapping[str, tuple[int, str]]) -> None:
    row.values["position"] = cells["position"].text if "position" in cells else ""
    said = cleaning.category_of(cells["category"].text) if "category" in cells else None
    row.values["category"] = said or _category(row)
    grade = cells["grade"].text if "grade" in cells else ""
    row.values["grade"] = parse_grade(grade, row.values["identity_type"])
    if grade and not row.values["grade"]:
        row.warnings.append(_("“%(text)s” is no golongan; it is left out.", text=grade))
    if not row.values["employee_number"] and not said and not row.errors:
        row.warnings.append(
            _("No NIP: taken as a guest from another institution.")
            if row.values["category"] is Category.GUEST
            else _("No NIP: taken as a CPNS whose number is still to come.")
        )
    if "group" in cells:
        found = groups.get(fold(cells["group"].text))
        if found:
            row.group_id, row.group = found
        else:
            row.warnings.append(_("There is no group “%(name)s”; the person comes in without one.", name=cells["group"].text))


def _category(row: Checked) -> Category:
    if row.values["identity_type"] is IdentityType.PPPK:
        return Category.PPPK
    if row.values["employee_number"]:
        return Category.PNS
    return Category.CPNS if row.unit else Category.GUEST
