"""Importing a list of people: what each row would do, why it cannot, and doing it.

The dry run and the import make the same check of the same file; nothing comes back from the browser but which unit is meant where a
spelling is not known.
"""

from __future__ import annotations

import enum
import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lms.cohorts import cleaning
from lms.cohorts.cells import Cell, Kind
from lms.cohorts.columns import TITLES, Person, Table, TableError, read_table
from lms.cohorts.queries import accounts_for_import, elsewhere, groups_of
from lms.cohorts.sheets import read_sheets
from lms.cohorts.units import Unit, Units, known_units
from lms.db import db
from lms.i18n import gettext as _
from lms.i18n import roman
from lms.learning import services as learning
from lms.learning.models import Cohort, EnrolmentState
from lms.learning.words import title_of
from lms.people import nip, passwords
from lms.people import services as people
from lms.people.access import Actor
from lms.people.models import Category, IdentityType
from lms.people.services import fold
from lms.privacy.services import audit

OUTSIDE = "outside"
MOST_PEOPLE = 500  # each new password takes 27 ms to hash
LIMITS = {"title_before": 60, "name": 120, "title_after": 80, "email": 200, "position": 120, "institution": 160}


class Fate(enum.StrEnum):
    """What the import would do with a row."""

    NEW = "new"  # makes an account and enrols
    KNOWN = "known"  # enrols somebody who has an account
    BACK = "back"  # brings back somebody who had withdrawn
    ENROLLED = "enrolled"  # changes nothing
    WRONG = "wrong"


GOOD = (Fate.NEW, Fate.KNOWN, Fate.BACK)


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who has an account already."""

    id: uuid.UUID
    name: str
    email: str | None
    employee_number: str | None
    is_active: bool
    state: EnrolmentState | None


@dataclass(slots=True)
class Checked:
    """A row after the check. `values` are the columns of the account it would make; `spelling` is a unit that is not known."""

    number: int
    written: dict[str, str]
    name: cleaning.Name
    values: dict[str, Any] = field(default_factory=dict)
    group_id: int | None = None
    group: str = ""
    unit: Unit | None = None
    spelling: str = ""
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    account: Account | None = None
    fate: Fate = Fate.NEW

    @property
    def full_name(self) -> str:
        """Return the name with its titles as it would be kept, or what the row holds instead."""
        parts = self.name
        text = f"{parts.before} {parts.name}".strip()
        return (f"{text}, {parts.after}" if parts.after else text) or self.written.get("nip", "")


@dataclass(frozen=True, slots=True)
class Spelling:
    """A unit's name that nobody knows: as written, in which rows, the closest units, and what was chosen for it."""

    key: str
    written: str
    rows: list[int]
    closest: list[Unit]
    chosen: str


