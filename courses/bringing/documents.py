"""A Word document or slides as the outline of a first draft. Pure: bytes in, an outline out; nothing is kept and nothing fetched."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from pathlib import PurePath
from typing import Any

import mammoth
from mammoth.docx.files import InvalidFileReferenceError
from PIL import Image, UnidentifiedImageError

from courses.bringing import slides
from courses.bringing.outlines import Chapter, Lesson, chapters_of, without_title
from courses.bringing.packages import Kind, opened
from courses.bringing.sieve import Left, TooMuchError
from courses.bringing.wordpages import page_of
from lms.api import ContentError, gettext

ENDINGS = {"PNG": "png", "JPEG": "jpg", "GIF": "gif", "WEBP": "webp"}
MOST_PICTURES = 40
MOST_PICTURE = 6 * 1024 * 1024
MOST_TOGETHER = 15 * 1024 * 1024
MOST_TITLE = 120
STYLES = (
    "p[style-name='Title'] => h1.document-title:fresh\np[style-name='Judul'] => h1.document-title:fresh\nr[style-name='Strong'] => strong"
)
TITLE = re.compile(r'<h1 class="document-title">(.*?)</h1>', re.DOTALL)
TAG = re.compile(r"<[^>]*>")
FORMULA = (b"<m:oMath", b"<a14:m>")
DRAWING = (b"<c:chart ", b"<dgm:relIds")


@dataclass(slots=True)
class Pictures:
    """The pictures of a document under the names that its texts use, and the words that it has for them."""

    data: dict[str, bytes] = field(default_factory=dict)
    left: set[Left] = field(default_factory=set)
    places: dict[bytes, str] = field(default_factory=dict)

    def add(self, data: bytes) -> str:
        """Return the name of a picture, or nothing for one that pages cannot show."""
        if data in self.places:
            return self.places[data]
        ending = ENDINGS.get(_format(data), "")
        together = sum(len(each) for each in self.data.values()) + len(data)
        if not ending or len(data) > MOST_PICTURE or together > MOST_TOGETHER or len(self.data) >= MOST_PICTURES:
            self.left.add(Left.KIND)
            return ""
        name = f"figures/gambar-{len(self.data) + 1}.{ending}"
        self.data[name], self.places[data] = data, name
        return name


@dataclass(frozen=True, slots=True)
class Found:
    """What a document would become."""

    title: str
    chapters: tuple[Chapter, ...]
    pictures: dict[str, bytes]
    left: frozenset[Left]

    @property
    def lessons(self) -> list[Lesson]:
        """Return the lessons of all chapters."""
        return [lesson for chapter in self.chapters for lesson in chapter.lessons]


def found_in(data: bytes, name: str) -> Found:
    """Return the outline of a document. Raises ContentError with a sentence for one that cannot be read, or holds no text."""
    package = opened(data)
    pictures = Pictures()
    left = set(package.left) | set(_beside(package.data))
    try:
        if package.kind is Kind.WORD:
            title, text = _word(package.data, pictures, left)
            title, text = without_title(text, title)
            chapters = chapters_of(text, title or _stem(name))
        else:
            title, chapters = slides.read(package.data, pictures, left, _stem(name))
    except TooMuchError as error:
        raise ContentError(gettext("This document is too long or nested too deeply. Bring it in in parts.")) from error
    except ContentError:
        raise
    except Exception as error:  # libraries that read what strangers have written raise whatever they stumble over
        raise ContentError(gettext("The document is damaged or locked with a password.")) from error
    if not any(lesson.text.strip() for chapter in chapters for lesson in chapter.lessons):
        raise ContentError(gettext("There is no text in this document. Text in pictures cannot be read."))
    used = {
        name: data for name, data in pictures.data.items() if any(name in lesson.text for chapter in chapters for lesson in chapter.lessons)
    }
    return Found((title or _stem(name))[:MOST_TITLE], tuple(chapters), used, frozenset(left | pictures.left))


def _word(data: bytes, pictures: Pictures, left: set[Left]) -> tuple[str, str]:
    """Return (title, Markdown) of a Word document."""
    made: Any = mammoth.convert_to_html(
        io.BytesIO(data),
        style_map=STYLES,
        include_embedded_style_map=False,
        convert_image=mammoth.images.img_element(lambda image: {"src": _picture(image, pictures)}),
        external_file_access=False,
    )
    title = TITLE.search(made.value)
    html = TITLE.sub("", made.value)
    page = page_of(html, frozenset(pictures.data))
    left |= page.left - ({Left.PICTURE} if Left.KIND in pictures.left else set())
    return _plain(title[1]) if title else "", page.markdown


def _picture(image: Any, pictures: Pictures) -> str:
    try:
        with image.open() as opened_image:
            return pictures.add(opened_image.read())
    except (InvalidFileReferenceError, OSError, KeyError, ValueError):  # one that lies elsewhere, or is not there
        pictures.left.add(Left.PICTURE)
        return ""


def _plain(html: str) -> str:
    return re.sub(r"\s+", " ", unescape(TAG.sub("", html))).strip()[:MOST_TITLE]


def _format(data: bytes) -> str:
    """Return the format that a picture has by its bytes; nothing of it is unpacked."""
    try:
        with Image.open(io.BytesIO(data), formats=tuple(ENDINGS)) as image:
            return "JPEG" if image.format == "MPO" else str(image.format)  # a JPEG with a preview in it, as cameras write it
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return ""


def _beside(data: bytes) -> Iterator[Left]:
    """Tell what a document holds that nobody here can read. The package is stored without compression, so its bytes are its parts."""
    if any(word in data for word in FORMULA):
        yield Left.FORMULA
    if any(word in data for word in DRAWING):
        yield Left.DRAWING


def _stem(name: str) -> str:
    return re.sub(r"[\s_]+", " ", PurePath(name.replace("\\", "/")).stem).strip()[:MOST_TITLE] or "Dokumen"
