"""The numbers of civil servants (NIP, NI PPPK): 18 digits without a check digit, so validity is shape and plausibility.

PNS: birth date, year and month of appointment, sex, serial. PPPK: birth date, year of first appointment, 2 and the number of the contract,
sex, serial: the "month" is 21 to 29. Excel keeps 15 significant digits and turns the serial into 000, so numeric cells are refused
before they get here.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from lms.i18n import gettext as _
from lms.people.models import IdentityType

_NOISE = re.compile(r"[\s.\-'’‘`\u00a0]")
_SHAPE = re.compile(r"[0-9]{18}")
FIRST_APPOINTMENT_AGE = range(18, 61)


class NumberError(ValueError):
    """The number cannot be one; the message tells a person what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class EmployeeNumber:
    """A number that has the right shape, and what it says. `warnings` are doubts, not errors."""

    digits: str
    type: IdentityType
    birth_date: dt.date
    appointed_year: int
    sex: str
    warnings: tuple[str, ...] = ()

    @property
    def blocks(self) -> str:
        """Write it as people read it: 8-6-1-3."""
        return in_blocks(self.digits)


def plain(text: str) -> str:
    """Return what somebody typed as a number without the spaces, dots and hyphens that people write between its blocks."""
    return _NOISE.sub("", text)


def in_blocks(digits: str) -> str:
    """Write 18 digits in blocks of 8, 6, 1 and 3; anything else as it is."""
    if len(digits) != 18:
        return digits
    return " ".join((digits[:8], digits[8:14], digits[14], digits[15:]))


def born(digits: str | None) -> dt.date | None:
    """Return the date of birth that a number says, None for one that says none."""
    try:
        return parse(digits or "").birth_date
    except NumberError:
        return None


def parse(text: str) -> EmployeeNumber:
    """Read a NIP or NI PPPK from text with any usual spacing. Raises NumberError."""
    digits = plain(text)
    if not _SHAPE.fullmatch(digits):
        if re.fullmatch(r"[0-9]{16}", digits):
            raise NumberError(_("16 digits look like a NIK. We do not keep NIK; write the NIP, or leave the cell empty."))
        raise NumberError(_("A NIP has 18 digits; this has %(count)s.", count=len(re.sub(r"\D", "", digits))))
    if digits.endswith("000"):
        raise NumberError(_("The number ends in 000: most likely cut off by Excel. Format the column as Text and type it again."))
    try:
        birth_date = dt.date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        raise NumberError(_("The first eight digits are no date of birth.")) from None
    if digits[14] not in "12":
        raise NumberError(_("Digit 15 must be 1 (male) or 2 (female).")) from None
    kind = _kind(int(digits[12:14]))
    year = int(digits[8:12])
    warnings = []
    if year - birth_date.year not in FIRST_APPOINTMENT_AGE:
        warnings.append(_("Appointed at the age of %(age)s? Please check.", age=year - birth_date.year))
    return EmployeeNumber(digits, kind, birth_date, year, "L" if digits[14] == "1" else "P", tuple(warnings))


def _kind(month: int) -> IdentityType:
    if 1 <= month <= 12:
        return IdentityType.PNS
    if 21 <= month <= 29:
        return IdentityType.PPPK
    raise NumberError(_("Digits 13 and 14 are neither a month (PNS) nor 21 to 29 (PPPK)."))
