"""Files that are there after a power cut once somebody was told that they are."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def write(path: Path, data: bytes, mode: int = 0o666) -> None:
    """Write a new file; its bytes are on the disk when this returns. Its name is there for good after `settle`."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def settle(folder: Path) -> None:
    """Let the names in a folder be on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def keep_file(path: Path, data: bytes) -> None:
    """Write a file, all of it or nothing; when this returns, a power cut does not take it away any more. Folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(6)}.new")
    write(draft, data)
    draft.replace(path)
    settle(path.parent)
    settle(path.parent.parent)
