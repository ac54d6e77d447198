"""Documents (PDF): read to the end, and refused when they hold something that acts: scripts, programs to start, files inside."""

from __future__ import annotations

import io
import itertools
import logging

from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, StreamObject

from lms.api import ContentError, gettext
from media.cleaning.kinds import Kind
from media.cleaning.pictures import Cleaned

MOST_OBJECTS = 100_000
MOST_PAGES = 1000
_ACTS = frozenset({"/JS", "/JavaScript", "/Launch", "/EmbeddedFile", "/EmbeddedFiles", "/RichMedia", "/XFA", "/SubmitForm", "/ImportData"})
_SUBTYPES = frozenset({"/JavaScript", "/Launch", "/RichMedia", "/FileAttachment", "/EmbeddedFile", "/SubmitForm", "/ImportData", "/GoToE"})

logging.getLogger("pypdf").setLevel(logging.ERROR)  # it warns of every crooked document; what matters is raised


def clean_paper(data: bytes, kind: Kind) -> Cleaned:
    """Return a document as it is. Raises ContentError for one that is damaged, locked, or holds something that acts."""
    try:
        reader = PdfReader(io.BytesIO(data), strict=False)
        if reader.is_encrypted:
            raise ContentError(gettext("The PDF is locked with a password. Save it without one."))
        if len(reader.pages) > MOST_PAGES:
            raise ContentError(gettext("The PDF has more than %(count)s pages.", count=MOST_PAGES))
        found = _acting(reader)
    except ContentError:
        raise
    except Exception as error:  # whatever a crooked document makes of its reader
        raise ContentError(gettext("The PDF is damaged or not whole.")) from error
    if found:
        raise ContentError(gettext("The PDF holds something that could act: %(what)s. Print it to a new PDF and upload that.", what=found))
    # A second kind of file behind the end (an archive, a page) is not part of the document.
    end = data.rfind(b"%%EOF")
    return Cleaned(data[: end + 5] + b"\n" if end > 0 and len(data) > end + 7 else data, kind)


def _acting(reader: PdfReader) -> str:
    """Return the first name in the document that makes a reader act; empty when there is none."""
    named = {(number, generation) for generation, table in reader.xref.items() for number in table}
    named |= {(number, 0) for number in reader.xref_objStm}
    if len(named) > MOST_OBJECTS:
        raise ValueError("too many objects")
    objects = (reader.get_object(IndirectObject(number, generation, reader)) for number, generation in sorted(named))
    for found in itertools.chain([reader.trailer], objects):
        name = _in(found)
        if name:
            return name
    return ""


def _in(thing: object) -> str:
    """Look through one object and what lies directly in it."""
    waiting: list[object] = [thing]
    while waiting:
        found = waiting.pop()
        if isinstance(found, (DictionaryObject, StreamObject)):
            for key in found:
                value = found.raw_get(key)
                if key in _ACTS:
                    return str(key)
                if key in {"/S", "/Subtype", "/Type"} and value in _SUBTYPES:
                    return str(value)
                if isinstance(value, (DictionaryObject, ArrayObject)):
                    waiting.append(value)
        elif isinstance(found, ArrayObject):
            waiting += [value for value in found if isinstance(value, (DictionaryObject, ArrayObject))]
    return ""
