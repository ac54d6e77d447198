"""Where backups lie: a folder of pieces, each under a fingerprint of its content, and one list of pieces for each backup.

A backup is there when its list is there, and the list is written last: one that was cut off left pieces that the next one finds and need
not write again. What is the same in two backups is kept once.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import hashlib
import hmac
import json
import os
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lms.disk import keep_file
from lms.errors import LmsError

PIECE = 1 << 20  # bytes; a changed row of a database costs a piece
FORMAT = 1
NAME = re.compile(r"\d{8}T\d{6}Z")
_NONCE = 12  # bytes, as AES-GCM wants them


class BackupError(LmsError):
    """Something is in the way of a backup or of bringing one back; the message says what to do."""


class Busy(BackupError):  # noqa: N818 - so is the place
    """Another backup into the same place is running."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A file in a backup: its name, its size in bytes, and the fingerprints of its pieces in order."""

    name: str
    size: int
    pieces: tuple[str, ...]


@contextlib.contextmanager
def locked(path: Path, otherwise: str) -> Iterator[None]:
    """Hold a lock; it ends with the process. Raises Busy, with the sentence given, when another process holds it."""
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Busy(otherwise) from None
        yield


class Place:
    """A folder that holds backups of one site; with a key of 32 bytes, sealed (AES-256-GCM): without it nobody can read them."""

    def __init__(self, root: Path, key: bytes | None = None) -> None:
        self.root, self.key = root, key

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Keep the place to oneself. Raises Busy, and BackupError when it is no place or the key does not fit."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._open()
        for part in ("pieces", "backups"):  # nobody else reads them, wherever the folder itself was made
            (self.root / part).mkdir(mode=0o700, exist_ok=True)
        with locked(self.root / "lock", f"Another backup into {self.root} is running."):
            yield

    def _open(self) -> None:
        """Begin the place, or look whether it is one and whether the key fits."""
        about = self.root / "about.json"
        if not about.exists():
            others = [path.name for path in self.root.iterdir()]
            if others:
                raise BackupError(f"{self.root} holds other things ({others[0]}, …). Choose an empty folder, or one that holds backups.")
            keep_file(about, json.dumps({"format": FORMAT, "sealed": bool(self.key), "key": self._fits}).encode())
        self.look()

    @property
    def _fits(self) -> str:
        """Return what tells a key from another without giving it away."""
        return hmac.new(self.key, b"peduli backups", hashlib.sha256).hexdigest() if self.key else ""

    def look(self) -> None:
        """Raise BackupError unless this is a place of backups that the key opens."""
        try:
            about = json.loads((self.root / "about.json").read_text())
        except (OSError, ValueError) as error:
            raise BackupError(f"{self.root} holds no backups.") from error
        if about.get("format") != FORMAT:
            raise BackupError(f"{self.root} was written by another version of Peduli (format {about.get('format')}).")
        if about["sealed"] and not self.key:
            raise BackupError("These backups are sealed: name the file of their key in LMS_BACKUP_KEY.")
        if about["key"] != self._fits:
            raise BackupError("The key does not open these backups; was another one used?")

    # -- pieces ------------------------------------------------------------------------------------------------------------------

    def keep(self, name: str, source: Iterable[bytes]) -> tuple[Kept, int]:
        """Cut bytes into pieces and keep those that are new; return the file as it is kept, and how many bytes were written for it."""
        pieces, size, written = [], 0, 0
        for piece in _cut(source):
            fingerprint = self._fingerprint(piece)
            path = self._path(fingerprint)
            if not path.exists():
                sealed = self._seal(zlib.compress(piece, 1), fingerprint)
                keep_file(path, sealed)
                written += len(sealed)
            pieces.append(fingerprint)
            size += len(piece)
        return Kept(name, size, tuple(pieces)), written

    def has(self, kept: Kept) -> bool:
        """Tell whether every piece of a file is there."""
        return all(self._path(fingerprint).exists() for fingerprint in kept.pieces)

    def read(self, kept: Kept) -> Iterator[bytes]:
        """Yield a file's bytes, every piece compared with its fingerprint. Raises BackupError for one that is missing or damaged."""
        for fingerprint in kept.pieces:
            try:
                piece = zlib.decompress(self._unseal(self._path(fingerprint).read_bytes(), fingerprint))
            except FileNotFoundError:
                raise BackupError(f"A piece of {kept.name} is missing: {fingerprint}.") from None
            except (zlib.error, InvalidTag):
                raise BackupError(f"A piece of {kept.name} is damaged: {fingerprint}.") from None
            if self._fingerprint(piece) != fingerprint:
                raise BackupError(f"A piece of {kept.name} is not what was kept: {fingerprint}.")
            yield piece

    def bring_back(self, kept: Kept, path: Path) -> None:
        """Write a file, beside its place first. Raises BackupError as `read` does."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.restoring")
        with draft.open("wb") as file:
            for piece in self.read(kept):
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)

    def _path(self, fingerprint: str) -> Path:
        return self.root / "pieces" / fingerprint[:2] / fingerprint

    def _fingerprint(self, piece: bytes) -> str:
        """Return a piece's name; of a sealed one it needs the key, for a plain hash would tell whoever has the same file."""
        return hmac.new(self.key, piece, hashlib.sha256).hexdigest() if self.key else hashlib.sha256(piece).hexdigest()

    @cached_property
    def _cipher(self) -> AESGCM:
        return AESGCM(self.key or b"")

    def _seal(self, data: bytes, label: str) -> bytes:
        if not self.key:
            return data
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher.encrypt(nonce, data, label.encode())

    def _unseal(self, data: bytes, label: str) -> bytes:
        return self._cipher.decrypt(data[:_NONCE], data[_NONCE:], label.encode()) if self.key else data

    # -- backups -----------------------------------------------------------------------------------------------------------------

    def names(self) -> list[str]:
        """Return the names of the backups, oldest first: the moments in UTC at which they were begun."""
        return sorted(path.stem for path in (self.root / "backups").glob("*.json") if NAME.fullmatch(path.stem))

    def write(self, name: str, listed: dict[str, Any]) -> None:
        """Write a backup's list: from now on it is there."""
        data = json.dumps(listed, separators=(",", ":"), sort_keys=True).encode()
        keep_file(self.root / "backups" / f"{name}.json", self._seal(zlib.compress(data), name))

    def listed(self, name: str) -> dict[str, Any]:
        """Return a backup's list. Raises BackupError when there is none with this name, or when it is damaged."""
        if name not in self.names():
            raise BackupError(f"There is no backup {name!r} in {self.root}.")
        try:
            data = zlib.decompress(self._unseal((self.root / "backups" / f"{name}.json").read_bytes(), name))
            return dict(json.loads(data))
        except (zlib.error, InvalidTag, ValueError) as error:
            raise BackupError(f"The list of backup {name} is damaged.") from error

    def prune(self, keep: int, last: str = "") -> int:
        """Remove all backups but the newest `keep` (0: none goes), and the pieces that no other needs; return how many backups went.

        `last` stays whatever its name says: a clock may have been ahead once. Raises BackupError, and removes nothing, when a list is damaged.
        """
        names = self.names()
        ordered = [name for name in names if name != last] + [last] * (last in names)
        old = ordered[:-keep] if keep else []
        used = {piece for name in names if name not in old for kept in files_of(self.listed(name)) for piece in kept.pieces}
        for name in old:
            (self.root / "backups" / f"{name}.json").unlink()
        for path in (self.root / "pieces").glob("*/*"):
            if path.name not in used:
                path.unlink()
        return len(old)


def files_of(listed: dict[str, Any]) -> list[Kept]:
    """Return all files of a backup: of the database and of the store."""
    return [Kept(name, size, tuple(pieces)) for part in ("database", "files") for name, size, pieces in listed[part]]


def made_at(name: str) -> dt.datetime:
    """Return the moment at which a backup was begun."""
    return dt.datetime.strptime(name, "%Y%m%dT%H%M%SZ").replace(tzinfo=dt.UTC)


def _cut(source: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the bytes again in pieces of `PIECE`, the last one smaller."""
    buffer = bytearray()
    for chunk in source:
        buffer += chunk
        while len(buffer) >= PIECE:
            yield bytes(buffer[:PIECE])
            del buffer[:PIECE]
    if buffer:
        yield bytes(buffer)
