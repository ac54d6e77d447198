"""What people type: texts with typos, numbers with the signs of two languages, units, gaps."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms import i18n
from lms.errors import ContentError, Refused
from lms.i18n import format_number
from quizzes.kinds.base import KINDS, load_data
from quizzes.kinds.numbers import read_number, readings, within
from quizzes.kinds.typed import distance, match, nearly, normalise, tidy

pytestmark = pytest.mark.sqlite  # no database


# -- texts ----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  Empati \n", "empati"), ("rasa\u00a0  ikut\tserta", "rasa ikut serta"), ("“Halo”", '"halo"'), ("Jum’at", "jum'at"), ("Jum`at", "jum'at"),
        ("masing–masing", "masing-masing"), ("masing‑masing", "masing-masing"), ("ＡＢＣ", "abc"), ("ﬁle", "file"), ("cafe\u0301", "café"),
        ("Straße", "strasse"), ("ko\u00adta", "kota"), ("ko\u200bta", "kota"), ("x²", "x2"), ("…", "..."), ("titik.", "titik."), ("İ", "i̇"), ("", ""),
    ],
)  # fmt: skip
def test_texts_are_compared_in_one_form(text, expected):
    assert normalise(text) == expected


def test_capitals_matter_where_the_author_says_so():
    assert normalise("KTP", case=True) == "KTP"
    assert normalise("“A – b”", case=True) == '"A - b"'


@given(st.text(max_size=40), st.booleans())
def test_one_form_stays(text, case):
    once = normalise(text, case=case)
    assert normalise(once, case=case) == once
    assert tidy(tidy(text, 99), 99) == tidy(text, 99)
    assert normalise(tidy(text, 99), case=case) == once or "\0" in text


@pytest.mark.parametrize(
    ("first", "second", "typos"),
    [
        ("", "", 0), ("a", "", 1), ("", "abc", 3), ("kucing", "kucing", 0), ("kucing", "kuceng", 1), ("kucing", "kcuing", 1), ("kucing", "kucig", 1),
        ("kucing", "kuccing", 1), ("kucing", "ucingk", 2), ("ca", "abc", 3), ("empati", "simpati", 2), ("ab", "ba", 1), ("abcd", "badc", 2),
    ],
)  # fmt: skip
def test_typos_are_counted(first, second, typos):
    assert distance(first, second) == typos


words = st.text("abc", max_size=6)


@given(words, words)
def test_distance_is_a_distance(first, second):
    found = distance(first, second)
    assert found == distance(second, first)
    assert (found == 0) == (first == second)
    assert abs(len(first) - len(second)) <= found <= max(len(first), len(second))


@given(words, st.integers(0, 5), st.sampled_from("xyz"))
def test_one_edit_is_one_typo(word, place, letter):
    assert distance(word, word[:place] + letter + word[place:]) == 1
    if place + 1 < len(word) and word[place] != word[place + 1]:
        assert distance(word, word[:place] + word[place + 1] + word[place] + word[place + 2 :]) == 1


@pytest.mark.parametrize(
    ("typed", "answer", "typos", "expected"),
    [
        ("empaty", "empati", 1, True), ("empty", "empati", 1, False), ("empty", "empati", 2, True), ("ibi", "ibu", 1, False), ("ib", "ibu", 2, False),
        ("ibuk", "ibuu", 1, True), ("pasal 12", "pasal 13", 1, False), ("pasel 12", "pasal 12", 1, True), ("1945", "1946", 2, False), ("KTp", "KTP", 1, False),
        ("jakarta", "Jakarta", 1, False), ("Jakarat", "Jakarta", 1, True),
    ],
)  # fmt: skip
def test_which_typos_are_forgiven(typed, answer, typos, expected):
    assert nearly(typed, answer, typos=typos) is expected


ANSWERS = [
    {"text": "empati"},
    {"text": "simpati", "credit": 25.0},
    {"text": "empathy", "credit": 80.0},
    {"text": "antipati", "credit": 0.0},
]


@pytest.mark.parametrize(
    ("typed", "typos", "expected"),
    [
        ("Empati", 0, "empati"), ("empti", 0, None), ("empti", 1, "empati"), ("simpati", 2, "simpati"), ("impati", 1, "empati"), ("antipati", 2, "antipati"),
        ("lain", 2, None), ("empath", 1, "empati"), ("empathi", 1, "empati"),
    ],
)  # fmt: skip
def test_exact_wins_and_the_best_credit_counts(typed, typos, expected):
    found = match(typed, ANSWERS, typos=typos)
    assert (found["text"] if found else None) == expected


def test_short_texts():
    kind = KINDS["short_text"]
    data = load_data("short_text", {"stem": "Apa?", "answers": [{"text": "empati"}, {"text": "simpati", "credit": 25}], "typos": 1})
    assert kind.mark(data, {"text": "EMPATI"}) == 1
    assert kind.mark(data, {"text": "simpat"}) == 0.25
    assert [(piece.answer, piece.share) for piece in kind.pieces(data, {"text": "Empatih"})] == [("empati", 1)]
    assert [(piece.answer, piece.share) for piece in kind.pieces(data, {"text": "Apa  ya"})] == [("apa ya", 0)]
    with pytest.raises(Refused):
        tidy("x" * 501, 500)
    assert tidy(" a\0b \ud800 ", 9) == "ab"


# -- numbers --------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1234", "1234"), ("1234.5", "1234.5"), ("1234,5", "1234.5"), ("1.234,5", "1234.5"), ("1,234.5", "1234.5"), ("1 234,5", "1234.5"),
        ("1 234.5", "1234.5"), ("1\u00a0234,5", "1234.5"), ("1\u202f234\u202f567,8", "1234567.8"), ("1'234.5", "1234.5"), ("1’234.5", "1234.5"),
        ("1.234", "1.234 1234"), ("1,234", "1.234 1234"), ("12.345", "12.345 12345"), ("123,456", "123.456 123456"), ("1234.567", "1234.567"),
        ("0.125", "0.125"), ("0,125", "0.125"), ("1.234.567", "1234567"), ("1,234,567", "1234567"), ("1.234.567,89", "1234567.89"), ("1,234,567.89", "1234567.89"),
        ("1.23", "1.23"), ("1,2345", "1.2345"), (".5", "0.5"), (",5", "0.5"), ("5.", "5"), ("5,", "5"), ("0", "0"), ("-0", "0"), ("007", "7"),
        ("-5", "-5"), ("+5", "5"), ("−5", "-5"), ("–5", "-5"), ("- 5", "-5"), ("-1.234,5", "-1234.5"), ("３，５", "3.5"), ("٣", "3"),
        ("3e2", "300"), ("3E2", "300"), ("3e-2", "0.03"), ("3,5e+2", "350"), ("3x10^2", "300"), ("3 × 10^2", "300"), ("3*10^-2", "0.03"), ("-1.5e3", "-1500"),
        ("50 %", "50"), ("50%", "50"), ("50 persen", "50"), ("Rp 50.000", "50 50000"), ("Rp50.000,00", "50000"), ("Rp. 1.500.000", "1500000"), ("Rp.50", "50"),
        ("Rp 50.000,-", "50 50000"), ("$5", "5"), ("-Rp5", "-5"), ("Rp -5", "-5"), ("12 hari kerja", "12"), ("25 m2", "25"), ("25 m²", "25"), ("5 km/jam", "5"), ("12 345 678", "12345678"),
    ],
)  # fmt: skip
def test_numbers_are_read(text, values):
    typed = read_number(text)
    assert typed is not None
    assert [Decimal(value) for value in values.split()] == list(typed.values)


@pytest.mark.parametrize(
    "text",
    [
        "", "dua", "-", ".", ",", "1,2,3", "12.34,5", "1.23.456", "31.12.2024", "1.234.56", "1,23,456", "1.234,567,8", "1/2", "10:30", "3-4", "3 atau 4",
        "5 1000", "1 2", "--5", "+-5", "3e2000", "3e-2000", "1e99999999999", "1.2.3", "kurang lebih 5", "5" * 101, "½", "0x1F", "1_000", "NaN", "Infinity", "1..2",
    ],
)  # fmt: skip
def test_what_is_no_number(text):
    assert read_number(text) is None


def test_the_longest_numbers_are_exact():
    assert within(read_number("1e999").values[0], "1e999")
    assert not within(read_number(f"1,{'0' * 90}1").values[0], "1")
    assert within(read_number(f"1,{'0' * 90}1").values[0], "1", "1e-91")


@given(st.text(max_size=40) | st.text("0123456789.,e+- '%Rpkgx^*", max_size=20))
def test_any_text_is_looked_at(text):
    typed = read_number(text)
    assert typed is None or 1 <= len(typed.values) <= 2
    assert all(value.is_finite() for value in readings(text, unit="kg", units=[{"name": "g", "factor": "0.001"}]))


@given(st.decimals(-(10**9), 10**9, places=3), st.sampled_from(["id", "en"]))
def test_numbers_as_they_are_written_are_read(value, language):
    text = i18n.in_language(language, lambda: format_number(value))
    assert value in read_number(text).values


UNITS = [{"name": "g", "factor": "0.001"}, {"name": "Mg", "factor": "1000"}, {"name": "mg", "factor": "0.000001"}]


@pytest.mark.parametrize(
    ("text", "unit", "required", "values"),
    [
        ("5", "kg", False, "5"), ("5 kg", "kg", False, "5"), ("5kg", "kg", True, "5"), ("5 KG", "kg", True, "5"), ("5 kg.", "kg", True, "5"), ("5", "kg", True, ""),
        ("500 g", "kg", True, "0.5"), ("500 G", "kg", True, "0.5"), ("2 Mg", "kg", False, "2000"), ("2 mg", "kg", False, "0.000002"), ("2 MG", "kg", False, ""),
        ("5 lb", "kg", False, ""), ("5 %", "kg", False, ""), ("Rp 5", "kg", False, ""), ("kg 5", "kg", False, "5"), ("kg 5 kg", "kg", False, ""),
        ("1.234 g", "kg", False, "0.001234 1.234"),
    ],
)  # fmt: skip
def test_units(text, unit, required, values):
    assert readings(text, unit=unit, units=UNITS, unit_required=required) == [Decimal(value) for value in values.split()]


@pytest.mark.parametrize(
    ("text", "unit", "values"),
    [
        ("50 %", "", "50 0.5"), ("50 persen", "", "50 0.5"), ("50 %", "%", "50"), ("50 persen", "%", "50"), ("50", "%", "50"), ("Rp 5.000", "Rp", "5 5000"), ("5.000 rp", "Rp", "5 5000"),
        ("12 orang", "", "12"), ("Rp 12", "", "12"), ("bukan 12", "", ""), ("e5", "", ""), ("25 m²", "m2", "25"), ("25 m2", "m²", "25"),
    ],
)  # fmt: skip
def test_units_that_are_not_declared(text, unit, values):
    assert readings(text, unit=unit) == [Decimal(value) for value in values.split()]


@pytest.mark.parametrize(
    ("typed", "share"),
    [
        ("10", 1), ("10,5", 1), ("9.5", 1), ("10,51", 0.5), ("9,49", 0.5), ("12", 0.5), ("12.0000001", 0), ("8", 0.5), ("7,99", 0), ("sepuluh", 0), ("10 kg", 1),
        ("10.000", 1), ("1e1", 1), ("10 g", 0), ("10000 g", 1), ("10.000 g", 1), ("10,000 g", 1),
    ],
)  # fmt: skip
def test_tolerance_is_inclusive_and_the_best_credit_counts(typed, share):
    answers = [{"value": "10", "tolerance": "2", "credit": 50}, {"value": "10", "tolerance": "0,5"}]
    data = load_data("numeric", {"stem": "Berapa?", "answers": answers, "unit": "kg", "units": UNITS[:1]})
    assert KINDS["numeric"].mark(data, {"text": typed}) == share


def test_a_number_with_two_readings_is_right_if_one_is():
    numeric = KINDS["numeric"]
    for value in ("1.234", "1234"):
        data = load_data("numeric", {"stem": "Berapa?", "answers": [{"value": value}]})
        assert numeric.mark(data, {"text": "1.234"}) == 1
        assert numeric.mark(data, {"text": "1,234"}) == 1
    assert numeric.unread({"text": "dua"})
    assert not numeric.unread({"text": "2"})
    assert not numeric.unread({})


@given(st.decimals(-1000, 1000, places=4), st.decimals(0, 10, places=3), st.decimals(-12, 12, places=4))
def test_marking_follows_the_definition(value, tolerance, shift):
    data = load_data("numeric", {"stem": "Berapa?", "answers": [{"value": str(value), "tolerance": str(tolerance)}]})
    assert KINDS["numeric"].mark(data, {"text": f"{value + shift:f}".replace(".", ",")}) == float(abs(shift) <= tolerance)


def test_numbers_in_words():
    i18n.use("id")
    numeric = KINDS["numeric"]
    data = load_data("numeric", {"stem": "Berapa?", "answers": [{"value": "1250,5", "tolerance": "0.5"}], "unit": "kg"})
    assert data["answers"][0]["value"] == "1250.5", "kept with a point"
    assert numeric.shown(data, data["answers"][0]) == "1.250,5 ± 0,5 kg"
    assert [piece.answer for piece in numeric.pieces(data, {"text": "1250"})] == ["1250.5"]


# -- gaps -----------------------------------------------------------------------------------------------------------------------------

GAPS = [
    {"select": True, "answers": [{"text": "p", "credit": 0}, {"text": "q"}, {"text": "r", "credit": 50}]},
    {"answers": [{"text": "Empati"}], "typos": 1},
    {"answers": [{"text": "KTP"}], "case": True},
]


@pytest.mark.parametrize(
    ("filled", "share"),
    [
        ({"1": "b", "2": "empati", "3": "KTP"}, 1), ({"1": "c", "2": "empat", "3": "ktp"}, 0.5), ({"1": "a"}, 0), ({"2": "Empati"}, 1 / 3), ({}, 0),
    ],
)  # fmt: skip
def test_gaps_weigh_the_same(filled, share):
    data = load_data("cloze", {"stem": "[[1]] [[2]] [[3]]", "gaps": GAPS})
    cloze = KINDS["cloze"]
    assert cloze.mark(data, {"gaps": filled} if filled else {}) == pytest.approx(share)
    assert cloze.guess(data) == pytest.approx(0.5 / 3)
    assert len(cloze.pieces(data, {"gaps": filled})) == len(filled)


@pytest.mark.parametrize(
    "stem",
    ["[[1]] [[2]]", "[[1]] [[2]] [[2]] [[3]]", "[[1]] [[2]] [[4]]", "[[01]] [[2]] [[3]]", "[[1]] [[2]] ![[[3]]](/a.png)", '[[1]] [[2]] [[3]] [x](/a "[[3]]")'],
)  # fmt: skip
def test_each_gap_stands_once_in_the_words(stem):
    i18n.use("en")
    with pytest.raises(ContentError, match="each gap once"):
        load_data("cloze", {"stem": stem, "gaps": GAPS})


def test_gaps_keep_their_lists():
    data = load_data("cloze", {"stem": "[[1]] [[2]] [[3]]", "gaps": GAPS})
    cloze = KINDS["cloze"]
    assert cloze.compatible(data, {**data, "stem": "Lain [[1]] [[2]] [[3]]"})
    assert not cloze.compatible(data, {**data, "gaps": data["gaps"][:2]})
    assert not cloze.compatible(data, {**data, "gaps": [{"answers": GAPS[0]["answers"]}, *data["gaps"][1:]]})


@pytest.mark.parametrize(
    ("key", "change", "words"),
    [
        ("short_text", {"answers": [{"text": "a", "credit": 99}]}, "100 percent"),
        ("short_text", {"answers": [{"text": "a", "credit": 101}]}, "answers"),
        ("short_text", {"typos": 3}, "typos"),
        ("numeric", {"answers": [{"value": "dua"}]}, "without spaces"),
        ("numeric", {"answers": [{"value": "1.000.000"}]}, "without spaces"),
        ("numeric", {"answers": [{"value": "1", "tolerance": "-1"}]}, "0 or more"),
        ("numeric", {"units": [{"name": "g", "factor": "0"}]}, "more than 0"),
        ("numeric", {"unit": "", "unit_required": True, "units": []}, "Name the unit"),
        ("cloze", {"stem": "[[1]]", "gaps": [{"select": True, "answers": [{"text": "a"}]}]}, "two answers"),
        ("cloze", {"stem": "[[1]]", "gaps": [{"answers": [{"text": "a", "credit": 50}]}]}, "of each gap"),
    ],
)  # fmt: skip
def test_authors_are_told_what_is_wrong(key, change, words):
    i18n.use("en")
    with pytest.raises(ContentError, match=words):
        load_data(key, {**KINDS[key].example, **change})
