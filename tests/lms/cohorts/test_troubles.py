"""Every trouble of real lists (domain notes, 5.5) and every vector of numbers (2.12) as a row of one table: what is written, what becomes of it."""

import datetime as dt
import io
import re
import zipfile

import pytest
import sqlalchemy as sa
import xlsxwriter
from python_calamine import CalamineWorkbook
from support.lists import csv_bytes, xlsx

from lms.cohorts import corrected
from lms.cohorts.imports import check_list
from lms.cohorts.models import Fate
from lms.cohorts.plan import Plan
from lms.db import commit, db
from lms.i18n import use
from lms.people.models import Category, IdentityType, Unit
from lms.people.ranks import RANKS, parse_grade, rank_of

pytestmark = pytest.mark.sqlite

HEAD = ["Nama", "NIP", "Email", "Unit Kerja", "HP", "L/P", "Tempat, Tanggal Lahir", "Golongan", "Jenis Identitas"]
PNS, PPPK = "200002292024032999", "198002292023212998"
GOOD = {
    "name": "Ani Lestari",
    "nip": PNS,
    "email": "ani@contoh.test",
    "unit": "BKD",
    "phone": "",
    "sex": "",
    "born": "",
    "grade": "",
    "kind": "",
}
NAMES = ("name", "nip", "email", "unit", "phone", "sex", "born", "grade", "kind")
TAKEN, REFUSED = Fate.NEW, Fate.WRONG


@pytest.fixture(autouse=True)
def _in_english():
    use("en")


@pytest.fixture
def check(place):
    """Return a function that checks a file, or rows below a usual header."""

    def run(*rows, data=None, head=HEAD, plan=None, **options):
        commit()
        return check_list(cohort=place.cohort, data=data or xlsx([head, *rows], **options), plan=plan)

    return run


def told(row):
    return " ".join([*row.errors, *row.warnings])


def row_of(**cells):
    return [{**GOOD, **cells}[name] for name in NAMES]


