"""Drawings (SVG): one that holds only shapes and words stays as it is; any other is filtered, and looked at again.

svg-hush takes out scripts, handlers, foreign objects, document types and references to elsewhere. What still could act or fetch after
that is refused: the table below decides, not the filter.
"""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, ParseError

import py_svg_hush
from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from lms.api import ContentError, gettext
from media.cleaning.kinds import Kind
from media.cleaning.pictures import Cleaned

MOST_BYTES = 1024 * 1024
MOST_ELEMENTS = 20_000
_ACTS = frozenset(
    {"script", "foreignobject", "iframe", "object", "embed", "animate", "animatetransform", "animatemotion", "set", "handler"}
)
_REFUSED = _ACTS | {"listener", "image", "feimage", "audio", "video", "canvas", "meta", "link", "base"}
_STYLE = re.compile(r"@import|url\((?!\s*['\"]?#)|expression|javascript:|\\", re.IGNORECASE)


def clean_drawing(data: bytes, kind: Kind) -> Cleaned:
    """Return a drawing in which nothing acts or fetches; a clean one with the same bytes. Raises ContentError for one that cannot be cleaned."""
    if len(data) > MOST_BYTES:
        raise ContentError(gettext("The drawing (SVG) is larger than 1 MB. Save it as a PNG, or with fewer points."))
    root = _parsed(data)
    if root is None or _fault(root):
        try:
            data = py_svg_hush.filter_svg(data)
        except (ValueError, TypeError, RuntimeError) as error:
            raise ContentError(gettext("The drawing (SVG) is not well-formed.")) from error
        root = _parsed(data)
        if root is None:
            raise ContentError(gettext("The drawing (SVG) is not well-formed."))
    fault = _fault(root)
    if fault:
        raise ContentError(gettext("The drawing (SVG) holds something that could act or fetch: %(tag)s.", tag=fault))
    width, height = _size(root)
    return Cleaned(data, kind, width, height)


def _parsed(data: bytes) -> Element | None:
    """Return the root of a well-formed drawing without document type; None for anything else."""
    try:
        root: Element = ElementTree.fromstring(data, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        return None
    return root if _plain(root.tag) == "svg" and sum(1 for _element in root.iter()) <= MOST_ELEMENTS else None


def _plain(name: object) -> str:
    return str(name).rpartition("}")[2].lower()


def _fault(root: Element) -> str:
    """Return the name of the first thing that could act or fetch; empty when there is none."""
    for element in root.iter():
        tag = _plain(element.tag)
        if tag in _REFUSED or (tag == "style" and _STYLE.search("".join(element.itertext()))):
            return tag
        for name, value in element.attrib.items():
            plain = _plain(name)
            if plain.startswith("on") or (plain in {"href", "src"} and not re.fullmatch(r"#[\w.:-]*", value)):
                return plain
            if _STYLE.search(value):
                return plain
    return ""


def _size(root: Element) -> tuple[int | None, int | None]:
    """Return width and height of a drawing in its own units, for its proportions."""
    box = re.findall(r"-?[\d.]+(?:e-?\d+)?", root.get("viewBox", ""))
    found = box[2:4] if len(box) == 4 else [re.sub(r"(px)?$", "", root.get(name, "")) for name in ("width", "height")]
    try:
        width, height = (round(float(text)) for text in found)
    except (ValueError, OverflowError):
        return None, None
    return (width, height) if 0 < width < 100_000 and 0 < height < 100_000 else (None, None)
