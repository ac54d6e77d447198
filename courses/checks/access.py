"""Rules about who can use a page: what a link says, what a table's columns are, films without words, bytes on a slow line, things left over."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from courses.checks import limits
from courses.checks.model import Finding, Part
from courses.checks.pages import PICTURE
from courses.checks.prose import RULER, plain
from lms.api import format_number, gettext

WORDED_LINK = re.compile(r"(?<!!)\[(?!\^)([^\]]+)\]\(\s*[^\s)]+[^)]*\)")
# What a link must not be called, when nothing else is said: it is read aloud without the sentence around it.
VAGUE = re.compile(
    r"(?:silakan\s+)?(?:klik|tekan|lihat|baca|buka|unduh)?\s*(?:di\s*)?(?:sini|situ)|(?:klik|tautan|link|laman)(?:\s+(?:ini|berikut|tersebut))?"
    r"|(?:baca\s+)?(?:selengkapnya|selanjutnya)|(?:click\s+|see\s+|read\s+)?here|(?:this\s+)?link|(?:read\s+|see\s+)?more",
    re.IGNORECASE,
)
ADDRESS_AS_WORDS = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
FILMS = frozenset({".mp4", ".webm", ".mp3", ".m4a", ".ogg", ".wav"})
TRANSCRIPT = re.compile(r"^\s*(?:(?:!!!|\?\?\?)\+?\s+[\w-]+\s+\"|#{2,4}\s+|\*\*).*\b(?:transkrip|transcript)", re.IGNORECASE | re.MULTILINE)
CONFLICT = re.compile(r"^(?:<{7} |>{7} )", re.MULTILINE)
LOCAL = re.compile(r"^!!!\s+local\b.*\n((?:[ ]{4}.*(?:\n|$)|[ \t]*\n)*)", re.MULTILINE)
OPEN = re.compile(r"[\s.…_*-]*|\s*(?:\[[^\]]*\]|(?:isi|tulis|contoh)\b[^.]{0,80}(?:di sini|here|…|\.\.\.))\s*[.…]*", re.IGNORECASE)


def links(part: Part) -> Iterator[Finding]:
    """Ask for links that say where they lead (WCAG 2.2, 2.4.4)."""
    for text in part.texts:
        for match in WORDED_LINK.finditer(text.value):
            words = " ".join(plain(match[1]).split()).strip(" .:!→»")
            if VAGUE.fullmatch(words) or ADDRESS_AS_WORDS.fullmatch(words):
                yield part.warning(
                    "vague-link",
                    gettext("A link is called “%(words)s”.", words=words[:80]),
                    gettext("Who listens to the page hears the links by themselves and would not know where this one leads."),
                    text.path,
                    text.value.count("\n", 0, match.start()),
                )


def tables(part: Part) -> Iterator[Finding]:
    """Ask for a first row that says what the columns hold (WCAG 2.2, 1.3.1)."""
    for text in part.texts:
        lines = text.value.split("\n")
        for row, line in enumerate(lines):
            cells = lines[row - 1].strip().strip("|").split("|") if row else []
            if "|" in line and RULER.match(line.strip()) and any(not cell.strip() for cell in cells[1:] or cells):
                yield part.warning(
                    "empty-header",
                    gettext("A table has columns without a heading."),
                    gettext("Who listens to the table hears with each cell what its column is called; here they hear nothing."),
                    text.path,
                    max(row - 1, 0),
                )


def films(part: Part, spoken: frozenset[str]) -> Iterator[Finding]:
    """Ask for captions or a transcript with films and sound (WCAG 2.2, 1.2.1 and 1.2.2); `spoken` are the files that have captions."""
    for text in part.texts:
        for match in PICTURE.finditer(text.value):
            name = match[2]
            if PurePosixPath(name).suffix.lower() in FILMS and name not in spoken and not TRANSCRIPT.search(text.value):
                yield part.error(
                    "no-words",
                    gettext("“%(name)s” has neither captions nor a transcript.", name=name),
                    gettext("Who cannot hear it, sits in a loud office or has no signal for it learns nothing from it."),
                    text.path,
                    text.value.count("\n", 0, match.start()),
                )


def weight(part: Part, sizes: Mapping[str, int]) -> Iterator[Finding]:
    """Look at what a page takes on a slow line, pictures in (limits.py)."""
    size = page_bytes(part, sizes)
    if size > limits.MOST_PAGE_BYTES:
        yield part.warning(
            "heavy-page",
            gettext("It takes %(size)s KB with its pictures.", size=format_number(round(size / 1024))),
            gettext("At the edge of a network that is %(seconds)s seconds of waiting.", seconds=round(size * 8 / limits.SLOW_LINE)),
            part.longest,
        )


def page_bytes(part: Part, sizes: Mapping[str, int]) -> int:
    """Return the bytes of an activity's texts and of the pictures that they show, each once."""
    shown = {match[2] for text in part.texts for match in PICTURE.finditer(text.value)}
    return sum(len(text.value.encode()) for text in part.texts) + sum(sizes.get(name, 0) for name in shown)


def leftovers(part: Part) -> Iterator[Finding]:
    """Look for marks of a merge that nobody has decided about, and for boxes that wait for a local example."""
    for text in part.texts:
        if match := CONFLICT.search(text.value):
            yield part.error(
                "conflict-left",
                gettext("Both versions of a merge still stand in the text."),
                gettext("Learners would read the same thing twice, between marks that mean nothing to them."),
                text.path,
                text.value.count("\n", 0, match.start()),
            )
        for match in LOCAL.finditer(text.value):
            if OPEN.fullmatch(match[1]):
                yield part.warning(
                    "local-open",
                    gettext("A box for an example of your agency is still empty."),
                    gettext("Learners would find a title with nothing below it, where an example from their own work was meant."),
                    text.path,
                    text.value.count("\n", 0, match.start()),
                )
