"""Lists of people as they come: Excel and CSV files for tests of the import."""

from __future__ import annotations

import csv
import io

import xlsxwriter


def xlsx(rows, *, formulas=(), hidden_rows=(), hidden_columns=(), merged=(), sheets=()):
    """Return an Excel file: numbers stay numbers, text is text; `formulas` are {(row, column): formula}, counted from 0."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        for name, state in sheets:
            other = book.add_worksheet(name)
            other.write_string(0, 0, "catatan")
            if state == "hidden":
                other.hide()
        sheet = book.add_worksheet("Peserta")
        if sheets:
            sheet.activate()
            sheet.set_first_sheet()
        date = book.add_format({"num_format": "dd/mm/yyyy"})
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                if (number, column) in dict(formulas):
                    sheet.write_formula(number, column, dict(formulas)[number, column], None, value)
                elif isinstance(value, str):
                    sheet.write_string(number, column, value)
                elif isinstance(value, int | float):
                    sheet.write_number(number, column, value)
                elif value is not None:
                    sheet.write_datetime(number, column, value, date)
        for number in hidden_rows:
            sheet.set_row(number, None, None, {"hidden": True})
        for column in hidden_columns:
            sheet.set_column(column, column, None, None, {"hidden": True})
        for top, left, bottom, right, value in merged:
            sheet.merge_range(top, left, bottom, right, value)
    return buffer.getvalue()


def csv_bytes(rows, separator=";", encoding="utf-8"):
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=separator).writerows(rows)
    return buffer.getvalue().encode(encoding)
