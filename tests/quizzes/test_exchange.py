"""Questions in and out: what is written comes back, what others wrote is understood, and nothing that is made to harm does."""

from __future__ import annotations

import io
import time
import zipfile
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.questions import items, lists_of, plain_texts, texts

from lms.api import PluginError, Refused
from quizzes.exchange.base import FORMATS, MOST_BYTES, MOST_ITEMS, Format, exchanges, made_key, placeholder, sniff
from quizzes.exchange.markup import escape_markdown, is_plain, to_markdown, unescape_markdown
from quizzes.exchange.sheet import guarded, template, unguarded
from quizzes.exchange.workbook import write_sheets

pytestmark = [pytest.mark.sqlite, pytest.mark.usefixtures("in_english")]


OWN = ["aiken", "csv", "gift", "moodlexml", "xlsx", "yaml"]
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 20
relaxed = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))


def parsed(key: str, text: str | bytes) -> Any:
    return FORMATS[key].parse(text.encode() if isinstance(text, str) else text, "berkas")


def only(key: str, text: str | bytes) -> Any:
    (row,) = parsed(key, text).rows
    return row


SIMPLE = {
    "key": "simpel",
    "kind": "single_choice",
    "stem": "Apa yang pertama?",
    "options": [{"text": "Salam", "correct": True, "rationale": "Sopan."}, {"text": "Syarat", "rationale": "Belum."}],
}


# -- out and in again ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", OWN)
@relaxed
@given(data=st.data())
def test_what_goes_out_comes_in_again(key: str, data: st.DataObject) -> None:
    known = FORMATS[key]
    originals = data.draw(lists_of(known.kinds, plain=key == "aiken"))
    first = known.write(originals, {})
    back = known.parse(first, "berkas")
    assert [row.status for row in back.rows if row.item is None] == []
    assert known.write(back.items, {}) == first
    assert len(back.items) == len(originals)
    for before, after in zip(originals, back.items, strict=True):
        if not known.losses(before):
            assert after == before


@pytest.mark.parametrize("key", ["csv", "gift", "moodlexml", "xlsx", "yaml"])
def test_an_ordinary_item_loses_nothing(key: str) -> None:
    assert FORMATS[key].losses(SIMPLE) == []
    assert parsed(key, FORMATS[key].write([SIMPLE], {})).items == [SIMPLE]


@relaxed
@given(item=items(sorted(FORMATS["yaml"].kinds)))
def test_our_own_format_carries_everything(item: dict[str, Any]) -> None:
    assert FORMATS["yaml"].losses(item) == []
    assert parsed("yaml", FORMATS["yaml"].write([item], {})).items == [item]


def test_a_plain_question_survives_even_aiken() -> None:
    item = {
        **SIMPLE,
        "key": made_key("single_choice", SIMPLE["stem"]),
        "options": [{**option, "rationale": placeholder()} for option in SIMPLE["options"]],
    }
    assert FORMATS["aiken"].losses(item) == []
    assert parsed("aiken", FORMATS["aiken"].write([item], {})).items == [item]


def test_losses_name_kinds_that_are_left_out() -> None:
    ordering = {"key": "a", "kind": "ordering", "stem": "Urutkan", "entries": [{"text": "a"}, {"text": "b"}], "scoring": "places"}
    assert "left out" in FORMATS["gift"].losses(ordering)[0]
    assert FORMATS["gift"].write([ordering], {}) == b""


def test_pictures_travel_in_moodle_xml_and_are_missed_elsewhere() -> None:
    item = {**SIMPLE, "stem": "Lihat ![loket](gambar/loket.png)"}
    data = FORMATS["moodlexml"].write([item], {"gambar/loket.png": PNG})
    assert b"@@PLUGINFILE@@/gambar/loket.png" in data
    back = parsed("moodlexml", data)
    assert (back.items, back.files) == ([item], {"gambar/loket.png": PNG})
    assert FORMATS["moodlexml"].losses(item) == []
    assert FORMATS["gift"].losses(item) == ["Pictures are not in the file; their names stay in the text."]


def test_the_same_file_gives_the_same_keys_and_no_two_alike() -> None:
    text = "Siapa?{T}\n\nSiapa?{T}\n\n::satu::Apa?{F}\n\n::satu::Apa lagi?{F}\n"
    first, second = parsed("gift", text), parsed("gift", text)
    keys = [item["key"] for item in first.items]
    assert keys == [item["key"] for item in second.items]
    assert len(set(keys)) == 4
    assert keys[2:] == ["satu", "satu-2"]
    assert any("satu-2" in message for message in first.rows[3].messages)


