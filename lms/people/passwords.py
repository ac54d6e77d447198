"""Passwords: argon2id with OWASP's parameters (19 MiB, 2 passes, 1 lane; Password Storage Cheat Sheet), rehashed when these change."""

from __future__ import annotations

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MINIMUM_LENGTH = 10
_hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
# One at a time: when a whole office signs in at eight, people already inside keep the other core.
_turn = threading.Semaphore(1)
# Verifying against this costs the same as a real one, so that the time of an answer tells nobody which accounts exist.
_NOBODY = _hasher.hash("nobody has this password")


def hash_password(password: str) -> str:
    """Return the argon2id hash of a password (27 ms of CPU)."""
    with _turn:
        return _hasher.hash(password)


def verify(stored: str | None, password: str) -> bool:
    """Tell whether the password is the one that was hashed; takes as long when there is none."""
    with _turn:
        try:
            return _hasher.verify(stored or _NOBODY, password) and stored is not None
        except (VerificationError, InvalidHashError):
            return False


def needs_rehash(stored: str) -> bool:
    """Tell whether a hash was made with older parameters."""
    return _hasher.check_needs_rehash(stored)
