"""What differs between two texts, word by word. Pure."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

PIECES = re.compile(r"\s+|[^\s]+")
KEPT, ADDED, REMOVED = "kept", "added", "removed"


def changed(old: str, new: str) -> list[tuple[str, str]]:
    """Return the pieces of both texts in order, each `kept`, `added` or `removed`.

    Kept and removed pieces together are the old text, kept and added ones the new text, letter by letter.
    """
    before, after = PIECES.findall(old), PIECES.findall(new)
    found: list[tuple[str, str]] = []
    for act, start, end, first, last in SequenceMatcher(None, before, after).get_opcodes():
        if act == "equal":
            found.append((KEPT, "".join(before[start:end])))
            continue
        found += [(kind, "".join(words)) for kind, words in ((REMOVED, before[start:end]), (ADDED, after[first:last])) if words]
    return found
