"""Texts of QTI: Markdown to XHTML, and XHTML back to Markdown. Both are safe: nothing but the elements named here comes through.

XHTML to Markdown keeps what Markdown can say. What it cannot say is left out or becomes plain words, with a sentence about it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from html.parser import HTMLParser

from lms.api import gettext as __
from lms.api import render_line, render_markdown
from quizzes.exchange.qti_xml import HTML, Element, add, node

VOID = frozenset({"br", "hr", "img"})
# What our renderer makes, and what stands for it in QTI 2.1, whose XHTML is older.
WRITTEN = {
    **{name: name for name in ("p", "br", "hr", "em", "strong", "code", "pre", "blockquote", "ul", "ol", "li", "dl", "dt", "dd")},
    **{name: name for name in ("table", "thead", "tbody", "tr", "th", "td", "h2", "h3", "h4", "sup", "div", "img", "a")},
    "del": "span",
    "figure": "div",
    "figcaption": "p",
    "details": "div",
    "summary": "p",
}
ADDRESS = re.compile(r"(?:https?://|mailto:|tel:)[^\s<>]+", re.IGNORECASE)

# Elements with a text of their own around them, and those that only hold others.
PARAGRAPHS = frozenset({"p", "prompt", "address", "caption", "figcaption", "summary", "legend"})
HEADINGS = {"h1": "##", "h2": "##", "h3": "###", "h4": "####", "h5": "####", "h6": "####"}
LISTS = frozenset({"ul", "ol"})
EMPHASIS = {"em": "*", "i": "*", "cite": "*", "dfn": "*", "var": "*", "strong": "**", "b": "**"}
CODE = frozenset({"code", "kbd", "samp", "tt"})
HOLDERS = frozenset(
    {"itemBody", "contentBody", "div", "section", "article", "aside", "header", "footer", "nav", "figure", "details", "center", "dl"}
    | {"rubricBlock", "modalFeedback", "feedbackBlock", "feedbackInline", "infoControl", "assessmentStimulus", "stimulusBody"}
)
BLOCKS = PARAGRAPHS | HEADINGS.keys() | LISTS | HOLDERS | {"blockquote", "pre", "table", "hr"}
# Never part of a question's text: choices, and what is shown at another time.
APART = frozenset(
    {"simpleChoice", "simpleMatchSet", "associableChoice", "gapText", "gapImg", "inlineChoice", "simpleAssociableChoice"}
    | {"modalFeedback", "feedbackBlock", "feedbackInline", "templateBlock", "templateInline", "endAttemptInteraction"}
    | {"stylesheet", "style", "script", "catalogInfo", "label", "param", "source", "track"}
)
MEDIA = frozenset({"audio", "video", "object", "math", "printedVariable", "svg", "iframe", "include"})
_SPECIAL = re.compile(r"[\\`*\[\]]|(?<!\w)_|_(?!\w)")
_AUTOLINK = re.compile(r"<(?=[^<>\s]*[:@][^<>\s]*>)")
_ENTITY = re.compile(r"&(?=#?\w+;)")
_START = re.compile(r"^(\s*)([#>+|-]|\d+(?=\.)|!(?=!!)|\?(?=\?\?)|:(?=\s))", re.MULTILINE)
_NO_ESCAPE = {"?": "&#63;", ":": "&#58;"}  # Markdown knows no backslash before these
_SPACE = re.compile(r"[ \t\r\n\f]+")


class _Builder(HTMLParser):
    """Makes elements of the clean HTML of our renderer."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.stack = [Element("div")]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin an element."""
        made = node(tag, {name: value or "" for name, value in attrs})
        self.stack[-1].append(made)
        if tag not in VOID:
            self.stack.append(made)

    def handle_endtag(self, tag: str) -> None:
        """End an element."""
        if tag not in VOID and len(self.stack) > 1:
            self.stack.pop()

    def handle_data(self, data: str) -> None:
        """Add text."""
        add(self.stack[-1], data)


def blocks_of(source: str, pictures: Mapping[str, str]) -> Element:
    """Return Markdown as a `div` of blocks. `pictures` maps names to addresses below the item; other pictures become their words."""
    return _written(render_markdown(source, {name: f"/{address}" for name, address in pictures.items()}))


def line_of(source: str, pictures: Mapping[str, str]) -> Element:
    """Return one line of Markdown as a `div`, with no paragraph around it where it is a line indeed."""
    return _written(render_line(source, {name: f"/{address}" for name, address in pictures.items()}))