# -- GIFT ------------------------------------------------------------------------------------------------------------------------------

GIFT = [
    ("Bumi bulat.{T}", {"kind": "true_false", "stem": "Bumi bulat."}),
    ("Bumi datar.{FALSE#Keliru.#Benar, bulat.}", {"kind": "true_false", "feedback": None}),
    ("Siapa?{=Ani ~Budi ~Cici}", {"kind": "single_choice"}),
    ("Pilih dua.{~%50%satu ~%50%dua ~%-50%tiga}", {"kind": "multiple_choice", "scoring": None}),
    ("Pilih dua.{~%50%satu ~%50%dua ~tiga}", {"kind": "multiple_choice", "scoring": "each"}),
    ("Terbaik?{=a ~%66.66667%b ~%33.33333%c ~d}", {"kind": "situational"}),
    (
        "Ibu kota?{=Jakarta =%50%Batavia#Dulu.}",
        {"answers": [{"text": "Jakarta"}, {"text": "Batavia", "credit": 50.0, "rationale": "Dulu."}]},
    ),
    ("Pasangkan.{=a -> 1\n=b -> 2\n= -> 3}", {"pairs": [{"left": "a", "right": "1"}, {"left": "b", "right": "2"}], "extra": ["3"]}),
    ("Berapa?{#5:0.5}", {"answers": [{"value": "5", "tolerance": "0.5"}]}),
    ("Berapa?{#4..6}", {"answers": [{"value": "5", "tolerance": "1"}]}),
    (
        "Berapa?{#=5 =%50%5:2#Dekat.}",
        {"answers": [{"value": "5"}, {"value": "5", "tolerance": "2", "credit": 50.0, "rationale": "Dekat."}]},
    ),
    ("Ceritakan.{}", {"kind": "essay"}),
    ("Hanya bacaan.", {"kind": "description", "stem": "Hanya bacaan."}),
    ("Warga {=datang ~pergi} pagi ini.", {"kind": "single_choice", "stem": "Warga \\_\\_\\_\\_\\_ pagi ini."}),
    ("Tanda \\~ \\= \\# \\{ \\} \\: itu apa?{T}", {"stem": "Tanda ~ = # { } : itu apa?"}),
    ("[html]<p>Satu <b>tebal</b></p>{T}", {"stem": "Satu **tebal**"}),
    ("[markdown]Satu **tebal**{T}", {"stem": "Satu **tebal**"}),
    ("[plain]2*3*4 <b>{T}", {"stem": "2\\*3\\*4 &lt;b>"}),
    ("Soal.{T####Penjelasan umum.}", {"feedback": "Penjelasan umum."}),
    (
        "// catatan\n// [id:izin-1] [tag:BP1] [tag:a\\]b]\n::Soal Izin::Boleh?{T}",
        {"key": "izin-1", "title": "Soal Izin", "tags": ["BP1", "a]b"]},
    ),
    ("$CATEGORY: $course$/top/Dasar/Izin\n\nBoleh?{T}", {"category": "Dasar/Izin"}),
    ("::kunci-ini::Boleh?{T}", {"key": "kunci-ini"}),
]


@pytest.mark.parametrize(("text", "expected"), GIFT)
def test_gift_is_understood(text: str, expected: dict[str, Any]) -> None:
    row = only("gift", text)
    assert row.item is not None, row.messages
    assert {name: row.item.get(name) for name in expected} == expected


def test_gift_options_keep_their_rationales_and_the_rest_need_one() -> None:
    row = only("gift", "Siapa?{=Ani#Dia datang. ~Budi}")
    assert [option["rationale"] for option in row.item["options"]] == ["Dia datang.", placeholder()]
    assert (row.status, row.messages) == ("warning", ["An option needs a rationale before the question is published."])


def test_gift_errors_name_their_lines_and_stop_nothing() -> None:
    text = "Satu{T}\n\nDua {=a\n\n// catatan\nTiga }\n\nEmpat{~a ~b}\n\nLima{#dua}\n\nEnam{F}\n"
    rows = parsed("gift", text).rows
    assert [(row.line, row.status) for row in rows] == [
        (1, "warning"),
        (3, "error"),
        (6, "error"),
        (8, "error"),
        (10, "error"),
        (12, "warning"),
    ]
    assert "never closed" in rows[1].messages[0]
    assert "not a number" in rows[4].messages[0]


