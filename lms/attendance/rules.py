"""When a check-in counts, and what several words about one person amount to. Pure: no database, no clock of its own."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from lms.attendance.models import AttendanceState, NoteSource
from lms.codes import number_of, same_number, step_at

STEP = 60  # seconds for which a code is shown
SKEW = 2  # steps by which it holds before and after: for slow hands, slow lines and clocks that differ
DIGITS = 6
EARLY = dt.timedelta(minutes=30)  # who comes early is welcome
OVERTIME = dt.timedelta(minutes=15)
LATE_AFTER = dt.timedelta(minutes=15)
ROSTER_OPEN = dt.timedelta(days=1)  # after the end; from then on a change needs a reason


# -- codes ----------------------------------------------------------------------------------------------------------------------------------


def meeting_secret(site_key: bytes, uid: uuid.UUID) -> bytes:
    """Return the secret of one meeting, 32 bytes: it tells nothing about the site's key or another meeting's."""
    return hmac.new(site_key, b"meeting/" + uid.bytes, hashlib.sha256).digest()


def code_at(secret: bytes, moment: dt.datetime, away: int = 0) -> str:
    """Return the code that is shown at a moment, or so many steps away from it."""
    return number_of(secret, f"attend/{step_at(moment, STEP) + away}".encode(), DIGITS)


def code_holds(secret: bytes, code: str, moment: dt.datetime) -> bool:
    """Tell whether a code was on the screen at that moment, give or take the skew."""
    return any(same_number(code_at(secret, moment, away), code) for away in range(-SKEW, SKEW + 1))


def code_held_between(secret: bytes, code: str, first: dt.datetime, last: dt.datetime) -> bool:
    """Tell whether a code was on the screen at any time between two moments."""
    steps = range(step_at(first, STEP) - SKEW, step_at(last, STEP) + SKEW + 1)
    return any(same_number(number_of(secret, f"attend/{step}".encode(), DIGITS), code) for step in steps)


def is_open(starts_at: dt.datetime, ends_at: dt.datetime, moment: dt.datetime) -> bool:
    """Tell whether people may check in at that moment."""
    return starts_at - EARLY <= moment <= ends_at + OVERTIME


def state_at(starts_at: dt.datetime, moment: dt.datetime) -> AttendanceState:
    """Return what a check-in at that moment makes of somebody."""
    return AttendanceState.LATE if moment > starts_at + LATE_AFTER else AttendanceState.PRESENT


# -- what notes amount to -------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Word:
    """One note, as far as it decides."""

    id: uuid.UUID
    state: AttendanceState | None
    source: NoteSource
    moment: dt.datetime
    received_at: dt.datetime


def settle(words: Iterable[Word]) -> Word | None:
    """Return the note that holds: the latest correction, else the one about the latest moment; None while nobody has said anything sure.

    The order in which notes arrive and the number of copies do not matter.
    """
    sure = [word for word in words if word.state is not None]
    return max(sure, key=lambda word: (word.source is NoteSource.CORRECTION, word.moment, word.received_at, word.id), default=None)
