"""A page as a screen reader goes through it: landmarks, headings, texts, pictures, links and fields in their order. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

from lms.api import gettext, ngettext

VOID = frozenset({"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "track", "use", "wbr"})
SILENT = frozenset({"head", "script", "style", "template", "datalist"})
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
INLINE = frozenset(
    {
        "abbr",
        "b",
        "bdi",
        "br",
        "cite",
        "code",
        "em",
        "i",
        "kbd",
        "mark",
        "q",
        "s",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
        "time",
        "u",
        "wbr",
    }
)


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that is read aloud: what it is, in words, and its text; `level` is a heading's, `faulty` says that something is missing."""

    what: str
    text: str
    level: int = 0
    faulty: bool = False


@dataclass(slots=True)
class _Node:
    tag: str
    attributes: dict[str, str]
    children: list[_Node | str] = field(default_factory=list)


class _Tree(HTMLParser):
    """Builds the tree of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.root = _Node("", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = _Node(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(node)
        if tag not in VOID:
            self.open.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].children.append(_Node(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        depth = next((place for place in range(len(self.open) - 1, 0, -1) if self.open[place].tag == tag), 0)
        if depth:
            del self.open[depth:]

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def spoken(page: str) -> list[Said]:
    """Return what is read aloud of a page of HTML, in order."""
    tree = _Tree()
    tree.feed(page)
    labels = {node.attributes["for"]: node for node in _all(tree.root) if node.tag == "label" and "for" in node.attributes}
    return list(_joined(_read(tree.root, labels)))


def _all(node: _Node) -> Iterator[_Node]:
    yield node
    for child in node.children:
        if isinstance(child, _Node):
            yield from _all(child)


def _silent(node: _Node) -> bool:
    named = node.attributes
    return node.tag in SILENT or "hidden" in named or named.get("aria-hidden") == "true" or named.get("type") == "hidden"


def _text(node: _Node) -> str:
    """Return the text inside, as it is read: pictures by their words, nothing of what is hidden."""
    parts = []
    for child in node.children:
        if isinstance(child, str):
            parts.append(child)
        elif child.tag in {"img", "svg"}:
            parts.append(f" {_name(child)} ")
        elif not _silent(child):
            parts.append(_text(child) if child.tag in INLINE and child.tag != "br" else f" {_text(child)} ")
    return " ".join("".join(parts).split())


def _name(node: _Node) -> str:
    return node.attributes.get("aria-label") or node.attributes.get("alt") or ""


def _joined(found: Iterator[Said]) -> Iterator[Said]:
    """Join pieces of running text that only marks of emphasis divide."""
    waiting = ""
    for said in found:
        if said.what:
            if waiting.strip():
                yield Said(gettext("Text"), " ".join(waiting.split()))
            waiting = ""
            if said.what != _END:
                yield said
        else:
            waiting += said.text
    if waiting.strip():
        yield Said(gettext("Text"), " ".join(waiting.split()))


_END = "\n"  # where a block ends: nothing is read, running text is not joined across it


def _read(node: _Node, labels: dict[str, _Node]) -> Iterator[Said]:
    """Yield what is read of a node's children; running text has no `what` until it is joined."""
    for child in node.children:
        if isinstance(child, str):
            yield Said("", child)
        elif not _silent(child):
            yield from _read_one(child, labels)


def _read_one(node: _Node, labels: dict[str, _Node]) -> Iterator[Said]:
    tag = node.tag
    if tag in INLINE:
        yield from _read(node, labels) if tag != "br" else [Said("", " ")]
    elif tag in HEADINGS:
        level = HEADINGS.index(tag) + 1
        yield Said(gettext("Heading %(level)s", level=level), _text(node), level, not _text(node))
    elif tag in {"img", "svg"}:
        yield from _picture(node)
    elif tag in {"a", "button", "summary"}:
        words = {"a": gettext("Link"), "button": gettext("Button"), "summary": gettext("Button that opens a text")}
        yield Said(words[tag], _name(node) or _text(node), faulty=not (_name(node) or _text(node)))
    elif tag in {"input", "select", "textarea"}:
        yield _field(node, _text(labels[node.attributes["id"]]) if node.attributes.get("id") in labels else "")
    elif tag == "label":
        yield from _label(node)
    else:
        start = _start(node)
        yield start or Said(_END, "")
        yield from _read(node, labels)
        yield Said(_END, "")


def _start(node: _Node) -> Said | None:
    """Return what is said on entering a part of the page: a landmark, a list, a table."""
    name, inside = _name(node), list(_all(node))[1:]
    landmarks = {
        "main": gettext("Main part"), "nav": gettext("Navigation"), "aside": gettext("Beside it"), "article": gettext("Article"),
    }  # fmt: skip
    if node.tag in landmarks:
        return Said(landmarks[node.tag], name)
    if node.tag in {"section", "form"} and name:
        return Said(gettext("Part"), name)
    if node.tag in {"ul", "ol"}:
        count = sum(isinstance(child, _Node) and child.tag == "li" for child in node.children)
        return Said(gettext("List"), ngettext("%(num)s entry", "%(num)s entries", count))
    if node.tag == "table":
        count = sum(each.tag == "tr" for each in inside)
        return Said(gettext("Table"), ngettext("%(num)s row", "%(num)s rows", count), faulty=not any(each.tag == "th" for each in inside))
    return None


def _picture(node: _Node) -> Iterator[Said]:
    """Yield a picture with its words; one for decoration alone is passed over."""
    if _name(node):
        yield Said(gettext("Picture"), _name(node))
    elif node.tag == "img" and "alt" not in node.attributes:
        yield Said(gettext("Picture"), gettext("without words"), faulty=True)


def _label(node: _Node) -> Iterator[Said]:
    """Yield the field that a label stands around; one with `for` is said at its field."""
    inner = next((each for each in _all(node) if each.tag in {"input", "select", "textarea"}), None)
    if inner is not None:
        yield _field(inner, _text(node))


def _field(node: _Node, label: str) -> Said:
    kinds = {"checkbox": gettext("Box to tick"), "radio": gettext("Choice"), "submit": gettext("Button"), "file": gettext("File to choose")}
    what = (
        gettext("List to choose from") if node.tag == "select" else kinds.get(node.attributes.get("type", ""), gettext("Field to write in"))
    )
    name = _name(node) or label or node.attributes.get("title", "")
    return Said(what, name or gettext("without a name"), faulty=not name)