# -- Aiken -----------------------------------------------------------------------------------------------------------------------------


def test_aiken_is_understood_and_its_errors_name_lines() -> None:
    text = "Apa *ini*?\nA. Satu\nB) Dua\nANSWER: B\n\nSalah?\nA. x\nB. y\nANSWER: D\n\nTanpa jawaban?\nA. x\nB. y\n\nLagi?\nA. x\nB. y\nANSWER: A\n"
    rows = parsed("aiken", text).rows
    assert [(row.line, row.status) for row in rows] == [(1, "warning"), (6, "error"), (11, "error"), (15, "warning")]
    assert rows[0].item["stem"] == "Apa \\*ini\\*?"
    assert [option.get("correct", False) for option in rows[0].item["options"]] == [False, True]


# -- Moodle XML ------------------------------------------------------------------------------------------------------------------------


def moodle(kind: str, inner: str, stem: str = "<p>Soal <strong>ini</strong>?</p>") -> str:
    text = f'<questiontext format="html"><text><![CDATA[{stem}]]></text></questiontext>'
    return f'<quiz>\n<question type="{kind}">\n<name><text>Soal 1</text></name>{text}{inner}</question></quiz>'


ANSWER = '<answer fraction="{0}" format="html"><text>{1}</text><feedback format="html"><text>{2}</text></feedback></answer>'.format
MOODLE = [
    ("multichoice", ANSWER(100, "a", "x") + ANSWER(0, "b", "y") + "<single>true</single>", {"kind": "single_choice", "title": "Soal 1"}),
    (
        "multichoice",
        ANSWER(50, "a", "x") + ANSWER(50, "b", "y") + ANSWER(-50, "c", "z") + "<single>false</single>",
        {"kind": "multiple_choice", "scoring": None},
    ),
    ("multichoice", ANSWER(100, "a", "x") + ANSWER(33.33333, "b", "y") + "<single>true</single>", {"kind": "situational"}),
    ("truefalse", ANSWER(0, "true", "x") + ANSWER(100, "false", "y"), {"kind": "true_false"}),
    ("shortanswer", "<usecase>1</usecase>" + ANSWER(100, "padi", ""), {"answers": [{"text": "padi"}], "case": True}),
    (
        "numerical",
        (
            '<answer fraction="100"><text>3.5</text><tolerance>0.1</tolerance></answer>'
            "<units><unit><multiplier>1</multiplier><unit_name>m</unit_name></unit>"
            "<unit><multiplier>100</multiplier><unit_name>cm</unit_name></unit></units>"
        ),
        {"answers": [{"value": "3.5", "tolerance": "0.1"}], "unit": "m", "units": [{"name": "cm", "factor": "0.01"}]},
    ),
    (
        "matching",
        (
            "<subquestion><text>a</text><answer><text>1</text></answer></subquestion>"
            "<subquestion><text>b</text><answer><text>2</text></answer></subquestion>"
            "<subquestion><text></text><answer><text>3</text></answer></subquestion>"
        ),
        {"pairs": [{"left": "a", "right": "1"}, {"left": "b", "right": "2"}], "extra": ["3"]},
    ),
    (
        "ordering",
        '<gradingtype>ALL_OR_NOTHING</gradingtype><answer fraction="2"><text>dua</text></answer><answer fraction="1"><text>satu</text></answer>',
        {"entries": [{"text": "satu"}, {"text": "dua"}], "scoring": "all"},
    ),
    (
        "essay",
        '<responseformat>editor</responseformat><graderinfo format="html"><text>Isi.</text></graderinfo>',
        {"kind": "essay", "model": "Isi."},
    ),
    (
        "essay",
        "<responseformat>noinline</responseformat><filetypeslist>.pdf,.jpeg</filetypeslist><maxbytes>2097152</maxbytes>",
        {"kind": "file_upload", "types": ["pdf", "jpg"], "most_mb": 2},
    ),
    ("description", "", {"kind": "description", "stem": "Soal **ini**?"}),
    (
        "shortanswer",
        "<idnumber>padi-1</idnumber><defaultgrade>2.5</defaultgrade>" + ANSWER(100, "padi", ""),
        {"key": "padi-1", "points": 2.5},
    ),
    (
        "shortanswer",
        '<tags><tag><text>BP1</text></tag></tags><hint format="html"><text>Lihat &lt;i&gt;sawah&lt;/i&gt;.</text></hint>'
        + ANSWER(100, "padi", ""),
        {"tags": ["BP1"], "hints": ["Lihat *sawah*."]},
    ),
]


