"""XML from strangers, read piece by piece: no document type, no entity, nothing from outside, and limits on depth and size."""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.etree.ElementTree import Element, TreeBuilder
from xml.sax import SAXException, SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl, Locator

from defusedxml import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser

from lms.api import Refused
from lms.api import gettext as __

DEEPEST = 60
MOST_ELEMENTS = 300_000
LONGEST_ATTRIBUTE = 10_000

_LONG_TAG = re.compile(rb"<[^<>!?]{100000}")

Take = Callable[[Element, int], None]  # an element with all that is in it, and the line where it begins


def read_elements(data: bytes, root: str, name: str, take: Take, depth: int = 2) -> int | None:
    """Give `take` every element of this name right below the root, with its line, as soon as it is complete.

    Prefixes of names are left out. A depth of 3 takes elements one level further down.
    Returns the line where the file breaks off, or None when it is whole. Raises Refused for another root, and for what is made to harm.
    """
    if _LONG_TAG.search(data):
        raise Refused(__("An element in the file is too long. Peduli does not read it."))
    handler = _Handler(root, name, take, depth)
    try:
        parser = DefusedExpatParser(forbid_dtd=True)
        parser.setContentHandler(handler)
        handler.setDocumentLocator(parser)
        parser.feed(data)  # at once: a tag that goes on and on would be looked through again with every piece
        parser.close()
    except DefusedXmlException as error:
        raise Refused(__("The file holds a document type or entities. Peduli reads no such XML.")) from error
    except SAXParseException as error:
        if not handler.started:
            raise Refused(__("The file is not XML, or it is damaged at the beginning.")) from error
        return error.getLineNumber() or 1
    except (SAXException, LookupError, ValueError) as error:
        raise Refused(__("The file cannot be read as XML. Save it in UTF-8.")) from error
    return None


class _Handler(ContentHandler):
    """Builds the elements that are wanted, one at a time."""

    def __init__(self, root: str, name: str, take: Take, wanted: int) -> None:
        super().__init__()
        self.root, self.name, self.take, self.wanted = root, name, take, wanted
        self.started = False
        self._depth = self._elements = self._line = 0
        self._builder: TreeBuilder | None = None
        self._place: Locator | None = None

    def setDocumentLocator(self, locator: Locator) -> None:  # noqa: N802 - what SAX calls it
        """Remember who knows the line."""
        self._place = locator

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802 - what SAX calls it
        """Begin an element; refuse what no program writes."""
        name = _bare(name)
        if self._depth == 0:
            if name != self.root:
                raise Refused(__("The file is XML, but not of this format: it begins with “%(name)s”.", name=name[:40]))
            self.started = True
        self._depth += 1
        self._elements += 1
        if self._depth > DEEPEST or self._elements > MOST_ELEMENTS:
            raise Refused(__("The file nests too deeply or has too many parts. Peduli does not read it."))
        values = {_bare(attribute): value for attribute, value in attrs.items()}
        if any(len(value) > LONGEST_ATTRIBUTE for value in values.values()):
            raise Refused(__("An attribute in the file is too long. Peduli does not read it."))
        if self._depth == self.wanted and name == self.name and self._builder is None:
            self._builder = TreeBuilder()
            self._line = (self._place.getLineNumber() if self._place else None) or 1
        if self._builder is not None:
            self._builder.start(name, values)

    def characters(self, content: str) -> None:
        """Take text inside a wanted element."""
        if self._builder is not None:
            self._builder.data(content)

    def endElement(self, name: str) -> None:  # noqa: N802 - what SAX calls it
        """End an element; hand over one that is wanted."""
        self._depth -= 1
        if self._builder is None:
            return
        self._builder.end(_bare(name))
        if self._depth == self.wanted - 1:
            element, self._builder = self._builder.close(), None
            self.take(element, self._line)


def _bare(name: str) -> str:
    return name.rpartition(":")[2]
