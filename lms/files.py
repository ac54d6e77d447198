"""What a store of files is: a plugin brings one, texts and pages ask it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Shown:
    """How a page shows a file: kind (`picture`, `video`, `audio` or another), address for browsers that know nothing better, size in pixels.

    sources are (media type, address or set of addresses with their widths, sizes); captions are (language, address). size is how many bytes
    the lightest copy has that a page would fetch, seconds how long a film or sound lasts; None when nobody knows.
    credit names author and licence where the licence asks for that; it stands below the figure.
    """

    kind: str
    src: str
    width: int | None = None
    height: int | None = None
    sources: tuple[tuple[str, str, str], ...] = ()
    poster: str = ""
    captions: tuple[tuple[str, str], ...] = ()
    size: int | None = None
    seconds: float | None = None
    credit: str = ""


class FileStore(Protocol):
    """Keeps pictures and documents by content; the media plugin brings one."""

    def save(self, data: bytes, name: str, *, owner_id: object) -> str:
        """Keep the bytes and return their address on this site. Raises ContentError for what is not a picture or document."""

    def load(self, address: str) -> bytes:
        """Return the bytes behind an address. Raises NotFound."""

    def shown(self, addresses: Iterable[str]) -> dict[str, Shown]:
        """Return {address: how a page shows it} of those that it knows; asked once for a whole text."""

    def everything(self) -> Iterator[tuple[str, int]]:
        """Yield (name, size in bytes) of all that is kept, for backups. What a name stands for never changes."""

    def read(self, name: str) -> Iterator[bytes]:
        """Yield the bytes of one of `everything`. Raises NotFound."""

    def put(self, name: str, data: Iterable[bytes]) -> None:
        """Keep bytes under a name that `everything` gave, when a backup is brought back."""

    def weights(self, addresses: Iterable[str]) -> dict[str, int]:
        """Return {address: bytes that a phone fetches to show it} of those that it knows; a film, which is fetched by choice, weighs nothing."""
