"""PDFs set by Typst: A4, fonts inside, tagged so that they can be read aloud (PDF/UA-1), readable for decades (PDF/A-2a)."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typst

_here = threading.local()


def pdf(source: Path, data: Mapping[str, Any]) -> bytes:
    """Return the PDF that a `.typ` file makes of data, which it reads as `json(bytes(sys.inputs.data))`.

    One compiler a thread and file is kept: starting one costs more than setting a page.
    """
    known: dict[Path, typst.Compiler] = _here.__dict__.setdefault("compilers", {})
    if source not in known:
        known[source] = typst.Compiler(str(source), ignore_system_fonts=True)
    made = known[source].compile(format="pdf", sys_inputs={"data": json.dumps(data, ensure_ascii=False)}, pdf_standards=["a-2a", "ua-1"])
    if not isinstance(made, bytes):
        raise TypeError("a PDF is one piece of bytes")
    return made
