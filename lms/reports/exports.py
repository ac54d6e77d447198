"""The files of reports: every row, stable names at the head, and what was asked for, when, and by which program.

CSV: the last two columns of every row are `as_of` and `filter`, so that the file says them without a line that is no data. XLSX: a second
sheet "About" says them, with the meaning of each column. Rows are read and written in chunks; a worker that is killed begins the file anew.
"""

from __future__ import annotations

import csv
import datetime as dt
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

import xlsxwriter

from lms import replica
from lms.export import MOST_IN_A_CELL, file_name, safe
from lms.i18n import format_datetime
from lms.i18n import gettext as _
from lms.reports import services
from lms.reports.contract import Asked, Column, Report

CHUNK = 5000
CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ABOUT = ("as_of", "filter")


def chunks(asked: Asked, report: Report, columns: Sequence[Column]) -> Iterator[Sequence[Any]]:
    """Yield the rows in order, some thousand at a time; a statement each, so that nothing stays open while progress is committed."""
    place = 0
    while True:
        found = replica.rows(services.some(asked, report, columns, place, CHUNK))
        if found:
            yield found
        if len(found) < CHUNK:
            return
        place += CHUNK


def write(asked: Asked, report: Report, kind: str, now: dt.datetime, step: Callable[[int], object]) -> tuple[str, str, bytes]:
    """Return (name, content type, bytes) of the file; `step` is told how many rows each chunk had."""
    columns = report.columns(asked)
    narrowed = services.in_words(asked, report, services.choices_of(asked, report))
    name = f"{file_name(report.key)}-{asked.today.isoformat()}.{kind}"
    with tempfile.TemporaryDirectory(prefix="peduli-report-") as folder:
        path = Path(folder) / name
        parts = chunks(asked, report, columns)
        if kind == "xlsx":
            _xlsx(path, report, columns, parts, (now, narrowed), step)
        else:
            with path.open("w", encoding="utf-8-sig", newline="") as file:
                _csv(file, columns, parts, (now.isoformat(timespec="seconds"), narrowed), step)
        return name, XLSX if kind == "xlsx" else CSV, path.read_bytes()


def _csv(
    file: TextIO, columns: Sequence[Column], parts: Iterator[Sequence[Any]], about: tuple[str, str], step: Callable[[int], object]
) -> None:
    writer = csv.writer(file)
    writer.writerow([*(column.name for column in columns), *ABOUT])
    for part in parts:
        writer.writerows([*(safe(services.in_file(column, row)) for column in columns), *map(safe, about)] for row in part)
        step(len(part))


def _xlsx(
    path: Path,
    report: Report,
    columns: Sequence[Column],
    parts: Iterator[Sequence[Any]],
    about: tuple[dt.datetime, str],
    step: Callable[[int], object],
) -> None:
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(path, options) as book:
        bold = book.add_format({"bold": True})
        sheet = book.add_worksheet(str(report.title)[:31].translate(str.maketrans("[]:*?/\\", "       ")))
        sheet.freeze_panes(1, 0)
        for place, column in enumerate(columns):
            sheet.set_column(place, place, 28 if column.kind == "text" else 14)
            sheet.write_string(0, place, column.name, bold)
        number = 0
        for part in parts:
            for row in part:
                number += 1
                for place, column in enumerate(columns):
                    _cell(sheet, number, place, safe(services.in_file(column, row)))
            step(len(part))
        notes = book.add_worksheet(_("About"))
        notes.set_column(0, 0, 24)
        notes.set_column(1, 1, 80)
        lines = [
            (_("Report"), str(report.title)),
            (_("Question"), str(report.question)),
            (_("As of"), format_datetime(about[0])),
            (_("What is shown"), about[1]),
            (_("Rows"), str(number)),
            (_("Source"), "Peduli"),
            *([(_("Note"), str(report.note or report.hint))] if report.note or report.hint else []),
            ("", ""),
            *((column.name, str(column.title)) for column in columns),
        ]
        for place, (name, text) in enumerate(lines):
            notes.write_string(place, 0, str(safe(name)), bold)
            notes.write_string(place, 1, str(safe(text)))


def _cell(sheet: Any, row: int, column: int, value: Any) -> None:
    if isinstance(value, str):
        sheet.write_string(row, column, value[:MOST_IN_A_CELL])
    elif value is not None:
        sheet.write_number(row, column, value)
