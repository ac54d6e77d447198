"""The uploaded file itself with one more column that says what to correct, and with the cells that were typed on the check page.

An XLSX file is changed in its own XML, as text: other sheets, columns, widths and colours stay as they were. What could run is taken out:
formulas leave the value that they showed. A CSV file is written anew with its own separator.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Mapping
from xml.sax.saxutils import escape

from lms.cohorts.cells import SheetError, letters
from lms.cohorts.columns import Table
from lms.cohorts.imports import Check
from lms.cohorts.plan import Plan
from lms.cohorts.sheets import read_sheets
from lms.cohorts.workbooks import sheet_parts
from lms.export import safe
from lms.i18n import LANGUAGES, in_language
from lms.i18n import gettext as _

MOST_BYTES = 40 * 1024 * 1024  # of all parts together, unpacked
Texts = dict[int, dict[int, str]]  # {row: {column from 0: text}}

_ROW = re.compile(r"<((?:\w+:)?)row\b([^>]*?)(?:/>|>(.*?)</\1row>)", re.DOTALL)
_CELL = re.compile(r"<((?:\w+:)?)c\b([^>]*?)(?:/>|>.*?</\1c>)", re.DOTALL)
_PLACE = re.compile(r'\br="([A-Z]*)([0-9]+)"')
_FORMULA = re.compile(r"<((?:\w+:)?)f\b[^>]*?(?:/>|>.*?</\1f>)", re.DOTALL)
_CHAIN = re.compile(r"<(?:\w+:)?(?:Override|Relationship)\b[^>]*calcChain[^>]*/>")


def corrected_file(data: bytes, check: Check, plan: Plan) -> tuple[bytes, str]:
    """Return (the file, its ending). Raises SheetError when it is too large to be written again."""
    texts = _texts(check, plan)
    if data.startswith(b"PK"):
        return _xlsx(data, check.table, texts), "xlsx"
    return _csv(data, check.table, texts), "csv"


def _texts(check: Check, plan: Plan) -> Texts:
    """Return what is written into the list's sheet: the new column, and the typed cells for which the file has a column."""
    table = check.table
    columns = {name: place for place, name in table.fields.items()}
    last = _error_column(table)
    texts: Texts = {table.header_row: {last: _("What to correct")}}
    for row in check.rows:
        typed = {columns[name]: text for name, text in plan.cells.get(str(row.number), {}).items() if name in columns}
        texts[row.number] = {**typed, last: " ".join(row.errors)}
    return texts


def _error_column(table: Table) -> int:
    """Return the column of an earlier round, if the file has been here before, or the one after the last."""
    ours = {in_language(code, lambda: _("What to correct")) for code in LANGUAGES}
    found = [column.place for column in table.columns if column.heading in ours]
    return found[0] if found else max(column.place for column in table.columns) + 1


def _xlsx(data: bytes, table: Table, texts: Texts) -> bytes:
    target = sheet_parts(data)[table.place]
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        if sum(info.file_size for info in source.infolist()) > MOST_BYTES:
            raise SheetError(_("The file is too large to be written again. Correct the list that you have."))
        for info in source.infolist():
            if info.filename.endswith("calcChain.xml") or info.is_dir():
                continue
            content = source.read(info)
            if info.filename.startswith("xl/worksheets/") and info.filename.endswith(".xml"):
                text = _CELL.sub(lambda cell: _FORMULA.sub("", cell[0]), content.decode("utf-8"))
                content = (_with(text, texts) if info.filename == target else text).encode()
            elif info.filename in {"[Content_Types].xml", "xl/_rels/workbook.xml.rels"}:
                content = _CHAIN.sub("", content.decode("utf-8")).encode()
            made.writestr(info.filename, content)
    return out.getvalue()


def _with(sheet: str, texts: Texts) -> str:
    """Return the XML of a sheet with these cells in it."""

    def changed(found: re.Match[str]) -> str:
        prefix, attributes, inner = found[1], found[2], found[3] or ""
        place = _PLACE.search(attributes)
        new = texts.get(int(place[2])) if place else None
        if not new or place is None:
            return found[0]
        cells = {_column(cell[2]): cell[0] for cell in _CELL.finditer(inner)}
        cells |= {column: _cell(prefix, column, int(place[2]), text) for column, text in new.items()}
        kept = re.sub(r'\sspans="[^"]*"', "", attributes)
        return f"<{prefix}row{kept}>{''.join(cells[column] for column in sorted(cells))}</{prefix}row>"

    return _ROW.sub(changed, sheet)


def _column(attributes: str) -> int:
    place = _PLACE.search(attributes)
    number = 0
    for letter in place[1] if place else "":
        number = number * 26 + ord(letter) - 64
    return number - 1


def _cell(prefix: str, column: int, row: int, text: str) -> str:
    inner = f'<{prefix}is><{prefix}t xml:space="preserve">{escape(str(safe(text)))}</{prefix}t></{prefix}is>'
    return f'<{prefix}c r="{letters(column)}{row}" t="inlineStr">{inner}</{prefix}c>' if text else ""


def _csv(data: bytes, table: Table, texts: Mapping[int, Mapping[int, str]]) -> bytes:
    sheet = read_sheets(data)[table.place]
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=sheet.separator or ",")
    for row in sheet.rows:
        cells = {place: cell.text for place, cell in enumerate(row.cells)} | dict(texts.get(row.number, {}))
        writer.writerow([safe(cells.get(place, "")) for place in range(max(cells, default=-1) + 1)])
    return buffer.getvalue().encode("utf-8-sig")
