"""One row of a list after the check."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass, field
from typing import Any

from lms.cohorts import cleaning
from lms.cohorts.models import Fate
from lms.cohorts.units import Unit
from lms.learning.models import EnrolmentState


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who has an account already."""

    id: uuid.UUID
    name: str
    email: str | None
    employee_number: str | None
    is_active: bool
    birth_date: dt.date | None
    state: EnrolmentState | None


@dataclass(slots=True)
class Checked:
    """A row after the check. `values` are the columns of the account it would make; `spelling` is a unit that is not known.

    faults names the fields that must be put right, in the order in which they were found.
    """

    number: int
    written: dict[str, str]
    name: cleaning.Name
    values: dict[str, Any] = field(default_factory=dict)
    group_id: int | None = None
    group: str = ""
    unit: Unit | None = None
    spelling: str = ""
    errors: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    account: Account | None = None
    fate: Fate = Fate.NEW

    @property
    def full_name(self) -> str:
        """Return the name with its titles as it would be kept, or what the row holds instead."""
        parts = self.name
        text = f"{parts.before} {parts.name}".strip()
        return (f"{text}, {parts.after}" if parts.after else text) or self.written.get("nip", "")

    def fail(self, fault: str, sentence: str) -> None:
        """Note what is wrong, once, and in which field."""
        if sentence not in self.errors:
            self.errors.append(sentence)
        if fault not in self.faults:
            self.faults.append(fault)
