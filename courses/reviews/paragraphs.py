"""The paragraphs of a page that can be commented on, and the page with something put behind each of them. Pure.

A paragraph is the innermost block of text: a paragraph, a heading, an entry of a list, a table, a figure. Its anchor is made of its words,
so it is the same whatever stands around it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html.parser import HTMLParser

BLOCKS = frozenset({"p", "h1", "h2", "h3", "h4", "li", "dt", "dd", "pre", "table", "figure"})
WHOLE = frozenset({"table", "figure", "pre"})  # what stands in them is no paragraph of its own
INSIDE = frozenset({"li", "dd", "dt"})  # nothing may stand between two of them
EMPTY = frozenset({"area", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr", "use", "path"})
FORM = re.compile(r"<(/?)form\b[^>]*>", re.IGNORECASE)
FIELD = re.compile(r"<(input|textarea|select|button)\b", re.IGNORECASE)
INNER_LINK = re.compile(r'(<a\b[^>]*?\s)href=(?="/(?!/|media/))')
CLOSED = re.compile(r"<details\b(?![^>]*\bopen\b)")
MOST_QUOTED = 300


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of a page: its anchor, its words (cut), and where in the page something can be put behind it."""

    anchor: str
    quote: str
    end: int = 0


class _Blocks(HTMLParser):
    """Collects (words, where it ends) of every innermost block."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        starts = [0]
        for line in html.split("\n"):
            starts.append(starts[-1] + len(line) + 1)
        self.starts = starts
        self.found: list[tuple[str, int]] = []
        self.open: list[tuple[str, list[str], bool]] = []  # tag, words, whether a block stands in it
        self.feed(html)
        self.close()

    def _place(self) -> int:
        line, column = self.getpos()
        return self.starts[line - 1] + column

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a block, unless it stands in one that is taken whole; a picture says its words."""
        if tag == "img":
            self._say(dict(attrs).get("alt") or "")
        if tag in BLOCKS and not any(outer in WHOLE for outer, _words, _inner in self.open):
            self.open = [(outer, words, True) for outer, words, _inner in self.open]
            self.open.append((tag, [], False))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take an element without an end as what it is."""
        if tag in EMPTY:
            self.handle_starttag(tag, attrs)

    def handle_data(self, data: str) -> None:
        """Keep the words."""
        self._say(data)

    def _say(self, text: str) -> None:
        if self.open:
            self.open[-1][1].append(text)

    def handle_endtag(self, tag: str) -> None:
        """Close a block; it is one if it has words of its own."""
        if not self.open or self.open[-1][0] != tag:
            return
        _tag, words, inner = self.open.pop()
        text = " ".join("".join(words).split())
        if text and not inner:
            place = self._place()
            self.found.append((text, place if tag in INSIDE else place + len(f"</{tag}>")))


def paragraphs(html: str) -> list[Paragraph]:
    """Return the paragraphs of a page in order."""
    return named((text, end) for text, end in _Blocks(html).found)


def named(texts: Iterable[tuple[str, int]]) -> list[Paragraph]:
    """Return paragraphs of (words, where they end) with an anchor each; equal ones are counted."""
    seen: dict[str, int] = {}
    made = []
    for text, end in texts:
        mark = hashlib.blake2s(text.encode(), digest_size=4).hexdigest()
        seen[mark] = seen.get(mark, 0) + 1
        anchor = f"p{mark}" + (f"-{seen[mark]}" if seen[mark] > 1 else "")
        made.append(Paragraph(anchor, text if len(text) <= MOST_QUOTED else text[: MOST_QUOTED - 1] + "…", end))
    return made


def with_slots(html: str, slot: Callable[[Paragraph], str]) -> str:
    """Return a page with what `slot` makes of each paragraph behind it."""
    done, pieces = 0, []
    for paragraph in sorted(paragraphs(html), key=lambda paragraph: paragraph.end):
        pieces += [html[done : paragraph.end], slot(paragraph)]
        done = paragraph.end
    return "".join([*pieces, html[done:]])


def to_read(html: str) -> str:
    """Return an activity's page as something to read: its fields cannot be filled in, its own links lead nowhere but to files, nothing is folded."""
    page = FIELD.sub(r"<\1 disabled", FORM.sub(r"<\1div>", html))
    return CLOSED.sub("<details open", INNER_LINK.sub(r"\1data-href=", page))
