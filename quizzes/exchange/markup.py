"""HTML and plain text from other programs, made into Markdown: what people see stays, and nothing else comes in."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser

from lms.api import ContentError
from lms.api import gettext as __
from quizzes.exchange.base import tidy_text

Picture = Callable[[str], str]  # the address of a picture in HTML, to the name that Markdown shows, or nothing

_SPECIAL = re.compile(r"[\\`*\[\]|]|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w+;)|<(?=[A-Za-z/!?])")
_LINE_START = re.compile(
    r"^[ \t]*([#>]|[-+](?=[ \t]|$)|-(?=-*[ \t]*$)|!(?=!!)|=(?==*[ \t]*$)|:(?=[ \t])|\?(?=\?\?)|\d+(?=[.)](?:[ \t]|$)))|^[ \t]+",
    re.MULTILINE,
)
_ENTITIES = {"&": "&amp;", "<": "&lt;", "=": "&#61;", ":": "&#58;", "?": "&#63;"}  # where Markdown knows no backslash
_ESCAPED = re.compile(r"\\([\\`*_\[\]|#+.!>)-])|&amp;|&lt;|&#61;|&#58;|&#63;")
_PLAIN = {entity: sign for sign, entity in _ENTITIES.items()}
_LONELY = re.compile(r"<(?![^<>]*>)|<(?=[!?])")
LONGEST_HTML = 60_000
_SPACE = re.compile(r"[ \t\r\n\f]+")
_SAFE_ADDRESS = re.compile(r"(https?://|mailto:|tel:)[^\s<>()]+", re.IGNORECASE)

_WRAPPED = {"strong": "**", "b": "**", "em": "*", "i": "*"}
_BLOCKS = frozenset(
    {"p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "section", "article", "header", "footer", "figure", "figcaption", "dl"}
)
_ROWS = frozenset({"tr", "dt", "dd"})
_QUIET = frozenset({"span", "font", "u", "sub", "sup", "small", "big", "html", "body", "tbody", "center", "wbr", "bdi", "q", "address"})
_HIDDEN = frozenset({"script", "style", "head", "title", "template", "object", "iframe", "svg", "noscript", "textarea", "select", "math"})
_VOID = frozenset({"br", "hr", "img", "wbr", "input", "meta", "link", "source", "track", "area", "base", "col", "embed", "param"})
_DEEPEST_LIST = 8


def escape_markdown(text: str) -> str:
    """Return plain text as Markdown that shows exactly this text; lines stay lines, spaces at their beginning do not."""
    return _LINE_START.sub(_escaped_start, _escaped(text))


def _escaped(text: str) -> str:
    return _SPECIAL.sub(lambda found: _ENTITIES.get(found[0], f"\\{found[0]}"), text)


def _escaped_start(found: re.Match[str]) -> str:
    sign = found[1] or ""
    if sign.isdecimal():
        return f"{sign}\\"
    return _ENTITIES.get(sign, f"\\{sign}" if sign else "")


def unescape_markdown(text: str) -> str:
    """Return the plain text that `escape_markdown` was given; of other Markdown, the text without backslashes."""
    return _ESCAPED.sub(lambda found: found[1] or _PLAIN[found[0]], text)


def is_plain(markdown: str) -> bool:
    """Tell whether Markdown is nothing but text, so that it can leave as plain text and come back."""
    return escape_markdown(unescape_markdown(markdown)) == markdown


def one_line(text: str) -> str:
    """Return a text on one line, with single spaces."""
    return _SPACE.sub(" ", text).strip()


def to_markdown(html: str, picture: Picture | None = None) -> tuple[str, list[str]]:
    """Return (Markdown, names of the elements that were dropped) of HTML. Pictures that `picture` does not know leave their description.

    Raises ContentError for more than LONGEST_HTML characters.
    """
    if len(html) > LONGEST_HTML:
        raise ContentError(__("A text is longer than %(num)s characters. Shorten it.", num=LONGEST_HTML))
    reader = _Reader(picture)
    # A bracket that closes nowhere is text: Python's parser would look through the rest of the text for each of them.
    reader.feed(_LONELY.sub("&lt;", _without_comments(tidy_text(html))))
    reader.close()
    return reader.result(), sorted(reader.dropped)


def _without_comments(html: str) -> str:
    """Leave out comments; one that never ends goes on to the end, as in a browser."""
    kept, start = [], 0
    while (found := html.find("<!--", start)) >= 0:
        kept.append(html[start:found])
        end = html.find("-->", found + 4)
        start = end + 3 if end >= 0 else len(html)
    return "".join([*kept, html[start:]])


class _Reader(HTMLParser):
    """Writes Markdown while HTML goes by; unclosed and stray tags do no harm."""

    def __init__(self, picture: Picture | None) -> None:
        super().__init__(convert_charrefs=True)
        self.picture = picture
        self.dropped: set[str] = set()
        self._lines: list[str] = [""]
        self._lists: list[int | None] = []  # the number of the next entry; None in a list without numbers
        self._links: list[str] = []
        self._hidden: list[str] = []
        self._raw = 0  # inside code or pre
        self._broken = False  # inside a list entry, whether a paragraph has ended

    def result(self) -> str:
        """Return what was written, with one empty line between blocks."""
        text = "\n".join(line.rstrip() + ("  " if line.strip() and line.endswith("  ") else "") for line in self._lines)
        return re.sub(r"\n{3,}", "\n\n", text).strip()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element."""
        if tag in _HIDDEN:
            self.dropped.add(tag)
            self._hidden.append(tag)
        if self._hidden:
            return
        values = {name: value or "" for name, value in attrs}
        if tag in _WRAPPED and not self._raw:
            self._write(_WRAPPED[tag])
        elif tag in _BLOCKS:
            self._paragraph()
        elif tag in {"ul", "ol"}:
            if not self._lists:
                self._paragraph()
            self._lists.append(1 if tag == "ol" else None)
        elif tag in {"li", *_ROWS}:
            self._entry(tag)
        elif tag in {"code", "tt", "kbd"}:
            self._code(1)
        elif tag == "pre":
            self._paragraph()
        elif tag == "br":
            self._lines[-1] = self._lines[-1].rstrip() + "  "
            self._lines.append(self._indent())
        elif tag == "hr":
            self._paragraph()
        elif tag in {"td", "th"}:
            self._write(" " if self._lines[-1] else "")
        elif tag == "a":
            self._links.append(values.get("href", "") if _SAFE_ADDRESS.fullmatch(values.get("href", "")) else "")
            self._write("[" if self._links[-1] else "")
        elif tag == "img":
            self._image(values)
        elif tag not in _QUIET:
            self.dropped.add(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close an element."""
        if self._hidden:
            if tag == self._hidden[-1]:
                self._hidden.pop()
            return
        if tag in _WRAPPED and not self._raw:
            self._close(_WRAPPED[tag])
        elif tag in _BLOCKS or tag in {"pre", "table"}:
            self._paragraph()
        elif tag in {"ul", "ol"} and self._lists:
            self._lists.pop()
            self._broken = False
            self._paragraph()
        elif tag in {"code", "tt", "kbd"}:
            self._code(-1)
        elif tag == "a" and self._links:
            address = self._links.pop()
            self._write(f"]({address})" if address else "")

    def handle_data(self, data: str) -> None:
        """Take text; spaces are as in HTML."""
        if self._hidden:
            return
        text = _SPACE.sub(" ", data)
        if not self._lines[-1].strip() or self._lines[-1].endswith(" "):
            text = text.lstrip(" ")
        if not text:
            return
        if self._raw:
            self._write(text.replace("`", "'"))
        else:
            fresh = not self._lines[-1].strip()
            self._write(escape_markdown(text) if fresh else _escaped(text))

    def _write(self, text: str) -> None:
        if self._broken and text.strip():
            self._lines += ["", self._indent()]
            self._broken = False
        self._lines[-1] += text

    def _close(self, mark: str) -> None:
        """Close emphasis; spaces inside its end move out, and emphasis of nothing disappears."""
        line = self._lines[-1]
        inner = line.rstrip()
        if inner.endswith(mark) and not inner.endswith("\\" + mark):
            self._lines[-1] = inner.removesuffix(mark)
        else:
            self._lines[-1] = inner + mark + line[len(inner) :]

    def _paragraph(self) -> None:
        if self._lists:
            self._broken = re.fullmatch(r"\s*((-|\d+\.) )?", self._lines[-1]) is None
            return
        if self._lines != [""]:
            self._lines += ["", ""]

    def _indent(self) -> str:
        return "    " * min(len(self._lists), _DEEPEST_LIST)

    def _entry(self, tag: str) -> None:
        if tag != "li" or not self._lists:
            self._lines.append("")
            return
        self._broken = False
        number = self._lists[-1]
        self._lists[-1] = None if number is None else number + 1
        depth = "    " * min(len(self._lists) - 1, _DEEPEST_LIST)
        self._lines.append(f"{depth}- " if number is None else f"{depth}{number}. ")

    def _code(self, step: int) -> None:
        if self._raw + step >= 0:
            self._raw += step
            self._write("`")

    def _image(self, values: dict[str, str]) -> None:
        name = self.picture(values.get("src", "")) if self.picture else ""
        described = _escaped(one_line(values.get("alt", "")))
        if not name:
            self.dropped.add("img")
        self._write(f"![{described}]({name})" if name else described)
