"""What authors write: Markdown in, clean HTML out. Rendered once, when it is saved, and stored beside its source.

Three gates: HTML in the source is text, not markup; bleach cleans what the renderer made; nh3 cleans that again. (bleach is no longer
maintained; it stays as asked and is never the only gate.) Both allow-lists come from the one table below, and the page's content
security policy stands behind them.
"""

from __future__ import annotations

import re
import threading
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from typing import Any

import bleach
import nh3
from markdown import Markdown
from markdown.extensions import Extension
from markdown.extensions.toc import slugify
from markdown.treeprocessors import Treeprocessor

# Raised when the renderer or the table changes, so that stored HTML can be found and made again.
SANITIZER_VERSION = 1

BOXES = frozenset({"example", "dialogue", "task", "note", "warning", "help", "tomorrow", "local"})
SCHEMES = frozenset({"http", "https", "mailto", "tel"})

# tag: attributes. The one table of what may stand in a text.
ALLOWED: dict[str, frozenset[str]] = {
    **{
        tag: frozenset()
        for tag in ("p", "br", "hr", "em", "strong", "del", "code", "pre", "blockquote", "ul", "dl", "dt", "dd", "figcaption")
    },
    **{tag: frozenset() for tag in ("table", "thead", "tbody", "tr", "summary")},
    **{tag: frozenset({"id"}) for tag in ("h2", "h3", "h4", "sup")},
    "a": frozenset({"href", "title"}),
    "ol": frozenset({"start"}),
    "li": frozenset({"id"}),
    "th": frozenset({"scope"}),
    "td": frozenset(),
    "img": frozenset({"src", "alt", "width", "height", "loading"}),
    "figure": frozenset(),
    "div": frozenset({"tabindex"}),  # a wide table scrolls, by keyboard too
    "details": frozenset(),
}

CLASSES: dict[str, frozenset[str]] = {
    "div": BOXES | {"box", "table", "footnote"},
    "p": frozenset({"box-title"}),
    "details": frozenset({"box", "solution"}),
    "ul": frozenset({"task-list"}),
    "li": frozenset({"task-list-item", "done"}),
    "a": frozenset({"footnote-ref", "footnote-backref"}),
    "sup": frozenset(),
}


def _attribute(tag: str, name: str, value: str) -> bool:
    """Decide about one attribute (bleach)."""
    if name == "class":
        return all(word in CLASSES.get(tag, ()) for word in value.split())
    if tag == "img" and name == "src":
        return _own_address(value)
    return name in ALLOWED.get(tag, ())


def _own_address(value: str) -> bool:
    """Tell whether a picture lies on this site: pictures from elsewhere would tell others who reads what."""
    return value.startswith("/") and not value.startswith("//")


_bleach = bleach.Cleaner(tags=set(ALLOWED), attributes=_attribute, protocols=set(SCHEMES), strip=True, strip_comments=True)


def _second_look(tag: str, name: str, value: str) -> str | None:
    """Decide about one attribute (nh3)."""
    if tag == "img" and name == "src" and not _own_address(value):
        return None
    return value


def clean(html: str) -> str:
    """Return HTML with nothing left in it but what the table allows, through bleach and then nh3."""
    return nh3.clean(
        _bleach.clean(html),
        tags=set(ALLOWED),
        attributes={tag: set(names) for tag, names in ALLOWED.items() if names},
        allowed_classes={tag: set(names) for tag, names in CLASSES.items() if names},
        attribute_filter=_second_look,
        url_schemes=set(SCHEMES),
        link_rel="noopener noreferrer",
        strip_comments=True,
    )


class _Shape(Treeprocessor):
    """Turn what the renderer makes into the shapes of the design system."""

    files: Mapping[str, str] = {}

    def run(self, root: ET.Element) -> None:
        """Walk the whole tree once."""
        for parent in list(root.iter()):
            for index, child in enumerate(list(parent)):
                self._image(child)
                if child.tag == "p" and len(child) == 1 and child[0].tag == "img" and not (child.text or child[0].tail or "").strip():
                    self._image(child[0])
                    parent[index] = _figure(child[0], child.tail)
                elif child.tag == "table":
                    parent[index] = _wrapped(child)
                elif child.tag == "div" and "admonition" in child.get("class", ""):
                    _box(child)
                elif child.tag == "details":
                    child.set("class", "box solution")
                elif child.tag == "ul":
                    _tasks(child)
                elif child.tag == "th":
                    child.set("scope", "col")
                _plain_alignment(child)

    def _image(self, element: ET.Element) -> None:
        if element.tag == "img" and "loading" not in element.attrib:
            source = element.get("src", "")
            element.set("src", self.files.get(source, source))
            element.set("loading", "lazy")


