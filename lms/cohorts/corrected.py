"""The uploaded file itself with one more column that says what to correct, and with the cells that were typed on the check page.

An XLSX file is changed in its own XML, as text: other sheets, columns, widths and colours stay as they were. Macros are taken out, and formulas
of cells leave the value that they showed. A CSV file is written anew with its own separator.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Mapping
from xml.sax.saxutils import escape

from lms.cohorts.cells import Sheet, SheetError, letters
from lms.cohorts.columns import Table
from lms.cohorts.imports import Check
from lms.cohorts.plan import Plan
from lms.cohorts.sheets import read_sheets
from lms.cohorts.workbooks import column_number, sheet_parts
from lms.export import safe
from lms.i18n import LANGUAGES, in_language
from lms.i18n import gettext as _

MOST_BYTES = 40 * 1024 * 1024  # of all parts together, unpacked
Texts = dict[int, dict[int, str]]  # {row: {column from 0: text}}

_ROW = re.compile(r"<((?:\w+:)?)row\b([^>]*?)(?:/>|>(.*?)</\1row>)", re.DOTALL)
_CELL = re.compile(r"<((?:\w+:)?)c\b([^>]*?)(?:/>|>.*?</\1c>)", re.DOTALL)
_PLACE = re.compile(r'\sr="([A-Z]*)([0-9]+)"')
_FORMULA = re.compile(r"<((?:\w+:)?)f\b[^>]*?(?:/>|>.*?</\1f>)", re.DOTALL)
_GONE = ("calcChain", "vbaProject")  # parts that would calculate or run
_LINK = re.compile(rf"<(?:\w+:)?(?:Override|Relationship)\b[^>]*(?:{'|'.join(_GONE)})[^>]*/>")
_WITH_MACROS = "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
_WITHOUT = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"


def corrected_file(data: bytes, check: Check, plan: Plan) -> tuple[bytes, str]:
    """Return (the file, its ending). Raises SheetError when it is too large to be written again."""
    sheet = read_sheets(data)[check.table.place]
    texts = _texts(check, plan, sheet)
    if data.startswith(b"PK"):
        return _xlsx(data, check.table, texts), "xlsx"
    return _csv(sheet, texts), "csv"


def _texts(check: Check, plan: Plan, sheet: Sheet) -> Texts:
    """Return what is written into the list's sheet: the new column, and the typed cells for which the file has a column."""
    table = check.table
    columns = {name: place for place, name in table.fields.items()}
    last = _error_column(table, sheet)
    texts: Texts = {table.header_row: {last: _("What to correct")}}
    for row in check.rows:
        typed = {columns[name]: text for name, text in plan.cells.get(str(row.number), {}).items() if name in columns}
        texts[row.number] = {**typed, last: " ".join(row.errors)}
    return texts


def _error_column(table: Table, sheet: Sheet) -> int:
    """Return the column of an earlier round, if the file has been here before, or the one after the last in which anything stands."""
    ours = {in_language(code, lambda: _("What to correct")) for code in LANGUAGES}
    found = [column.place for column in table.columns if column.heading in ours]
    filled = (place for row in sheet.rows for place, cell in enumerate(row.cells) if cell)
    return found[0] if found else max(filled) + 1


def _xlsx(data: bytes, table: Table, texts: Texts) -> bytes:
    target = sheet_parts(data)[table.place]
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        if sum(info.file_size for info in source.infolist()) > MOST_BYTES:
            raise SheetError(_("The file is too large to be written again. Correct the list that you have."))
        for info in source.infolist():
            if info.is_dir() or any(name in info.filename for name in _GONE):
                continue
            content = source.read(info)
            if info.filename.startswith("xl/worksheets/") and info.filename.endswith(".xml"):
                text = _CELL.sub(lambda cell: _FORMULA.sub("", cell[0]), content.decode("utf-8"))
                content = (_with(text, texts) if info.filename == target else text).encode()
            elif info.filename in {"[Content_Types].xml", "xl/_rels/workbook.xml.rels"}:
                content = _LINK.sub("", content.decode("utf-8")).replace(_WITH_MACROS, _WITHOUT).encode()
            made.writestr(info.filename, content)
    return out.getvalue()


def _with(sheet: str, texts: Texts) -> str:
    """Return the XML of a sheet with these cells in it. A row or cell that does not name its place follows the one before."""
    number = 0

    def changed(found: re.Match[str]) -> str:
        nonlocal number
        prefix, attributes, inner = found[1], found[2], found[3] or ""
        place = _PLACE.search(attributes)
        number = int(place[2]) if place else number + 1
        new = texts.get(number)
        if not new:
            return found[0]
        cells = _cells(inner, number) | {column: _cell(prefix, column, number, text) for column, text in new.items()}
        kept = re.sub(r'\sspans="[^"]*"', "", attributes) if place else f'{attributes} r="{number}"'
        return f"<{prefix}row{kept}>{''.join(cells[column] for column in sorted(cells))}</{prefix}row>"

    return _ROW.sub(changed, sheet)


def _cells(inner: str, row: int) -> dict[int, str]:
    """Return the cells of a row by column, each with its place written in it."""
    cells: dict[int, str] = {}
    column = -1
    for cell in _CELL.finditer(inner):
        place = _PLACE.search(cell[2])
        column = column_number(place[1]) if place else column + 1
        name = f"<{cell[1]}c"
        cells[column] = cell[0] if place else f'{name} r="{letters(column)}{row}"{cell[0].removeprefix(name)}'
    return cells


def _cell(prefix: str, column: int, row: int, text: str) -> str:
    inner = f'<{prefix}is><{prefix}t xml:space="preserve">{escape(str(safe(text)))}</{prefix}t></{prefix}is>'
    return f'<{prefix}c r="{letters(column)}{row}" t="inlineStr">{inner}</{prefix}c>' if text else ""


def _csv(sheet: Sheet, texts: Mapping[int, Mapping[int, str]]) -> bytes:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=sheet.separator or ",")
    for row in sheet.rows:
        cells = {place: cell.text for place, cell in enumerate(row.cells)} | dict(texts.get(row.number, {}))
        writer.writerow([safe(cells.get(place, "")) for place in range(max(cells, default=-1) + 1)])
    return buffer.getvalue().encode("utf-8-sig")
