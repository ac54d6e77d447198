"""What people type, made regular; and never silently."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lms.cohorts import cleaning
from lms.cohorts.cells import Cell, Kind, clean
from lms.i18n import use
from lms.people.models import Category


@pytest.fixture(autouse=True)
def _in_english():
    use("en")


@pytest.mark.parametrize(
    ("text", "before", "name", "after"),
    [
        ("Siti Aminah", "", "Siti Aminah", ""),
        ("Rahmatullah", "", "Rahmatullah", ""),
        ("SITI AMINAH,S.Kep.,Ners", "", "Siti Aminah", "S.Kep., Ners"),
        ("Dr. H. Budi Santoso, M.Si.", "Dr. H.", "Budi Santoso", "M.Si."),
        ("drg. Maria Goreti Sulau", "drg.", "Maria Goreti Sulau", ""),
        ("dr. Hj. NUR'AINI BINTI A. RAHMAN, Sp.A", "dr. Hj.", "Nur'aini binti A. Rahman", "Sp.A"),
        ("Moch. Taufik S.E.", "", "Moch. Taufik", "S.E."),
        ("Petrus Kanisius A.", "", "Petrus Kanisius A.", ""),
        ("Drs. , M.Si.", "", "Drs", "M.Si."),
        ("Ahmad , , S.T. ,", "", "Ahmad", "S.T."),
        ("YOHANES-PAULUS", "", "Yohanes-Paulus", ""),
        ("LI", "", "LI", ""),
    ],
)
def test_titles_come_off_names(text, before, name, after):
    found = cleaning.split_name(text)
    assert (found.before, found.name, found.after) == (before, name, after)


def test_capitals_are_offered_in_title_case_and_it_is_said():
    assert cleaning.split_name("SITI AMINAH").warnings == ("The name was in capitals; it is taken as “Siti Aminah”.",)
    assert cleaning.split_name("Siti Aminah").warnings == ()


def test_titles_of_columns_of_their_own_come_first():
    found = cleaning.split_name("Siti Aminah", "Dr.", "M.Kes.")
    assert (found.before, found.after) == ("Dr.", "M.Kes.")


@settings(deadline=None)
@given(st.text(st.characters(max_codepoint=0x24F), max_size=80).map(clean))
def test_no_letter_of_a_name_is_lost(text):
    found = cleaning.split_name(text)
    kept = f"{found.before}{found.name}{found.after}".lower()
    assert sorted(letter for letter in kept if letter.isalnum()) == sorted(letter for letter in text.lower() if letter.isalnum())


@pytest.mark.parametrize(
    ("text", "number", "warned"),
    [
        ("081234567890", "+6281234567890", False),
        ("0812-3456 7890", "+6281234567890", False),
        ("+62 812 3456 7890", "+6281234567890", False),
        ("6281234567890", "+6281234567890", False),
        ("+62 0812 3456 7890", "+6281234567890", False),
        ("'081234567890", "+6281234567890", False),
        ("81234567890", "+6281234567890", True),
        ("0812 3456 7890 / 0813 1112 2233", "+6281234567890", True),
        ("0561 736541", "+62561736541", False),
        ("+60 12 345 6789", "+60123456789", False),
        ("12", "", True),
        ("belum punya hp", "", True),
        ("080000000000000000", "", True),
    ],
)
def test_telephone_numbers(text, number, warned):
    found, warning = cleaning.clean_phone(Cell(text))
    assert (found, bool(warning)) == (number, warned)


def test_a_number_cell_has_lost_its_zero():
    number, warning = cleaning.clean_phone(Cell("81234567890", Kind.NUMBER))
    assert number == "+6281234567890"
    assert "081234567890" in warning


def test_numbers_are_written_as_people_dial_them():
    assert cleaning.national("+6281234567890") == "081234567890"
    assert cleaning.national("+60123456789") == "+60123456789"


@pytest.mark.parametrize(
    ("text", "address", "wrong", "warned"),
    [
        ("Ani@Contoh.test", "ani@contoh.test", False, False),
        ("ani @contoh.test", "ani@contoh.test", False, True),
        ("mailto:ani@contoh.test", "ani@contoh.test", False, True),
        ("<ani@contoh.test>;", "ani@contoh.test", False, True),
        ("ani@gmail.con", "ani@gmail.con", False, True),
        ("ani@@contoh.test", "", True, False),
        ("ani@contoh", "", True, False),
        ("ani@contoh.test, budi@contoh.test", "", True, False),
        ("ani..b@contoh.test", "", True, False),
        ("081234567890", "", True, False),
    ],
)
def test_addresses(text, address, wrong, warned):
    found, error, warning = cleaning.clean_email(text)
    assert (found, bool(error), bool(warning)) == (address, wrong, warned)


@pytest.mark.parametrize(
    "cell",
    [
        Cell("17-08-1995"),
        Cell("17/8/1995"),
        Cell("17 Agustus 1995"),
        Cell("Sanggau, 17 Agt 1995"),
        Cell("17-Aug-1995"),
        Cell("1995-08-17"),
        Cell("1995-08-17", Kind.DATE),
        Cell("34928", Kind.NUMBER),
    ],
)
def test_dates_of_birth(cell):
    assert cleaning.birth_dates(cell) == {dt.date(1995, 8, 17)}


def test_day_and_month_that_cannot_be_told_apart_are_both_possible():
    assert cleaning.birth_dates(Cell("03/04/1990")) == {dt.date(1990, 4, 3), dt.date(1990, 3, 4)}
    assert cleaning.birth_dates(Cell("31 Februari 1990")) == set()
    assert cleaning.birth_dates(Cell("kemarin")) == set()


@pytest.mark.parametrize(
    ("text", "sex"), [("L", "L"), ("Laki-Laki", "L"), ("Lk", "L"), ("P", "P"), ("Pr", "P"), ("Wanita", "P"), ("?", "")]
)
def test_sex(text, sex):
    assert cleaning.sex_of(text) == sex


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("PNS", Category.PNS),
        ("CPNS", Category.CPNS),
        ("PPPK", Category.PPPK),
        ("P3K", Category.PPPK),
        ("Alumni sekolah kedinasan", Category.GRADUATE),
        ("Undangan", Category.GUEST),
        ("III/a", None),
        *((category.value, category) for category in Category),
    ],
)
def test_kinds_of_participants(text, category):
    assert cleaning.category_of(text) is category


@pytest.mark.parametrize("text", ["", "-", "–", " - ", "belum ada", "Belum ada NIP", "tidak ada", "n/a", "NIHIL", "."])
def test_many_ways_to_say_nothing(text):
    assert cleaning.is_nothing(text)


@settings(deadline=None)
@given(st.text(max_size=60))
def test_nothing_makes_any_of_it_crash(text):
    cell = Cell(clean(text))
    cleaning.clean_phone(cell)
    cleaning.clean_email(cell.text)
    cleaning.birth_dates(cell)
    cleaning.birth_dates(Cell(cell.text, Kind.NUMBER))
    cleaning.sex_of(cell.text)
    cleaning.category_of(cell.text)
    cleaning.unquoted(cell.text)
    cleaning.is_nothing(cell.text)
