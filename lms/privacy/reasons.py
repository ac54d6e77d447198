"""Who but its author may open a confidential text: one table. `reveal` opens nothing that no row of it allows."""

from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass
from typing import Any

from lms.i18n import lazy_gettext as _
from lms.people.permissions import BREAK_GLASS, LEARN, READ_CONFIDENTIAL, Permission


class ReadReason(enum.StrEnum):
    """Why somebody other than the author may open a text: a closed list."""

    ASSESSMENT = "assessment"  # handed in to this instructor
    SHARED = "shared"  # a copy without names that the author gave to their group
    CALIBRATION = "calibration"  # the second assessor of an agreed sample
    BREAK_GLASS = "break_glass"  # an emergency, two people, four hours


@dataclass(frozen=True, slots=True)
class Rule:
    """What a reason allows.

    permission is what the reader must hold; `never` names the parts that stay closed (the word before the slash of their names);
    `days` is for how long after the text was settled (answered) it is open, None: as long as the caller's own rule holds.
    """

    permission: Permission
    words: Any
    never: frozenset[str]
    days: int | None = None


DRAFT, FEEDBACK = "draft", "feedback"  # a section that was handed in is `section/…`

RULES = {
    ReadReason.ASSESSMENT: Rule(READ_CONFIDENTIAL, _("to answer it, as the instructor it was handed in to"), frozenset({DRAFT}), days=30),
    ReadReason.SHARED: Rule(LEARN, _("in the group with which a copy without names was shared"), frozenset({DRAFT, FEEDBACK})),
    ReadReason.CALIBRATION: Rule(READ_CONFIDENTIAL, _("as a second instructor, to compare marks"), frozenset({DRAFT, FEEDBACK}), days=30),
    ReadReason.BREAK_GLASS: Rule(BREAK_GLASS, _("in an emergency, approved by a second person"), frozenset({DRAFT})),
}


def closes_at(reason: ReadReason, settled_at: dt.datetime | None) -> dt.datetime | None:
    """Return when a text that was settled then closes for this reason; None: not yet known, or never by time alone."""
    days = RULES[reason].days
    return settled_at + dt.timedelta(days=days) if settled_at is not None and days is not None else None


def words_of(reason: str) -> str:
    """Return a reason as the author reads it; one that this version does not know any more stays as it is."""
    known = {kind.value: rule.words for kind, rule in RULES.items()}
    return str(known.get(reason, reason))
