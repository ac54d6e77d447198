"""Phrases that close a conversation about what somebody felt. Found in an answer they are a reason to look again, never a refusal."""

from __future__ import annotations

import re
from collections.abc import Iterable

# Each as a pattern over small letters with single spaces. Domain rule: an answer never judges what its reader felt.
PHRASES = (
    r"(?:anda |kamu |saudara )?(?:se)?harusnya (?:anda |kamu |saudara )?(?:tidak|jangan|tak) (?:perlu )?(?:merasa|sedih|marah|takut|kecewa|tersinggung)",
    r"(?:anda|kamu|saudara) (?:tidak|tak) (?:se)?(?:harusnya|patut|pantas|boleh) (?:merasa|sedih|marah|takut|kecewa)",
    r"(?:anda|kamu|saudara) (?:terlalu|kelewat) (?:sensitif|perasa|emosional|lemah|cengeng|baper)",
    r"\bbaper\b",
    r"\blebay\b",
    r"begitu saja (?:kok )?(?:sedih|marah|takut|kecewa|mengeluh)",
    r"(?:masih )?banyak (?:orang )?yang lebih (?:susah|menderita|sulit)",
    r"kurang bersyukur",
    r"(?:jangan|tidak usah|tak usah) (?:cengeng|manja|mengeluh|lebay)",
    r"you should(?: not|n.t) (?:feel|be (?:sad|angry|afraid|upset))",
    r"you(?: are|.re) (?:too|over) ?(?:sensitive|emotional)",
)
FOUND = re.compile("|".join(f"(?:{phrase})" for phrase in PHRASES))


def unkind(texts: Iterable[str]) -> list[str]:
    """Return what in the texts might close the conversation, as it was written but in small letters, each once."""
    found = [match[0].strip() for text in texts for match in FOUND.finditer(" ".join(text.lower().split()))]
    return list(dict.fromkeys(found))
