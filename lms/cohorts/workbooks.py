"""XLSX files, read by python-calamine from a copy that we have written ourselves.

A workbook is XML in a zip archive, and both can be made to harm: a small archive unpacks to gigabytes, and one cell at `C299999999999` makes
calamine ask for 300 GB of memory, which ends the whole process. So we unpack within limits, take out what a list of people consists of
(values with their number formats, in cells that are within limits), and give calamine a file of just that. On the way we learn what
calamine does not tell: which cells are formulas, and which rows and columns are hidden.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape, quoteattr

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from python_calamine import CalamineError, CalamineWorkbook

from lms.cohorts.cells import MOST_CHARACTERS, MOST_COLUMNS, MOST_ROWS, Cell, Kind, Row, Sheet, SheetError, clean, letters, too_large
from lms.i18n import gettext as _

MOST_UNPACKED = 12 * 1024 * 1024  # 5000 rows of 15 columns are half of that
MOST_PARTS = 400
MOST_SHEETS = 20
MOST_MERGED = 5000

_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_RANGE = re.compile(rf"{_REFERENCE.pattern}:{_REFERENCE.pattern}")
_NUMBER = re.compile(r"[+-]?[0-9]{1,20}(\.[0-9]{0,30})?([eE][+-]?[0-9]{1,3})?")
_CONTROL = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>'

Range = tuple[int, int, int, int]  # first row, first column, last row, last column, counted from 0


def read_workbook(data: bytes) -> list[Sheet]:
    """Return the visible sheets of an XLSX file. Raises SheetError, and nothing else, for whatever else it is."""
    try:
        parts = _unpack(data)
        found = _find_parts(parts)
        drafts = [_take_out(name, fromstring(parts[path], forbid_dtd=True), found.strings) for name, path in found.sheets[:MOST_SHEETS]]
        book = CalamineWorkbook.from_filelike(io.BytesIO(_write(drafts, found.styles)))
        return [_sheet(book, place, draft) for place, draft in enumerate(drafts)]
    except SheetError:
        raise
    except (CalamineError, ParseError, DefusedXmlException, LookupError, ValueError, OverflowError) as error:
        raise _damaged() from error


def sheet_parts(data: bytes) -> list[str]:
    """Return the names of the parts that hold the visible sheets, in the order of `read_workbook`. Raises SheetError."""
    return [path for _name, path in _find_parts(_unpack(data)).sheets[:MOST_SHEETS]]


def _damaged() -> SheetError:
    return SheetError(_("The file is damaged or not an Excel table. Open it in Excel and save it again as .xlsx."))


def _unpack(data: bytes) -> dict[str, bytes]:
    """Return the XML parts of the archive. Raises SheetError for what is no archive or grows beyond all measure."""
    parts: dict[str, bytes] = {}
    left = MOST_UNPACKED
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = [info for info in archive.infolist() if info.filename.endswith((".xml", ".rels"))]
            for info in names[:MOST_PARTS]:
                with archive.open(info) as part:
                    content = part.read(left + 1)
                left -= len(content)
                if left < 0:
                    raise too_large()
                parts[info.filename] = content
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError, NotImplementedError) as error:
        raise _damaged() from error
    return parts


# -- what a list of people consists of -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Parts:
    """The visible sheets as (name, part), the texts that cells point to, and the number formats."""

    sheets: list[tuple[str, str]]
    strings: list[str]
    styles: str


@dataclass(slots=True)
class _Draft:
    """A sheet taken out of its file: rows of our own XML, and what calamine does not tell; rows and columns count from 0."""

    name: str
    rows: list[str] = field(default_factory=list)
    formulas: set[tuple[int, int]] = field(default_factory=set)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    merged: list[Range] = field(default_factory=list)


def _find_parts(parts: Mapping[str, bytes]) -> _Parts:
    """Find the parts that matter by the links of the workbook. Raises SheetError when there is no workbook."""
    if "xl/workbook.xml" not in parts:
        raise SheetError(_("This is not an Excel table. Save the list as .xlsx or as CSV and try again."))
    links = {}
    kinds = {}
    for link in fromstring(parts["xl/_rels/workbook.xml.rels"], forbid_dtd=True).iter():
        target = link.get("Target", "")
        path = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        links[link.get("Id", "")] = path
        kinds[link.get("Type", "").rpartition("/")[2]] = path
    sheets = []
    for sheet in fromstring(parts["xl/workbook.xml"], forbid_dtd=True).iterfind("{*}sheets/{*}sheet"):
        number = next((value for name, value in sheet.attrib.items() if name.endswith("}id")), "")
        path = links.get(number, "")
        if sheet.get("state", "visible") == "visible" and path in parts and "worksheet" in path:
            sheets.append((sheet.get("name", ""), path))
    return _Parts(sheets, _strings(parts.get(kinds.get("sharedStrings", ""))), _styles(parts.get(kinds.get("styles", ""))))


def _strings(content: bytes | None) -> list[str]:
    if content is None:
        return []
    return [_text_of(item) for item in fromstring(content, forbid_dtd=True).iterfind("{*}si")]


def _text_of(item: Element) -> str:
    """Return the text of a shared or inline string; how it is pronounced (rPh) is not a part of it."""
    runs = [*item.iterfind("{*}t"), *item.iterfind("{*}r/{*}t")]
    return "".join(run.text or "" for run in runs)[:MOST_CHARACTERS]


def _styles(content: bytes | None) -> str:
    """Return the number formats of cells as XML of our own: with them calamine tells dates from numbers."""
    if content is None:
        return ""
    root = fromstring(content, forbid_dtd=True)
    formats = "".join(
        f'<numFmt numFmtId="{int(found.get("numFmtId", "0"))}" formatCode={_quoted(found.get("formatCode", "")[:100])}/>'
        for found in root.iterfind("{*}numFmts/{*}numFmt")
    )
    cells = "".join(f'<xf numFmtId="{int(found.get("numFmtId", "0"))}"/>' for found in root.iterfind("{*}cellXfs/{*}xf"))
    return f"{_HEAD}<styleSheet {_MAIN}><numFmts>{formats}</numFmts><cellXfs>{cells}</cellXfs></styleSheet>"


def _take_out(name: str, root: Element, strings: list[str]) -> _Draft:
    """Take the cells with values out of a sheet. Raises SheetError for one too far away to belong to a list of people."""
    draft = _Draft(name)
    for column in root.iterfind("{*}cols/{*}col"):
        if column.get("hidden") in {"1", "true"}:
            first, last = int(column.get("min", "1")), int(column.get("max", "1"))
            draft.hidden_columns.update(range(max(first, 1) - 1, min(last, MOST_COLUMNS)))
    number = -1
    for row in root.iterfind("{*}sheetData/{*}row"):
        number = _index(row.get("r"), number + 1)
        if row.get("hidden") in {"1", "true"} and number < MOST_ROWS:
            draft.hidden_rows.add(number)
        cells = "".join(_cells(row, number, strings, draft))
        if cells:
            draft.rows.append(f'<row r="{number + 1}">{cells}</row>')
    for merge in list(root.iterfind("{*}mergeCells/{*}mergeCell"))[:MOST_MERGED]:
        found = _RANGE.fullmatch(merge.get("ref", ""))
        if found:
            draft.merged.append((int(found[2]) - 1, column_number(found[1]), int(found[4]) - 1, column_number(found[3])))
    return draft


def _index(text: str | None, following: int) -> int:
    if text is None:
        return following
    number = int(text) - 1
    if number < following:
        raise ValueError("rows go backwards")
    return number


def _cells(row: Element, number: int, strings: list[str], draft: _Draft) -> Iterator[str]:
    column = -1
    for cell in row.iterfind("{*}c"):
        place = cell.get("r")
        if place is None:
            column += 1
        else:
            found = _REFERENCE.fullmatch(place)
            if found is None or int(found[2]) - 1 != number or column_number(found[1]) <= column:
                raise ValueError("a cell stands where it does not belong")
            column = column_number(found[1])
        value = _value(cell, strings)
        if not value:
            continue  # formatted, but nothing stands in it
        if number >= MOST_ROWS or column >= MOST_COLUMNS:
            raise too_large()
        if cell.find("{*}f") is not None:
            draft.formulas.add((number, column))
        yield f'<c r="{letters(column)}{number + 1}"{value}</c>'


def _value(cell: Element, strings: list[str]) -> str:
    """Return the rest of a cell in our own XML, after its place; an empty string when it holds nothing."""
    kind, raw = cell.get("t", "n"), cell.findtext("{*}v")
    if kind == "inlineStr":
        inline = cell.find("{*}is")
        text = _text_of(inline) if inline is not None else ""
    elif raw is None:
        return ""
    elif kind == "s":
        text = strings[int(raw)] if int(raw) >= 0 else ""
    elif kind == "n" and _NUMBER.fullmatch(raw):
        style = cell.get("s", "0")
        return f' s="{int(style)}"><v>{raw}</v>' if int(style) >= 0 else ""
    elif kind == "b":
        return f' t="b"><v>{1 if raw == "1" else 0}</v>'
    else:
        text = raw[:MOST_CHARACTERS]
    return f' t="inlineStr"><is><t>{escape(_CONTROL.sub("", text))}</t></is>' if text else ""


def column_number(name: str) -> int:
    """Return the place of a column from 0 by its letters: A is 0, AA is 26."""
    number = 0
    for letter in name:
        number = number * 26 + ord(letter) - 64
    return number - 1


# -- our own file ----------------------------------------------------------------------------------------------------------------------


def _quoted(text: str) -> str:
    return quoteattr(_CONTROL.sub("", text))


def _write(drafts: list[_Draft], styles: str) -> bytes:
    names = range(1, len(drafts) + 1)
    sheets = "".join(f'<sheet name="{place}" sheetId="{place}" r:id="rId{place}"/>' for place in names)
    links = "".join(f'<Relationship Id="rId{place}" Type="{_LINKS}/worksheet" Target="worksheets/sheet{place}.xml"/>' for place in names)
    if styles:
        links += f'<Relationship Id="rId0" Type="{_LINKS}/styles" Target="styles.xml"/>'
    parts = {
        "_rels/.rels": _links(f'<Relationship Id="rId1" Type="{_LINKS}/officeDocument" Target="xl/workbook.xml"/>'),
        "xl/_rels/workbook.xml.rels": _links(links),
        "xl/workbook.xml": f'{_HEAD}<workbook {_MAIN} xmlns:r="{_LINKS}"><sheets>{sheets}</sheets></workbook>',
        **({"xl/styles.xml": styles} if styles else {}),
    }
    for place, draft in enumerate(drafts, start=1):
        parts[f"xl/worksheets/sheet{place}.xml"] = f"{_HEAD}<worksheet {_MAIN}><sheetData>{''.join(draft.rows)}</sheetData></worksheet>"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _links(links: str) -> str:
    return f'{_HEAD}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{links}</Relationships>'


def _sheet(book: CalamineWorkbook, place: int, draft: _Draft) -> Sheet:
    rows = [
        Row(number + 1, tuple(_cell(value, (number, column) in draft.formulas) for column, value in enumerate(values)))
        for number, values in enumerate(book.get_sheet_by_index(place).to_python(skip_empty_area=False))
        if number not in draft.hidden_rows
    ]
    last = max((row.number for row in rows if any(row.cells)), default=0)
    return Sheet(
        name=draft.name,
        rows=rows,
        hidden_rows=tuple(number + 1 for number in sorted(draft.hidden_rows) if number < last),
        hidden_columns=frozenset(draft.hidden_columns),
        merged=tuple(draft.merged),
    )


def _cell(value: object, formula: bool) -> Cell:
    text, kind = _text(value)
    # What a formula computed is a value like any other; a number has lost its digits either way.
    return Cell(text, Kind.FORMULA) if formula and kind is Kind.TEXT else Cell(text, kind)


def _text(value: object) -> tuple[str, Kind]:
    if isinstance(value, str):
        return clean(value), Kind.TEXT
    if isinstance(value, bool):
        return ("TRUE" if value else "FALSE"), Kind.TEXT
    if isinstance(value, dt.datetime):
        return value.date().isoformat(), Kind.DATE
    if isinstance(value, dt.date):
        return value.isoformat(), Kind.DATE
    if isinstance(value, int | float):
        whole = abs(value) < 1e21 and value == value // 1
        return (f"{value:.0f}" if whole else repr(value)), Kind.NUMBER
    return clean(str(value)), Kind.TEXT
