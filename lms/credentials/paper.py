"""From a snapshot to the PDF that is handed out."""

from __future__ import annotations

import base64
import functools
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import segno

from lms.errors import NotFound
from lms.pdf import pdf
from lms.registry import file_store

SOURCE = Path(__file__).parent / "certificate.typ"
TYPES = {"png": "image/png", "jpg": "image/jpeg"}  # of letterheads, beside SVG


def certificate_pdf(snapshot: Mapping[str, Any]) -> bytes:
    """Return the PDF of a certificate: two A4 pages, fonts inside, tagged. The same snapshot always gives the same words."""
    return pdf(SOURCE, {**snapshot, "letterhead": _letterhead(snapshot["letterhead"]), "qr": _qr(snapshot["url"])})


def _qr(url: str) -> str:
    buffer = io.BytesIO()
    segno.make(url, error="m").save(buffer, kind="svg", xmldecl=False, border=1)
    return buffer.getvalue().decode()


@functools.lru_cache(maxsize=16)
def _letterhead(address: str) -> str:
    """Return a picture of the store as SVG, which Typst takes as text; empty when there is none or it is gone."""
    store = file_store()
    if not address or store is None:
        return ""
    try:
        data = store.load(address)
    except NotFound:
        return ""
    kind = address.rpartition(".")[2]
    if kind == "svg":
        return data.decode()
    picture = base64.b64encode(data).decode()
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1600 260">'
        f'<image href="data:{TYPES[kind]};base64,{picture}" width="1600" height="260"/></svg>'
    )
