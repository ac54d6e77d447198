"""Slows down who tries codes: kept in this process alone, forgotten after minutes, never written down."""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping

MISSES, SECONDS = 20, 600
MOST_KNOWN = 10_000
_key = secrets.token_bytes(16)
_seen: OrderedDict[bytes, list[float]] = OrderedDict()
_lock = threading.Lock()


def _bucket(name: str) -> bytes:
    return hashlib.blake2s(name.encode(), key=_key, digest_size=16).digest()


def is_slowed(watched: Mapping[str, int]) -> bool:
    """Tell whether, for any of these names (an address, an account), that many codes or more were tried lately that do not hold."""
    since = time.monotonic() - SECONDS
    with _lock:
        return any(sum(moment > since for moment in _seen.get(_bucket(name), ())) >= most for name, most in watched.items())


def missed(watched: Mapping[str, int]) -> None:
    """Count a code that does not hold for each of these names."""
    now = time.monotonic()
    with _lock:
        for name, most in watched.items():
            moments = [moment for moment in _seen.pop(_bucket(name), []) if moment > now - SECONDS]
            _seen[_bucket(name)] = [*moments, now][-most:]
        while len(_seen) > MOST_KNOWN:
            _seen.popitem(last=False)


def forget() -> None:
    """Forget everybody; for tests."""
    with _lock:
        _seen.clear()
