"""What kinds of several parts share: the question their templates draw, fields to answer in, and the parts of a result.

Fields carry letters by the place where something was shown, not the author's letters: of pairs, entries and gaps these would give away
what is right to whoever reads the page's source.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from lms.api import NotFound
from quizzes.kinds.base import Data, Response, Variant, letters


class Drawn(Protocol):
    """A question as templates draw it (quizzes.attempts.questions.Question)."""

    @property
    def data(self) -> Data:
        """What the author wrote."""

    @property
    def prepared(self) -> Mapping[str, Any]:
        """The HTML made of it."""

    @property
    def variant(self) -> Variant:
        """What is frozen for this attempt."""

    @property
    def response(self) -> Response:
        """What was answered."""

    def name(self, field_name: str) -> str:
        """Return the name of one of its fields on the page."""


@dataclass(frozen=True, slots=True)
class Selecting:
    """A list to choose from: its label (HTML), its name, the value chosen so far, and (value, words) of what can be chosen."""

    label: str
    name: str
    given: str
    choices: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a result, all of it clean HTML: what was asked, what was answered, what is right, why, and the share it earned (0 to 1)."""

    label: str
    mine: str
    right: str
    share: float
    rationale: str = ""


def by_place(order: Sequence[str]) -> dict[str, str]:
    """Return the author's letter of each place: `{"a": "c", …}` when the author's third is shown first."""
    return dict(zip(letters(order), order, strict=True))


def place_of(order: Sequence[str], key: str | None) -> str:
    """Return the letter of the place where something is shown, or nothing."""
    return letters(order)[order.index(key)] if key in order else ""


def author_letter(order: Sequence[str], place: str) -> str:
    """Return the author's letter of a posted place. Raises NotFound for a place where nothing was shown."""
    try:
        return by_place(order)[place]
    except KeyError:
        raise NotFound("no such entry") from None


def unrevealing(texts: Sequence[str]) -> list[str]:
    """Return letters of texts in an order that does not say where each belongs: by alphabet, the other way round if that is the author's."""
    keys = letters(texts)
    ordered = sorted(keys, key=lambda key: (of_letter(texts, key).casefold(), key))
    return ordered if ordered != keys else ordered[::-1]


def of_letter(rows: Sequence[Any], key: str) -> Any:
    """Return a row by its letter."""
    return rows[ord(key) - ord("a")]
