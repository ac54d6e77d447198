"""Counting in Indonesian texts written in Markdown: pieces, sentences, words. Pure: text in, numbers out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from courses.checks.limits import SECONDS_A_PICTURE, SECONDS_A_TABLE, WORDS_A_MINUTE
from lms.api import count_words

PROSE = frozenset({"paragraph", "item", "quote", "definition", "footnote"})


@dataclass(slots=True)
class Block:
    """A piece of a text: its kind, its words in Markdown, its row from 0; the level of a heading, the name of a picture or a box."""

    kind: str
    text: str
    row: int
    level: int = 0
    name: str = ""


@dataclass(frozen=True, slots=True)
class Count:
    """What a text comes to. `prose` are the words in sentences; headings, cells and labels are words too."""

    words: int = 0
    prose: int = 0
    sentences: int = 0
    pictures: int = 0
    tables: int = 0
    tasks: int = 0
    answers: int = 0

    def __add__(self, other: Count) -> Count:
        """Add up."""
        return Count(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))

    @property
    def average(self) -> float:
        """Return the words of an average sentence; 0 without sentences."""
        return self.prose / self.sentences if self.sentences else 0.0

    @property
    def minutes(self) -> float:
        """Return how long reading takes (limits.py)."""
        return self.words / WORDS_A_MINUTE + (self.pictures * SECONDS_A_PICTURE + self.tables * SECONDS_A_TABLE) / 60


# -- pieces of Markdown ----------------------------------------------------------------------------------------------------------------

_FENCE = re.compile(r"(```|~~~)")
_BOX = re.compile(r"(?:!!!|\?\?\?)\+?\s+([\w-]+)(?:\s+\"(.*)\")?\s*$")
_HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*#*$")
RULER = re.compile(r"\|?[\s:]*-[-\s:|]*\|[-\s:|]*$")
_LINE = re.compile(r"([-*_]\s*){3,}$")
_PICTURE_ALONE = re.compile(r"!\[([^\]]*)\]\(\s*([^\s)]+)(?:\s+\"(.*)\")?\s*\)$")
_ITEM = re.compile(r"(?:[-*+]|\d{1,3}[.)])\s+(?:\[[ xX]\]\s+)?(.*)")
_DEFINITION = re.compile(r":\s{1,3}(\S.*)")
_FOOTNOTE = re.compile(r"\[\^[^\]]+\]:\s*(.*)")
_MARKS = re.compile(r"(?:>\s?)+")
_CELLS = re.compile(r"(?<!\\)\|")
TASKS = frozenset({"task", "tomorrow"})
ANSWER = "solution"


def blocks(source: str) -> list[Block]:
    """Return the pieces of a text in order: headings, paragraphs, list items, quotes, cells, pictures …, as docs/modules.md has them."""
    found: list[Block] = []
    open_block: Block | None = None
    fenced = False
    for row, raw in enumerate(source.split("\n")):
        line = raw.strip()
        marks = _MARKS.match(line)
        line = line[marks.end() :].strip() if marks else line
        if _FENCE.match(line):
            fenced, open_block = not fenced, None
            continue
        if fenced:
            found.append(Block("code", line, row))
            continue
        alone = list(_alone(line, row)) if line else []
        if alone or not line or RULER.match(line) or _LINE.match(line):
            found += alone
            open_block = None
            continue
        if (begun := _begun(line, row, open_block)) is not None:
            found.append(begun)
            open_block = begun
        elif open_block is not None and (not marks or open_block.kind != "paragraph"):
            open_block.text += f"\n{line}"
        else:
            open_block = Block("quote" if marks else "paragraph", line, row)
            found.append(open_block)
    return found


def _alone(line: str, row: int) -> Iterator[Block]:
    """Yield what a line is by itself: a box's title, a heading, a picture, the cells of a row."""
    if match := _BOX.match(line):
        yield Block("box", match[2] or "", row, name=match[1])
    elif match := _HEADING.match(line):
        yield Block("heading", match[2], row, level=len(match[1]))
    elif match := _PICTURE_ALONE.match(line):
        yield Block("picture", match[3] or "", row, name=match[2])
    elif line.startswith("|") and not RULER.match(line):
        for cell in _CELLS.split(line.strip("|")):
            yield Block("cell", cell.strip(), row)


def _begun(line: str, row: int, open_block: Block | None) -> Block | None:
    """Return the piece that begins with this line, if one does; what stands above a definition becomes its term."""
    if match := _ITEM.match(line):
        return Block("item", match[1], row)
    if match := _FOOTNOTE.match(line):
        return Block("footnote", match[1], row)
    match = _DEFINITION.match(line)
    if match and open_block is not None and open_block.kind in {"paragraph", "definition"}:
        open_block.kind = "term" if open_block.kind == "paragraph" else open_block.kind
        return Block("definition", match[1], row)
    return None


