"""Texts as people type them: how they are kept, compared with known answers, and forgiven a typo. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from lms.api import Refused
from lms.api import gettext as __

Answer = Mapping[str, Any]  # {"text": …, "credit": percent}

LEAST_LETTERS = 4  # shorter answers are not forgiven a typo: it would make another word
FULL = 100.0

_PLAIN = str.maketrans(dict.fromkeys("‘’‚‛′`´", "'") | dict.fromkeys("“”„‟″«»", '"') | dict.fromkeys("‐‑‒–—―−", "-"))


def tidy(text: str, most: int) -> str:
    """Return a typed line as it is kept: single spaces, nothing that a database refuses. Raises Refused when it is too long."""
    kept = " ".join(storable(text).split())
    if len(kept) > most:
        raise Refused(__("At most %(most)s characters fit here. Please shorten your answer.", most=most))
    return kept


def storable(text: str) -> str:
    """Return a text without NUL and halves of characters."""
    return text.replace("\0", "").encode("utf-8", "ignore").decode()


def normalise(text: str, *, case: bool = False) -> str:
    """Return a text as it is compared: Unicode NFKC, plain quotes and dashes, single spaces, small letters unless capitals matter."""
    plain = unicodedata.normalize("NFKC", text.translate(_PLAIN)).translate(_PLAIN)
    seen = "".join(letter for letter in plain if unicodedata.category(letter) != "Cf")  # soft hyphens and the like
    folded = seen if case else unicodedata.normalize("NFKC", seen.casefold())
    return " ".join(folded.split())


def distance(first: str, second: str) -> int:
    """Return the number of typos between two texts: letters added, left out, changed, or swapped with their neighbour.

    Damerau-Levenshtein distance in its restricted form (optimal string alignment): no part is edited twice.
    """
    before: list[int] = []
    row = list(range(len(second) + 1))
    for i, letter in enumerate(first, start=1):
        before, above, row = row, before, [i]
        for j, other in enumerate(second, start=1):
            cheapest = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == second[j - 2] and other == first[i - 2]:
                cheapest = min(cheapest, above[j - 2] + 1)
            row.append(cheapest)
    return row[-1]


def nearly(typed: str, answer: str, *, typos: int) -> bool:
    """Tell whether a normalised text is an answer with so many typos at most. A digit or a capital that matters is never a typo."""
    if sum(letter.isalpha() for letter in answer) < LEAST_LETTERS or abs(len(typed) - len(answer)) > typos:
        return False
    if re.findall(r"\d", typed) != re.findall(r"\d", answer):
        return False
    found = distance(typed, answer)
    return found <= typos and found == distance(typed.casefold(), answer.casefold())


def match(text: str, answers: Sequence[Answer], *, case: bool = False, typos: int = 0) -> Answer | None:
    """Return the answer that a typed text is, or None. What is exact wins over what is nearly so; of several, the one with most credit."""
    typed = normalise(text, case=case)
    wanted = [(answer, normalise(answer["text"], case=case)) for answer in answers]
    same = [answer for answer, written in wanted if written == typed]
    close = [] if same or not typos else [answer for answer, written in wanted if nearly(typed, written, typos=typos)]
    return max(same or close, key=credit, default=None)


def credit(answer: Answer | None) -> float:
    """Return the share that an answer earns; 0 for none."""
    return float(answer.get("credit", FULL)) / FULL if answer is not None else 0.0
