"""Whose keys were destroyed: a list beside the keys, because the database of an old backup does not know it yet.

One line each, `id moment`, in LMS_DATA/keys/destroyed.txt. A key made before that moment opens nothing any more, wherever it came from;
one made later is that of a person who has begun to write again.
"""

from __future__ import annotations

import datetime as dt
import functools
import os
import uuid
from pathlib import Path

from flask import current_app

from lms.disk import settle


def list_file() -> Path:
    """Return where the list lies."""
    return Path(current_app.config["LMS_DATA"]) / "keys" / "destroyed.txt"


def remember(user_id: uuid.UUID, moment: dt.datetime) -> None:
    """Add a person to the list; it is on the disk when this returns."""
    path = list_file()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, f"{user_id} {moment.astimezone(dt.UTC).isoformat()}\n".encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    settle(path.parent)


def erased() -> dict[uuid.UUID, dt.datetime]:
    """Return {person: until when made keys are dead}."""
    path = list_file()
    return _read(path, path.stat().st_mtime_ns, path.stat().st_size) if path.exists() else {}


def is_erased(user_id: uuid.UUID, made_at: dt.datetime) -> bool:
    """Tell whether a person's key, made then, was destroyed."""
    moment = erased().get(user_id)
    return moment is not None and made_at <= moment


@functools.lru_cache(maxsize=2)
def _read(path: Path, changed: int, size: int) -> dict[uuid.UUID, dt.datetime]:
    lines = [line.split() for line in path.read_text("ascii").splitlines() if line.strip()]
    return {uuid.UUID(person): dt.datetime.fromisoformat(moment) for person, moment in lines}
