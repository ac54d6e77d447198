"""Foreign HTML, from clipboards and documents, through a sieve: what Markdown has a word for stays, in plain and well-formed HTML.

Word writes lists as paragraphs with a style, Google Docs writes bold as a span and wraps everything in a bold that is none, LibreOffice
writes fonts. The tree is read once, from front to back, so that time grows with the length and with nothing else.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from lxml import etree

MOST_DEPTH = 60
MOST_TAGS = 25_000  # that are read
MOST_WRITTEN = 8_000  # that are left: a hundred pages
MOST_TEXT = 400_000
GONE = frozenset(
    [
        "script",
        "style",
        "head",
        "title",
        "meta",
        "link",
        "xml",
        "template",
        "noscript",
        "select",
        "textarea",
        "button",
        "input",
        "svg",
        "math",
        "canvas",
        "map",
        "object",
        "embed",
        "applet",
        "iframe",
    ]
)
FILMS = frozenset({"video", "audio"})
RENAMED = {
    "b": "strong",
    "i": "em",
    "cite": "em",
    "tt": "code",
    "kbd": "code",
    "samp": "code",
    "dir": "ul",
    "menu": "ul",
    "strong": "strong",
}
RENAMED |= dict.fromkeys(
    [
        "section",
        "article",
        "main",
        "header",
        "footer",
        "aside",
        "nav",
        "center",
        "address",
        "form",
        "fieldset",
        "figure",
        "figcaption",
        "details",
    ],
    "div",
)
RENAMED |= {"summary": "p", "caption": "p", "legend": "p"}
KEPT = frozenset(
    [
        "p",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "br",
        "hr",
        "strong",
        "em",
        "a",
        "ul",
        "ol",
        "li",
        "table",
        "tr",
        "td",
        "th",
        "blockquote",
        "code",
        "pre",
        "dl",
        "dt",
        "dd",
        "div",
        "sup",
    ]
)
VOID = frozenset({"br", "hr"})
TABLE = frozenset({"table", "tr", "td", "th"})
HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
BLOCKS = HEADINGS | TABLE | {"p", "div", "ul", "ol", "li", "dl", "dt", "dd", "blockquote", "pre", "hr"}
TITLES = {"msotitle": "h1", "msosubtitle": "p", "title": "h1"}
SCHEMES = frozenset({"http", "https", "mailto", "tel"})
LEVEL = re.compile(r"\blevel([1-9])\b")
NUMBERED = re.compile(r"\s*\(?([0-9]{1,3}|[a-z]{1,4})[.)]\s*", re.IGNORECASE)
RAISED = str.maketrans("0123456789+-()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿ")


class Left(enum.StrEnum):
    """What was left out and its author would miss."""

    PICTURE = "picture"
    FILM = "film"
    DELETED = "deleted"
    MERGED = "merged"
    NESTED = "nested"
    KIND = "kind"
    FORMULA = "formula"
    DRAWING = "drawing"
    HIDDEN = "hidden"
    MACRO = "macro"


class TooMuchError(ValueError):
    """There is more in it than is read in one go."""


@dataclass(slots=True)
class _Open:
    """An element that is open: what it adds to the page when it ends, and whether what it holds is left out."""

    name: str
    ends: list[str] = field(default_factory=list)
    gone: bool = False
    item: _Item | None = None


@dataclass(slots=True)
class _Item:
    """A paragraph of Word that is an item of a list; its mark tells which kind of list it is."""

    starts: list[int]  # where in the page the list begins, while its kind is not known
    mark: str = ""


@dataclass(slots=True)
class _List:
    """A list that is being made of Word's paragraphs."""

    level: int
    kind: str
    at: int  # its place in the page


