"""Files that leave the site: nothing in them is a formula, nothing is lost."""

import base64
import csv
import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from lms.export import csv_link, csv_response, csv_text, file_name, safe, xlsx_bytes, xlsx_response

SIGNS = ("=", "+", "-", "@", "\t", "\r")


def table(data: bytes) -> list[list[object]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python(skip_empty_area=False)


@pytest.mark.parametrize("sign", SIGNS)
def test_a_formula_gets_an_apostrophe_in_both_kinds_of_file(sign):
    evil = f'{sign}HYPERLINK("http://example.test","Klik")'
    assert list(csv.reader(io.StringIO(csv_text([["Nama"], [evil]]), newline="")))[1] == ["'" + evil]
    assert table(xlsx_bytes([["Nama"], [evil]]))[1][0].startswith("'" + sign.strip("\r"))


def test_numbers_stay_numbers_and_nothing_stays_empty():
    rows = [["Nama", "Nilai", "Catatan"], ["Ani", -3.5, None], ["Budi", 0, ""]]
    assert csv_text(rows).splitlines() == ["Nama,Nilai,Catatan", "Ani,-3.5,", "Budi,0,"]
    assert table(xlsx_bytes(rows)) == [["Nama", "Nilai", "Catatan"], ["Ani", -3.5, ""], ["Budi", 0, ""]]


def test_long_numbers_in_text_keep_their_digits():
    assert table(xlsx_bytes([["NIP"], ["198002292023212998"]]))[1] == ["198002292023212998"]


def test_the_answer_is_a_file_that_nobody_keeps(app):
    for response, kind in ((csv_response([["Nama"], ["Ani"]], "Daftar Kelas III/2026"), "csv"), (xlsx_response([["Nama"]], "x"), "xlsx")):
        assert response.headers["Content-Disposition"].startswith('attachment; filename="')
        assert response.headers["Content-Disposition"].endswith(f'.{kind}"')
        assert response.headers["Cache-Control"] == "no-store"
    assert csv_response([["Ñ"]], "x").get_data().startswith(b"\xef\xbb\xbf")
    assert file_name("Daftar Kelas III/2026") == "daftar-kelas-iii-2026"
    assert file_name('"; rm\r\n') == "rm"
    assert file_name("…") == "data"


def test_a_table_in_the_page_is_the_same_table():
    link = csv_link([["Nama", "Sandi"], ["=Ani", "abcd-efgh"]])
    assert base64.b64decode(link.partition("base64,")[2]).decode("utf-8-sig") == csv_text([["Nama", "Sandi"], ["=Ani", "abcd-efgh"]])


def test_a_template_formats_all_columns_as_text():
    def part(data, name):
        return zipfile.ZipFile(io.BytesIO(data)).read(name).decode()

    styles = part(xlsx_bytes([["NIP"]], as_text=True), "xl/styles.xml")
    assert 'numFmtId="49"' in styles  # 49 is "Text"
    assert 'style="' in part(xlsx_bytes([["NIP"]], as_text=True), "xl/worksheets/sheet1.xml").partition("<cols>")[2].partition("</cols>")[0]
    assert 'numFmtId="49"' not in part(xlsx_bytes([["NIP"]]), "xl/styles.xml")


@settings(deadline=None)
@given(st.lists(st.lists(st.one_of(st.none(), st.integers(-(10**9), 10**9), st.text(max_size=30)), min_size=1, max_size=4), max_size=6))
def test_no_cell_of_any_table_is_a_formula(rows):
    for row in csv.reader(io.StringIO(csv_text([["h"], *rows]), newline="")):
        for cell in row:
            assert not cell.startswith(SIGNS) or cell.lstrip("-").isdigit()
    for row in table(xlsx_bytes([["h"], *rows])):
        for cell in row:
            assert not isinstance(cell, str) or not cell.startswith(SIGNS)


@given(st.text(max_size=20))
def test_what_is_harmless_is_left_alone(text):
    if text.isalnum() and text.isascii():
        assert safe(text) == text
