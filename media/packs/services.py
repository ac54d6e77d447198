"""Packs as devices fetch them: files in chunks that are known by their digest, made once for a cohort and a language.

So an interrupted download goes on where it was, an update brings only what differs, and what two modules share travels once.
"""

from __future__ import annotations

import base64
import hashlib
import struct
import zlib
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from flask import current_app

from lms.api import HEADERS, Outline, Refused, choose, gettext, language, when_certain
from media.packs.pages import files_of
from media.services import Library

CHUNK = 64 * 1024
PART = 256 * 1024
MOST_KEPT = 64 * 1024 * 1024  # bytes of packs that a process keeps
LENGTH = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class File:
    """A file of a pack: its address on the device, its type, and (digest, bytes, bytes on the way) of its chunks in order."""

    url: str
    kind: str
    chunks: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class Pack:
    """A module for use without a connection. `version` changes when a byte does; `size` is on the device, `sent` on the way."""

    cohort_id: int
    module_key: str
    title: str
    language: str
    revision: int
    version: str
    files: tuple[File, ...]
    chunks: Mapping[str, bytes]

    @property
    def size(self) -> int:
        """Return the bytes that it takes on a device."""
        return sum(size for file in self.files for _digest, size, _sent in file.chunks)

    @property
    def sent(self) -> int:
        """Return about how many bytes travel: each chunk once, compressed."""
        return sum({digest: sent for file in self.files for digest, _size, sent in file.chunks}.values())

    @property
    def url(self) -> str:
        """Return the address of the module."""
        return f"/learn/{self.cohort_id}/{self.module_key}"


_kept: OrderedDict[Hashable, Pack] = OrderedDict()


def pack_of(*, cohort_id: int, time_zone: str, contents: Outline, library: Library) -> Pack:
    """Return the pack of a revision for a cohort, in the present language; made only once, however many learners ask."""
    known = (cohort_id, contents.revision_id, language(), current_app.config["STATIC_VERSION"])
    found = _kept.get(known)
    if found is None:
        found = _made(cohort_id, time_zone, contents, library)
        when_certain(_keep, known, found)
        return found
    with suppress(KeyError):  # another thread may have let it go this moment
        _kept.move_to_end(known)
    return found


def _made(cohort_id: int, time_zone: str, contents: Outline, library: Library) -> Pack:
    chunks: dict[str, bytes] = {}
    sent: dict[str, int] = {}
    files = []
    for url, kind, data in files_of(cohort_id, time_zone, contents, library):
        digests = []
        for piece in cut(data):
            digest = digest_of(piece)
            if digest not in chunks:
                chunks[digest], sent[digest] = piece, min(len(piece), len(zlib.compress(piece, 5)))
            digests.append((digest, len(piece), sent[digest]))
        files.append(File(url, kind, tuple(digests)))
    version = digest_of(repr(files).encode())
    title = choose(contents.about["title"])
    return Pack(cohort_id, contents.module_key, title, language(), contents.number, version, tuple(files), chunks)


def _keep(known: Hashable, pack: Pack) -> None:
    """Keep a pack; what it has in common with another is kept once, and the longest unused leave first."""
    common = _chunks()
    _kept[known] = replace(pack, chunks={digest: common.get(digest, piece) for digest, piece in pack.chunks.items()})
    while sum(map(len, _chunks().values())) > MOST_KEPT and len(_kept) > 1:
        _kept.popitem(last=False)


def _chunks() -> dict[str, bytes]:
    """Return the chunks of all packs that are kept, each once."""
    return {digest: piece for pack in list(_kept.values()) for digest, piece in pack.chunks.items()}


def cut(data: bytes) -> Iterable[bytes]:
    """Yield the chunks of a file; an empty file has one."""
    return (data[start : start + CHUNK] for start in range(0, max(len(data), 1), CHUNK))


def digest_of(data: bytes) -> str:
    """Return SHA-256 in base64 for addresses, without padding."""
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def offer(pack: Pack) -> dict[str, Any]:
    """Return what a page says of a pack before it is fetched."""
    return {
        "module": pack.module_key,
        "title": pack.title,
        "version": pack.version,
        "bytes": pack.size,
        "sent": pack.sent,
        "url": f"{pack.url}/pack.json",
        "parts": f"{pack.url}/pack/part",
    }


def manifest(pack: Pack) -> dict[str, Any]:
    """Return what a device needs to fetch a pack and to put its files together; `headers` belong to each file."""
    return {
        "home": pack.url,
        "revision": pack.revision,
        "version": pack.version,
        "language": pack.language,
        "bytes": pack.size,
        "sent": pack.sent,
        "headers": HEADERS,
        "files": [{"url": file.url, "type": file.kind, "chunks": file.chunks} for file in pack.files],
    }


def part(pack: Pack, wanted: Iterable[str]) -> bytes:
    """Return wanted chunks one after the other, each after its length in four bytes; as many as a part holds, at least one.

    Raises Refused for a chunk that the pack has not: the module was published anew, and a new manifest says what is in it.
    """
    found: list[bytes] = []
    size = 0
    for digest in wanted:
        chunk = pack.chunks.get(digest)
        if chunk is None:
            raise Refused(gettext("The module has changed meanwhile."))
        size += len(chunk) + LENGTH.size
        if found and size > PART:
            break
        found += [LENGTH.pack(len(chunk)), chunk]
    return b"".join(found)


def forget() -> None:
    """Empty what the process has kept (for tests)."""
    _kept.clear()
