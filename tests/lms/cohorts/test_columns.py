"""Which row is the header, what each column holds, where the list ends."""

import pytest
from support.lists import csv_bytes, xlsx

from lms.cohorts.columns import TITLES, TableError, field_of, read_table
from lms.cohorts.sheets import read_sheets
from lms.i18n import LANGUAGES, use

HEAD = ["No", "Nama", "NIP", "Email"]
ANI = [1, "Ani", "200002292024032999", "ani@contoh.test"]
BUDI = [2, "Budi", "199001012015031002", "budi@contoh.test"]


@pytest.fixture(autouse=True)
def _in_english():
    use("en")


def table(rows, **options):
    return read_table(read_sheets(xlsx(rows, **options)))


def names(found):
    return [person["name"].text for person in found.people]


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("NAMA", "name"),
        ("Nama Lengkap (beserta gelar)", "name"),
        ("Nama Peserta", "name"),
        ("NAMA OPD", "unit"),
        ("Nama Jabatan", "position"),
        ("Nama Atasan Langsung", ""),
        ("NIP Atasan", ""),
        ("Email Atasan", ""),
        ("NIP", "nip"),
        ("NIP/NRP", "nip"),
        ("N I P", ""),
        ("NIP Lama", ""),
        ("NI PPPK", "nip"),
        ("Nomor Induk Pegawai", "nip"),
        ("NIK", ""),
        ("No. KTP", ""),
        ("Email", "email"),
        ("E-mail aktif", "email"),
        ("Alamat Surel", "email"),
        ("Alamat", ""),
        ("Unit Kerja / OPD", "unit"),
        ("Perangkat Daerah", "unit"),
        ("Instansi", "weak_unit"),
        ("Instansi Asal", "institution"),
        ("Kelompok", "group"),
        ("Pangkat/Gol. Ruang", "grade"),
        ("Gol.", "grade"),
        ("Pangkat", "weak_grade"),
        ("Tempat Lahir", "birth_place"),
        ("NRP", "nip"),
        ("Jenis Identitas", "identity"),
        ("Jabatan", "position"),
        ("Gelar Depan", "title_before"),
        ("Gelar Belakang", "title_after"),
        ("Gelar", "title_after"),
        ("Jenis Kelamin", "sex"),
        ("L/P", "sex"),
        ("No. HP/WA", "phone"),
        ("Nomor Telepon", "phone"),
        ("Tempat, Tanggal Lahir", "birth_date"),
        ("TTL", "birth_date"),
        ("No", ""),
        ("No. Urut", ""),
        ("Status Kepegawaian", "category"),
        ("Keterangan", ""),
        ("", ""),
    ],
)
def test_headings_as_they_come(heading, field):
    assert field_of(heading) == field


def test_what_we_write_we_can_read_in_every_language():
    for language in LANGUAGES:
        use(language)
        headings = [str(title) for title in TITLES.values()]
        for reading in LANGUAGES:
            use(reading)
            assert [field_of(heading) for heading in headings] == list(TITLES)


def test_title_rows_above_and_a_signature_below():
    rows = [
        ["DAFTAR NAMA PESERTA PELATIHAN"],
        ["PEMERINTAH KABUPATEN, NIP dan Email wajib"],
        [],
        HEAD,
        ANI,
        BUDI,
        [],
        [None, None, None, "Sungai Raya, 12 November 2026"],
        [None, "Drs. Sutrisno", "NIP. 197001011995031001"],
    ]
    found = table(rows)
    assert (found.header_row, names(found)) == (4, ["Ani", "Budi"])
    assert [person.number for person in found.people] == [5, 6]
    assert found.notices == ["The list ends after row 6. What stands below was not read: rows 8, 9."]


def test_a_footer_without_an_empty_row_before_it():
    found = table([HEAD, ANI, BUDI, [None, "Jumlah: 2"], [None, "Mengetahui, Kepala Badan"]])
    assert names(found) == ["Ani", "Budi"]


def test_a_row_that_counts_the_columns_is_nobody():
    assert names(table([HEAD, [1, 2, 3, 4], ANI])) == ["Ani"]
    assert names(table([HEAD, ["(1)", "(2)", "(3)", "(4)"], ANI])) == ["Ani"]


def test_a_header_of_two_rows():
    rows = [["No", "Nama", "NIP", "Kontak", None], [None, None, None, "Email", "No. HP"], [*ANI, "0812"]]
    found = table(rows, merged=[(0, 3, 0, 4, "Kontak")])
    assert {column.letters: column.field for column in found.columns} == {"A": "", "B": "name", "C": "nip", "D": "email", "E": "phone"}
    assert names(found) == ["Ani"]


def test_a_person_below_the_header_is_no_second_header():
    found = table([["Nama", "NIP", "Lain"], ["Ani", "200002292024032999", "Email"], ["Budi", "1", "x"]])
    assert names(found) == ["Ani", "Budi"]


def test_a_unit_merged_over_several_rows_is_everybodys():
    rows = [["Nama", "NIP", "OPD"], ["Ani", "1", None], ["Budi", "2", None], ["Cici", "3", "BKD"]]
    found = table(rows, merged=[(1, 2, 2, 2, "Dinkes")])
    assert [person["unit"].text for person in found.people] == ["Dinkes", "Dinkes", "BKD"]


def test_where_units_have_a_column_the_agency_is_the_institution():
    fields = {column.heading: column.field for column in table([[*HEAD, "Instansi", "Unit Kerja"], ANI]).columns}
    assert (fields["Instansi"], fields["Unit Kerja"]) == ("institution", "unit")
    assert {column.heading: column.field for column in table([[*HEAD, "Instansi"], ANI]).columns}["Instansi"] == "unit"


def test_the_first_of_two_columns_with_one_meaning_counts():
    found = table([["Nama", "Nama Lengkap", "NIP"], ["Ani", "Ani Lestari", "1"]])
    assert names(found) == ["Ani"]
    assert [column.field for column in found.columns] == ["name", "", "nip"]


def test_hidden_things_are_named():
    rows = [HEAD, ANI, BUDI, [3, "Cici", "3", "c@contoh.test"]]
    found = table(rows, hidden_rows=[2], hidden_columns=[2])
    assert names(found) == ["Ani", "Cici"]
    assert not found.people[0]["nip"]
    assert found.notices == ["Hidden rows were left out: 3.", "Hidden columns were left out: C."]


def test_the_sheet_with_people_is_found_among_several():
    found = table([HEAD, ANI], sheets=[("Catatan", "visible")])
    assert (found.sheet, names(found)) == ("Peserta", ["Ani"])
    assert found.notices == ["The sheet “Peserta” was read; the others were not."]


@pytest.mark.parametrize("rows", [[], [["Nama"], ["Ani"]], [["NIP", "Email"], ["1", "2"]], [["a", "b"], ["c", "d"]]])
def test_without_a_header_nothing_is_guessed(rows):
    with pytest.raises(TableError) as told:
        read_table(read_sheets(csv_bytes(rows)))
    assert "“Nama”" in str(told.value)