# Each: what is wrong; the cells; the fate; what is said; what is kept.
CELLS = [
    # 2.12: the vectors
    ("PNS", {"nip": "200002292024031999"}, TAKEN, "", {"employee_number": "200002292024031999", "identity_type": IdentityType.PNS}),
    ("PNS in blocks", {"nip": "20000229 202403 1 999"}, TAKEN, "", {"employee_number": "200002292024031999"}),
    ("PPPK with an apostrophe", {"nip": f"'{PPPK}"}, TAKEN, "", {"employee_number": PPPK, "category": Category.PPPK}),
    ("no such date", {"nip": "199902292024031999"}, REFUSED, "no date of birth", {}),
    ("month 13", {"nip": "200002292024131999"}, REFUSED, "neither a month", {}),
    ("sex 3", {"nip": "200002292024033999"}, REFUSED, "Digit 15", {}),
    ("cut off by Excel", {"nip": "200002292024031000"}, REFUSED, "ends in 000", {}),
    ("17 digits", {"nip": "20000229202403199"}, REFUSED, "this has 17", {}),
    ("contract 0", {"nip": "198002292023202998"}, REFUSED, "neither a month", {}),
    ("appointed as a child", {"nip": "200002292010031999"}, TAKEN, "at the age of 10", {}),
    # 5.5: numbers
    ("a number cell", {"nip": 198002292023212998}, REFUSED, "kept as a number", {}),
    ("a scientific number", {"nip": 2.00002e17}, REFUSED, "kept as a number", {}),
    ("scientific as text", {"nip": "2,00002E+17"}, REFUSED, "kept as a number", {}),
    ("dots and no-break spaces", {"nip": "20000229.202403\u00a02.999"}, TAKEN, "", {"employee_number": PNS}),
    ("two numbers in a cell", {"nip": f"{PNS} / {PPPK}"}, REFUSED, "this has 36", {}),
    ("no number yet", {"nip": "belum ada"}, TAKEN, "still to come", {"category": Category.CPNS, "employee_number": None}),
    ("a soldier", {"nip": "31970123450789", "kind": "NRP"}, REFUSED, "18 digits", {}),
    ("a soldier's NRP", {"nip": "3197012345", "kind": "NRP TNI"}, TAKEN, "", {"identity_type": IdentityType.NRP}),
    ("a NIK", {"nip": "6171012345678901"}, REFUSED, "NIK", {}),
    ("a NIK that says so", {"nip": "6171012345678901", "kind": "NIK"}, REFUSED, "A NIK is not kept", {"employee_number": None}),
    ("the list says PPPK", {"kind": "PPPK"}, TAKEN, "the number counts", {"identity_type": IdentityType.PNS}),
    # names
    (
        "titles without spaces",
        {"name": "SITI AMINAH,S.Kep.,Ners"},
        TAKEN,
        "taken as “Siti Aminah”",
        {"name": "Siti Aminah", "title_after": "S.Kep., Ners"},
    ),
    (
        "an extra comma",
        {"name": "Dr. Siti Aminah, , M.Si,"},
        TAKEN,
        "",
        {"title_before": "Dr.", "name": "Siti Aminah", "title_after": "M.Si"},
    ),
    # dates, with the number and without
    ("day first", {"born": "29-02-2000"}, TAKEN, "", {"birth_date": dt.date(2000, 2, 29)}),
    ("a month in words", {"born": "Sintang, 29 Pebruari 2000"}, TAKEN, "", {"birth_place": "Sintang"}),
    ("not the number's day", {"born": "17 Agustus 1995"}, TAKEN, "differ", {"birth_date": dt.date(2000, 2, 29)}),
    ("a serial of Excel", {"nip": "", "born": 34928}, TAKEN, "", {"birth_date": dt.date(1995, 8, 17)}),
    ("an Excel date", {"nip": "", "born": dt.date(1995, 8, 17)}, TAKEN, "", {"birth_date": dt.date(1995, 8, 17)}),
    ("the American order", {"nip": "", "born": "08/17/1995"}, TAKEN, "", {"birth_date": dt.date(1995, 8, 17)}),
    ("two digits of a year", {"nip": "", "born": "17-8-95"}, TAKEN, "", {"birth_date": dt.date(1995, 8, 17)}),
    ("one of two days", {"nip": "", "born": "03/04/1995"}, REFUSED, "Write the month as a word", {}),
    ("one of two days, with a number", {"born": "03/04/1995"}, TAKEN, "differ", {"birth_date": dt.date(2000, 2, 29)}),
    ("no date at all", {"nip": "", "born": "tidak tahu pasti"}, TAKEN, "", {"birth_date": None}),
    # sex
    *((f"sex {text}", {"sex": text}, TAKEN, "", {}) for text in ("P", "Pr", "Perempuan", "wanita")),
    *((f"sex {text}", {"sex": text}, TAKEN, "The sex in the list", {}) for text in ("L", "Lk", "Laki-Laki", "PRIA")),
    # golongan
    ("golongan", {"grade": "III/a"}, TAKEN, "", {"grade": "III/a"}),
    ("golongan without the stroke", {"grade": "IIIa"}, TAKEN, "", {"grade": "III/a"}),
    ("golongan behind its name", {"grade": "Penata Muda/IIIa"}, TAKEN, "", {"grade": "III/a"}),
    ("golongan of a PPPK", {"nip": PPPK, "grade": "IX"}, TAKEN, "", {"grade": "IX"}),
    ("golongan as a number", {"nip": PPPK, "grade": 9}, TAKEN, "", {"grade": "IX"}),
    ("no golongan", {"grade": "Senior"}, TAKEN, "no golongan", {"grade": ""}),
    ("name and code differ", {"grade": "Penata Muda (III/b)"}, TAKEN, "no golongan", {"grade": ""}),
    # units
    ("a short name", {"unit": "Bkd"}, TAKEN, "", {}),
    ("an unknown unit", {"unit": "Badan Kepeg. Prov. Kalbar"}, REFUSED, "not known", {}),
    # telephones
    ("a usual number", {"phone": "0812-3456-7890"}, TAKEN, "", {"phone": "+6281234567890"}),
    ("plus 62", {"phone": "+62 812 3456 7890"}, TAKEN, "", {"phone": "+6281234567890"}),
    ("62", {"phone": "6281234567890"}, TAKEN, "", {"phone": "+6281234567890"}),
    ("a lost zero", {"phone": 81234567890}, TAKEN, "lost its zero", {"phone": "+6281234567890"}),
    ("no telephone", {"phone": "12"}, TAKEN, "left out", {"phone": ""}),
    # addresses
    ("spaces in an address", {"email": " ani @ contoh.test "}, TAKEN, "taken as ani@contoh.test", {"email": "ani@contoh.test"}),
    ("gmail.con", {"email": "ani@gmail.con"}, TAKEN, "Is gmail.com meant?", {}),
    ("an office's address", {"email": "kepegawaian@contoh.test"}, TAKEN, "an office shares", {}),
    ("no address", {"email": "ani(at)contoh"}, REFUSED, "no e-mail address", {}),
    # formulas
    *((f"begins with {sign}", {"name": f"{sign}1+1 Ani"}, REFUSED, "formula", {}) for sign in "=+-@"),
    ("an error of Excel", {"name": "#N/A"}, REFUSED, "error #N/A", {}),
]