@dataclass(frozen=True, slots=True)
class Check:
    """What an import would do."""

    table: Table
    rows: list[Checked]
    spellings: list[Spelling]

    def of(self, *fates: Fate) -> list[Checked]:
        """Return the rows of these fates, in order."""
        return [row for row in self.rows if row.fate in fates]

    @property
    def good(self) -> list[Checked]:
        """Return the rows that would change something."""
        return self.of(*GOOD)


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did: people with an account now and their one-time passwords, which are kept nowhere; counts of the others."""

    issued: list[tuple[Checked, str]]
    known: int
    enrolled: int
    wrong: int


# -- checking ------------------------------------------------------------------------------------------------------------------------


def check_list(*, actor: Actor, cohort: Cohort, data: bytes, choices: Mapping[str, str] | None = None) -> Check:
    """Return what importing a file would do: six statements, however long it is. Changes nothing.

    choices says, for spellings of units that are not known, which unit is meant (its id) or that it is none of ours (`outside`). Raises
    SheetError and TableError, each with a sentence for the organizer.
    """
    table = read_table(read_sheets(data))
    if len(table.people) > MOST_PEOPLE:
        raise TableError(_("The list has more than %(count)s people. Split it into several files.", count=MOST_PEOPLE))
    units = known_units()
    groups = _known_groups(cohort)
    rows = [_clean_row(person, units, groups, choices or {}) for person in table.people]
    _refuse_twins(rows)
    _find_accounts(rows, cohort)
    return Check(table, rows, _spellings(rows, units, choices or {}))


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


def _clean_row(person: Person, units: Units, groups: Mapping[str, tuple[int, str]], choices: Mapping[str, str]) -> Checked:
    written = {name: cell.text for name, cell in person.cells.items()}
    cells = {name: Cell(cleaning.unquoted(cell.text), cell.kind) for name, cell in person.cells.items()}
    cells = {name: cell for name, cell in cells.items() if not cleaning.is_nothing(cell.text)}
    blank = Cell("")
    name = cleaning.split_name(cells.get("name", blank).text, cells.get("title_before", blank).text, cells.get("title_after", blank).text)
    row = Checked(person.number, written, name)
    _refuse_formulas(row, cells)
    row.values = {"title_before": name.before, "name": name.name, "title_after": name.after, "identity_type": IdentityType.NONE}
    row.warnings.extend(name.warnings)
    if not any(letter.isalpha() for letter in name.name):
        row.errors.append(_("The name is missing."))
    _read_number(row, cells)
    _read_contact(row, cells)
    _read_unit(row, cells, units, choices)
    _read_rest(row, cells, groups)
    row.errors.extend(
        _("“%(text)s …” is too long: at most %(limit)s characters.", text=row.values[key][:30], limit=limit)
        for key, limit in LIMITS.items()
        if len(row.values.get(key) or "") > limit
    )
    return row


def _refuse_formulas(row: Checked, cells: Mapping[str, Cell]) -> None:
    for key, cell in cells.items():
        if key not in TITLES:
            continue  # only compared, not kept
        if cell.kind is Kind.FORMULA or cell.text.startswith("="):
            row.errors.append(_("“%(text)s” is a formula. Copy the cell and paste it as a value.", text=cell.text[:40]))
        elif cell.text.startswith(cleaning.SIGNS) and key != "phone":
            row.errors.append(_("“%(text)s” begins like a formula. Delete the sign at its beginning.", text=cell.text[:40]))


def _read_number(row: Checked, cells: Mapping[str, Cell]) -> None:
    cell = cells.get("nip")
    row.values["employee_number"] = None
    if cell is None:
        return
    if cell.kind in {Kind.NUMBER, Kind.DATE} or "e+" in cell.text.lower():
        row.errors.append(
            _("The NIP is kept as a number, so Excel has lost its last digits. Format the column as Text and type the number again.")
        )
        return
    try:
        number = nip.parse(cell.text)
    except nip.NumberError as error:
        row.errors.append(str(error))
        return
    row.values |= {"employee_number": number.digits, "identity_type": number.type}
    row.warnings.extend(number.warnings)
    days = cleaning.birth_dates(cells["birth_date"]) if "birth_date" in cells else set()
    if days and number.birth_date not in days:
        row.warnings.append(_("The date of birth in the list and in the NIP differ."))
    sex = cleaning.sex_of(cells["sex"].text) if "sex" in cells else ""
    if sex and sex != number.sex:
        row.warnings.append(_("The sex in the list and in the NIP differ."))


def _read_contact(row: Checked, cells: Mapping[str, Cell]) -> None:
    row.values |= {"email": None, "phone": ""}
    if "email" in cells:
        address, error, warning = cleaning.clean_email(cells["email"].text)
        row.values["email"] = address or None
        row.errors.extend([error] if error else [])
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
        row.errors.append(_("The unit “%(text)s” is not known. Choose one above, or correct the list.", text=text))


def _read_rest(row: Checked, cells: Mapping[str, Cell], groups: Mapping[str, tuple[int, str]]) -> None:
    row.values["position"] = cells["position"].text if "position" in cells else ""
    said = cleaning.category_of(cells["category"].text) if "category" in cells else None
    row.values["category"] = said or _category(row)
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


def _refuse_twins(rows: Sequence[Checked]) -> None:
    """Let each person stand in the list once; two different people with one number or address are for a human to sort out."""
    for key, same in (("employee_number", _("NIP")), ("email", _("e-mail address"))):
        seen: dict[str, Checked] = {}
        for row in rows:
            value = row.values.get(key)
            first = seen.setdefault(value, row) if value else row
            if first is row:
                continue
            if fold(first.name.name) == fold(row.name.name):
                row.errors = list(dict.fromkeys([*row.errors, _("This person stands in row %(row)s already.", row=first.number)]))
            else:
                for one, other in ((row, first), (first, row)):
                    one.errors.append(_("Row %(row)s has the same %(what)s and another name.", row=other.number, what=same))
    names: dict[str, Checked] = {}
    for row in rows:
        first = names.setdefault(fold(row.name.name), row)
        if first is not row and not row.errors:
            row.warnings.append(_("Row %(row)s has the same name. Are they two people?", row=first.number))


def _find_accounts(rows: Sequence[Checked], cohort: Cohort) -> None:
    numbers = {row.values["employee_number"] for row in rows} - {None}
    addresses = {row.values["email"] for row in rows} - {None}
    accounts = [Account(*found) for found in db.session.execute(accounts_for_import(cohort.id, numbers, addresses))]
    by_number = {account.employee_number: account for account in accounts if account.employee_number}
    by_address = {account.email: account for account in accounts if account.email}
    others = db.session.execute(elsewhere(cohort, [account.id for account in accounts]))
    running = {other.user_id: title_of(other.title, other.number, other.year) for other in others}
    for row in rows:
        one, other = by_number.get(row.values["employee_number"]), by_address.get(row.values["email"])
        if one and other and one.id != other.id:
            row.errors.append(_("The NIP belongs to %(one)s, and the e-mail address to %(other)s.", one=one.name, other=other.name))
        row.account = one or other
        _compare(row, by_number=one is not None)
        if row.account and row.account.id in running:
            row.warnings.append(_("Also takes part in %(cohort)s, which runs at the same time.", cohort=running[row.account.id]))
        row.fate = _fate(row)


def _compare(row: Checked, *, by_number: bool) -> None:
    account = row.account
    if account is None:
        if not row.values["email"] and not row.errors:
            row.errors.append(_("The e-mail address is missing. People sign in with it."))
        return
    if not _words(account.name) & _words(row.name.name):
        if by_number:
            row.warnings.append(_("The account with this NIP is in the name of %(name)s.", name=account.name))
        else:
            row.errors.append(_("This e-mail address is %(name)s's. Everybody needs an address of their own.", name=account.name))
    number, address = row.values["employee_number"], row.values["email"]
    if number and account.employee_number and number != account.employee_number:
        row.warnings.append(_("The account has another NIP. It is kept; an administrator can change it."))
    if address and account.email and address != account.email:
        row.warnings.append(_("The account signs in as %(address)s. That is kept.", address=account.email))
    if not account.is_active:
        row.warnings.append(_("The account is closed; an administrator can open it."))


def _words(name: str) -> set[str]:
    return {fold(word) for word in name.split()} - {""}


def _fate(row: Checked) -> Fate:
    if row.errors:
        return Fate.WRONG
    if row.account is None:
        return Fate.NEW
    return {None: Fate.KNOWN, EnrolmentState.ACTIVE: Fate.ENROLLED, EnrolmentState.WITHDRAWN: Fate.BACK}[row.account.state]


def _spellings(rows: Iterable[Checked], units: Units, choices: Mapping[str, str]) -> list[Spelling]:
    found: dict[str, Spelling] = {}
    for row in rows:
        if row.spelling:
            key = fold(row.spelling)
            if key not in found:
                found[key] = Spelling(key, row.spelling, [], units.closest(row.spelling) if len(found) < 40 else [], choices.get(key, ""))
            found[key].rows.append(row.number)
    return list(found.values())


# -- doing -----------------------------------------------------------------------------------------------------------------------------


def new_passwords(number: int) -> list[tuple[str, str]]:
    """Return so many random passwords with their hashes. Takes 27 ms each: to be called while no transaction is open."""
    found = [people.random_password() for _number in range(number)]
    return [(password, passwords.hash_password(password)) for password in found]


def carry_out(*, actor: Actor, cohort: Cohort, check: Check, secrets: Sequence[tuple[str, str]]) -> Imported:
    """Do what the check says with its good rows: make accounts, each with one of the secrets, and enrol.

    The check must have been made in the present transaction.
    """
    issued = []
    left = list(secrets)
    for row in check.good:
        user_id = row.account.id if row.account else None
        if user_id is None:
            password, stored = left.pop() if left else new_passwords(1)[0]
            user_id = people.create_user(actor_id=actor.id, password_hash=stored, **row.values).id
            issued.append((row, password))
        learning.enrol(actor_id=actor.id, cohort_id=cohort.id, user_id=user_id, group_id=row.group_id)
    known, enrolled, wrong = (len(check.of(*fates)) for fates in ((Fate.KNOWN, Fate.BACK), (Fate.ENROLLED,), (Fate.WRONG,)))
    audit(actor.id, "cohort:import", "cohort", cohort.id, new=len(issued), known=known, enrolled=enrolled, wrong=wrong)
    db.session.flush()
    return Imported(issued, known, enrolled, wrong)
