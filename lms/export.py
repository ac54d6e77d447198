"""Tables that leave the site as CSV or XLSX, so that a spreadsheet program never takes a cell for a formula.

The rows of both are alike: the header first, then one row each; cells are text, numbers or None. Text that begins with a sign of a formula
gets a leading apostrophe (OWASP, CSV Injection); numbers stay numbers.
"""

from __future__ import annotations

import base64
import csv
import io
import re
from collections.abc import Iterable, Sequence

import xlsxwriter
from flask import Response

Cell = str | int | float | None
Rows = Iterable[Sequence[Cell]]

# What begins a formula in some spreadsheet program, also in full width; tab and line ends are skipped by programs that look for it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# XML 1.0 has no place for these.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|[\ud800-\udfff]")
_BAD_NAME = re.compile(r"[^a-z0-9]+")
MOST_IN_A_CELL = 32767  # characters, Excel's limit
WIDEST = 48
TEXT = 49  # the number of the cell format "Text" in every Excel file


def safe(cell: Cell) -> Cell:
    """Return a cell as it may leave: text that a program could take for a formula has an apostrophe before it."""
    if not isinstance(cell, str):
        return cell
    cell = _CONTROL.sub("", cell)
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def csv_text(rows: Rows) -> str:
    """Return rows as CSV text: commas, every text cell escaped by `safe`, None empty."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerows([safe(cell) for cell in row] for row in rows)
    return buffer.getvalue()


def csv_response(rows: Rows, name: str) -> Response:
    """Return rows as a CSV file to download, `name` without its ending. UTF-8 with a mark at the start, which Excel needs to see it."""
    return as_file(csv_text(rows).encode("utf-8-sig"), "text/csv; charset=utf-8", f"{file_name(name)}.csv")


def csv_link(rows: Rows) -> str:
    """Return rows as the address of a file that is in the page itself: for what is shown once and kept nowhere."""
    return "data:text/csv;charset=utf-8;base64," + base64.b64encode(csv_text(rows).encode("utf-8-sig")).decode()


def xlsx_response(rows: Rows, name: str, *, as_text: bool = False) -> Response:
    """Return rows as an Excel file to download, `name` without its ending.

    as_text formats every column as text, also where nothing stands yet: in a template that others fill in, numbers keep all their digits.
    """
    return as_file(
        xlsx_bytes(rows, as_text=as_text), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", f"{file_name(name)}.xlsx"
    )


def xlsx_bytes(rows: Rows, *, as_text: bool = False) -> bytes:
    """Return rows as an Excel file: a bold header that stays in sight, and columns as wide as what stands in them."""
    buffer = io.BytesIO()
    # Nothing is guessed from text: no formulas, links or numbers.
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        bold = book.add_format({"bold": True, "num_format": TEXT if as_text else 0})
        text = book.add_format({"num_format": TEXT}) if as_text else None
        sheet = book.add_worksheet()
        widths: dict[int, int] = {}
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                value = safe(cell)
                widths[column] = max(widths.get(column, 8), min(len(str(value or "")), WIDEST))
                if isinstance(value, str):
                    sheet.write_string(number, column, value[:MOST_IN_A_CELL], bold if number == 0 else text)
                elif value is not None:
                    sheet.write_number(number, column, value, text)
        for column, width in widths.items():
            sheet.set_column(column, column, width + 2, text)
        sheet.freeze_panes(1, 0)
    return buffer.getvalue()


def file_name(name: str) -> str:
    """Return a name that every system takes: small letters, digits and hyphens."""
    return _BAD_NAME.sub("-", name.lower()).strip("-")[:80] or "data"


def as_file(data: bytes, mimetype: str, name: str) -> Response:
    """Return bytes as a file to download under this name; no cache keeps it."""
    response = Response(data, content_type=mimetype)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response
