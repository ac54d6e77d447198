"""Where bytes lie: a local folder, or a bucket of anything that speaks S3. One small interface; what is in a file is nobody's concern here."""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import itertools
import os
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast
from urllib.parse import urlsplit

from flask import current_app

from lms.api import LmsError, NotFound

try:
    import obstore
    from obstore.store import S3Store
except ImportError:  # a folder needs nothing
    HAS_BUCKETS = False
else:
    HAS_BUCKETS = True

PIECE = 256 * 1024
PIECES = 4 * 1024 * 1024  # of a range that is asked of a bucket at once


@dataclass(frozen=True, slots=True)
class Stored:
    """One object in a store."""

    key: str
    size: int
    changed_at: dt.datetime


class Store(Protocol):
    """Keeps bytes under keys (`ab/abcdef….800.webp`). Putting the same key again changes nothing that a reader could see half done."""

    def put(self, key: str, source: bytes | Path) -> None:
        """Keep bytes, or a file that is then moved or copied."""

    def size(self, key: str) -> int | None:
        """Return how many bytes lie under a key; None when there is nothing."""

    def get(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Yield the bytes from start up to end, which is not included. Raises NotFound."""

    def delete(self, key: str) -> None:
        """Take away what lies under a key, if anything does."""

    def delete_old(self, key: str, before: dt.datetime) -> None:
        """Take away what lies under a key unless it was put there after a moment."""

    def list(self) -> Iterator[Stored]:
        """Yield everything that is kept."""

    def presigned(self, key: str, seconds: int, name: str) -> str | None:
        """Return an address that gives the bytes as a download of this name to whoever has it, for a time; None when the store has no such."""


class Folder:
    """A local folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, key: str, source: bytes | Path) -> None:
        """Write beside the place, then move there in one step."""
        path = self.root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{uuid.uuid4().hex}")
        if isinstance(source, bytes):
            draft.write_bytes(source)
        else:
            shutil.copyfile(source, draft)
        draft.replace(path)

    def size(self, key: str) -> int | None:
        """Return how many bytes lie under a key."""
        try:
            return (self.root / key).stat().st_size
        except FileNotFoundError:
            return None

    def get(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Yield the bytes of a part; the file is opened when the first of them is wanted."""
        path = self.root / key
        if not path.is_file():
            raise NotFound(f"nothing under {key}")
        return self._pieces(path, start, end)

    @staticmethod
    def _pieces(path: Path, start: int, end: int | None) -> Iterator[bytes]:
        with path.open("rb") as file:
            left = (os.fstat(file.fileno()).st_size if end is None else end) - start
            file.seek(start)
            while left > 0 and (piece := file.read(min(PIECE, left))):
                left -= len(piece)
                yield piece

    def delete(self, key: str) -> None:
        """Remove the file."""
        (self.root / key).unlink(missing_ok=True)

    def delete_old(self, key: str, before: dt.datetime) -> None:
        """Remove the file if it is old."""
        path = self.root / key
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_mtime < before.timestamp():
                path.unlink()

    def list(self) -> Iterator[Stored]:
        """Yield every file, also drafts that a crash has left."""
        for path in sorted(self.root.glob("*/*")):
            try:
                state = path.stat()
            except FileNotFoundError:  # a draft that is whole by now, or a file that was swept
                continue
            yield Stored(path.relative_to(self.root).as_posix(), state.st_size, dt.datetime.fromtimestamp(state.st_mtime, dt.UTC))

    def presigned(self, key: str, seconds: int, name: str) -> str | None:
        """Return None: a folder answers nobody by itself."""
        return None


class Bucket:
    """A bucket with S3's interface, through obstore; who we are comes from the usual variables (`AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT_URL`, …)."""

    def __init__(self, url: str) -> None:
        if not HAS_BUCKETS:
            raise LmsError("LMS_MEDIA_URL names a bucket, and the extra “s3” is not installed: pip install 'peduli[s3]'")
        parts = urlsplit(url)
        plain = os.environ.get("AWS_ENDPOINT_URL", "").startswith("http://")
        self.store = S3Store(parts.netloc, prefix=parts.path.strip("/") or None, client_options={"allow_http": True} if plain else None)

    def put(self, key: str, source: bytes | Path) -> None:
        """Send the bytes; large files in parts."""
        obstore.put(self.store, key, source)

    def size(self, key: str) -> int | None:
        """Ask for the head of an object."""
        try:
            return int(obstore.head(self.store, key)["size"])
        except FileNotFoundError:
            return None

    def get(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Fetch an object, or a range of it, as a stream."""
        try:
            if start or end is not None:
                return self._pieces(key, start, (self.size(key) or 0) if end is None else end)
            return (bytes(piece) for piece in obstore.get(self.store, key).stream(PIECE))
        except FileNotFoundError as error:
            raise NotFound(f"nothing under {key}") from error

    def _pieces(self, key: str, start: int, end: int) -> Iterator[bytes]:
        """Return a range piece by piece, for a film is larger than the memory; the first is fetched at once, so that a missing one is told."""
        wanted = [(at, min(at + PIECES, end)) for at in range(start, end, PIECES)]
        fetched = (bytes(obstore.get_range(self.store, key, start=at, end=until)) for at, until in wanted)
        return itertools.chain([next(fetched, b"")], fetched)

    def delete(self, key: str) -> None:
        """Delete an object."""
        obstore.delete(self.store, key)

    def delete_old(self, key: str, before: dt.datetime) -> None:
        """Delete an object if it is old."""
        with contextlib.suppress(FileNotFoundError):
            if obstore.head(self.store, key)["last_modified"] < before:
                obstore.delete(self.store, key)

    def list(self) -> Iterator[Stored]:
        """Yield every object below the prefix."""
        for page in obstore.list(self.store):
            for entry in page:
                yield Stored(entry["path"], int(entry["size"]), entry["last_modified"])

    def presigned(self, key: str, seconds: int, name: str) -> str | None:
        """Return an address that the bucket itself signs."""
        return str(obstore.sign(self.store, "GET", key, dt.timedelta(seconds=seconds)))


@functools.lru_cache(maxsize=8)
def _store(url: str, folder: Path) -> Store:
    return Bucket(url) if url else Folder(folder)


def store() -> Store:
    """Return the store that the settings name. Raises LmsError when it is a bucket and obstore is not installed."""
    config = current_app.config
    return _store(cast("str", config["LMS_MEDIA_URL"]), config["LMS_DATA"] / "media")


def forget() -> None:
    """Open stores anew (for tests)."""
    _store.cache_clear()