@pytest.mark.parametrize(("cells", "fate", "says", "kept"), [pytest.param(*case[1:], id=case[0]) for case in CELLS])
def test_cells(check, cells, fate, says, kept):
    row = check(row_of(**cells)).rows[0]
    assert (row.fate, says in told(row)) == (fate, True), told(row)
    assert {name: row.values[name] for name in kept} == kept
    assert row.faults or fate is TAKEN
    assert row.written["name"] == str(cells.get("name", GOOD["name"]))  # the original stays in sight


def test_every_fault_can_be_put_right_where_it_is_shown(check):
    """Type a good value into each field that a refused row names: the row is taken."""
    good = {"name": "Ani Lestari", "nip": PNS, "email": "ani@contoh.test", "unit": "BKD", "birth_date": "", "identity": "", "grade": ""}
    for _title, cells, fate, _says, _kept in CELLS:
        if fate is REFUSED:
            row = check(row_of(**cells)).rows[0]
            typed = {str(row.number): {fault: good[fault] for fault in [*row.faults, *(["nip"] if "identity" in row.faults else [])]}}
            again = check(row_of(**cells), plan=Plan(cells=typed)).rows[0]
            assert again.fate is TAKEN, (cells, told(again))


# -- numbers of the whole list -------------------------------------------------------------------------------------------------------------


def test_numbers_that_went_through_doubles_are_refused_together(check):
    rounded = [str(int(float(number))) for number in ("199001012015031001", "198505052010012003", "199212122019031005")]
    assert all(int(number) % 32 == 0 for number in rounded)
    rows = [[f"Orang {place}", number, f"o{place}@contoh.test"] for place, number in enumerate(rounded)]
    found = check(data=csv_bytes([["Nama", "NIP", "Email"], *rows]))
    assert {row.fate for row in found.rows} == {REFUSED}
    found = check(data=csv_bytes([["Nama", "NIP", "Email"], *rows]), plan=Plan(cells={"2": {"nip": PNS}, "3": {"email": "x@contoh.test"}}))
    assert [row.fate for row in found.rows] == [TAKEN, REFUSED, REFUSED], "one that is put right does not make the others right"
    rows[0][1] = PNS
    assert TAKEN in {row.fate for row in check(data=csv_bytes([["Nama", "NIP", "Email"], *rows])).rows}


def test_who_a_broken_number_may_belong_to_is_suggested_and_never_taken(check, make_user):
    make_user("Ani Lestari", email="lama@contoh.test", employee_number=PNS, birth_date=dt.date(2000, 2, 29))
    row = check(row_of(nip=200002292024032999, born="29 Februari 2000", email="baru@contoh.test")).rows[0]
    assert (row.fate, row.account, row.values["employee_number"]) == (REFUSED, None, None)
    assert "has the NIP 20000229 202403 2 999. Is it the same person? Then type it." in told(row)
    other = check(row_of(nip=200002292024032999, born="28 Februari 2000", email="baru@contoh.test")).rows[0]
    assert "has the NIP" not in told(other)


def test_the_same_person_with_a_new_number_is_asked_about(check, make_user):
    make_user("Ani Lestari", email="lama@contoh.test", employee_number="200002292024212001", birth_date=dt.date(2000, 2, 29))
    row = check(row_of(email="baru@contoh.test")).rows[0]
    assert (row.fate, row.account) == (TAKEN, None)
    assert "Somebody of the same name and date of birth" in told(row)


