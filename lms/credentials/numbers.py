"""Numbers of certificates: patterns with tokens, and a counter without gaps."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

import sqlalchemy as sa

from lms.credentials.models import CertificateCounter
from lms.db import db, keep
from lms.i18n import gettext as _
from lms.i18n import roman

TOKEN = re.compile(r"\{([^{}]*)\}")
SEQUENCE = re.compile(r"seq(?::(0{1,8}))?")
NAMES = ("program_code", "unit_code", "month", "month_roman", "year", "cohort", "cohort_roman")


class PatternError(ValueError):
    """The pattern cannot number anything; the message tells a person what to change."""


@dataclass(frozen=True, slots=True)
class Place:
    """What a number is made of beside its sequence: codes of the template, the day of issue, the number of the cohort."""

    program_code: str
    unit_code: str
    day: dt.date
    cohort: int

    @property
    def values(self) -> dict[str, str]:
        """Return the text of every token but the sequence."""
        return {
            "program_code": self.program_code,
            "unit_code": self.unit_code,
            "month": f"{self.day.month:02}",
            "month_roman": roman(self.day.month),
            "year": str(self.day.year),
            "cohort": str(self.cohort),
            "cohort_roman": roman(self.cohort),
        }


def check_pattern(pattern: str, *, program_code: str, unit_code: str) -> None:
    """Raise PatternError unless the pattern gives every certificate of a template a number of its own, in every year."""
    tokens = TOKEN.findall(pattern)
    rest = TOKEN.sub("", pattern)
    if "{" in rest or "}" in rest:
        raise PatternError(_("A brace is not closed. Tokens look like {year}."))
    for token in tokens:
        if token not in NAMES and not SEQUENCE.fullmatch(token):
            raise PatternError(_("There is no token {%(token)s}.", token=token))
    if sum(SEQUENCE.fullmatch(token) is not None for token in tokens) != 1:
        raise PatternError(_("The pattern needs {seq:0000} once; the noughts say how many digits."))
    if "year" not in tokens:
        raise PatternError(_("The pattern needs {year}: counting begins anew every year."))
    for name, value in (("program_code", program_code), ("unit_code", unit_code)):
        if name in tokens and not value:
            raise PatternError(_("The pattern names {%(token)s}, and that code is empty.", token=name))


def write_number(pattern: str, sequence: int, place: Place) -> str:
    """Return the number of a certificate, `0007/PKTBT/BKPSDM/XI/2026`."""
    values = place.values

    def fill(match: re.Match[str]) -> str:
        found = SEQUENCE.fullmatch(match[1])
        return str(sequence).zfill(len(found[1] or "")) if found else values[match[1]]

    return TOKEN.sub(fill, pattern)


def signature(pattern: str, *, program_code: str, unit_code: str) -> str:
    """Return what two templates must not share, or both would write the same numbers.

    It is the pattern with its codes, without digits' width; a month and the number of a cohort can be the same, in digits or as Roman numerals.
    """
    known = {"program_code": program_code, "unit_code": unit_code, "year": "{year}"}
    known |= {"month": "{number}", "cohort": "{number}", "month_roman": "{roman}", "cohort_roman": "{roman}"}
    return TOKEN.sub(lambda match: known.get(match[1], "{seq}"), pattern).casefold()


def lock_counter(template_id: int, year: int) -> None:
    """Hold the counter of a template and year until the present transaction ends; who comes at the same time waits."""
    keep(CertificateCounter, {"template_id": template_id, "year": year, "last": 0}, key=("template_id", "year"), update=False)
    row = sa.select(CertificateCounter.last).where(CertificateCounter.template_id == template_id, CertificateCounter.year == year)
    db.session.execute(row.with_for_update())


def next_number(template_id: int, year: int) -> int:
    """Take the next number of a template in a year, inside the present transaction: a roll-back gives it back and leaves no gap."""
    keep(CertificateCounter, {"template_id": template_id, "year": year, "last": 0}, key=("template_id", "year"), update=False)
    return db.session.execute(
        sa.update(CertificateCounter)
        .where(CertificateCounter.template_id == template_id, CertificateCounter.year == year)
        .values(last=CertificateCounter.last + 1)
        .returning(CertificateCounter.last)
        .execution_options(synchronize_session=False)
    ).scalar_one()
