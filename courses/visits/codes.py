"""Numbers by which two phones without a line tell each other that both are there. Pure: no database, no clock of its own.

The facilitator's phone shows a code that changes every five minutes. A learner types it; their phone answers with a number that only it (and
the facilitator's) can make of this code; the facilitator types that against the name. Each side's note travels when there is a signal, and
only two notes about the same code make somebody present. `static/checkin.js` has the same functions for phones.
"""

from __future__ import annotations

import datetime as dt
import enum
import hashlib
import hmac
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from lms.api import number_of, same_number, step_at

STEP = 300  # seconds for which a code holds
SKEW = 2  # steps by which clocks may differ, before and after
CODE_DIGITS = 6
ANSWER_DIGITS = 4


def step_of(moment: dt.datetime) -> int:
    """Return the number of the five minutes in which a moment lies."""
    return step_at(moment, STEP)


def code_at(secret: bytes, visit_id: uuid.UUID, step: int) -> str:
    """Return the code of a visit in a step: six digits."""
    return number_of(secret, f"code/{visit_id}/{step}".encode(), CODE_DIGITS)


def member_key(secret: bytes, member_id: uuid.UUID) -> bytes:
    """Return a member's key: 32 bytes that go to the member's phone and to the facilitator's, nowhere else."""
    return hmac.new(secret, f"member/{member_id}".encode(), hashlib.sha256).digest()


def answer_to(key: bytes, visit_id: uuid.UUID, code: str) -> str:
    """Return what a member's phone answers to a code: four digits."""
    return number_of(key, f"answer/{visit_id}/{code}".encode(), ANSWER_DIGITS)


def code_holds(secret: bytes, visit_id: uuid.UUID, code: str, moment: dt.datetime) -> bool:
    """Tell whether a code was shown for this visit at that moment, give or take the skew of clocks."""
    now = step_of(moment)
    return any(same_number(code_at(secret, visit_id, step), code) for step in range(now - SKEW, now + SKEW + 1))


def code_answered(secret: bytes, visit_id: uuid.UUID, member_id: uuid.UUID, answer: str, moment: dt.datetime) -> str | None:
    """Return the code that a member's answer belongs to among those that hold at that moment, the present one first; None for no code."""
    now, key = step_of(moment), member_key(secret, member_id)
    for step in sorted(range(now - SKEW, now + SKEW + 1), key=lambda step: abs(step - now)):
        code = code_at(secret, visit_id, step)
        if same_number(answer_to(key, visit_id, code), answer):
            return code
    return None


# -- what notes amount to ---------------------------------------------------------------------------------------------------------------


class Side(enum.StrEnum):
    """Who says that somebody is there."""

    MEMBER = "member"
    FACILITATOR = "facilitator"
    PAPER = "paper"  # the signed list, entered by hand


class Attendance(enum.StrEnum):
    """What is known of one member."""

    NONE = "none"
    SAID = "said"  # by the learner alone
    SEEN = "seen"  # by the facilitator alone: the learner's note is still on its way
    CONFIRMED = "confirmed"


@dataclass(frozen=True, slots=True)
class Note:
    """One side's word: for which code, and at which moment it was said (for paper the code is empty)."""

    side: Side
    code: str
    moment: dt.datetime


def attendance(notes: Iterable[Note]) -> tuple[Attendance, dt.datetime | None]:
    """Return what a member's notes amount to, and the moment of the act. The order and the number of copies do not matter."""
    said = list(notes)
    moments: dict[tuple[Side, str], dt.datetime] = {}
    for note in said:
        key = (note.side, note.code)
        moments[key] = min(note.moment, moments.get(key, note.moment))
    acts = [moment for (side, _code), moment in moments.items() if side is Side.PAPER]
    acts += [moment for (side, code), moment in moments.items() if side is Side.MEMBER and (Side.FACILITATOR, code) in moments]
    if acts:
        return Attendance.CONFIRMED, min(acts)
    if not said:
        return Attendance.NONE, None
    one = Attendance.SAID if any(note.side is Side.MEMBER for note in said) else Attendance.SEEN
    return one, min(note.moment for note in said if (note.side is Side.MEMBER) is (one is Attendance.SAID))
