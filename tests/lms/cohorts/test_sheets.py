"""Reading spreadsheets: whatever the bytes are, there is a table or a sentence, never a crash."""

import datetime as dt
import io
import zipfile

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.lists import csv_bytes, xlsx

from lms.cohorts.cells import MOST_ROWS, Kind, SheetError, clean, letters
from lms.cohorts.columns import TableError, read_table
from lms.cohorts.sheets import read_sheets
from lms.cohorts.workbooks import MOST_UNPACKED

ROWS = [["Nama", "NIP", "Email"], ["Siti Aminah", "200002292024032999", "siti@contoh.test"]]


def listed(data):
    """Return the people of a file as texts."""
    table = read_table(read_sheets(data))
    return [[cell.text for cell in person.cells.values()] for person in table.people]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_every_usual_csv_is_the_same_table(separator, encoding):
    rows = [["Nama", "NIP"], ["José Ngo, S.Kep., Ners", "1"], ["A; B", "2, 3"], ["C|D", "\t4"]]
    assert listed(csv_bytes(rows, separator, encoding)) == [["José Ngo, S.Kep., Ners", "1"], ["A; B", "2, 3"], ["C|D", "4"]]


def test_a_line_that_names_the_separator_is_a_hint():
    found = read_sheets(b"sep=|\r\nNama|NIP\r\nA;B|1\r\n")[0]
    assert [cell.text for cell in found.rows[1].cells] == ["A;B", "1"]
    assert found.rows[0].number == 2


def test_title_rows_full_of_commas_do_not_choose_the_separator():
    data = b"Daftar peserta, angkatan III, tahun 2026, nama, NIP lengkap\nNama;NIP;Email;Unit\nA;1;a@b.test;Dinas X, Y dan Z\n"
    assert listed(data) == [["A", "1", "a@b.test", "Dinas X, Y dan Z"]]


def test_excel_keeps_what_kind_a_cell_was():
    day = dt.date(1995, 8, 17)
    rows = [["Nama", "NIP", "Lahir", "HP"], ["Ani", 198002292023212998, day, 81234567890], ["Budi", "198002292023212998", None, None]]
    sheet = read_sheets(xlsx(rows))[0]
    assert [cell.kind for cell in sheet.rows[1].cells] == [Kind.TEXT, Kind.NUMBER, Kind.DATE, Kind.NUMBER]
    assert [cell.text for cell in sheet.rows[1].cells][2:] == ["1995-08-17", "81234567890"]
    assert sheet.rows[2].cells[1] == sheet.rows[2][1]
    assert sheet.rows[2][1].kind is Kind.TEXT
    assert sheet.rows[2][1].text == "198002292023212998"


def test_formulas_are_known_by_their_formula_and_not_by_their_value():
    data = xlsx(ROWS, formulas={(1, 0): '=HYPERLINK("http://x.test","Siti Aminah")'}.items())
    cell = read_sheets(data)[0].rows[1][0]
    assert (cell.kind, cell.text) == (Kind.FORMULA, "Siti Aminah")


def test_hidden_rows_columns_and_sheets_are_left_out():
    rows = [*ROWS, ["Rahasia", "1", "r@contoh.test"], ["Terakhir", "2", "t@contoh.test"]]
    sheets = read_sheets(xlsx(rows, hidden_rows=[2], hidden_columns=[1], sheets=[("Arsip", "hidden"), ("Catatan", "visible")]))
    assert [sheet.name for sheet in sheets] == ["Catatan", "Peserta"]
    assert [row.number for row in sheets[1].rows] == [1, 2, 4]
    assert sheets[1].hidden_rows == (3,)
    assert sheets[1].hidden_columns == {1}


@pytest.mark.parametrize(
    "data",
    [
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500,  # old Excel, or one with a password
        b"<html><table><tr><td>Nama</td></tr></table></html>",
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        b"PK\x03\x04 and then nothing",
        b"%PDF-1.4\n\0\0",
    ],
)
def test_what_is_no_table_is_refused_with_a_sentence(data):
    with pytest.raises(SheetError) as told:
        read_sheets(data)
    assert str(told.value).endswith(".")


