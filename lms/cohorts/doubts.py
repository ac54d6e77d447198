"""What can be doubtful about rows together: twins in the list, numbers that were rounded, people who have accounts already."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from lms.cohorts.columns import Person
from lms.cohorts.models import Fate
from lms.cohorts.queries import accounts_for_import, elsewhere
from lms.cohorts.rows import Account, Checked
from lms.db import db
from lms.i18n import gettext as _
from lms.learning.models import Cohort, EnrolmentState
from lms.learning.words import title_of
from lms.people.nip import in_blocks
from lms.people.services import fold

ROUNDED = 32  # numbers of 18 digits that a program kept as IEEE doubles are multiples of it
LEAST_ROUNDED = 3
DIGITS = 18


def refuse_rounded(rows: Sequence[Checked], people: Iterable[Person], typed: Mapping[str, Mapping[str, str]]) -> None:
    """Refuse all numbers of a file when every one is a multiple of 32: they have been numbers of 53 bits on their way here.

    Of three true numbers this happens once in 32,768 lists. `people` are the rows as the file has them, `typed` the cells that somebody has put
    right: one right number does not make the others right.
    """
    numbers = {person.number: re.sub(r"\D", "", person["nip"].text) for person in people}
    civil = [row for row in rows if len(numbers[row.number]) == DIGITS]
    if len(civil) < LEAST_ROUNDED or any(int(numbers[row.number]) % ROUNDED for row in civil):
        return
    for row in civil:
        if "nip" in typed.get(str(row.number), {}):
            continue
        row.values["employee_number"] = None
        row.fail(
            "nip", _("All NIP of this list were rounded by a program that took them for numbers. Ask for a list that keeps them as text.")
        )


def refuse_twins(rows: Sequence[Checked]) -> None:
    """Let each person stand in the list once; two different people with one number or address are for a human to sort out."""
    for key, field, same in (("employee_number", "nip", _("NIP")), ("email", "email", _("e-mail address"))):
        seen: dict[str, Checked] = {}
        for row in rows:
            value = row.values.get(key)
            first = seen.setdefault(value, row) if value else row
            if first is row:
                continue
            if fold(first.name.name) == fold(row.name.name):
                row.fail(field, _("This person stands in row %(row)s already.", row=first.number))
            else:
                for one, other in ((row, first), (first, row)):
                    one.fail(field, _("Row %(row)s has the same %(what)s and another name.", row=other.number, what=same))
    names: dict[str, Checked] = {}
    for row in rows:
        first = names.setdefault(fold(row.name.name), row)
        if first is not row and not row.errors:
            row.warnings.append(_("Row %(row)s has the same name. Are they two people?", row=first.number))


def compare_with_accounts(rows: Sequence[Checked], cohort: Cohort) -> None:
    """Find whose accounts the rows are, and decide what becomes of each row: two statements."""
    numbers = {row.values["employee_number"] for row in rows} - {None}
    addresses = {row.values["email"] for row in rows} - {None}
    born = {day for row in rows for day in (row.values["birth_date"],) if day}
    names = {row.name.name.lower() for row in rows if row.values["birth_date"]}
    known = [Account(*found) for found in db.session.execute(accounts_for_import(cohort.id, numbers, addresses, names, born))]
    accounts = [one for one in known if one.employee_number in numbers or one.email in addresses]
    by_person = {(fold(one.name), one.birth_date): one for one in known if one.employee_number and one.birth_date}
    by_number = {account.employee_number: account for account in accounts if account.employee_number}
    by_address = {account.email: account for account in accounts if account.email}
    others = db.session.execute(elsewhere(cohort, [account.id for account in accounts]))
    running = {other.user_id: title_of(other.title, other.number, other.year) for other in others}
    for row in rows:
        one, other = by_number.get(row.values["employee_number"]), by_address.get(row.values["email"])
        if one and other and one.id != other.id:
            row.fail("nip", _("The NIP belongs to %(one)s, and the e-mail address to %(other)s.", one=one.name, other=other.name))
        row.account = one or other
        _compare(row, by_number=one is not None)
        _compare_person(row, by_person.get((fold(row.name.name), row.values["birth_date"])))
        if row.account and row.account.id in running:
            row.warnings.append(_("Also takes part in %(cohort)s, which runs at the same time.", cohort=running[row.account.id]))
        row.fate = _fate(row)


def _compare(row: Checked, *, by_number: bool) -> None:
    account = row.account
    if account is None:
        if not row.values["email"] and not row.errors:
            if row.values["employee_number"]:
                row.warnings.append(_("No e-mail address: the person adds one with the activation letter."))
            else:
                row.fail("email", _("The e-mail address is missing. People sign in with it."))
        return
    if not _words(account.name) & _words(row.name.name):
        if by_number:
            row.warnings.append(_("The account with this NIP is in the name of %(name)s.", name=account.name))
        else:
            row.fail("email", _("This e-mail address is %(name)s's. Everybody needs an address of their own.", name=account.name))
    number, address = row.values["employee_number"], row.values["email"]
    if number and account.employee_number and number != account.employee_number:
        row.warnings.append(_("The account has another NIP. It is kept; an administrator can change it."))
    if address and account.email and address != account.email:
        row.warnings.append(_("The account signs in as %(address)s. That is kept.", address=account.email))
    if not account.is_active:
        row.warnings.append(_("The account is closed; an administrator can open it."))


def _compare_person(row: Checked, twin: Account | None) -> None:
    """Point to somebody of the same name and day of birth with another number: a new number of the same person, or a namesake. A human decides."""
    if twin is None or twin.employee_number == row.values["employee_number"] or (row.account and row.account.id == twin.id):
        return
    number = in_blocks(twin.employee_number or "")
    if "nip" in row.faults:
        row.warnings.append(
            _("Somebody of this name and date of birth has the NIP %(number)s. Is it the same person? Then type it.", number=number)
        )
    else:
        row.warnings.append(_("Somebody of the same name and date of birth has the NIP %(number)s. Is it the same person?", number=number))


def _words(name: str) -> set[str]:
    return {fold(word) for word in name.split()} - {""}


def _fate(row: Checked) -> Fate:
    if row.errors:
        return Fate.WRONG
    if row.account is None:
        return Fate.NEW
    return {None: Fate.KNOWN, EnrolmentState.ACTIVE: Fate.ENROLLED, EnrolmentState.WITHDRAWN: Fate.BACK}[row.account.state]
