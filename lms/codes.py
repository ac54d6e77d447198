"""Short numbers that two sides can make of a shared secret and a moment, also without a line. Pure: no database, no clock of its own.

`static/codes.js` has the same functions for phones. Field visits and meetings use them, each with its own messages, steps and tolerance.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import math


def number_of(key: bytes, message: bytes, digits: int) -> str:
    """Return a number of so many digits that only who has the key can make of a message: the head of an HMAC-SHA256."""
    made = hmac.new(key, message, hashlib.sha256).digest()
    return str(int.from_bytes(made[:6]) % 10**digits).zfill(digits)


def step_at(moment: dt.datetime, seconds: int) -> int:
    """Return the number of the step of so many seconds in which a moment lies."""
    return math.floor(moment.timestamp() / seconds)


def same_number(one: str, other: str) -> bool:
    """Compare two numbers in a time that says nothing about where they differ."""
    return hmac.compare_digest(one.encode(), other.encode())