def _figure(image: ET.Element, tail: str | None) -> ET.Element:
    figure = ET.Element("figure")
    figure.tail = tail
    caption = image.attrib.pop("title", "")
    image.tail = None
    figure.append(image)
    if caption:
        ET.SubElement(figure, "figcaption").text = caption
    return figure


def _wrapped(table: ET.Element) -> ET.Element:
    wrapper = ET.Element("div", {"class": "table", "tabindex": "0"})
    wrapper.tail, table.tail = table.tail, None
    wrapper.append(table)
    return wrapper


def _box(box: ET.Element) -> None:
    kinds = [word for word in box.get("class", "").split() if word in BOXES] or ["note"]
    box.set("class", f"box {kinds[0]}")
    for title in box.findall("p[@class='admonition-title']"):
        title.set("class", "box-title")


def _tasks(items: ET.Element) -> None:
    """Make `- [ ] text` a task of a list; drawn by the style sheet, since nothing could be kept of a tick on a page."""
    for item in items:
        holder = item[0] if len(item) and item[0].tag == "p" else item
        match = re.match(r"\[([ xX])\]\s+", holder.text or "")
        if match:
            holder.text = (holder.text or "")[match.end() :]
            item.set("class", "task-list-item" + (" done" if match[1] != " " else ""))
            items.set("class", "task-list")


def _plain_alignment(cell: ET.Element) -> None:
    cell.attrib.pop("style", None)


class _House(Extension):
    """HTML in the source is text; shapes are ours."""

    def __init__(self, shape: _Shape) -> None:
        super().__init__()
        self.shape = shape

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - Markdown's name
        """Take raw HTML out and put the shapes in."""
        md.preprocessors.deregister("html_block")
        md.inlinePatterns.deregister("html")
        md.treeprocessors.register(self.shape, "shape", 5)


def _slug(text: str, separator: str) -> str:
    return f"bagian-{slugify(text, separator)}"


class _Renderer(threading.local):
    """A Markdown instance for each thread: making one costs more than most texts."""

    def __init__(self) -> None:
        self.shape = _Shape()
        self.markdown = Markdown(
            extensions=["tables", "footnotes", "def_list", "admonition", "sane_lists", "toc", "pymdownx.details", _House(self.shape)],
            extension_configs={
                "toc": {"slugify": _slug, "toc_depth": "2-4"},
                "footnotes": {"BACKLINK_TITLE": "Kembali ke teks, catatan {}"},
            },
            output_format="html",
        )


_renderer = _Renderer()
_PLAIN = re.compile(r"[^*_`\[\]<>&\\!#|~^\n:]*")


def render_markdown(source: str, files: Mapping[str, str] | None = None) -> str:
    """Return clean HTML of a text; `files` maps names of pictures as written (`figures/x.svg`) to their addresses."""
    md = _renderer.markdown.reset()
    _renderer.shape.files = files or {}
    return clean(md.convert(source))


def render_line(source: str, files: Mapping[str, str] | None = None) -> str:
    """Return clean HTML of one line: emphasis, links and code, without a paragraph around it."""
    line = source.strip().replace("\n", " ")
    if _PLAIN.fullmatch(line) and not re.match(r"[-+\d]", line):
        return line
    html = render_markdown(line, files)
    match = re.fullmatch(r"<p>(.*)</p>", html.strip(), re.DOTALL)
    return match[1] if match and "<p>" not in match[1] else html


def plain_text(html: str) -> str:
    """Return the words of clean HTML."""
    return re.sub(r"\s+", " ", str(bleach.clean(html, tags=set(), strip=True))).strip()


_WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")


def count_words(text: str) -> int:
    """Return the number of words; hyphenated ones count once (`masing-masing`)."""
    return len(_WORD.findall(text))


def prepared(**html: Any) -> dict[str, Any]:
    """Return rendered pieces together with the version of the sanitiser that made them."""
    return {"sanitizer": SANITIZER_VERSION, **html}
