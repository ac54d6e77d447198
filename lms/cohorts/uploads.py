"""Uploaded lists between the dry run and the import: files with random names, readable by this program only, for a day at most.

The name says whose file it is and for which cohort, so that nobody can be given somebody else's: a lookup composes it from both.
"""

from __future__ import annotations

import re
import secrets
import time
from pathlib import Path

from flask import current_app

from lms.errors import NotFound
from lms.learning.models import Cohort
from lms.people.access import Actor

KEEP_SECONDS = 86400
_TOKEN = re.compile(r"[0-9a-f]{32}")


def _folder() -> Path:
    return Path(current_app.config["LMS_DATA"]) / "imports"


def _path(actor: Actor, cohort: Cohort, token: str) -> Path:
    if not _TOKEN.fullmatch(token):
        raise NotFound("no such upload")
    return _folder() / f"{cohort.id}-{actor.id.hex}-{token}"


def keep_upload(*, actor: Actor, cohort: Cohort, data: bytes) -> str:
    """Keep the bytes of a list and return the name by which its owner finds it."""
    _folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    token = secrets.token_hex(16)
    path = _path(actor, cohort, token)
    path.touch(mode=0o600)
    path.write_bytes(data)
    return token


def find_upload(*, actor: Actor, cohort: Cohort, token: str) -> bytes:
    """Return the bytes of a list. Raises NotFound when it is somebody else's, another cohort's, used or older than a day."""
    path = _path(actor, cohort, token)
    try:
        if time.time() - path.stat().st_mtime > KEEP_SECONDS:
            path.unlink(missing_ok=True)
        return path.read_bytes()
    except OSError:
        raise NotFound("no such upload") from None


def forget_upload(*, actor: Actor, cohort: Cohort, token: str) -> None:
    """Delete a list."""
    _path(actor, cohort, token).unlink(missing_ok=True)


def forget_old_imports() -> None:
    """Delete lists that were uploaded more than a day ago (task, daily)."""
    for path in _folder().glob("*-*-*"):
        if time.time() - path.stat().st_mtime > KEEP_SECONDS:
            path.unlink(missing_ok=True)