def _written(html: str) -> Element:
    builder = _Builder()
    builder.feed(html)
    builder.close()
    root = builder.stack[0]
    for element in list(root.iter()):
        _rewrite(element)
    return root


def _rewrite(element: Element) -> None:
    """Turn an element of HTML into one that QTI 2.1 knows, with only the attributes that it knows."""
    old, given = element.tag, element.attrib
    element.tag, element.attrib = WRITTEN.get(old, "span"), {}
    if old == "img":
        if given.get("src"):
            element.attrib = {"src": given["src"].removeprefix("/"), "alt": given.get("alt", "")}
        else:
            element.tag, element.text = "span", given.get("alt", "")
    elif old == "a":
        if ADDRESS.fullmatch(given.get("href", "")):
            element.attrib = {"href": given["href"]}
        else:
            element.tag = "span"


class Texts:
    """Makes Markdown of XHTML.

    `picture` takes the address of a picture and returns the name by which Markdown shows it, or nothing when it is not there. `marks` says
    what stands in place of an element, by `id(element)`: gaps of a cloze. `warnings` tells what could not be kept.
    """

    def __init__(self, picture: Callable[[str], str]) -> None:
        """Begin with no marks."""
        self.picture = picture
        self.marks: dict[int, str] = {}
        self.warnings: list[str] = []
        self._blocks: dict[int, bool] = {}

    def warn(self, sentence: str) -> None:
        """Say something once."""
        if sentence not in self.warnings:
            self.warnings.append(sentence)

    def block(self, element: Element) -> str:
        """Return what an element holds as paragraphs, lists and tables."""
        return "\n\n".join(part for part in self._parts(element) if part.strip())

    def line(self, element: Element) -> str:
        """Return what an element holds on one line."""
        return _escape_start(_SPACE.sub(" ", self._inline(element, flat=True)).strip())

    def plain(self, element: Element) -> str:
        """Return the words of an element, for what is not Markdown: answers that are typed."""
        return _SPACE.sub(" ", "".join(element.itertext())).strip()

    def _parts(self, element: Element) -> list[str]:
        """Return blocks; texts and inline elements between them are paragraphs."""
        parts: list[str] = []
        run = _escape(element.text or "")
        for child in element:
            if self._is_block(child):
                parts += [_paragraph(run), *self._block(child)]
                run = ""
            else:
                run += self._word(child, flat=False)
            run += _escape(child.tail or "")
        return [*parts, _paragraph(run)]

    def _is_block(self, element: Element) -> bool:
        """Tell whether an element stands on lines of its own; asked again at every depth, so the answer is kept."""
        tag = element.tag
        if id(element) in self.marks or tag in APART:
            return False
        if id(element) not in self._blocks:
            known = tag in BLOCKS or tag.endswith("Interaction")
            self._blocks[id(element)] = known or any(self._is_block(child) for child in element)
        return self._blocks[id(element)]

    def _block(self, element: Element) -> list[str]:
        tag = element.tag
        if tag in LISTS:
            return ["\n".join(self._items(element))]
        if tag == "table":
            return [self._table(element)]
        if tag == "pre":
            return [_indented("".join(element.itertext()).strip("\n"), "    ")]
        if tag == "hr":
            return ["- - -"]
        if tag == "rubricBlock" and "candidate" not in element.get("view", "").split():
            return []
        if tag == "dl":
            return ["\n".join(self._definitions(element))]
        inner = self._parts(element)
        if tag == "blockquote":
            return ["\n".join(f"> {line}".rstrip() for line in "\n\n".join(part for part in inner if part).split("\n"))]
        if tag in HEADINGS:
            return [f"{HEADINGS[tag]} {' '.join(part for part in inner if part)}"]
        return inner

    def _items(self, element: Element) -> list[str]:
        lines = []
        for number, child in enumerate((child for child in element if child.tag == "li"), start=1):
            mark = f"{number}. " if element.tag == "ol" else "- "
            lines.append(mark + _indented(_tight(self.block(child)), "    ").lstrip())
        return lines

    def _definitions(self, element: Element) -> list[str]:
        lines: list[str] = []
        for child in element:
            text = " ".join(part for part in self._parts(child) if part)
            if child.tag == "dt":
                lines += ["", text] if lines else [text]
            elif child.tag == "dd":
                lines.append(f":   {text}")
        return lines

    def _table(self, element: Element) -> str:
        rows = [[self._cell(cell) for cell in row if cell.tag in {"th", "td"}] for row in element.iter("tr")]
        width = max((len(row) for row in rows), default=0)
        if not width:
            return ""
        lines = [f"| {' | '.join(row + [''] * (width - len(row)))} |" for row in rows]
        return "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]])

    def _cell(self, element: Element) -> str:
        return _SPACE.sub(" ", self._inline(element, flat=True)).strip().replace("|", r"\|")

    def _inline(self, element: Element, *, flat: bool) -> str:
        run = _escape(element.text or "")
        for child in element:
            run += self._word(child, flat=flat)
            if flat and child.tag in PARAGRAPHS | HOLDERS | {"li", "tr", "td", "th", "dt", "dd"}:
                run += " "
            run += _escape(child.tail or "")
        return run

    def _word(self, element: Element, *, flat: bool) -> str:
        """Return an inline element as Markdown."""
        tag = element.tag
        if id(element) in self.marks:
            return self.marks[id(element)]
        if tag in MEDIA:
            return self._media(element)
        if tag in APART:
            return ""
        if tag == "br":
            return " " if flat else "\v"
        if tag == "img":
            return self._picture(element.get("src", ""), element.get("alt", ""))
        if tag in CODE:
            return _code(self.plain(element))
        inner = self._inline(element, flat=flat)
        if tag in EMPHASIS:
            return _around(inner, EMPHASIS[tag])
        if tag == "a":
            href = element.get("href", "")
            return f"[{inner.strip()}]({_target(href)})" if ADDRESS.fullmatch(href) and inner.strip() else inner
        if tag not in HTML and tag not in HOLDERS and tag not in {"hottext", "gap", "prompt"} and not tag.endswith("Interaction"):
            self.warn(__("An element “%(name)s” is left out. Its words stay.", name=tag))
        return inner

    def _media(self, element: Element) -> str:
        address = element.get("data", "")
        if element.tag == "object" and element.get("type", "").startswith("image/"):
            return self._picture(address, self.plain(element))
        words = _escape(self.plain(element))
        if element.tag == "math":
            self.warn(__("A formula became plain words. Look whether it still says the same."))
        else:
            self.warn(__("Sound, film or a computed value is left out (“%(name)s”).", name=element.tag))
        return words

    def _picture(self, address: str, words: str) -> str:
        name = self.picture(address)
        words = _SPACE.sub(" ", words).strip()
        return f"![{_escape(words)}]({_target(name)})" if name else _escape(words)


