"""Slows down who tries codes: kept in this process alone, forgotten after minutes, never written down."""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections import OrderedDict

MISSES, SECONDS = 20, 600
MOST_KNOWN = 10_000
_key = secrets.token_bytes(16)
_seen: OrderedDict[bytes, list[float]] = OrderedDict()
_lock = threading.Lock()


def _bucket(address: str) -> bytes:
    return hashlib.blake2s(address.encode(), key=_key, digest_size=16).digest()


def is_slowed(address: str) -> bool:
    """Tell whether too many codes that do not exist were asked for from this network address lately."""
    with _lock:
        return sum(moment > time.monotonic() - SECONDS for moment in _seen.get(_bucket(address), ())) >= MISSES


def missed(address: str) -> None:
    """Count a code that does not exist."""
    with _lock:
        bucket = _bucket(address)
        moments = [moment for moment in _seen.pop(bucket, []) if moment > time.monotonic() - SECONDS]
        _seen[bucket] = [*moments, time.monotonic()][-MISSES:]
        while len(_seen) > MOST_KNOWN:
            _seen.popitem(last=False)


def forget() -> None:
    """Forget everybody; for tests."""
    with _lock:
        _seen.clear()
