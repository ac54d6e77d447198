"""Slides as lessons: each slide a section of a lesson, what the speaker says a box below it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from html import escape
from typing import Any, Protocol

from pptx import Presentation
from pptx.enum.shapes import MSO_SHAPE_TYPE
from pptx.shapes.picture import Picture
from pptx.shapes.placeholder import PlaceholderPicture

from courses.bringing.outlines import LONG, Chapter, Lesson, plain, raised
from courses.bringing.sieve import Left
from courses.bringing.wordpages import page_of
from lms.api import count_words, gettext

MOST_SLIDES = 300
MOST_TOGETHER = 12  # slides in a lesson
MOST_GROUPS = 10


class Pictures(Protocol):
    """Where the pictures of slides go."""

    data: dict[str, bytes]
    left: set[Left]

    def add(self, data: bytes) -> str:
        """Return the name of a picture, or nothing for one that pages cannot show."""


def read(data: bytes, pictures: Pictures, left: set[Left], name: str) -> tuple[str, list[Chapter]]:
    """Return (title, chapters) of slides. A slide that only heads a part begins a chapter; a chapter's slides are joined to lessons."""
    deck: Any = Presentation(io.BytesIO(data))
    title = ""
    chapters: list[tuple[str, list[tuple[str, str]]]] = [("", [])]  # (title, [(title of a slide, its text)])
    for number, slide in enumerate(list(deck.slides)[:MOST_SLIDES], start=1):
        if slide.element.get("show") == "0":
            left.add(Left.HIDDEN)
            continue
        head, text = _slide(slide, pictures, left)
        role = slide.slide_layout.element.get("type")
        if role == "title" and number == 1 and head:
            title = head
            if count_words(text) > LONG // 10:
                chapters[-1][1].append((head, text))
        elif role == "secHead" and head:
            chapters.append((head, [(head, text)] if text.strip() else []))
        else:
            chapters[-1][1].append((head or gettext("Slide %(number)s", number=number), text))
    made = [
        Chapter(plain(head) or title or name, tuple(_lessons(slides))) for head, slides in chapters if any(text for _head, text in slides)
    ]
    return title, made


def _slide(slide: Any, pictures: Pictures, left: set[Left]) -> tuple[str, str]:
    """Return (title, Markdown) of a slide."""
    heading = slide.shapes.title
    head = " ".join(heading.text_frame.text.split()) if heading is not None and heading.has_text_frame else ""
    inner = "".join(
        _shape(shape, pictures, left) for shape in _ordered(slide.shapes) if heading is None or shape.shape_id != heading.shape_id
    )
    page = page_of(inner, frozenset(pictures.data))
    left |= page.left - ({Left.PICTURE} if Left.KIND in pictures.left else set())
    said = slide.notes_slide.notes_text_frame.text.strip() if slide.has_notes_slide and slide.notes_slide.notes_text_frame else ""
    text = page.markdown.strip()
    if said:
        notes = page_of("".join(f"<p>{escape(line)}</p>" for line in said.splitlines() if line.strip())).markdown.strip()
        box = "\n".join(f"    {line}" if line else "" for line in notes.split("\n"))
        text = f'{text}\n\n!!! note "{gettext("What the speaker says")}"\n{box}'.strip()
    return head, text


def _ordered(shapes: Any, depth: int = 0) -> Iterator[Any]:
    """Give shapes in the order of reading, those of groups among them."""
    for shape in shapes:
        if shape.shape_type == MSO_SHAPE_TYPE.GROUP:
            if depth < MOST_GROUPS:
                yield from _ordered(shape.shapes, depth + 1)
        else:
            yield shape


def _shape(shape: Any, pictures: Pictures, left: set[Left]) -> str:
    """Return what stands in a shape as HTML."""
    if getattr(shape, "has_table", False) and shape.has_table:
        rows = "".join(f"<tr>{''.join(f'<td>{escape(cell.text)}</td>' for cell in row.cells)}</tr>" for row in shape.table.rows)
        return f"<table>{rows}</table>"
    if getattr(shape, "has_chart", False) and shape.has_chart:
        left.add(Left.DRAWING)
        return ""
    if isinstance(shape, (Picture, PlaceholderPicture)):
        return _picture(shape, pictures)
    if shape.shape_type == MSO_SHAPE_TYPE.MEDIA:
        left.add(Left.FILM)
        return ""
    return _text(shape) if shape.has_text_frame else ""


def _picture(shape: Any, pictures: Pictures) -> str:
    try:
        name = pictures.add(shape.image.blob)
    except (ValueError, KeyError, AttributeError):  # linked from elsewhere, or not there
        pictures.left.add(Left.PICTURE)
        return ""
    words = shape.element.xpath(".//p:cNvPr/@descr")
    return f'<p><img src="{name}" alt="{escape(str(words[0]) if words else "")}"></p>' if name else ""


def _text(shape: Any) -> str:
    """Return the paragraphs of a shape: those of a content placeholder are points, others are paragraphs."""
    if not shape.is_placeholder or sum(bool(paragraph.text.strip()) for paragraph in shape.text_frame.paragraphs) < 2:
        return "".join(f"<p>{_runs(paragraph)}</p>" for paragraph in shape.text_frame.paragraphs)
    html, depth = "", 0
    for paragraph in shape.text_frame.paragraphs:
        if not paragraph.text.strip():
            continue
        while depth > paragraph.level + 1:
            html, depth = f"{html}</li></ul>", depth - 1
        html = f"{html}</li><li>" if depth == paragraph.level + 1 else html
        while depth < paragraph.level + 1:
            html, depth = f"{html}<ul><li>", depth + 1
        html += _runs(paragraph)
    return html + "</li></ul>" * depth


def _runs(paragraph: Any) -> str:
    html = ""
    for run in paragraph.runs:
        text = escape(run.text)
        text = f"<strong>{text}</strong>" if run.font.bold else text
        text = f"<em>{text}</em>" if run.font.italic else text
        address = run.hyperlink.address
        html += f'<a href="{escape(address)}">{text}</a>' if address else text
    return html or escape(paragraph.text)


def _lessons(slides: list[tuple[str, str]]) -> Iterator[Lesson]:
    """Join slides to lessons."""
    waiting: list[tuple[str, str]] = []
    for head, text in slides:
        words = sum(count_words(each) for _head, each in waiting)
        if waiting and (words + count_words(text) > LONG or len(waiting) >= MOST_TOGETHER):
            yield _joined(waiting)
            waiting = []
        waiting.append((head, text))
    if waiting:
        yield _joined(waiting)


def _joined(slides: list[tuple[str, str]]) -> Lesson:
    (title, _), parts = slides[0], []
    for index, (head, text) in enumerate(slides):
        again = index and head == slides[index - 1][0]  # a slide that goes on
        parts += [text] if index == 0 or again else [f"## {plain(head)}", text]
    return Lesson(plain(title), raised("\n\n".join(part for part in parts if part)) + "\n")