@pytest.mark.parametrize(("kind", "inner", "expected"), MOODLE)
def test_moodle_xml_is_understood(kind: str, inner: str, expected: dict[str, Any]) -> None:
    row = only("moodlexml", moodle(kind, inner))
    assert row.item is not None, row.messages
    assert row.line == 2
    assert {name: row.item.get(name) for name in expected} == expected


def test_moodle_cloze_becomes_gaps() -> None:
    stem = "<p>Kota {1:SHORTANSWER:=Jakarta#Betul~%50%Batavia} di {2:MCS:~Bali~=Jawa#Ya\\}}.</p>"
    item = only("moodlexml", moodle("cloze", "", stem)).item
    assert item["stem"] == "Kota [[1]] di [[2]]."
    assert item["gaps"][0]["answers"] == [{"text": "Jakarta", "rationale": "Betul"}, {"text": "Batavia", "credit": 50.0}]
    assert item["gaps"][1] == {"select": True, "answers": [{"text": "Bali", "credit": 0.0}, {"text": "Jawa", "rationale": "Ya}"}]}


def test_moodle_words_for_gaps_become_lists() -> None:
    boxes = "".join(f"<dragbox><text>{word}</text><group>1</group></dragbox>" for word in ("padi", "jagung"))
    item = only("moodlexml", moodle("ddwtos", boxes, "Ini [[2]], itu [[1]].")).item
    assert item["stem"] == "Ini [[1]], itu [[2]]."
    assert item["gaps"][0]["answers"] == [{"text": "padi", "credit": 0.0}, {"text": "jagung"}]


def test_moodle_pictures_are_kept_and_other_files_left_out() -> None:
    files = '<file name="a b.png" path="/" encoding="base64">iVBORw0KGgoAAAAA</file><file name="x.svg" path="/" encoding="base64">PHN2Zy8+</file>'
    stem = '<p><img src="@@PLUGINFILE@@/a%20b.png" alt="loket"/><img src="https://example.org/x.png" alt="jauh"/></p>'
    text = moodle("description", "", stem).replace("</text></questiontext>", f"</text>{files}</questiontext>")
    found = parsed("moodlexml", text)
    assert list(found.files) == ["a-b.png"]
    assert found.items[0]["stem"] == "![loket](a-b.png)jauh"
    assert {message.split(",")[0] for message in found.rows[0].messages} == {
        "Left out of the text",
        "The file “x.svg” is no picture that can be taken. It is left out.",
    }


def test_moodle_unknown_types_are_named_and_the_others_go_on() -> None:
    good = moodle("description", "").removeprefix("<quiz>\n").removesuffix("</quiz>")
    rows = parsed("moodlexml", f'<quiz>\n<question type="ddmarker"/>\n\n{good}\n{good}</quiz>').rows
    assert [(row.line, row.status) for row in rows] == [(2, "error"), (4, "ok"), (6, "ok")]
    assert "ddmarker" in rows[0].messages[0]


def test_moodle_that_breaks_off_keeps_what_came_before() -> None:
    rows = parsed("moodlexml", moodle("description", "").removesuffix("</quiz>") + "\n<question type=").rows
    assert [(row.line, row.status) for row in rows] == [(2, "ok"), (4, "error")]


# -- tables ----------------------------------------------------------------------------------------------------------------------------


def test_the_template_reads_back_without_a_complaint() -> None:
    rows = parsed("xlsx", template()).rows
    assert [(row.line, row.status, row.item["kind"]) for row in rows] == [(2, "ok", "single_choice"), (3, "ok", "situational")]


def test_csv_with_semicolons_and_windows_letters_is_read() -> None:
    text = "Soal;Jenis;Pilihan A;Pilihan B;Benar;Alasan A;Alasan B;Poin\nApa “ini”?;satu jawaban;Satu;Dua;a;Ya;Tidak;2,5\nRusak;;x;y;C;;;\n"
    rows = parsed("csv", text.encode("cp1252")).rows
    assert rows[0].item["stem"] == "Apa “ini”?"
    assert rows[0].item["points"] == 2.5
    assert rows[0].item["options"][0] == {"text": "Satu", "correct": True, "rationale": "Ya"}
    assert (rows[1].line, rows[1].status) == (3, "error")
    assert "“C”" in rows[1].messages[0]


