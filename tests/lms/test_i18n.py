"""Numbers, dates, times and Roman numerals as Indonesians write them."""

import datetime as dt
import os
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms import i18n

MOMENT = dt.datetime(2026, 11, 21, 6, 0, 22, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _indonesian():
    i18n.use("id", "Asia/Pontianak")


@pytest.mark.parametrize(
    ("value", "digits", "indonesian", "english"),
    [
        (1234.5, None, "1.234,5", "1,234.5"),
        (1234567, None, "1.234.567", "1,234,567"),
        (0, None, "0", "0"),
        (20.0, None, "20", "20"),
        (Decimal("7.50"), None, "7,5", "7.5"),
        (70.005, 2, "70,01", "70.01"),
        (2.5, 0, "3", "3"),
        (-1234.25, 1, "-1.234,3", "-1,234.3"),
    ],
)
def test_numbers(value, digits, indonesian, english):
    assert i18n.format_number(value, digits) == indonesian
    i18n.use("en")
    assert i18n.format_number(value, digits) == english


def test_dates():
    day = dt.date(2026, 11, 21)
    assert i18n.format_date(day) == "21 November 2026"
    assert i18n.format_date(dt.date(2026, 8, 17)) == "17 Agustus 2026"
    assert i18n.format_date(day, short=True) == "21/11/2026"
    assert i18n.format_day(day) == "Sabtu, 21 November 2026"
    assert i18n.format_date(None) == i18n.format_datetime(None) == ""
    i18n.use("en")
    assert i18n.format_day(dt.date(2026, 8, 17)) == "Monday, 17 August 2026"


@pytest.mark.parametrize(
    ("zone", "written"),
    [
        ("Asia/Jakarta", "13.00 WIB"),
        ("Asia/Pontianak", "13.00 WIB"),
        ("Asia/Makassar", "14.00 WITA"),
        ("Asia/Jayapura", "15.00 WIT"),
        ("Europe/Berlin", "07.00 UTC+1"),
        ("Asia/Kathmandu", "11.45 UTC+5.75"),
    ],
)
def test_times_say_their_zone(zone, written):
    i18n.use("id", zone)
    assert i18n.format_time(MOMENT) == written


def test_times():
    assert i18n.format_time(MOMENT, seconds=True) == "13.00.22"
    assert i18n.format_datetime(MOMENT) == "21 November 2026, 13.00 WIB"
    i18n.use("en")
    assert i18n.format_time(MOMENT) == "13:00 WIB"


def test_the_day_is_the_readers():
    late = dt.datetime(2026, 11, 21, 16, 30, tzinfo=dt.UTC)
    assert i18n.format_date(late) == "21 November 2026"
    i18n.use("id", "Asia/Makassar")
    assert i18n.format_date(late) == "22 November 2026"
    assert i18n.day_number(late) == 22
    assert i18n.month_short(late) == "Nov"


def decimal_of(roman):
    values = {"M": 1000, "D": 500, "C": 100, "L": 50, "X": 10, "V": 5, "I": 1}
    numbers = [values[letter] for letter in roman]
    return sum(-one if one < following else one for one, following in zip(numbers, [*numbers[1:], 0], strict=True))


@given(st.integers(1, 3999))
def test_roman_numerals_mean_their_number(number):
    roman = i18n.roman(number)
    assert decimal_of(roman) == number
    assert not any(letter * 4 in roman for letter in "IXCM")
    assert not any(letter * 2 in roman for letter in "VLD")


@given(st.integers(1, 3998))
def test_no_two_numbers_share_a_numeral(number):
    assert i18n.roman(number) != i18n.roman(number + 1)


@pytest.mark.parametrize(
    ("number", "roman"), [(1, "I"), (3, "III"), (4, "IV"), (9, "IX"), (14, "XIV"), (44, "XLIV"), (1994, "MCMXCIV"), (3999, "MMMCMXCIX")]
)
def test_some_roman_numerals(number, roman):
    assert i18n.roman(number) == roman


@pytest.mark.parametrize("number", [0, -1, 4000])
def test_numbers_without_a_numeral(number):
    with pytest.raises(ValueError, match=str(number)):
        i18n.roman(number)


def test_texts_in_two_languages():
    both = {"id": "Empati", "en": "Empathy"}
    assert i18n.choose(both) == "Empati"
    assert i18n.in_language("en", lambda: i18n.choose(both)) == "Empathy"
    assert i18n.choose({"en": "Only English"}) == "Only English"
    assert i18n.choose(None) == ""
    assert i18n.language() == "id", "in_language puts back what was before"


def test_an_unknown_language_is_indonesian():
    i18n.use("xx")
    assert i18n.language() == "id"


def test_counted_messages_write_their_number_in_the_language():
    assert "1.234" in i18n.ngettext("%(num)s untranslated thing", "%(num)s untranslated things", 1234)


PO = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "Saved"\nmsgstr "{}"\n'


def said(folder):
    i18n.load_catalogs([folder])
    i18n.use("id")
    return i18n.gettext("Saved")


@pytest.fixture
def folder(tmp_path):
    before = dict(i18n._catalogs)
    (tmp_path / "id" / "LC_MESSAGES").mkdir(parents=True)
    yield tmp_path
    i18n._catalogs.update(before)


def test_a_catalogue_is_compiled_again_when_it_changes_and_when_what_is_kept_is_broken(folder):
    words = folder / "id" / "LC_MESSAGES" / "peduli.po"
    words.write_text(PO.format("Tersimpan"))
    assert [said(folder), said(folder)] == ["Tersimpan"] * 2
    kept = words.with_suffix(".mo")
    assert kept.stat().st_mtime_ns == words.stat().st_mtime_ns
    words.write_text(PO.format("Sudah disimpan"))
    os.utime(words, ns=(1, 2))  # older than what is kept: a file that came with an upgrade
    assert said(folder) == "Sudah disimpan"
    kept.write_bytes(kept.read_bytes()[:30])
    os.utime(kept, ns=(1, 2))
    assert said(folder) == "Sudah disimpan"
    assert [path.name for path in words.parent.iterdir() if path not in {words, kept}] == []
