"""Spreadsheets as they come: bytes in, cells with their row numbers out. Knows nothing about what stands in them."""

from __future__ import annotations

import csv
import io
import re

from lms.cohorts.cells import MOST_COLUMNS, MOST_ROWS, Cell, Row, Sheet, SheetError, clean, too_large
from lms.cohorts.workbooks import read_workbook
from lms.i18n import gettext as _

MOST_BYTES = 5 * 1024 * 1024
SEPARATORS = ",;\t|"

_HINT = re.compile(r"sep=([,;\t|])\r?\n", re.IGNORECASE)  # which Excel writes and reads


def read_sheets(data: bytes) -> list[Sheet]:
    """Return the visible sheets of an XLSX file; of a CSV file its readings, which have no names.

    Raises SheetError, and nothing else, for whatever else it is.
    """
    if len(data) > MOST_BYTES:
        raise SheetError(_("The file is larger than 5 MB. Delete pictures and sheets that are not needed."))
    if data.startswith(b"PK"):
        return read_workbook(data)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise SheetError(_("This is an old Excel file, or one with a password. Open it and save it as .xlsx without a password."))
    if data.lstrip()[:1] == b"<":
        raise SheetError(_("This is a web page with the ending of a spreadsheet. Open it in Excel and save it as .xlsx."))
    return _csv(data)


# -- CSV -----------------------------------------------------------------------------------------------------------------------------


def _csv(data: bytes) -> list[Sheet]:
    """Return the file as a table for each sign that may separate its cells; the one with known headings is the right one."""
    text = _decode(data)
    hint = _HINT.match(text)
    if hint:
        return [_parse(text[hint.end() :], hint[1], first=2)]
    return [_parse(text, separator, first=1) for separator in SEPARATORS if separator in text] or [_parse(text, SEPARATORS[0], first=1)]


def _parse(text: str, separator: str, *, first: int) -> Sheet:
    rows = []
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        for number, cells in enumerate(reader, start=first):
            if number - first >= MOST_ROWS:
                raise too_large()
            rows.append(Row(number, tuple(Cell(clean(cell)) for cell in cells[:MOST_COLUMNS])))
    except csv.Error:
        raise SheetError(_("This does not look like a table. Save the list as .xlsx or as CSV and try again.")) from None
    return Sheet("", rows, separator=separator)


def _decode(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    if b"\x00" in data:
        raise SheetError(_("This does not look like a table. Save the list as .xlsx or as CSV and try again."))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")
