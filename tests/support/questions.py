"""Items of every kind with texts that are hard on formats: their signs, quotation marks, lines, other directions of writing, emoji."""

from __future__ import annotations

from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

import quizzes.kinds  # noqa: F401 - registers the kinds
from quizzes.exchange.base import Intake

PIECES = [
    *"abcXYZ019 éşñ“”‘’«»—…😀👩🏽‍🏫\u0628\u062a\u200f\u202e\u00a0\u0301",
    *"\\~=#{}:[]()<>&\"'*_`|!?-+.,;%@$/^\n\t",
    *("Apa kabar, ", "Tanya dahulu ", "  \n", "\n\n", "\n- a", "\n1. b", "\n# c", "**tebal**", "`x`", "| a | b |"),
    *("[html]", "[markdown]", "[x", "%50%", "%", "->", "T", "TRUE", "::", "//", "\n// x", "\n$CATEGORY: x", "####", "\\n", "\\\\", "\\="),
    *(
        "{1:SA:=x}",
        "{1:MULTICHOICE:",
        "[[1]]",
        "]]>",
        "<!--",
        "-->",
        "<b>",
        "</text>",
        "&amp;",
        "&lt;",
        "&#10;",
        "<br>",
        "@@PLUGINFILE@@/a.png",
    ),
    *(
        "=1+1",
        "'=1",
        "'",
        "@x",
        "ANSWER: A",
        "\nANSWER: B",
        "A. ",
        "\nB) ",
        "null",
        "true",
        "1:30",
        ": ",
        " #",
        "- ",
        "? ",
        "---",
        "...",
        "0x1",
    ),
    *("_x0041_", ";", "Benar", "Salah", "*", "a,b"),
]
texts = st.lists(st.sampled_from(PIECES), min_size=1, max_size=8).map("".join).filter(str.strip)
plain_texts = st.text("abcdefghij klmnop?,.ABé“”", min_size=1, max_size=30).map(str.strip).filter(bool)
short_texts = texts.map(lambda text: text[:60]).filter(str.strip)
words = st.text("abcdefgh XYZé", min_size=1, max_size=20).map(str.strip).filter(bool)
keys = st.from_regex(r"[a-z][a-z0-9]{0,9}(-[a-z0-9]{1,5}){0,2}", fullmatch=True)
numbers = st.one_of(st.integers(-9999, 9999).map(str), st.decimals(-99, 99, places=3, allow_nan=False).map(lambda value: f"{value:f}"))
positive = st.sampled_from(["0.5", "10", "100", "0.01", "3", "1000", "0.001"])
credits_ = st.sampled_from([None, 100, 50, 33.33333, 25.5, 0])


