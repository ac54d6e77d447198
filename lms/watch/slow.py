"""What was slow lately, on the whole site: a line for each slow statement in LMS_DATA, without the statement and what it carried.

Counters live in one process each; who looks (a worker, `lms check`, an operator's page) is another one, so they share a small file.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lms.db import utcnow

NAME, BEFORE = "slow.txt", "slow.old.txt"
MOST = 64 * 1024  # bytes of each of the two files: some thousand statements
DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Slow:
    """The slow statements of one place: the rule of an address, or `-` outside of requests; how many, and the slowest in milliseconds."""

    place: str
    count: int
    slowest: int


def note(folder: Path, place: str, milliseconds: float) -> None:
    """Write down a slow statement. A disk that is full loses the line and nothing else."""
    path = folder / NAME
    with contextlib.suppress(OSError):
        if path.exists() and path.stat().st_size > MOST:
            path.replace(folder / BEFORE)
        with path.open("a") as file:
            file.write(f"{utcnow().timestamp():.0f} {milliseconds:.0f} {place}\n")


def count(folder: Path, span: dt.timedelta) -> int:
    """Return how many statements were slow lately."""
    return sum(1 for _line in _lines(folder, span))


def worst(folder: Path, most: int, span: dt.timedelta = DAY) -> list[Slow]:
    """Return the places with the slowest statements lately, the slowest first."""
    found: dict[str, list[int]] = {}
    for milliseconds, place in _lines(folder, span):
        found.setdefault(place, []).append(milliseconds)
    rows = [Slow(place, len(times), max(times)) for place, times in found.items()]
    return sorted(rows, key=lambda row: (-row.slowest, row.place))[:most]


def _lines(folder: Path, span: dt.timedelta) -> Iterator[tuple[int, str]]:
    """Yield (milliseconds, place). A line that another process has not finished is left out."""
    since = (utcnow() - span).timestamp()
    for name in (BEFORE, NAME):
        with contextlib.suppress(OSError):
            for line in (folder / name).read_text().splitlines():
                parts = line.split(" ", 2)
                if len(parts) == 3 and parts[0].isdecimal() and parts[1].isdecimal() and int(parts[0]) >= since:
                    yield int(parts[1]), parts[2]
