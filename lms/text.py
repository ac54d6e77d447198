"""What authors write: Markdown in, clean HTML out. Rendered once, when it is saved, and stored beside its source.

Three gates: HTML in the source is text, not markup; bleach cleans what the renderer made; nh3 cleans that again. (bleach is no longer
maintained; it stays as asked and is never the only gate.) Both allow-lists come from the one table below, and the page's content
security policy stands behind them.
"""

from __future__ import annotations

import re
import threading
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping
from typing import Any

import bleach
import nh3
from flask import has_app_context
from markdown import Markdown
from markdown.extensions import Extension
from markdown.extensions.toc import slugify
from markdown.treeprocessors import Treeprocessor

from lms.files import Shown
from lms.registry import file_store

# Raised when the renderer or the table changes, so that stored HTML can be found and made again.
SANITIZER_VERSION = 2

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
    "picture": frozenset(),
    "source": frozenset({"src", "srcset", "sizes", "type"}),
    "video": frozenset({"src", "controls", "preload", "poster", "width", "height", "aria-label"}),
    "audio": frozenset({"src", "controls", "preload", "aria-label"}),
    "track": frozenset({"src", "kind", "srclang", "label"}),
    "figure": frozenset(),
    "div": frozenset({"tabindex"}),  # a wide table scrolls, by keyboard too
    "details": frozenset(),
}

FETCHED = frozenset({"src", "srcset", "poster"})  # attributes that make a browser fetch something

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
    if name in FETCHED:
        return name in ALLOWED.get(tag, ()) and _own_addresses(value)
    return name in ALLOWED.get(tag, ())


def _own_addresses(value: str) -> bool:
    """Tell whether pictures and films lie on this site: from elsewhere they would tell others who reads what."""
    return all(re.fullmatch(r"\s*/(?!/)[^\s\\]*(\s+\d+w)?\s*", part) for part in value.split(","))


_bleach = bleach.Cleaner(tags=set(ALLOWED), attributes=_attribute, protocols=set(SCHEMES), strip=True, strip_comments=True)


def _second_look(tag: str, name: str, value: str) -> str | None:
    """Decide about one attribute (nh3)."""
    if name in FETCHED and not _own_addresses(value):
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
    known: Mapping[str, Shown] = {}

    def run(self, root: ET.Element) -> None:
        """Walk the whole tree once."""
        self.known = _known(self.files.get(image.get("src", ""), image.get("src", "")) for image in root.iter("img"))
        for parent in list(root.iter()):
            for index, child in enumerate(list(parent)):
                if child.tag == "img":
                    parent[index] = self._image(child)
                elif child.tag == "p" and len(child) == 1 and child[0].tag == "img" and not (child.text or child[0].tail or "").strip():
                    parent[index] = self._figure(child[0], child.tail)
                elif child.tag == "a":
                    child.set("href", self.files.get(child.get("href", ""), child.get("href", "")))
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

    def _image(self, image: ET.Element) -> ET.Element:
        """Return a picture with its address and size, or a film in its place; done once, also for one that has moved into a figure."""
        if "loading" in image.attrib:
            return image
        source = self.files.get(image.get("src", ""), image.get("src", ""))
        shown = self.known.get(source) or Shown("picture", source)
        if shown.kind in {"video", "audio"}:
            return _film(image, shown)
        image.set("src", shown.src)
        image.set("loading", "lazy")
        if shown.width and shown.height:  # so that nothing jumps when it comes
            image.set("width", str(shown.width))
            image.set("height", str(shown.height))
        return image

    def _figure(self, image: ET.Element, tail: str | None) -> ET.Element:
        """Return a figure: a picture with its smaller copies, or a film or sound that is fetched only when somebody wants it."""
        figure = ET.Element("figure")
        figure.tail = tail
        caption = image.attrib.pop("title", "")
        image.tail = None
        shown = self.known.get(self.files.get(image.get("src", ""), image.get("src", "")))
        made = self._image(image)
        if shown and shown.sources and made is image:
            holder = ET.SubElement(figure, "picture")
            for kind, addresses, sizes in shown.sources:
                ET.SubElement(holder, "source", {"type": kind, "srcset": addresses, "sizes": sizes})
            holder.append(image)
        else:
            figure.append(made)
        said = " · ".join(part for part in (caption, shown.credit if shown else "") if part)
        if said:
            ET.SubElement(figure, "figcaption").text = said
        return figure


def _known(addresses: Iterable[str]) -> Mapping[str, Shown]:
    """Ask the store how the files of a text are shown."""
    wanted = list(addresses)
    store = file_store() if wanted and has_app_context() else None
    return store.shown(wanted) if store else {}


def _film(image: ET.Element, shown: Shown) -> ET.Element:
    film = ET.Element(shown.kind, {"controls": "controls", "preload": "none"})
    film.tail = image.tail
    about = {"aria-label": image.get("alt", ""), "poster": shown.poster}
    if shown.kind == "video" and shown.width and shown.height:
        about |= {"width": str(shown.width), "height": str(shown.height)}
    film.attrib.update({name: value for name, value in about.items() if value})
    for kind, address, _sizes in shown.sources:
        ET.SubElement(film, "source", {"src": address, "type": kind})
    if not shown.sources:
        film.set("src", shown.src)
    for language, address in shown.captions:
        ET.SubElement(film, "track", {"kind": "captions", "src": address, "srclang": language, "label": language})
    return film


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