def zipped(parts):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def unzipped(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_small_file_that_unpacks_to_a_large_one_is_refused():
    parts = unzipped(xlsx(ROWS))
    parts["xl/sharedStrings.xml"] = b" " * (MOST_UNPACKED + 1)
    bomb = zipped(parts)
    assert len(bomb) < 100_000
    with pytest.raises(SheetError):
        read_sheets(bomb)


@pytest.mark.parametrize("far", ["XFD1048576", "A1048576", "XFD2", f"A{MOST_ROWS + 1}"])
def test_a_cell_at_the_end_of_the_world_is_refused_before_anybody_makes_room_for_it(far):
    parts = unzipped(xlsx(ROWS))
    sheet = parts["xl/worksheets/sheet1.xml"].replace(b"</sheetData>", f'<row><c r="{far}"><v>1</v></c></row></sheetData>'.encode())
    with pytest.raises(SheetError):
        read_sheets(zipped({**parts, "xl/worksheets/sheet1.xml": sheet}))


def test_entities_of_xml_are_not_expanded():
    parts = unzipped(xlsx(ROWS))
    evil = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]>'
    parts["xl/worksheets/sheet1.xml"] = parts["xl/worksheets/sheet1.xml"].replace(b"<worksheet", evil + b"<worksheet", 1)
    with pytest.raises(SheetError):
        read_sheets(zipped(parts))


def test_what_nobody_sees_is_taken_off():
    assert clean("  Siti\u00a0\u200bAminah\n Ners\u202e ") == "Siti Aminah Ners"
    assert clean("Jose\u0301") == "José"
    assert [letters(number) for number in (0, 25, 26, 51, 701, 702)] == ["A", "Z", "AA", "AZ", "ZZ", "AAA"]


# -- whatever comes ------------------------------------------------------------------------------------------------------------------


def reads_or_says(data):
    """Read as an upload is read; only the two errors that have sentences may come out."""
    try:
        table = read_table(read_sheets(data))
    except (SheetError, TableError):
        return
    assert all(person["name"] or person["nip"] for person in table.people)


@given(st.binary(max_size=400))
@example(b"")
@example(b"PK")
@example(b"sep=")
@example(b"\xff\xfe")
@example(b'"')
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_read_or_refused(data):
    reads_or_says(data)


@given(st.text(max_size=400), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
@settings(max_examples=200, deadline=None)
def test_any_text_is_read_or_refused(text, encoding):
    reads_or_says(("Nama;NIP;Email\n" + text).encode(encoding, errors="replace"))


CELLS = st.one_of(st.text(max_size=20), st.floats(allow_nan=False, allow_infinity=False), st.integers(-(10**18), 10**18), st.none())


@given(st.lists(st.lists(CELLS, min_size=1, max_size=5), max_size=8))
@settings(max_examples=40, deadline=None)
def test_any_workbook_is_read(rows):
    reads_or_says(xlsx([["Nama", "NIP", "Email", "HP", "Lahir"], *rows]))


GOOD = xlsx([*ROWS, ["Budi", 198002292023212998, "b@contoh.test"]], merged=[(5, 0, 6, 0, "x")])


@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), min_size=1, max_size=6))
@settings(max_examples=150, deadline=None)
def test_a_damaged_workbook_is_read_or_refused(damage):
    data = bytearray(GOOD)
    for place, value in damage:
        data[place] = value
    reads_or_says(bytes(data))


PARTS = unzipped(GOOD)
INSIDE = ["xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml"]


@given(
    st.sampled_from(INSIDE),
    st.integers(0, 4000),
    st.sampled_from([b"", b"9", b"-1", b"<", b"99999999999", b'"', b"\xff", b"</c>", b"A0"]),
    st.integers(0, 5),
)
@settings(max_examples=200, deadline=None)
def test_a_workbook_with_wrong_xml_inside_is_read_or_refused(name, place, put, drop):
    content = PARTS[name]
    place %= len(content)
    reads_or_says(zipped({**PARTS, name: content[:place] + put + content[place + drop :]}))
