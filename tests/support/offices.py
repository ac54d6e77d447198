"""Word documents and slides for tests, made as office programs make them."""

from __future__ import annotations

import io
import zipfile

import docx
from PIL import Image
from pptx import Presentation
from pptx.util import Inches


def picture(colour="green", size=(40, 30), kind="PNG"):
    """Return the bytes of a small picture."""
    data = io.BytesIO()
    Image.new("RGB", size, colour).save(data, kind)
    return data.getvalue()


def sentence(count):
    """Return a text of so many words."""
    return " ".join(["kata"] * count)


def word(build):
    """Return the bytes of a Word document; `build(document)` fills it."""
    document = docx.Document()
    build(document)
    data = io.BytesIO()
    document.save(data)
    return data.getvalue()


def handout(document, words=120):
    """Fill a document: a title, two chapters, a list, a table, a picture."""
    document.add_heading("Mendengar di loket", 0)
    document.add_paragraph("Pengantar singkat.")
    for chapter in ("Sapa", "Tunggu"):
        document.add_heading(chapter, 1)
        document.add_paragraph().add_run(sentence(words)).bold = True
        document.add_heading(f"{chapter} lagi", 2)
        document.add_paragraph("satu", style="List Bullet")
        document.add_paragraph("dua", style="List Bullet")
        document.add_paragraph(sentence(words))
    table = document.add_table(2, 2)
    for cell, text in zip((cell for row in table.rows for cell in row.cells), ("Ucapan", "Arti", "“Sabar”", "tunda"), strict=True):
        cell.text = text
    document.add_picture(io.BytesIO(picture()))


def slides(build):
    """Return the bytes of slides; `build(deck)` fills them."""
    deck = Presentation()
    build(deck)
    data = io.BytesIO()
    deck.save(data)
    return data.getvalue()


def talk(deck):
    """Fill slides: a title, one with points and notes, a part of its own with a picture and a table."""
    first = deck.slides.add_slide(deck.slide_layouts[0])
    first.shapes.title.text = "Melayani dengan empati"
    points = deck.slides.add_slide(deck.slide_layouts[1])
    points.shapes.title.text = "Tiga langkah"
    frame = points.placeholders[1].text_frame
    frame.text = "Sapa"
    for text, level in (("dengan nama", 1), ("Tunggu", 0)):
        paragraph = frame.add_paragraph()
        paragraph.text, paragraph.level = text, level
    points.notes_slide.notes_text_frame.text = "Ceritakan kisah Bu Rini.\nBeri waktu."
    deck.slides.add_slide(deck.slide_layouts[2]).shapes.title.text = "Latihan"
    shown = deck.slides.add_slide(deck.slide_layouts[5])
    shown.shapes.title.text = "Alur"
    image = shown.shapes.add_picture(io.BytesIO(picture("blue")), Inches(1), Inches(1))
    image._element.nvPicPr.cNvPr.set("descr", "Alur warga dari pintu ke loket")
    table = shown.shapes.add_table(2, 2, Inches(1), Inches(3), Inches(4), Inches(1)).table
    for index, text in enumerate(("A", "B", "1", "2")):
        table.cell(index // 2, index % 2).text = text
    hidden = deck.slides.add_slide(deck.slide_layouts[5])
    hidden.shapes.title.text = "Cadangan"
    hidden._element.set("show", "0")


def repacked(data, change):
    """Return a document after `change({name: bytes})`."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change(parts)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return packed.getvalue()
