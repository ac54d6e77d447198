"""What a spreadsheet is made of, whatever file it came in: cells, rows, sheets; and how large one may be."""

from __future__ import annotations

import enum
import re
import unicodedata
from dataclasses import dataclass

from lms.i18n import gettext as _

MOST_ROWS = 5000
MOST_COLUMNS = 200
MOST_CHARACTERS = 500  # of one cell; nothing about a person is longer

_SPACE = re.compile(r"[\s\u00a0\u2000-\u200a\u202f\u205f\u3000]+")
_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ufffe\uffff]|[\ud800-\udfff]")


class SheetError(ValueError):
    """The file cannot be read; the message says what it seems to be and what to do."""


class Kind(enum.Enum):
    """What a cell holds: Excel's numbers have lost digits beyond the fifteenth, formulas show what somebody else computed."""

    TEXT = enum.auto()
    NUMBER = enum.auto()
    DATE = enum.auto()
    FORMULA = enum.auto()


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: its text, in one line and without characters that nobody sees, and what it was."""

    text: str
    kind: Kind = Kind.TEXT

    def __bool__(self) -> bool:
        """Tell whether anything stands in it."""
        return bool(self.text)


EMPTY = Cell("")


@dataclass(frozen=True, slots=True)
class Row:
    """A row: the number that spreadsheet programs show beside it, and its cells."""

    number: int
    cells: tuple[Cell, ...]

    def __getitem__(self, column: int) -> Cell:
        """Return the cell of a column, EMPTY beyond the last."""
        return self.cells[column] if column < len(self.cells) else EMPTY


@dataclass(frozen=True, slots=True)
class Sheet:
    """A visible sheet without its hidden rows, which are only named. `merged` are ranges (first row, first column, last row, last column).

    separator is what parts the cells of a CSV file.
    """

    name: str
    rows: list[Row]
    hidden_rows: tuple[int, ...] = ()
    hidden_columns: frozenset[int] = frozenset()
    merged: tuple[tuple[int, int, int, int], ...] = ()
    separator: str = ""


def letters(column: int) -> str:
    """Return the name of a column: 0 is A, 26 is AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def clean(text: str) -> str:
    """Return text as one line: composed accents, single spaces, nothing invisible."""
    text = unicodedata.normalize("NFC", _UNSEEN.sub("", text))
    return _SPACE.sub(" ", text).strip()[:MOST_CHARACTERS]


def too_large() -> SheetError:
    """Return the error of a sheet that is larger than any list of people."""
    text = _(
        "The sheet has more than %(rows)s rows or %(columns)s columns. Split it into several files.", rows=MOST_ROWS, columns=MOST_COLUMNS
    )
    return SheetError(text)