@given(texts)
def test_no_cell_is_a_formula(text: str) -> None:
    assert not guarded(text).startswith(("=", "+", "-", "@"))
    assert unguarded(guarded(text)) == text


def test_cells_of_a_workbook_hold_no_formula() -> None:
    item = {**SIMPLE, "stem": "=HYPERLINK(1)", "feedback": "@SUM(1)"}
    data = FORMATS["xlsx"].write([item], {})
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")
        assert b"<t>=" not in archive.read("xl/sharedStrings.xml")
    assert parsed("xlsx", data).items == [item]


# -- YAML ------------------------------------------------------------------------------------------------------------------------------


def test_yaml_takes_a_list_or_a_quiz_and_names_lines() -> None:
    text = (
        "title: Kuis\npass: 70\nitems:\n- kind: description\n  stem: Bacalah.\n- kind: apa\n  stem: x\n- Salah\n- {kind: essay, stem: Ya}\n"
    )
    rows = parsed("yaml", text).rows
    assert [(row.line, row.status) for row in rows] == [(4, "ok"), (6, "error"), (8, "error"), (9, "ok")]
    assert parsed("yaml", "- {kind: essay, stem: Ya}\n").items[0]["stem"] == "Ya"


def test_yaml_that_breaks_off_keeps_what_came_before() -> None:
    rows = parsed("yaml", "items:\n- kind: essay\n  stem: Satu\n- kind: essay\n  stem: Dua: tiga\n").rows
    assert [(row.line, row.status) for row in rows] == [(2, "ok"), (5, "error")]
    assert "quotation marks" in rows[1].messages[0]


@pytest.mark.parametrize("options", ["5", "abc", "{a: 1}", "[1]", "[[x]]", "[{text: [1]}]", "true"])
def test_data_of_another_shape_is_an_error_row(options: str) -> None:
    assert only("yaml", f"- kind: single_choice\n  stem: x\n  options: {options}\n").status == "error"


def test_errors_speak_of_labels_not_of_names() -> None:
    text = "- kind: single_choice\n  stem: x\n  options: [{text: a, correct: true, rationale: r}, {rationale: s}]\n"
    assert only("yaml", text).messages == ["Options 2, Option: This field is required."]


# -- HTML and plain text ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<p>Satu <b>dua </b>tiga</p><p>empat</p>", "Satu **dua** tiga\n\nempat"),
        ("<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", "- a\n    - b\n- c"),
        ("<ol><li>a</li><li>b</li></ol>", "1. a\n2. b"),
        ("a<br>b", "a  \nb"),
        ("H<sub>2</sub>O <code>x*y</code>", "H2O `x*y`"),
        ('<a href="https://example.org/a">tautan</a> <a href="javascript:x()">kode</a>', "[tautan](https://example.org/a) kode"),
        ("2*3*4 &lt;b&gt; [[1]]", "2\\*3\\*4 &lt;b> \\[\\[1\\]\\]"),
        ("x<script>alert(1)</script>y<style>p{}</style>", "xy"),
    ],
)
def test_html_becomes_markdown(html: str, markdown: str) -> None:
    assert to_markdown(html)[0] == markdown


@given(plain_texts)
def test_plain_text_comes_back_from_markdown(text: str) -> None:
    escaped = escape_markdown(text)
    assert is_plain(escaped)
    assert unescape_markdown(escaped) == text.lstrip()


# -- files that are strange or made to harm --------------------------------------------------------------------------------------------