def test_a_column_that_shows_its_order_decides_for_all_its_dates(check):
    for other, day in (("17/08/1995", dt.date(1995, 4, 3)), ("08/17/1995", dt.date(1995, 3, 4))):
        rows = [
            row_of(name="A", nip="", email="a@contoh.test", born="03/04/1995"),
            row_of(name="B", nip="", email="b@contoh.test", born=other),
        ]
        assert check(*rows).rows[0].values["birth_date"] == day
    both = [row_of(name="A", nip="", email="a@contoh.test", born=text) for text in ("03/04/1995", "17/08/1995", "08/17/1995")]
    assert "month as a word" in told(check(*both).rows[0])


# -- what stands around the list ------------------------------------------------------------------------------------------------------------

ANI, BUDI = ["Ani", PNS, "ani@contoh.test"], ["Budi", PPPK, "budi@contoh.test"]
SHORT = ["Nama", "NIP", "Email"]
FILES = [
    ("title rows, a numbering row, a signature", lambda: xlsx([["DAFTAR PESERTA"], [], SHORT, ["1", "2", "3"], ANI, BUDI, [], ["", "Kepala Badan"]])),
    (
        "a header of two rows",
        lambda: xlsx([["No", "Nama", "Identitas", ""], ["", "", "NIP", "Email"], ["1", *ANI], ["2", *BUDI]], merged=[(0, 2, 0, 3, "Identitas")]),
    ),
    ("the list on the second sheet", lambda: xlsx([SHORT, ANI, BUDI], sheets=[("Catatan", "visible")])),
    ("hidden rows and columns", lambda: xlsx([[*SHORT, "NIP"], [*ANI, "x"], ["Lama", "", "l@contoh.test", ""], [*BUDI, "x"]], hidden_rows=[2], hidden_columns=[3])),
    ("semicolons", lambda: csv_bytes([SHORT, ANI, BUDI], ";")),
    ("UTF-8 with a mark", lambda: csv_bytes([SHORT, ANI, BUDI], ",", "utf-8-sig")),
    ("Windows-1252", lambda: csv_bytes([[*SHORT, "Jabatan"], [*ANI, "Kepala “Seksi”"], BUDI], ";", "cp1252")),
]  # fmt: skip


@pytest.mark.parametrize("make", [pytest.param(make, id=title) for title, make in FILES])
def test_files(check, make):
    found = check(data=make())
    assert [(row.name.name, row.fate) for row in found.rows] == [("Ani", TAKEN), ("Budi", TAKEN)]


def test_what_is_hidden_is_named(check):
    notices = " ".join(check(data=FILES[3][1]()).table.notices)
    assert "Hidden rows were left out: 3" in notices
    assert "Hidden columns were left out: D" in notices


def test_a_unit_is_never_made_and_the_three_closest_are_shown(check, make_unit):
    for name in ("Dinas Kesehatan", "Dinas Kesehatan, PP dan KB", "Dinas Pendidikan", "Dinas Perhubungan"):
        make_unit(name)
    before = db.session.scalar(sa.select(sa.func.count()).select_from(Unit))
    (spelling,) = check(row_of(unit="DINAS KESEHATAN PROV.KALBAR")).spellings
    assert len(spelling.closest) == 3
    assert spelling.closest[0].name.startswith("Dinas Kesehatan")
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Unit)) == before


@pytest.mark.parametrize(("text", "code"), [("3a", "III/a"), ("III.a", "III/a"), ("III - d", "III/d"), ("Penata Tk. I (III/d)", "III/d"), ("Penata Tk.I, III/d", "III/d"), ("Gol. IV/b", "IV/b"), ("pembina tingkat 1", "IV/b"), ("Pembina Utama Madya", "IV/d"), ("III/e", ""), ("V/a", ""), ("XVII", "XVII"), ("XVIII", ""), ("golongan VII", "VII"), ("", ""), ("Guru", "")])  # fmt: skip
def test_golongan_as_people_write_it(text, code):
    assert parse_grade(text) == code


def test_every_golongan_is_read_from_its_code_and_its_name():
    for code, name in RANKS.items():
        assert {parse_grade(text) for text in (code, code.lower(), code.replace("/", ""), name, f"{name} ({code})")} == {code}
        assert rank_of(code) == name
    assert parse_grade("IX", IdentityType.PNS) == ""


