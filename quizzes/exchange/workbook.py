"""XLSX in and out: cells as texts.

A workbook is XML in a ZIP, and both can be made to harm. So neither is unpacked beyond limits, and the XML is read here rather than by a
spreadsheet library: one cell at `XFD1048576` makes those reserve memory for a whole sheet. All that a list of questions needs is text.
"""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element

import xlsxwriter

from lms.api import Refused
from lms.api import gettext as __
from quizzes.exchange.archive import Archive
from quizzes.exchange.base import MOST_BYTES, MOST_ITEMS
from quizzes.exchange.xmlread import read_elements

MOST_COLUMNS = 250
MOST_CELLS = MOST_ITEMS * 60
LONGEST_CELL = 32_767  # Excel's limit
WORKBOOK = "xl/workbook.xml"
_WIDEST = 60
_TEXT = 49  # the number of the cell format "Text" in every Excel file
_MADE = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)  # the same for every file: equal questions give equal bytes

_REFERENCE = re.compile(r"([A-Z]{1,3})[1-9][0-9]{0,6}")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")

Sheet = Mapping[int, Sequence[str]]  # rows by their number, from 1


def read_sheet(data: bytes) -> dict[int, list[str]]:
    """Return the rows of the first visible sheet as texts. Raises Refused for what is no workbook, damaged, or made to harm."""
    archive = Archive(data)
    if WORKBOOK not in archive:
        raise Refused(__("This is not an Excel table. Save it as .xlsx or as CSV and try again."))
    sheets: list[str] = []
    links: dict[str, str] = {}

    def take_sheet(sheet: Element, _line: int) -> None:
        if sheet.get("state", "visible") == "visible":
            sheets.append(sheet.get("id", ""))

    def take_link(link: Element, _line: int) -> None:
        target = link.get("Target", "")
        links[link.get("Id", "")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        links[link.get("Type", "").rpartition("/")[2]] = links[link.get("Id", "")]

    _read(archive, WORKBOOK, "workbook", "sheet", take_sheet, 3)
    _read(archive, "xl/_rels/workbook.xml.rels", "Relationships", "Relationship", take_link, 2)
    strings: list[str] = []
    if links.get("sharedStrings", "") in archive:
        _read(archive, links["sharedStrings"], "sst", "si", lambda found, _line: strings.append(_text_of(found)), 2)
    rows = _Rows(strings)
    if sheets:
        _read(archive, links.get(sheets[0], ""), "worksheet", "row", rows.take, 3)
    return rows.found


def _read(archive: Archive, name: str, root: str, element: str, take: Any, depth: int) -> None:
    if name not in archive or archive.size(name) > MOST_BYTES or read_elements(archive[name], root, element, take, depth) is not None:
        raise Refused(__("The file is damaged or not an Excel table. Open it in Excel and save it again as .xlsx."))


class _Rows:
    """Takes the rows of a sheet."""

    def __init__(self, strings: Sequence[str]) -> None:
        self.strings = strings
        self.found: dict[int, list[str]] = {}
        self._last = self._cells = 0

    def take(self, row: Element, _line: int) -> None:
        """Keep the cells of a row. Raises Refused for more than a list of questions has."""
        number = row.get("r", "")
        self._last = int(number) if number.isdecimal() and len(number) < 9 else self._last + 1
        cells: list[str] = []
        for cell in row.iterfind("c"):
            place = _REFERENCE.fullmatch(cell.get("r", ""))
            column = _column(place[1]) if place else len(cells)
            text = self._text(cell)
            if not text or column < len(cells):
                continue
            if column >= MOST_COLUMNS:
                raise Refused(__("The table has more than %(num)s columns. Use the template.", num=MOST_COLUMNS))
            cells += [""] * (column - len(cells)) + [text]
        self._cells += len(cells)
        if len(self.found) > MOST_ITEMS or self._cells > MOST_CELLS:
            raise Refused(__("The file has more than %(num)s questions. Split it into several files.", num=MOST_ITEMS))
        if cells:
            self.found[self._last] = cells

    def _text(self, cell: Element) -> str:
        kind, raw = cell.get("t", "n"), cell.findtext("v") or ""
        inline = cell.find("is")
        if inline is not None:
            return _text_of(inline)
        if kind == "s":
            place = int(raw) if raw.isdecimal() and len(raw) < 9 else -1
            return self.strings[place] if 0 <= place < len(self.strings) else ""
        if kind == "b":
            return "ya" if raw == "1" else "tidak"
        return raw[:LONGEST_CELL] if kind != "e" else ""


def _text_of(item: Element) -> str:
    """Return the text of a shared or inline string; how it is pronounced is not a part of it."""
    runs = [*item.iterfind("t"), *item.iterfind("r/t")]
    text = "".join(run.text or "" for run in runs)
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)[:LONGEST_CELL]


def _column(name: str) -> int:
    number = 0
    for letter in name:
        number = number * 26 + ord(letter) - 64
    return number - 1


def write_sheets(sheets: Mapping[str, Sequence[Sequence[str]]]) -> bytes:
    """Return a workbook with sheets by their names; every cell is text, formatted as text, and never a formula or a link."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"created": _MADE})
        bold = book.add_format({"bold": True, "num_format": _TEXT, "text_wrap": True, "valign": "top"})
        text = book.add_format({"num_format": _TEXT, "text_wrap": True, "valign": "top"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if cell:
                        sheet.write_string(number, column, cell[:LONGEST_CELL], bold if number == 0 else text)
            for column in range(max(map(len, rows), default=0)):
                widest = max((len(row[column]) for row in rows if column < len(row)), default=0)
                sheet.set_column(column, column, min(max(widest, 10), _WIDEST), text)
            sheet.freeze_panes(1, 0)
    return buffer.getvalue()
