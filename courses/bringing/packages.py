"""A document of an office program is a zip of XML. It is opened with distrust and packed anew: what is read afterwards holds nothing else."""

from __future__ import annotations

import enum
import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from courses.bringing.sieve import Left
from lms.api import ContentError, gettext

MOST_PACKED = 20 * 1024 * 1024
MOST_UNPACKED = 40 * 1024 * 1024
MOST_PARTS = 3_000
MOST_XML = 6 * 1024 * 1024  # a part
MOST_ELEMENTS = 150_000
MOST_DEPTH = 100
MOST_RATIO = 200  # an XML part of an office program shrinks to a twentieth, seldom to a hundredth
SMALL = 1024 * 1024  # whose ratio is nobody's concern
CHUNK = 256 * 1024
LEFT_OUT = ("vbaproject", "/embeddings/", "/activex/", "/customxml/", "/printersettings/")


class Kind(enum.StrEnum):
    """What a document is, by what it holds."""

    WORD = "word/document.xml"
    SLIDES = "ppt/presentation.xml"


@dataclass(frozen=True, slots=True)
class Package:
    """A document, packed anew."""

    kind: Kind
    data: bytes
    left: frozenset[Left]


def kind_of(file: IO[bytes]) -> Kind | None:
    """Tell what kind of document this is, or None. Reads the list of its parts only, and leaves the file at its beginning."""
    try:
        with zipfile.ZipFile(file) as archive:
            names = set(archive.namelist()[:MOST_PARTS])
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        names = set()
    file.seek(0)
    return next((kind for kind in Kind if kind in names), None)


def opened(data: bytes) -> Package:
    """Return a document with its safe parts only. Raises ContentError for what is no document, or would grow while it is read."""
    if len(data) > MOST_PACKED:
        raise ContentError(gettext("The document is larger than 20 MB. Make its pictures smaller, or bring it in in parts."))
    kind = kind_of(io.BytesIO(data))
    if kind is None:
        raise ContentError(
            gettext("This is no Word document (.docx) and no PowerPoint file (.pptx), or it is damaged or locked with a password.")
        )
    packed = io.BytesIO()
    left: set[Left] = set()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive, zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as anew:
            for name, part in _parts(archive, left):
                anew.writestr(name, part)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError) as error:
        raise ContentError(gettext("The document is damaged or locked with a password.")) from error
    return Package(kind, packed.getvalue(), frozenset(left))


def _parts(archive: zipfile.ZipFile, left: set[Left]) -> Iterator[tuple[str, bytes]]:
    parts = [info for info in archive.infolist() if not info.is_dir()]
    if len(parts) > MOST_PARTS or len({info.filename.lower() for info in parts}) < len(parts):
        raise ContentError(gettext("This document is not as an office program writes it: too many parts, or one twice."))
    room = MOST_UNPACKED
    budget = [MOST_ELEMENTS]
    for info in parts:
        low = info.filename.lower()
        if ".." in low or low.startswith("/") or "\\" in low or ":" in low or "\0" in low:
            raise ContentError(gettext("A part of this document has a name that leads out of it."))
        if any(word in f"/{low}" for word in LEFT_OUT):
            left |= {Left.MACRO} if "customxml" not in low and "printersettings" not in low else set()
            yield info.filename, b""  # others name it
            continue
        xml = low.endswith((".xml", ".rels", ".vml"))
        part = _read(archive, info, min(MOST_XML, room) if xml else room)
        room -= len(part)
        if xml or _is_xml(part):
            if len(part) > MOST_XML:
                raise _too_large()
            _look(part, budget, named=xml)
        yield info.filename, part


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> bytes:
    """Read a part, but no more than allowed, whatever its header promises."""
    data = bytearray()
    with archive.open(info) as packed:
        while chunk := packed.read(CHUNK):
            data += chunk
            bomb = len(data) > SMALL and len(data) > MOST_RATIO * max(info.compress_size, 1)
            if len(data) > most or bomb:
                raise _too_large()
    return bytes(data)


def _too_large() -> ContentError:
    return ContentError(gettext("This document becomes far larger when it is opened than it should. It was not read."))


def _is_xml(part: bytes) -> bool:
    """Tell whether a part would be read as XML: what reads documents goes by what leads to a part, not by its name."""
    return part.lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n").startswith(b"<")


def _look(part: bytes, budget: list[int], *, named: bool) -> None:
    """Refuse XML that declares entities, nests without end or has more elements than a long document; also what is named so and is none."""
    depth = 0
    try:
        for event, element in iterparse(io.BytesIO(part), events=("start", "end"), forbid_dtd=True):
            if event == "start":
                depth += 1
                budget[0] -= 1
                if depth > MOST_DEPTH or budget[0] < 0:
                    raise ContentError(gettext("This document is too long or nested too deeply. Bring it in in parts."))
            else:
                depth -= 1
                element.clear()
    except DefusedXmlException as error:
        raise ContentError(gettext("This document declares things that no office program writes. It was not read.")) from error
    except ParseError as error:
        if not named:
            return
        raise ContentError(gettext("The document is damaged or locked with a password.")) from error
