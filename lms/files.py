"""What a store of files is: a plugin brings one, texts and pages ask it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Shown:
    """How a page shows a file: kind (`picture`, `video`, `audio` or another), address for browsers that know nothing better, size in pixels.

    sources are (media type, address or set of addresses with their widths, sizes); captions are (language, address).
    """

    kind: str
    src: str
    width: int | None = None
    height: int | None = None
    sources: tuple[tuple[str, str, str], ...] = ()
    poster: str = ""
    captions: tuple[tuple[str, str], ...] = ()


class FileStore(Protocol):
    """Keeps pictures and documents by content; the media plugin brings one."""

    def save(self, data: bytes, name: str, *, owner_id: object) -> str:
        """Keep the bytes and return their address on this site. Raises ContentError for what is not a picture or document."""

    def load(self, address: str) -> bytes:
        """Return the bytes behind an address. Raises NotFound."""

    def shown(self, addresses: Iterable[str]) -> dict[str, Shown]:
        """Return {address: how a page shows it} of those that it knows; asked once for a whole text."""