def count_tables(source: str) -> int:
    """Return how many tables a text has: a table has one line of dashes and bars."""
    return sum(bool(RULER.match(line.strip())) for line in source.split("\n"))


# -- words and sentences ---------------------------------------------------------------------------------------------------------------

_PICTURE = re.compile(r"!\[([^\]]*)\]\([^)]*\)")
_LINK = re.compile(r"\[([^\]]+)\]\((?:[^()]|\([^)]*\))*\)")
_NOTE = re.compile(r"\[\^[^\]]+\]")
_MARKED = re.compile(r"[\[*`_]")
_EMPHASIS = re.compile(r"[*`]+|(?<!\w)_+|_+(?!\w)")
_SPEAKER = re.compile(r"\s*(?:\*\*[^*\n]{1,60}:\*\*|\*\*[^*\n]{1,60}\*\*\s*:)\s*")
_END = re.compile(r"[.!?…]+[\"”’')\]»]*(?=\s+[\"“‘'(\[«–—-]*\s*[A-ZÀ-Þ0-9])")
_TITLE = re.compile(r"(?:[A-Z][A-Za-z]{0,4}\.)+[A-Z][A-Za-z]{0,5}")
# A full stop after these ends no sentence. (“dll.”, “dsb.”, “dst.” before a capital letter do end one.)
SHORT_FORMS = frozenset(
    [
        "a.n",
        "an",
        "art",
        "ay",
        "bdk",
        "bpk",
        "cq",
        "cv",
        "d.a",
        "dr",
        "dra",
        "drg",
        "drs",
        "dsn",
        "gg",
        "h",
        "hj",
        "hlm",
        "ir",
        "jl",
        "jln",
        "kab",
        "kec",
        "kel",
        "kep",
        "lih",
        "mis",
        "ng",
        "nn",
        "no",
        "ny",
        "pt",
        "prof",
        "prov",
        "sdr",
        "sdri",
        "s.d",
        "tb",
        "tel",
        "telp",
        "tgl",
        "tn",
        "u.b",
        "u.p",
        "ust",
        "vol",
        "yth",
    ]
)


def plain(markdown: str) -> str:
    """Return the words of a piece without what only Markdown needs; a link is its words, a picture its alternative."""
    if not _MARKED.search(markdown):
        return markdown
    text = _NOTE.sub("", _LINK.sub(r"\1", _PICTURE.sub(r"\1", markdown)))
    return _EMPHASIS.sub("", text)


def sentences(text: str) -> list[str]:
    """Return the sentences of a plain text.

    A sentence ends with . ! ? or …, after closing quotation marks, when a capital letter or a digit follows. Abbreviations (Bpk., No.),
    initials, degrees (S.Kom.) and times (13.00) end none. What has no word is no sentence.
    """
    found, start = [], 0
    for match in _END.finditer(text):
        if match[0].startswith(".") and _goes_on(text[start : match.start()]):
            continue
        found.append(text[start : match.end()])
        start = match.end()
    found.append(text[start:])
    return [sentence.strip() for sentence in found if count_words(sentence)]


def _goes_on(before: str) -> bool:
    """Tell whether the full stop after these words belongs to an abbreviation."""
    word = before.rsplit(maxsplit=1)[-1] if before.split() else ""
    word = word.lstrip("\"“‘'([«–—-/")
    return word.lower() in SHORT_FORMS or (len(word) == 1 and word.isupper()) or bool(_TITLE.fullmatch(word))


def spoken(markdown: str) -> str:
    """Return a piece without the name of the speaker before it (`**Bu Rini:** …`)."""
    return _SPEAKER.sub("", markdown, count=1) if _SPEAKER.match(markdown) else markdown


def count(pieces: Iterable[Block], *, label: bool = False) -> Count:
    """Count pieces of a text; with `label` nothing of it is a sentence. Tables are counted by `count_tables`."""
    total = Count()
    for block in pieces:
        words = count_words(plain(block.text))
        if block.kind in PROSE and not label:
            said = sentences(plain(spoken(block.text)))
            total += Count(words=words, prose=sum(map(count_words, said)), sentences=len(said))
        else:
            total += Count(
                words=words, pictures=int(block.kind == "picture"), tasks=int(block.name in TASKS), answers=int(block.name == ANSWER)
            )
    return total
