"""A long text as sections of lessons: a lesson is read in ten minutes, so long chapters are split at their headings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from lms.api import count_words

SHORT, LONG = 350, 700  # words of a lesson
PACE = 130  # words a minute, with time for what there is to do
HEADING = re.compile(r"^(#{2,4}) +(.+)$", re.MULTILINE)
NOTE = re.compile(r"^\[\^(\d+)\]: .*(?:\n(?:    .*)?)*", re.MULTILINE)
CITED = re.compile(r"\[\^(\d+)\](?!:)")
PICTURE = re.compile(r"!\[[^\[\]]*\]\([^()\s]*\)")
MARKS = re.compile(r"[*_`\\]|\[\^\d+\]|!?\[([^\]]*)\]\([^)]*\)")
MOST_TITLE = 120
MOST_READ = 2000  # letters of a heading: what is longer is none, and would take long to search for marks
FIRST_LEVEL = 2


@dataclass(frozen=True, slots=True)
class Lesson:
    """A page to be: its title and its Markdown."""

    title: str
    text: str

    @property
    def words(self) -> int:
        """Return how many words it has."""
        return count_words(PICTURE.sub("", self.text))

    @property
    def minutes(self) -> int:
        """Return how long it takes, as a first guess."""
        return max(2, round(self.words / PACE) + 1)

    @property
    def is_long(self) -> bool:
        """Tell whether it is longer than a lesson should be, and has no heading to split it at."""
        return self.words > LONG


@dataclass(frozen=True, slots=True)
class Chapter:
    """A section to be."""

    title: str
    lessons: tuple[Lesson, ...]


@dataclass(frozen=True, slots=True)
class _Part:
    """A heading and the text below it, up to the next one of its level."""

    title: str
    text: str
    level: int

    @property
    def whole(self) -> str:
        """Return the part as it stands within another one."""
        return f"{'#' * self.level} {self.title}\n\n{self.text}" if self.title else self.text

    @property
    def words(self) -> int:
        """Return how many words it has."""
        return count_words(self.text)


def without_title(text: str, title: str) -> tuple[str, str]:
    """Return (title, text): a heading that stands alone above all others, at the beginning, is the title of a text that has none."""
    headings = list(HEADING.finditer(text))
    if title or len(headings) < 2 or headings[0].start() != 0:
        return title, text
    top = len(headings[0][1])
    if any(len(each[1]) <= top for each in headings[1:]):
        return title, text
    return plain(headings[0][2]), text[headings[0].end() :].strip() + "\n"


def chapters_of(text: str, title: str) -> list[Chapter]:
    """Return the chapters of a Markdown text: those of its first headings when they are long, else one, with the first headings as lessons."""
    notes = {match[1]: match[0].strip() for match in NOTE.finditer(text)}
    body = NOTE.sub("", text).strip()
    parts = _parts(body, title)
    longest = max((part.words for part in parts), default=0)
    if len(parts) < 2 or longest <= LONG or not any(HEADING.search(part.text) for part in parts):
        return [Chapter(title, tuple(_finished(_lessons(parts), notes)))]
    return [Chapter(plain(part.title), tuple(_finished(_split(part), notes))) for part in parts]


def _parts(text: str, title: str) -> list[_Part]:
    """Split a text at its highest headings; what stands before the first is a part with the title of the whole."""
    headings = list(HEADING.finditer(text))
    if not headings:
        return [_Part(title, text.strip(), FIRST_LEVEL)]
    level = min(len(match[1]) for match in headings)
    cuts = [match for match in headings if len(match[1]) == level]
    parts = [_Part(title, text[: cuts[0].start()].strip(), level)] if text[: cuts[0].start()].strip() else []
    ends = [*(match.start() for match in cuts[1:]), len(text)]
    return [*parts, *(_Part(match[2].strip(), text[match.end() : end].strip(), level) for match, end in zip(cuts, ends, strict=True))]


def _lessons(parts: Sequence[_Part]) -> Iterator[_Part]:
    """Give lessons: short neighbours together, long ones split at their own headings."""
    waiting: list[_Part] = []
    for part in parts:
        together = sum(each.words for each in waiting)
        if waiting and (together >= SHORT or together + part.words > LONG):
            yield _joined(waiting)
            waiting = []
        if part.words > LONG and HEADING.search(part.text):
            yield from ([_joined(waiting)] if waiting else [])
            waiting = []
            yield from _split(part)
        else:
            waiting.append(part)
    if waiting:
        yield _joined(waiting)


def _split(part: _Part) -> Iterator[_Part]:
    return _lessons(_parts(part.text, part.title))


def _joined(parts: Sequence[_Part]) -> _Part:
    """Return neighbours as one: the first gives the title, the others keep their headings."""
    first, *others = parts
    return _Part(first.title, "\n\n".join([first.text, *(other.whole for other in others)]).strip(), first.level)


def _finished(parts: Iterable[_Part], notes: dict[str, str]) -> Iterator[Lesson]:
    """Give lessons with headings from the second level on and the footnotes that they cite. Empty ones are left out."""
    for part in parts:
        if part.text:
            yield Lesson(plain(part.title), with_notes(raised(part.text), notes))


def raised(text: str) -> str:
    """Return a text whose highest heading is of the second level: the title of the page stands above it."""
    levels = [len(match[1]) for match in HEADING.finditer(text)]
    up = min(levels, default=FIRST_LEVEL) - FIRST_LEVEL
    return HEADING.sub(lambda match: f"{'#' * (len(match[1]) - up)} {match[2]}", text)


def with_notes(text: str, notes: dict[str, str]) -> str:
    """Return a text with the footnotes that it cites."""
    cited = dict.fromkeys(CITED.findall(text))
    return "\n\n".join([text.strip(), *(notes[number] for number in cited if number in notes)]) + "\n"


def plain(title: str) -> str:
    """Return a heading as a title: without marks, not too long."""
    words = re.sub(r"\s+", " ", MARKS.sub(lambda match: match[1] or "", title[:MOST_READ])).strip()
    return words if len(words) <= MOST_TITLE else f"{words[: MOST_TITLE - 1].rstrip()}…"
