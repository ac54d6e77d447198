"""QTI 2.1, 2.2 and 3.0: what goes out comes back, what others wrote is understood, what is made to harm is refused."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from support.qti import PNG

import quizzes.kinds  # noqa: F401 - registers the kinds
from quizzes.exchange.archive import Archive, packed
from quizzes.exchange.base import FORMATS, Intake, sniff, tidy
from quizzes.exchange.qti import apply, differences
from quizzes.exchange.qti_text import Texts, blocks_of, line_of
from quizzes.exchange.qti_xml import VERSIONS, node, read_xml
from quizzes.kinds.base import KINDS, load_data

pytestmark = pytest.mark.sqlite

VERSION_KEYS = ["qti21", "qti22", "qti3"]
EVERY = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(params=VERSION_KEYS)
def qti(request):
    return FORMATS[request.param]


# -- items -----------------------------------------------------------------------------------------------------------------------------

PIECES = [
    "kata", "Warga", "datang", "“loket”", "‘antre’", "<b>", "</p>", "&amp;", "&", "<!--", "]]>", "*tegas*", "**kuat**", "_miring_",
    "`kode`", "[tautan](https://contoh.example/a?b=c&d)", "![foto](foto.png)", "\\", "{1}", "~", "=", "#", "1.", "- ", "+ ", "> ", "|",
    "שלום", "مرحبا", "🙂", "\u200f", "é", "e\u0301", "%", "::", "a_b_c", "<https://contoh.example>", "!!! note", "[^1]", "10 %",
]  # fmt: skip
words = st.lists(st.sampled_from(PIECES) | st.text(max_size=6), min_size=1, max_size=5).map(" ".join)
line = words.map(lambda text: tidy(" ".join(text.split()))).filter(bool)
block = st.lists(words, min_size=1, max_size=4).flatmap(
    lambda parts: st.sampled_from(["\n\n", "\n", "  \n"]).map(lambda gap: gap.join(parts))
)
block = block.map(tidy).filter(lambda text: text and "[[" not in text)
plain = st.text(alphabet="abcdefgh ABC<&\"'é🙂.", min_size=1, max_size=12).map(tidy).filter(bool)
decimal = st.decimals(-1000, 1000, places=2).map(str)
credit = st.sampled_from([100, 50, 33.5, 0])


def rows(least=2, most=5, **fields):
    return st.lists(st.fixed_dictionaries(fields), min_size=least, max_size=most)


def first_full(answers):
    return [{**answers[0], "credit": 100}, *answers[1:]]


def with_right(options, right):
    return [{**option, **({"correct": True} if index % len(options) in {one % len(options) for one in right} else {})}
            for index, option in enumerate(options)]  # fmt: skip


option_rows = rows(text=line, rationale=line)
typed = rows(1, 4, text=plain, credit=credit, rationale=line).map(first_full)
rubric = st.lists(st.fixed_dictionaries({"name": line, "levels": rows(2, 3, points=st.integers(1, 9), text=line)}), max_size=2)
compared = {"case": st.booleans(), "typos": st.integers(0, 2)}


def made_cloze(stem, gaps):
    marks = " ".join(f"kata [[{number}]] lalu" for number in range(1, len(gaps) + 1))
    return {"stem": f"{stem}\n\n{marks}", "gaps": gaps}


def made_categories(stem, names, entries):
    unique = list(dict.fromkeys(names))
    return {
        "stem": stem,
        "categories": [{"name": name} for name in unique],
        "entries": [{**entry, "category": unique[index % len(unique)]} for index, entry in enumerate(entries)],
    }


DATA = {
    "single_choice": st.builds(lambda stem, options, right: {"stem": stem, "options": with_right(options, [right])},
                               block, option_rows, st.integers(0, 9)),
    "true_false": st.builds(lambda stem, options, right: {"stem": stem, "options": with_right(options, [right])},
                            block, rows(2, 2, text=line, rationale=line), st.integers(0, 1)),
    "multiple_choice": st.builds(lambda stem, options, right, scoring: {"stem": stem, "options": with_right(options, right), "scoring": scoring},
                                 block, option_rows, st.lists(st.integers(0, 9), min_size=1), st.sampled_from(["minus", "each", "all"])),
    "situational": st.builds(lambda stem, options, answer: {"stem": stem, "answer": answer, "options": [{**options[0], "score": 3},
                                                                                                        *options[1:]]},
                             block, rows(text=line, score=st.integers(0, 3), rationale=line), st.sampled_from(["choose", "best_worst", "rank"])),
    "matching": st.fixed_dictionaries({"stem": block, "pairs": rows(left=line, right=line, rationale=line), "extra": st.lists(line, max_size=2)}),
    "ordering": st.fixed_dictionaries({"stem": block, "entries": rows(text=line, rationale=line), "scoring": st.sampled_from(["places", "pairs", "all"])}),
    "short_text": st.fixed_dictionaries({"stem": block, "answers": typed, **compared}),
    "numeric": st.fixed_dictionaries({"stem": block, "unit": st.sampled_from(["", "kg", "%"]),
                                      "answers": rows(1, 3, value=decimal, tolerance=st.sampled_from(["", "0", "0.5"]), credit=credit,
                                                      rationale=line).map(first_full)}),
    "cloze": st.builds(made_cloze, block, st.lists(st.fixed_dictionaries(
        {"answers": rows(2, 3, text=plain, credit=credit, rationale=line).map(first_full), "select": st.booleans(), **compared}),
        min_size=1, max_size=3)),
    "categorise": st.builds(made_categories, block, st.lists(line, min_size=2, max_size=4, unique=True), rows(2, 5, text=line, rationale=line)),
    "essay": st.fixed_dictionaries({"stem": block, "model": block, "rubric": rubric, "maximum_words": st.sampled_from([None, 200])}),
    "file_upload": st.fixed_dictionaries({"stem": block, "types": st.sampled_from([["pdf"], ["jpg", "png"]]), "rubric": rubric}),
    "description": st.fixed_dictionaries({"stem": block}),
}  # fmt: skip


def loaded(kind, data, meta):
    """An item as an import leaves it, or None when the kind refuses the data."""
    shared = (
        ("title", "category", "tags", "points") if kind == "description" else ("title", "category", "tags", "points", "feedback", "hints")
    )
    intake = Intake()
    intake.add({"key": f"{meta['key']}-{kind.replace('_', '-')}", "kind": kind, **{name: meta[name] for name in shared}, **data}, line=None)
    return intake.parsed.rows[0].item


metas = st.fixed_dictionaries({
    "key": st.from_regex(r"[a-z0-9]{1,8}", fullmatch=True), "feedback": st.just("") | block, "hints": st.lists(line, max_size=2),
    "title": st.just("") | line, "category": st.sampled_from(["", "Dasar", "Dasar/Empati"]),
    "tags": st.lists(st.sampled_from(["empati", "antrean", "a & b"]), unique=True), "points": st.sampled_from([1, 2.5, 3, 0.1, 0]),
})  # fmt: skip
items = st.sampled_from(sorted(DATA)).flatmap(lambda kind: st.builds(lambda data, meta: loaded(kind, data, meta), DATA[kind], metas))
banks = st.lists(items, max_size=5).map(lambda found: list({item["key"]: item for item in found if item}.values())).filter(bool)


def taken(parsed):
    """The items that came back, with what the report says when one did not."""
    assert [row.messages for row in parsed.rows if row.status == "error"] == []
    return parsed.items


def test_the_strategy_knows_every_kind():
    assert set(DATA) == set(KINDS) == FORMATS["qti21"].kinds


@pytest.mark.parametrize("key", VERSION_KEYS)
@EVERY
@given(bank=banks)
def test_items_go_out_and_come_back(key, bank):
    qti, files = FORMATS[key], {"foto.png": PNG}
    data = qti.write(bank, files)
    parsed = qti.parse(data, "soal.zip")
    assert taken(parsed) == bank
    assert qti.write(parsed.items, parsed.files) == data
    assert {row.status for row in parsed.rows} == {"ok"}
    assert sniff(data, "soal.zip") is qti


@pytest.mark.parametrize("key", VERSION_KEYS)
def test_what_the_examples_say_stands_in_the_xml_itself(key):
    """Without our notes, examples come back but for what is said before an export."""
    qti = FORMATS[key]
    for kind, known in KINDS.items():
        item = {"key": "contoh", "kind": kind, **load_data(kind, known.example)}
        item = {name: value.strip() if isinstance(value, str) else value for name, value in item.items()}
        (found,) = taken(qti.parse(without_notes(qti.write([item], {})), "soal.zip"))
        for name in ("typos", "units", "minimum_words", "maximum_words", "rubric", "most_mb", "types"):
            for row in (item, found, *item.get("gaps", ()), *found.get("gaps", ())):
                row.pop(name, None)
        assert found == item


def without_notes(data):
    archive = Archive(data)
    members = {name: archive[name] for name in archive.names()}
    root = read_xml(members["imsmanifest.xml"])
    listed = "".join(f'<resource type="{one.get("type")}" href="{one.get("href")}"/>' for one in root.iter("resource"))
    return packed({**members, "imsmanifest.xml": f"<manifest><resources>{listed}</resources></manifest>".encode()})


def test_a_note_counts_only_while_the_xml_says_the_same(qti):
    """Another program changes a text: its words count, not our notes."""
    item = {"key": "satu", "kind": "description", "stem": "Baca *ini* <b>dahulu</b>, lalu ~~itu~~ [^1]."}
    archive = Archive(qti.write([item], {}))
    members = {name: archive[name] for name in archive.names()}
    assert taken(qti.parse(packed(members), "a.zip")) == [item]
    members["items/satu.xml"] = members["items/satu.xml"].replace(b"Baca", b"Lihat")
    assert taken(qti.parse(packed(members), "a.zip"))[0]["stem"].startswith("Lihat *ini*")


@settings(max_examples=50)
@given(read=st.recursive(st.none() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=2), inner)),
       meant=st.dictionaries(st.text(max_size=2), st.integers() | st.lists(st.integers())))  # fmt: skip
def test_notes_turn_what_was_read_into_what_is_meant(read, meant):
    found = read if isinstance(read, dict) else {}
    found = {name: value for name, value in found.items() if value is not None}
    assert apply(found, differences(found, meant)) == meant


@given(text=st.lists(words, min_size=1, max_size=4).map("\n\n".join).map(tidy))
@example("- a\n- b\n    - c\n\n1. x\n2. y")
@example("> kutipan\n>\n> lagi\n\n## Judul\n\n| a | b |\n| --- | --- |\n| 1 | 2 |")
@settings(deadline=None, max_examples=50)
def test_markdown_of_xhtml_looks_as_the_xhtml(text):
    """Reading what was rendered and rendering that again changes nothing that is seen."""
    texts = Texts(lambda address: address)
    once = texts.block(blocks_of(text, {}))
    again = texts.block(blocks_of(once, {}))
    assert " ".join("".join(blocks_of(once, {}).itertext()).split()) == " ".join("".join(blocks_of(again, {}).itertext()).split())
    assert texts.warnings == []


@given(text=line)
@settings(deadline=None)
def test_words_in_xml_are_no_markup(text):
    """Whatever stands in a text of XML is shown as it stands."""
    shown = "".join(line_of(Texts(lambda address: "").line(node("p", None, text)), {}).itertext())
    assert " ".join(shown.split()) == " ".join(text.split())


def test_pictures_travel_with_their_items(qti):
    item = {"key": "gambar", "kind": "description", "stem": "Lihat ![papan](papan/satu.png) dan ![lain](tidak-ada.png)."}
    data = qti.write([item], {"papan/satu.png": PNG, "sisa.png": PNG, "vektor.svg": b"<svg/>"})
    assert [name for name in Archive(data).names() if "pictures" in name] == ["pictures/papan/satu.png"]
    parsed = qti.parse(data, "soal.zip")
    assert (taken(parsed), parsed.files) == ([item], {"papan/satu.png": PNG})


def test_a_picture_that_only_hints_show_travels_too(qti):
    item = {"key": "petunjuk", "kind": "essay", "stem": "Ceritakan.", "hints": ["Lihat ![papan](papan.png)."]}
    parsed = qti.parse(qti.write([item], {"papan.png": PNG}), "soal.zip")
    assert (taken(parsed), parsed.files) == ([item], {"papan.png": PNG})


def test_losses_name_what_other_programs_do_not_learn(qti):
    item = tidy(
        {"key": "a", "kind": "situational", **load_data("situational", {**KINDS["situational"].example, "answer": "rank", "hints": ["x"]})}
    )
    assert len(qti.losses(item)) == 2
    assert qti.losses({"key": "b", "kind": "description", "stem": "Teks"}) == []


def test_items_have_the_names_of_their_version():
    item = tidy(
        {"key": "9-satu", "kind": "single_choice", **load_data("single_choice", KINDS["single_choice"].example), "feedback": "Begitulah."}
    )
    for key, marks in {
        "qti21": (b"imsqti_v2p1", b"<choiceInteraction ", b'maxChoices="1"', b"<modalFeedback "),
        "qti22": (b"imsqti_v2p2", b"<choiceInteraction ", b'maxChoices="1"', b"<modalFeedback "),
        "qti3": (b"imsqtiasi_v3p0", b"<qti-choice-interaction ", b'max-choices="1"', b"<qti-content-body><div><p>Begitulah."),
    }.items():
        xml = Archive(FORMATS[key].write([item], {}))["items/_9-satu.xml"]
        assert [mark for mark in marks if mark not in xml] == []
        assert b"<p>" in xml
        assert b"qti-p" not in xml.replace(b"qti-prompt", b"")


def test_versions_differ_in_their_names():
    assert len({version.item for version in VERSIONS.values()} | {version.resource for version in VERSIONS.values()}) == 6