# -- the same file with the reasons ------------------------------------------------------------------------------------------------------------


def again(check, data, plan=None):
    found = check(data=data, plan=plan)
    return corrected.corrected_file(data, found, plan or Plan())


def test_the_same_excel_file_comes_back_with_one_more_column(check):
    data = xlsx([["DAFTAR"], [*SHORT, "Hobi"], [*ANI, "Membaca"], ["Budi", 1.98002e17, "budi@contoh.test", 7]], formulas={(3, 3): "=3+4"}.items(), sheets=[("Catatan", "visible"), ("Rahasia", "hidden")])  # fmt: skip
    made, kind = again(check, data)
    assert (kind, b"<f>" in made) == ("xlsx", False)
    found = check(data=made)
    assert (found.sheets, found.table.sheet) == (["Catatan", "Peserta"], "Peserta")
    assert [(column.heading, column.field) for column in found.table.columns][-2:] == [("Hobi", ""), ("What to correct", "")]
    third, _kind = again(check, made, Plan(cells={"4": {"nip": PPPK, "name": "=Budi"}}))
    last = check(data=third)
    assert [column.heading for column in last.table.columns].count("What to correct") == 1
    assert (last.rows[1].written["nip"], last.rows[1].written["name"]) == (PPPK, "'=Budi")


def changed_parts(data, change):
    """Return an Excel file with each part as `change(name, text)` gives it; None leaves it out."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w") as made:
        for name in source.namelist():
            text = change(name, source.read(name).decode())
            if text is not None:
                made.writestr(name, text)
    return out.getvalue()


def cells_of(data):
    return CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()


def test_cells_that_do_not_name_their_place_are_not_lost(check):
    rows = [[*SHORT, "Hobi"], [*ANI, "Membaca"], ["Budi", "123", "budi@contoh.test", "Memancing"]]
    named = xlsx(rows)
    plain = changed_parts(named, lambda name, text: re.sub(r'(<(?:c|row)) r="[A-Z]*[0-9]+"', r"\1", text) if "/sheet1" in name else text)
    plan = Plan(cells={"3": {"name": "", "email": "budi2@contoh.test"}})
    made = [cells_of(again(check, data, plan)[0]) for data in (named, plain)]
    assert made[0] == made[1]
    assert made[1][1][:4] == [*ANI, "Membaca"]
    assert made[1][2][:4] == ["", "123", "budi2@contoh.test", "Memancing"]
    assert made[1][2][4] == "The name is missing. A NIP has 18 digits; this has 3."


def test_a_remark_without_a_heading_stays(check):
    rows = [SHORT, [*ANI, "", "sudah ditelepon"], ["Budi", "123", "budi@contoh.test"]]
    found = cells_of(again(check, xlsx(rows))[0])
    assert [row[4:] for row in found] == [["", "What to correct"], ["sudah ditelepon", ""], ["", found[2][5]]]
    made, _kind = again(check, csv_bytes(rows))
    assert made.decode("utf-8-sig").splitlines()[1] == f"Ani;{PNS};ani@contoh.test;;sudah ditelepon;"


def test_macros_are_taken_out(check):
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate((SHORT, ANI)):
            sheet.write_row(number, 0, row)
        book.add_vba_project(io.BytesIO(b"makro"), is_stream=True)
    made, kind = again(check, buffer.getvalue())
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        texts = b"".join(archive.read(name) for name in archive.namelist())
    assert (kind, b"makro" in texts, b"macroEnabled" in texts, b"vbaProject.bin" in texts) == ("xlsx", False, False, False)
    assert cells_of(made)[1][0] == "Ani"


def test_the_same_csv_file_comes_back_with_its_separator(check):
    data = csv_bytes([[*SHORT, "Hobi"], [*ANI, "=cmd()"], ["Budi", "123", "budi@contoh.test", "x; y"]], ";", "cp1252")
    made, kind = again(check, data)
    lines = made.decode("utf-8-sig").splitlines()
    assert (kind, lines[0]) == ("csv", "Nama;NIP;Email;Hobi;What to correct")
    assert lines[1] == f"Ani;{PNS};ani@contoh.test;'=cmd();"
    assert lines[2].startswith('Budi;123;budi@contoh.test;"x; y";"A NIP has 18 digits')
