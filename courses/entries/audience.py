"""Who may read a section: chosen by its author, for each section alone. Pure: a table and two rules; `services` and `queries` ask here.

Everybody who is not named here reads nothing, whatever their role: supervisors, organizers, administrators, other instructors.
"""

from __future__ import annotations

import enum

from lms.api import ReadReason
from lms.api import lazy_gettext as _


class Audience(enum.StrEnum):
    """Who may read a section. Each includes the one before."""

    SELF = "self"
    ASSESSOR = "assessor"
    GROUP = "group"  # without a name, for the author's group of the cohort


ORDER = tuple(Audience)
WORDS = {
    Audience.SELF: (_("Only I"), "lock"),
    Audience.ASSESSOR: (_("My assessor"), "eye"),
    Audience.GROUP: (_("Without my name: my group"), "users"),
}

# What the reason for which somebody opens a text lets them read; None is the author.
READABLE: dict[ReadReason | None, frozenset[Audience]] = {
    None: frozenset(Audience),
    ReadReason.ASSESSMENT: frozenset({Audience.ASSESSOR, Audience.GROUP}),
    ReadReason.CALIBRATION: frozenset({Audience.ASSESSOR, Audience.GROUP}),
    ReadReason.SHARED: frozenset({Audience.GROUP}),
    ReadReason.BREAK_GLASS: frozenset({Audience.ASSESSOR, Audience.GROUP}),
}
OPEN = READABLE[ReadReason.ASSESSMENT]


def may_change(old: Audience, new: Audience, *, answered: bool) -> bool:
    """Tell whether an author may change who reads a section that was handed in.

    More open: always, it is theirs. More private: until it is answered; from the group it can be withdrawn at any time.
    """
    if ORDER.index(new) >= ORDER.index(old):
        return True
    return not answered or (old is Audience.GROUP and new is Audience.ASSESSOR)


def choices_after(old: Audience, *, answered: bool) -> list[Audience]:
    """Return what a section may be changed to, the present one among it."""
    return [new for new in ORDER if may_change(old, new, answered=answered)]