@dataclass
class Sieve:
    """Takes the events of a parser. Of pictures it keeps those whose names it is given."""

    pictures: frozenset[str] = frozenset()
    page: list[str] = field(default_factory=list)
    left: set[Left] = field(default_factory=set)
    top: bool = False  # there is a heading of the first level
    open: list[_Open] = field(default_factory=list)
    lists: list[_List] = field(default_factory=list)
    inside: dict[str, int] = field(default_factory=dict)
    gone: int = 0
    tags: int = 0
    written: int = 0
    length: int = 0
    marking: _Item | None = None

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Begin an element. Raises TooMuchError."""
        self.tags += 1
        if self.tags > MOST_TAGS:
            raise TooMuchError
        name = str(tag).lower()
        style = _style(attributes.get("style", ""))
        one = _Open(name)
        self.open.append(one)
        if self.gone or self._leaves_out(name, attributes, style):
            one.gone = True
            self.gone += 1
        elif style.get("mso-list", "").lower() == "ignore":
            one.gone = True
            self.gone += 1
            self.marking = next((each.item for each in reversed(self.open) if each.item), None)
        elif len(self.open) < MOST_DEPTH:
            self._write(one, _name_of(name, attributes), attributes, style)

    def _leaves_out(self, name: str, attributes: Mapping[str, str], style: Mapping[str, str]) -> bool:
        if name == "img":
            if attributes.get("src") in self.pictures:
                self.page.append(f'<img src="{escape(attributes["src"])}" alt="{escape(attributes.get("alt", ""))}">')
            else:
                self.left.add(Left.PICTURE)
        elif name in FILMS:
            self.left.add(Left.FILM)
        elif name == "del" and "datetime" in attributes:
            self.left.add(Left.DELETED)
        else:
            comment = style.get("mso-element", "").startswith("comment") or style.get("mso-special-character") == "comment"
            hidden = style.get("display") == "none" or "mso-hide" in style
            return name in GONE or comment or hidden
        return True

    def _write(self, one: _Open, name: str, attributes: Mapping[str, str], style: Mapping[str, str]) -> None:
        listed = LEVEL.search(style.get("mso-list", "")) if name == "p" else None
        if listed and not self.inside.get("li") and not self._in_cell():
            self._item(one, int(listed[1]))
        elif name in KEPT:
            if self.lists and name in BLOCKS:
                self._close_lists(0)
            if name in TABLE and self._in_cell():
                self.left |= {Left.NESTED} if name == "table" else set()
                name = "div"
            if not (name == "strong" and _bold(style) is False):
                self._put(one, name, attributes)
        if name not in BLOCKS or name == "p":
            self._emphasis(one, style)

    def _put(self, one: _Open, name: str, attributes: Mapping[str, str]) -> None:
        if name in {"strong", "em"} and (self.inside.get(name) or (name == "strong" and self._is_heading())):
            return
        if name in HEADINGS and self._in_cell():
            name = "p"
        self.written += 1
        if self.written > MOST_WRITTEN:
            raise TooMuchError
        self.top = self.top or name == "h1"
        if name in {"strong", "em"} and self.page and self.page[-1] == f"</{name}>":
            self.page.pop()  # what has just ended goes on
        else:
            self.page.append(f"<{name}{_attributes(name, attributes, self.left)}>")
        if name not in VOID:
            self.inside[name] = self.inside.get(name, 0) + 1
            one.ends.append(name)

    def _in_cell(self) -> bool:
        return bool(self.inside.get("td") or self.inside.get("th"))

    def _is_heading(self) -> bool:
        return any(self.inside.get(name) for name in HEADINGS) or bool(self.inside.get("th"))

    def _emphasis(self, one: _Open, style: Mapping[str, str]) -> None:
        if _bold(style):
            self._put(one, "strong", {})
        if style.get("font-style") in {"italic", "oblique"}:
            self._put(one, "em", {})

    def _item(self, one: _Open, level: int) -> None:
        self.written += 1
        if self.written > MOST_WRITTEN:
            raise TooMuchError
        self._close_lists(level)
        one.item = _Item([])
        if self.lists and self.lists[-1].level == level:
            self.page.append("</li><li>")
        else:
            self.page += ["<ul>", "<li>"]
            self.lists.append(_List(level, "ul", len(self.page) - 2))
            one.item.starts.append(len(self.page) - 2)

    def _close_lists(self, level: int) -> None:
        """End the lists that are deeper than a level."""
        while self.lists and self.lists[-1].level > level:
            self.page.append(f"</li></{self.lists.pop().kind}>")

    def end(self, tag: str) -> None:
        """End an element."""
        one = self.open.pop()
        if one.gone:
            self.gone -= 1
            if self.marking and not self.gone:
                self._marked(self.marking)
                self.marking = None
            return
        if self.lists and one.item is None and not BLOCKS.isdisjoint(one.ends):
            self._close_lists(0)
        for name in reversed(one.ends):
            self.inside[name] -= 1
            self.page.append(f"</{name}>")

    def _marked(self, item: _Item) -> None:
        """Make the list that an item has begun a numbered one if its mark is a number."""
        number = NUMBERED.fullmatch(item.mark.replace("\xa0", " "))
        if not number or not item.starts or not self.lists:
            return
        begun = number[1] if number[1].isdigit() else "1"
        self.page[item.starts[0]] = f'<ol start="{int(begun)}">'
        self.lists[-1].kind = "ol"

    def data(self, text: str) -> None:
        """Take text. Raises TooMuchError."""
        self.length += len(text)
        if self.length > MOST_TEXT:
            raise TooMuchError
        if self.marking is not None:
            self.marking.mark += text
        elif not self.gone:
            if self.lists and text.strip() and not any(each.item for each in self.open) and not any(each.ends for each in self.open):
                self._close_lists(0)
            raised = self.open and self.open[-1].name == "sup" and len(text) < 6
            self.page.append(escape(_raised(text) if raised else text, quote=False))

    def close(self) -> str:
        """Return what is left."""
        self._close_lists(0)
        return "".join(self.page)


def _name_of(name: str, attributes: Mapping[str, str]) -> str:
    if attributes.get("role") == "heading" and attributes.get("aria-level", "") in "123456":
        return f"h{attributes['aria-level'] or 2}"
    if name == "p":
        return TITLES.get(attributes.get("class", "").lower(), name)
    return RENAMED.get(name, name)


def _style(text: str) -> dict[str, str]:
    parts = (part.partition(":") for part in text[:2000].split(";"))
    return {
        name.strip().lower(): value.strip() if name.strip().lower() == "mso-list" else value.strip().lower()
        for name, _, value in parts
        if name.strip()
    }


def _bold(style: Mapping[str, str]) -> bool | None:
    """Tell whether a style says bold, or expressly not, or nothing."""
    weight = style.get("font-weight")
    if weight is None:
        return None
    return weight in {"bold", "bolder"} or (weight.isdigit() and int(weight) >= 600)


def _raised(text: str) -> str:
    return text.translate(RAISED) if re.fullmatch(r"\s*[0-9+\-()n]+\s*", text) else text


def _attributes(name: str, attributes: Mapping[str, str], left: set[Left]) -> str:
    kept: dict[str, Any] = {}
    if name == "a":
        kept["href"] = address_of(attributes.get("href", ""))
    if name in {"a", "li", "div", "p", "sup", "td"}:
        kept["id"] = attributes.get("id") or attributes.get("name")
    if name == "ol" and attributes.get("start", "").isdecimal():
        kept["start"] = int(attributes["start"][:6])
    if name in {"td", "th"}:
        for word in ("colspan", "rowspan"):
            span = attributes.get(word, "")
            if span.isdecimal() and span not in {"0", "1"}:
                left.add(Left.MERGED)
                kept[word] = min(int(span[:4]), 50)
    return "".join(f' {key}="{escape(str(value))}"' for key, value in kept.items() if value)


def address_of(href: str) -> str:
    """Return an address as a text may have it, or nothing: of the web, of mail, of a telephone, or within the page."""
    href = href.strip()
    if href.startswith("#"):
        return href
    try:
        parts = urlsplit(href)
        if parts.hostname in {"www.google.com", "google.com"} and parts.path == "/url":
            href = (parse_qs(parts.query).get("q") or [""])[0]
            parts = urlsplit(href)
    except ValueError:
        return ""
    return quote(href, safe="%/:?#[]@!$&'*+,;=~-._") if parts.scheme.lower() in SCHEMES else ""


def sifted(html: str, pictures: frozenset[str] = frozenset()) -> tuple[str, set[Left], bool]:
    """Return (what is left as well-formed HTML, what was left out, whether there is a heading of the first level). Raises TooMuchError."""
    sieve = Sieve(pictures=pictures)
    parser = etree.HTMLParser(target=sieve, remove_comments=True, remove_pis=True, no_network=True, huge_tree=False)
    text = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff￾￿]", "", html).replace("\xa0", " ")
    try:
        parser.feed(text)
        parser.close()
    except etree.LxmlError:
        pass  # nothing that a parser of HTML would call a page, or an end in the middle
    return sieve.close(), sieve.left, sieve.top
