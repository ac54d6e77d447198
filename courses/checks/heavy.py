"""Heavy words: a list that people can edit, and finding its words in texts."""

from __future__ import annotations

import functools
import re
from collections import Counter
from pathlib import Path

from courses.checks.prose import PROSE, Block
from lms.api import ContentError, gettext

LIST = Path(__file__).parents[1] / "static" / "heavy_words.id.txt"  # pages on which people write fetch it too
# What is cited is shown, not used: words in quotation marks, with emphasis, as code.
_CITED = re.compile(r"“[^”]*”|\"[^\"]*\"|`[^`]*`|\*[^*\n]+\*")


def read_words(path: Path) -> dict[str, str]:
    """Return {heavy word: plainer one} of a list: one a line, a tab between the two; # begins a remark. Raises ContentError."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ContentError(gettext("The list of words cannot be read."), file=path) from error
    words = {}
    for number, line in enumerate(lines, start=1):
        word, _tab, plainer = line.partition("\t")
        if not word.strip() or word.startswith("#"):
            continue
        if not plainer.strip():
            raise ContentError(gettext("Write the heavy word, a tab, and a plainer word."), file=path, line=number)
        words[" ".join(word.lower().split())] = plainer.strip()
    return words


@functools.lru_cache(maxsize=4)
def pattern_of(words: frozenset[str]) -> re.Pattern[str] | None:
    """Return one pattern for all words of a list, the longest first; None for an empty list."""
    if not words:
        return None
    parts = (r"\s+".join(map(re.escape, word.split())) for word in sorted(words, key=lambda word: (-len(word), word)))
    return re.compile(rf"(?<![\w-])(?:{'|'.join(parts)})(?![\w-])", re.IGNORECASE)


def heavy_in(block: Block, pattern: re.Pattern[str] | None) -> Counter[str]:
    """Return the heavy words of a piece and how often they stand there; only prose of the author's own."""
    if pattern is None or block.kind not in PROSE or block.kind == "quote":
        return Counter()
    return Counter(" ".join(match[0].lower().split()) for match in pattern.finditer(_CITED.sub(" … ", block.text)))