def rows(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(fields).map(lambda row: {name: value for name, value in row.items() if value is not None})


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def _data(text: st.SearchStrategy[str]) -> dict[str, st.SearchStrategy[dict[str, Any]]]:
    """Return a strategy of data for each kind, made of such texts."""
    rationale = maybe(text)
    options = st.lists(rows(text=text, correct=st.booleans(), rationale=text), min_size=2, max_size=4)
    answers = st.lists(rows(text=text.map(lambda value: value[:60]), credit=credits_, rationale=rationale), min_size=1, max_size=3)
    typed = rows(answers=answers, case=st.booleans(), typos=maybe(st.integers(0, 2)))
    gap = rows(select=st.booleans(), answers=answers, case=st.booleans(), typos=maybe(st.integers(0, 2)))
    level = rows(points=st.integers(0, 10), text=text)
    marked = {
        "rubric": maybe(
            st.lists(rows(name=text.map(lambda value: value[:60]), levels=st.lists(level, min_size=2, max_size=3)), max_size=2)
        ),
        "model": maybe(text),
    }
    return {
        "single_choice": options.map(lambda found: {"options": [{**row, "correct": place == 0} for place, row in enumerate(found)]}),
        "multiple_choice": rows(options=options, scoring=st.sampled_from(["minus", "each", "all"])),
        "true_false": st.tuples(st.booleans(), text, text, st.booleans()).map(_statement),
        "situational": rows(
            options=st.lists(rows(text=text, score=st.integers(0, 3), rationale=text), min_size=2, max_size=4),
            answer=st.sampled_from(["choose", "choose", "best_worst", "rank"]),
        ),
        "matching": rows(
            pairs=st.lists(rows(left=text, right=text, rationale=rationale), min_size=2, max_size=4),
            extra=maybe(st.lists(text, max_size=2)),
        ),
        "ordering": rows(
            entries=st.lists(rows(text=text, rationale=rationale), min_size=2, max_size=4),
            scoring=st.sampled_from(["places", "pairs", "all"]),
        ),
        "categorise": st.tuples(st.lists(words, min_size=2, max_size=3, unique=True), st.lists(text, min_size=1, max_size=3)).map(
            _sorted_rows
        ),
        "short_text": typed,
        "numeric": rows(
            answers=st.lists(rows(value=numbers, tolerance=maybe(positive), credit=credits_, rationale=rationale), min_size=1, max_size=3),
            unit=maybe(words),
            units=maybe(st.lists(rows(name=words, factor=positive), max_size=2)),
            unit_required=st.booleans(),
        ),
        "cloze": st.lists(gap, min_size=1, max_size=3).map(lambda gaps: {"gaps": gaps}),
        "essay": rows(minimum_words=maybe(st.integers(1, 50)), maximum_words=maybe(st.integers(50, 900)), **marked),
        "file_upload": rows(
            types=st.lists(st.sampled_from(["pdf", "jpg", "png", "docx", "txt"]), min_size=1, unique=True),
            most_mb=maybe(st.integers(1, 10)),
            **marked,
        ),
        "description": st.just({}),
    }


def _statement(drawn: tuple[bool, str, str, bool]) -> dict[str, Any]:
    correct, first, second, usual = drawn
    names = ("Benar", "Salah") if usual else ("Ya", "Tidak")
    return {
        "options": [
            {"text": names[0], "correct": correct, "rationale": first},
            {"text": names[1], "correct": not correct, "rationale": second},
        ]
    }


def _sorted_rows(drawn: tuple[list[str], list[str]]) -> dict[str, Any]:
    names, entries = drawn
    placed = [{"text": entry, "category": names[place % len(names)]} for place, entry in enumerate(entries)]
    return {"categories": [{"name": name} for name in names], "entries": placed}


KIND_DATA = _data(texts)
PLAIN_DATA = _data(plain_texts)


@st.composite
def items(draw: st.DrawFn, kinds: list[str], plain: bool = False) -> dict[str, Any]:
    """Return an item of one of the kinds as it is kept: what an import of it would give."""
    kind, text = draw(st.sampled_from(sorted(kinds))), plain_texts if plain else texts
    item = {"key": draw(keys), "kind": kind, "stem": draw(text), **draw((PLAIN_DATA if plain else KIND_DATA)[kind])}
    if kind == "cloze":
        item["stem"] = "Isi: " + " lalu ".join(f"[[{place}]]" for place in range(1, len(item["gaps"]) + 1))
    if kind != "description":
        item |= {
            "feedback": draw(st.just("") | text),
            "hints": draw(st.lists(text, max_size=2)),
            "points": draw(st.sampled_from([1, 2.5, 0])),
        }
    item |= {
        "title": draw(st.just("") | text.map(lambda value: value[:40])),
        "category": draw(st.sampled_from(["", "Dasar", "Dasar/Izin: foto"])),
    }
    item["tags"] = draw(st.lists(st.sampled_from(["BP1", "a]b", "c\\d", "=e", "ramah tamah"]), max_size=2, unique=True))
    intake = Intake()
    intake.add(item, line=None)
    assume(intake.parsed.items)
    return intake.parsed.items[0]


def lists_of(kinds: frozenset[str], plain: bool = False) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Return lists of items with keys that differ."""
    return st.lists(items(sorted(kinds), plain), min_size=1, max_size=3, unique_by=lambda item: item["key"])
