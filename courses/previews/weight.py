"""What a page weighs on a thin line: its text compressed, and its pictures in the size that a phone fetches."""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import unescape

from lms.api import FileStore, NotFound

PICTURE = re.compile(r"<picture>(.*?)<img ([^>]*)>", re.DOTALL)
IMAGE = re.compile(r"<img ([^>]*)>")
SOURCE = re.compile(r"<source [^>]*srcset=\"([^\"]*)\"")
SRC = re.compile(r"\bsrc=\"([^\"]*)\"")
ALT = re.compile(r"\balt=\"([^\"]*)\"")
PHONE = 800  # device pixels across: 360 of a style sheet, at a bit more than two each
LINE = 50_000  # bits a second: one bar of signal (the slow line of docs/performance.md)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of a page: its words, and its bytes; None when the library has none of it."""

    address: str
    words: str
    bytes: int | None


@dataclass(frozen=True, slots=True)
class Weight:
    """A page: bytes of its text on the way, and its pictures, each once."""

    text: int
    pictures: Sequence[Picture]

    @property
    def bytes(self) -> int:
        """Return everything together."""
        return self.text + sum(picture.bytes or 0 for picture in self.pictures)


def seconds(size: int) -> int:
    """Return how long so many bytes take on a thin line, in full seconds that have begun."""
    return math.ceil(size * 8 / LINE)


def weigh(page: str, store: FileStore | None) -> Weight:
    """Return what a page of HTML weighs."""
    pictures = {address: Picture(address, words, _size(store, address, src)) for address, src, words in _pictures(page)}
    return Weight(len(zlib.compress(page.encode(), 6)), list(pictures.values()))


def total(weights: Sequence[Weight]) -> int:
    """Return the bytes of several pages; a picture that two of them show travels once."""
    pictures = {picture.address: picture.bytes or 0 for weight in weights for picture in weight.pictures}
    return sum(weight.text for weight in weights) + sum(pictures.values())


def _pictures(page: str) -> Iterator[tuple[str, str, str]]:
    """Yield (address that a phone fetches, address for browsers that know nothing better, words) of each picture."""
    rest = page
    for found in PICTURE.finditer(page):
        sets = SOURCE.findall(found[1])
        src = _one(SRC, found[2])
        yield (_fitting(sets[0]) if sets else src), src, _one(ALT, found[2])
        rest = rest.replace(found[0], "")
    for found in IMAGE.finditer(rest):
        yield _one(SRC, found[1]), _one(SRC, found[1]), _one(ALT, found[1])


def _one(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return unescape(found[1]) if found else ""


def _fitting(candidates: str) -> str:
    """Return the smallest picture of a set that is wide enough for a phone, or else the widest."""
    pairs = [candidate.split() for candidate in candidates.split(",")]
    widths = sorted((int(width.rstrip("w")), address) for address, width in pairs)
    return next((address for width, address in widths if width >= PHONE), widths[-1][1])


def _size(store: FileStore | None, *addresses: str) -> int | None:
    """Return the bytes of the first of these that the library has; renditions are made after the picture has come in."""
    for address in addresses:
        try:
            if store is not None:
                return len(store.load(address))
        except NotFound:
            continue
    return None