_DTD = '<?xml version="1.0"?><!DOCTYPE q [{0}]><quiz><question type="description"><name><text>&b;</text></name></question></quiz>'.format
ATTACKS = {
    "an entity": ("moodlexml", _DTD('<!ENTITY b "x">').encode()),
    "billion laughs": ("moodlexml", _DTD('<!ENTITY a "xxxxxxxxxx"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">').encode()),
    "an external entity": ("moodlexml", _DTD('<!ENTITY b SYSTEM "file:///etc/passwd">').encode()),
    "an external document type": ("moodlexml", b'<!DOCTYPE quiz SYSTEM "http://example.org/x.dtd"><quiz/>'),
    "too many bytes": ("moodlexml", b"<quiz>" + b"<a>" * (MOST_BYTES // 3 + 1)),
    "deep elements": ("moodlexml", b"<quiz>" + b"<a>" * 2_000_000),
    "a long attribute": ("moodlexml", b'<quiz a="' + b"x" * 10_000_000 + b'"/>'),
    "many attributes": ("moodlexml", b"<quiz " + b" ".join(b"a%d=''" % place for place in range(200_000)) + b"/>"),
    "deep lists": ("yaml", b"items: " + b"[" * 100_000),
    "deep mappings": ("yaml", b"items: " + b"{a: " * 100_000),
    "anchors": ("yaml", b"a: &a [x, x]\nb: &b [*a, *a]\nitems: [*b, *b]\n"),
    "a cell far away": ("xlsx", write_sheets({"Soal": [["soal", "jenis"], [""] * 300 + ["x"]]})),
    "no workbook": ("xlsx", b"PK\x05\x06" + b"\x00" * 18),
    "another root": ("moodlexml", b"<html><body/></html>"),
    "an unknown encoding": ("moodlexml", b'<?xml version="1.0" encoding="x-none"?><quiz/>'),
    "nothing": ("gift", b""),
    "no headings": ("csv", b"a,b,c\n1,2,3\n"),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_harmful_files_are_refused_at_once(name: str) -> None:
    key, data = ATTACKS[name]
    began = time.process_time()
    with pytest.raises(Refused):
        FORMATS[key].parse(data, "berkas")
    assert time.process_time() - began < 1


def test_more_questions_than_anybody_has_are_refused() -> None:
    with pytest.raises(Refused, match="5000"):
        parsed("gift", "x {\n\n" * (MOST_ITEMS + 1))


def test_endless_options_and_texts_are_error_rows() -> None:
    began = time.process_time()
    assert only("gift", "x{" + "~a" * 200_000 + "}").status == "error"
    assert only("gift", "x" * 3_000_000 + "{T}").status == "error"
    assert only("moodlexml", moodle("description", "", "<!--" * 20_000)).status == "error"
    assert time.process_time() - began < 3


@pytest.mark.parametrize("key", OWN)
@relaxed
@given(data=st.binary(max_size=200) | texts.map(str.encode))
def test_any_bytes_are_read_or_refused(key: str, data: bytes) -> None:
    with suppress(Refused):
        sniff(data, "berkas.txt")
    with suppress(Refused):
        assert FORMATS[key].parse(data, "berkas").rows


@pytest.mark.parametrize("key", OWN)
@relaxed
@given(drawn=st.data())
def test_damaged_files_are_read_or_refused(key: str, drawn: st.DataObject) -> None:
    data = bytearray(FORMATS[key].write(drawn.draw(lists_of(FORMATS[key].kinds, plain=key == "aiken")), {}))
    for _time in range(drawn.draw(st.integers(1, 3))):
        start = drawn.draw(st.integers(0, max(0, len(data) - 1)))
        stop = drawn.draw(st.integers(start, min(len(data), start + 40)))
        data[start:stop] = drawn.draw(
            st.binary(max_size=8) | st.sampled_from([b"{", b"}", b"<", b"&", b"'", b"\n\n", b"=", b"[", b": ", b"-"])
        )
    with suppress(Refused):
        assert FORMATS[key].parse(bytes(data), "berkas").rows


# -- which format --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", OWN)
def test_a_file_is_known_by_what_stands_in_it(key: str) -> None:
    assert sniff(FORMATS[key].write([SIMPLE], {}), "berkas.bin").key == key


def test_a_file_of_no_format_is_refused() -> None:
    with pytest.raises(Refused, match="foto"):
        sniff(PNG, "foto.png")


def test_a_format_from_elsewhere_can_be_added_once() -> None:
    class Lines(Format):
        key, title, extension, mimetype, kinds = "lines", "Lines", "txt", "text/plain", frozenset({"essay"})

        def certainty(self, data: bytes) -> int:
            return 3 if data.startswith(b"LINES") else 0

        def read(self, data: bytes, intake: Any) -> None:
            for number, line in enumerate(data.decode().split("\n")[1:], start=2):
                intake.add({"kind": "essay", "stem": line}, line=number, source=line)

    exchanges(Lines)
    try:
        found = sniff(b"LINES\nCeritakan.", "x").parse(b"LINES\nCeritakan.", "x")
        assert [(row.line, row.item["stem"]) for row in found.rows] == [(2, "Ceritakan.")]
        with pytest.raises(PluginError):
            exchanges(Lines)
    finally:
        del FORMATS["lines"]
