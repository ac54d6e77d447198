"""XML of QTI: its versions, reading with distrust, and one set of names for all versions.

QTI 3 calls `choiceInteraction` `qti-choice-interaction` and `maxChoices` `max-choices`; beside that, it is much as QTI 2 was. So there is
one *neutral* form, with the names of QTI 2 and no namespaces, and it is turned into a version's own names when it is written.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from lms.api import ContentError, Refused
from lms.api import gettext as __

Element = ET.Element

MOST_XML = 12 * 1024 * 1024  # bytes of a manifest
MOST_ITEM_XML = 1024 * 1024  # bytes of an item
MOST_ELEMENTS = 200_000  # of a manifest
MOST_ITEM_ELEMENTS = 10_000
MOST_DEPTH = 100
XSI = "http://www.w3.org/2001/XMLSchema-instance"
LOM = "http://ltsc.ieee.org/xsd/LOM"
NOTES = "urn:peduli:item:1"  # namespace of what QTI has no place for

# Elements that QTI took from HTML: they keep their names in QTI 3.
_HTML = (
    "a abbr acronym address article aside b bdi bdo big blockquote br caption cite code col colgroup dd details dfn div dl dt em "
    "figcaption figure footer h1 h2 h3 h4 h5 h6 header hr i img kbd label li nav object ol p param pre q rp rt ruby s samp section small "
    "span strong sub summary sup table tbody td tfoot th thead tr tt u ul var audio video source track picture math style script"
)
HTML = frozenset(_HTML.split())
BODIED = frozenset({"modalFeedback", "feedbackBlock", "rubricBlock"})  # QTI 3 puts their content into a body
_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Version:
    """What differs between the versions that are written."""

    key: str
    title: str
    item: str  # namespace of items, and where its schema is
    item_schema: str
    manifest: str
    manifest_schema: str
    resource: str  # type of an item in the manifest
    package: tuple[str, str]  # schema and its version, as the manifest names them
    prefixed: bool = False  # the names of QTI 3?


V21 = Version(
    key="qti21",
    title="QTI 2.1",
    item="http://www.imsglobal.org/xsd/imsqti_v2p1",
    item_schema="http://www.imsglobal.org/xsd/qti/qtiv2p1/imsqti_v2p1.xsd",
    manifest="http://www.imsglobal.org/xsd/imscp_v1p1",
    manifest_schema="http://www.imsglobal.org/xsd/qti/qtiv2p1/qtiv2p1_imscpv1p2_v1p0.xsd",
    resource="imsqti_item_xmlv2p1",
    package=("QTIv2.1 Package", "1.0.0"),
)
V22 = Version(
    key="qti22",
    title="QTI 2.2",
    item="http://www.imsglobal.org/xsd/imsqti_v2p2",
    item_schema="http://www.imsglobal.org/xsd/qti/qtiv2p2/imsqti_v2p2.xsd",
    manifest="http://www.imsglobal.org/xsd/imscp_v1p1",
    manifest_schema="http://www.imsglobal.org/xsd/qti/qtiv2p2/qtiv2p2_imscpv1p2_v1p0.xsd",
    resource="imsqti_item_xmlv2p2",
    package=("QTIv2.2 Package", "1.0.0"),
)
V30 = Version(
    key="qti3",
    title="QTI 3.0",
    item="http://www.imsglobal.org/xsd/imsqtiasi_v3p0",
    item_schema="https://purl.imsglobal.org/spec/qti/v3p0/schema/xsd/imsqti_asiv3p0_v1p0.xsd",
    manifest="http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1",
    manifest_schema="https://purl.imsglobal.org/spec/qti/v3p0/schema/xsd/imsqtiv3p0_imscpv1p2_v1p0.xsd",
    resource="imsqti_item_xmlv3p0",
    package=("QTI Package", "3.0.0"),
    prefixed=True,
)
VERSIONS = {version.key: version for version in (V21, V22, V30)}


class _Bounded(ET.TreeBuilder):
    """Builds a tree of bounded depth and size."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.depth = self.elements = 0
        self.most = most

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        """Begin an element. Raises Refused when there are too many, or too deep."""
        self.depth += 1
        self.elements += 1
        if self.depth > MOST_DEPTH or self.elements > self.most:
            raise Refused(__("The XML is nested too deeply or has too many elements. It is not read."))
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        """End an element."""
        self.depth -= 1
        return super().end(tag)


def read_xml(data: bytes, *, manifest: bool = False) -> Element:
    """Return the root of an item or test, or of a manifest, which may be larger, with neutral names.

    Raises ContentError with its line for XML that is not well formed; Refused for entities, depth and size that are there to harm.
    """
    most = MOST_XML if manifest else MOST_ITEM_XML
    if len(data) > most:
        raise Refused(__("The XML is larger than %(num)s MB. Split it.", num=most // 1024 // 1024))
    try:
        parser = DefusedXMLParser(target=_Bounded(MOST_ELEMENTS if manifest else MOST_ITEM_ELEMENTS))
        parser.feed(data)
        root: Element = parser.close()
    except DefusedXmlException as error:
        raise Refused(__("The XML defines entities or refers to other files. It is not read. Export it anew without them.")) from error
    except ET.ParseError as error:
        raise ContentError(__("The XML is damaged."), line=error.position[0]) from error
    except (ValueError, LookupError, AssertionError) as error:  # an encoding that nobody knows
        raise ContentError(__("The XML is damaged."), line=1) from error
    for element in root.iter():
        _neutral(element)
    return root


def _neutral(element: Element) -> None:
    name = _local(element.tag)
    prefixed = name.startswith("qti-")
    element.tag = _camel(name.removeprefix("qti-")) if prefixed else name
    for attribute in [known for known in element.attrib if prefixed or "}" in known]:
        value = element.attrib.pop(attribute)
        element.attrib.setdefault(_camel(_local(attribute)) if prefixed else _local(attribute), value)


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _camel(name: str) -> str:
    first, *others = name.split("-")
    return first + "".join(part[:1].upper() + part[1:] for part in others)


def node(tag: str, attributes: Mapping[str, str] | None = None, *children: Element | str) -> Element:
    """Return an element with children; texts stand where they are given."""
    made = Element(tag, dict(attributes or {}))
    add(made, *children)
    return made


def add(parent: Element, *children: Element | str) -> None:
    """Put elements and texts at the end of an element."""
    for child in children:
        if not isinstance(child, str):
            parent.append(child)
        elif len(parent):
            parent[-1].tail = (parent[-1].tail or "") + child
        else:
            parent.text = (parent.text or "") + child


def item_bytes(root: Element, version: Version) -> bytes:
    """Return an item in a version's names. The tree is turned into them in place."""
    if version.prefixed:
        for element in list(root.iter()):
            _prefix(element)
    return document(root, version.item, version.item_schema)


def _prefix(element: Element) -> None:
    tag = element.tag
    if tag in HTML:
        return
    if tag in BODIED:
        body = Element("qti-content-body")
        body.text, body[:] = element.text, list(element)
        element.text, element[:] = None, [body]
    element.tag = f"qti-{_kebab(tag)}"
    element.attrib = {name if ":" in name else _kebab(name): value for name, value in element.attrib.items()}


def _kebab(name: str) -> str:
    return _CAPITAL.sub("-", name).lower()


def document(root: Element, namespace: str, schema: str) -> bytes:
    """Return a document of one namespace, its attributes in the order in which they were given."""
    root.attrib = {"xmlns": namespace, "xmlns:xsi": XSI, "xsi:schemaLocation": f"{namespace} {schema}", **root.attrib}
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode").encode() + b"\n"