def gap(number: int) -> str:
    """Return the mark of a gap in a cloze."""
    return f"[[{number}]]"


def joined(parts: Sequence[str]) -> str:
    """Return texts as paragraphs, each once."""
    return "\n\n".join(dict.fromkeys(part for part in parts if part.strip()))


def _escape(text: str) -> str:
    """Return words so that Markdown takes none of them for markup; starts of lines are looked at later."""
    escaped = _SPECIAL.sub(lambda found: "\\" + found[0], _SPACE.sub(" ", text))
    return _AUTOLINK.sub("&lt;", _ENTITY.sub("&amp;", escaped))


def _escape_start(text: str) -> str:
    """Return a text whose lines begin no heading, quotation, list, table, definition or box."""
    return _START.sub(_start, text)


def _start(found: re.Match[str]) -> str:
    space, mark = found.groups()
    return f"{space}{mark}\\" if mark.isdecimal() else space + _NO_ESCAPE.get(mark, f"\\{mark}")


def _paragraph(run: str) -> str:
    lines = [_SPACE.sub(" ", line).strip() for line in run.split("\v")]
    return _escape_start("  \n".join(lines).strip())


def _around(inner: str, mark: str) -> str:
    """Put marks around the words, not around the spaces."""
    words = inner.strip()
    if not words:
        return inner
    start = inner.index(words)
    return f"{inner[:start]}{mark}{words}{mark}{inner[start + len(words) :]}"


def _code(text: str) -> str:
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * (longest + 1)
    room = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{room}{text}{room}{fence}" if text else ""


def _target(address: str) -> str:
    return f"<{address}>" if re.search(r"[\s()]", address) else address


def _indented(text: str, by: str) -> str:
    return "\n".join(by + line if line.strip() else "" for line in text.split("\n"))


def _tight(text: str) -> str:
    """Return an entry of a list; a list within it follows without an empty line."""
    return re.sub(r"\n\n(?=(?:- |\d+\. ))", "\n", text)
