"""Kinds of items: every kind keeps the contract, asks through its own fields, and marks the same in every order."""

import math
from html.parser import HTMLParser
from itertools import combinations, permutations, product
from pathlib import Path
from random import Random

import jinja2
import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from lms import i18n
from lms.errors import ContentError, NotFound, PluginError, Refused
from lms.web import templating
from quizzes.attempts.answering import Standing
from quizzes.attempts.questions import ALL, HIDDEN, Question
from quizzes.items.services import Asked
from quizzes.kinds.base import KINDS, Kind, kind, kind_of, letters, line, load_data, short
from quizzes.kinds.choice import read_order
from quizzes.kinds.parts import unrevealing

pytestmark = pytest.mark.sqlite  # no database


ROOT = Path(__file__).parents[2]
ICONS = (ROOT / "lms/web/static/icons.svg").read_text()


def options(*scores, **more):
    return [{"text": f"Pilihan {number}", "rationale": "Sebab.", "score": score} for number, score in enumerate(scores)]


def entries(*texts):
    return [{"text": text, "rationale": f"Sebab {text}."} for text in texts]


MORE = [
    ("multiple_choice", {**KINDS["multiple_choice"].example, "scoring": "each"}),
    ("multiple_choice", {**KINDS["multiple_choice"].example, "scoring": "all"}),
    ("situational", {"stem": "Apa?", "answer": "best_worst", "options": options(1, 3, 0, 1)}),
    ("situational", {"stem": "Apa?", "answer": "rank", "options": options(1, 3, 0, 1)}),
    ("matching", {"stem": "Apa?", "pairs": [{"left": left, "right": right} for left, right in ("1x", "2y", "3x", "4<")], "extra": ["z & z", "y"]}),
    ("matching", {"stem": "Apa?", "pairs": [{"left": "satu", "right": "![awan](/a.png)"}, {"left": "dua", "right": "**tebal**"}]}),
    ("ordering", {"stem": "Apa?", "entries": entries("d", "a", "c", "b"), "scoring": "pairs"}),
    ("ordering", {"stem": "Apa?", "entries": entries("a", "b", "c"), "scoring": "all"}),
    ("categorise", {"stem": "Apa?", "categories": [{"name": "Satu"}, {"name": "Dua & tiga"}, {"name": "Nol"}],
                    "entries": [{"text": "p", "category": "Satu"}, {"text": "q", "category": "Satu"}, {"text": "r", "category": "Dua & tiga"}]}),
    ("short_text", {"stem": "Apa?", "answers": [{"text": 'a "b" <c>', "credit": 100.0}, {"text": "d", "credit": 0.0}], "case": True}),
    ("numeric", {"stem": "Apa?", "answers": [{"value": "-1.5", "tolerance": "0.25"}], "unit": "kg", "units": [{"name": "g", "factor": "0.001"}],
                 "unit_required": True}),
    ("cloze", {"stem": "Satu [[2]].\n\n- Dua [[1]] dan [[3]]\n", "gaps": [
        {"answers": [{"text": "x"}], "case": True},
        {"select": True, "answers": [{"text": "p", "credit": 0.0}, {"text": "q <b>"}, {"text": "r", "credit": 50.0}]},
        {"select": True, "answers": [{"text": "p"}, {"text": "q", "credit": 0.0}]}]}),
    ("essay", {"stem": "Apa?"}),
]  # fmt: skip
LOADED = [(KINDS[key], load_data(key, data)) for key, data in [*((kind.key, kind.example) for kind in KINDS.values()), *MORE]]
MARKED = [(kind, data) for kind, data in LOADED if kind.asks and not kind.by_person]
every = pytest.mark.parametrize(("kind", "data"), LOADED, ids=[f"{number}-{kind.key}" for number, (kind, _data) in enumerate(LOADED)])
marked = pytest.mark.parametrize(("kind", "data"), MARKED, ids=[f"{number}-{kind.key}" for number, (kind, _data) in enumerate(MARKED)])
seeds = st.none() | st.integers(0, 9)


def _app():
    bare = Flask("kinds", template_folder=None)
    bare.jinja_loader = jinja2.ChoiceLoader([jinja2.FileSystemLoader(ROOT / name / "templates") for name in ("lms/web", "quizzes")])
    bare.config["STATIC_VERSION"] = "1"
    templating.init_app(bare)
    return bare


APP = _app()


def question_of(kind, data, variant, response):
    item = Asked(1, 1, "k", "", kind, data, kind.prepare(data, {}), 1.0)
    return Question(number=1, item=item, points=1.0, section=0, variant=variant, standing=Standing(response), prefix="q1-")


PAGE = APP.jinja_env.from_string('{% import "web/ui.html" as ui %}{% include name %}')


def drawn(name, question, reveal=None):
    with APP.app_context():
        return PAGE.render(name=name, question=question, reveal=reveal)


class Fields(HTMLParser):
    """What a browser would post, `given`, and what it could, `choices`: name to values, None for a text."""

    def __init__(self, html):
        super().__init__()
        self.given, self.choices, self.names, self.select, self.text = MultiDict(), {}, set(), None, None
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        row = dict(attributes)
        if tag in {"select", "textarea", "input"}:
            assert row["name"].startswith("q1-")
            name = row["name"].removeprefix("q1-")
            self.names.add(name)
        if tag == "select":
            self.select = name
            self.choices[name] = []
        elif tag == "option":
            self.option = row
            self.words = ""
        elif tag == "textarea":
            self.text, self.choices[name] = name, None
            self.given[name] = ""
        elif tag == "input" and row["type"] in {"radio", "checkbox"}:
            self.choices.setdefault(name, []).append(row["value"])
            if "checked" in row:
                self.given.add(name, row["value"])
        elif tag == "input" and row["type"] == "text":
            self.given[name], self.choices[name] = row.get("value", ""), None

    def handle_data(self, data):
        if self.text:
            self.given[self.text] += data
        elif self.select:
            self.words += data

    def handle_endtag(self, tag):
        if tag == "option":
            value = self.option.get("value", self.words)
            self.choices[self.select].append(value)
            if "selected" in self.option or self.select not in self.given:
                self.given[self.select] = value
        elif tag == "select":
            self.select = None
        elif tag == "textarea":
            self.text = None


def fields_of(kind, data, variant, response):
    return Fields(drawn(kind.ask_template, question_of(kind, data, variant, response)))


def posted_at_random(data, fields):
    """Draw what somebody could post: what the form offers, texts, and what it does not offer."""
    posted = MultiDict()
    for name, values in fields.choices.items():
        offered = st.sampled_from(values) if values else st.text(max_size=30)
        for text in data.draw(st.lists(offered | st.sampled_from(["", "a", "b", "12", "-1,5 kg", "zz", "\0"]), max_size=2)):
            posted.add(name, text)
    if data.draw(st.integers(0, 5)) == 0:
        posted.add(data.draw(st.sampled_from(["order", "choice", "pair-a", "gap-1"])), data.draw(st.text("abc,", max_size=5)))
    return posted


# -- every kind -----------------------------------------------------------------------------------------------------------------------


@every
def test_a_kind_keeps_the_contract(kind, data):
    assert load_data(kind.key, data) == data, "loaded data loads again, unchanged"
    assert kind.title
    assert f'id="{kind.icon}"' in ICONS
    assert kind.summary
    assert kind.example["stem"]
    assert kind.mark(data, {}) == 0
    assert kind.pieces(data, {}) in ((), [])
    assert kind.words(data, {}) == ""
    assert kind.compatible(data, data)
    assert kind.guess(data) is None or 0 <= kind.guess(data) < 1
    assert kind.variant(data, Random(1)) == kind.variant(data, Random(1)), "chance decides, nothing else"
    assert kind.variant(data, None) == kind.variant(data, None)
    assert kind.prepare(data, {}) == kind.prepare(data, {})
    assert "[[1]]" not in kind.prepare(data, {})["stem"]


@marked
def test_the_best_answer_earns_everything(kind, data):
    best = kind.best(data)
    assert kind.mark(data, best) == 1
    assert kind.words(data, best)
    assert kind.pieces(data, best)


@pytest.mark.parametrize("key", ["essay", "file_upload"])
def test_a_person_marks(key):
    marking = KINDS[key]
    assert marking.by_person
    assert marking.mark(marking.example, {"text": "x"}) is None


@every
@settings(max_examples=25, deadline=None)
@given(chance=seeds, again=seeds, drawing=st.data())
def test_what_is_posted_is_read_marked_and_shown_again(kind, data, chance, again, drawing):
    variant = kind.variant(data, chance if chance is None else Random(chance))
    fields = fields_of(kind, data, variant, {})
    assert kind.read(data, variant, fields.given) == {}, "an empty form is no answer"
    try:
        response = kind.read(data, variant, posted_at_random(drawing, fields))
    except (NotFound, Refused):
        return
    share = kind.mark(data, response)
    if not kind.by_person:
        assert 0 <= share <= 1
        assert isinstance(share, float)
    assert all(0 <= piece.share <= 1 and len(piece.answer) <= 200 for piece in kind.pieces(data, response))
    assert isinstance(kind.words(data, response), str)
    other = kind.variant(data, again if again is None else Random(again))
    for shown in (variant, other):
        assert kind.read(data, shown, fields_of(kind, data, shown, response).given) == response, "one form for equal answers, in any order"
        question = question_of(kind, data, shown, response)
        for reveal in (ALL, HIDDEN):
            drawn(kind.result_template, question, reveal)


@marked
@settings(max_examples=10, deadline=None)
@given(chance=seeds)
def test_the_best_answer_survives_any_order(kind, data, chance):
    variant = kind.variant(data, chance if chance is None else Random(chance))
    fields = fields_of(kind, data, variant, kind.best(data))
    assert kind.read(data, variant, fields.given) == kind.best(data)


@marked
def test_a_result_hides_what_may_not_be_seen(kind, data):
    question = question_of(kind, data, kind.variant(data, Random(3)), {})
    hidden, shown = (drawn(kind.result_template, question, reveal) for reveal in (HIDDEN, ALL))
    assert "rationale" not in hidden
    assert "Right answer" not in hidden
    assert "best" not in hidden
    assert len(hidden) < len(shown)
    assert "style=" not in shown
    assert "<script" not in shown


@pytest.mark.parametrize("key", ["matching", "ordering"])
def test_the_source_of_a_page_does_not_give_the_answer_away(key):
    chosen = KINDS[key]
    data = load_data(key, chosen.example)
    pages = set()
    for seed in range(12):
        variant = chosen.variant(data, Random(seed))
        fields = fields_of(chosen, data, variant, chosen.best(data))
        pages.add(tuple(sorted(fields.given.items())))
    assert len(pages) > 1, "the same answer is posted under other letters"
    assert chosen.read(data, chosen.variant(data, None), fields_of(chosen, data, chosen.variant(data, None), {}).given) == {}


def test_without_chance_the_order_says_nothing():
    assert unrevealing(["b", "A", "c"]) == ["b", "a", "c"]
    assert unrevealing(["a", "b", "c"]) == ["c", "b", "a"], "the alphabet is the answer here"


@marked
def test_a_guess_is_the_mean_over_all_answers(kind, data):
    responses = all_responses(kind, data)
    if responses:
        mean = math.fsum(kind.mark(data, response) for response in responses) / len(responses)
        assert kind.guess(data) == pytest.approx(mean)


def all_responses(kind, data):
    """Return every answer of somebody who fills in all of a small item; nothing for what is typed."""
    keys = letters(data.get("options") or data.get("entries") or data.get("pairs") or ())
    if kind.key in {"single_choice", "true_false"} or (kind.key == "situational" and data.get("answer", "choose") == "choose"):
        return [{"choice": [key]} for key in keys]
    if kind.key == "multiple_choice":
        return [{"choice": list(some)} for some in combinations(keys, sum(option.get("correct", False) for option in data["options"]))]
    if kind.key == "situational" and data.get("answer") == "best_worst":
        return [{"best": best, "worst": worst} for best, worst in permutations(keys, 2)]
    if kind.key in {"situational", "ordering"}:
        return [{"order": list(order)} for order in permutations(keys)]
    if kind.key == "matching":
        return [{"pairs": dict(zip(keys, some, strict=True))} for some in product(kind.variant(data, None)["rights"], repeat=len(keys))]
    if kind.key == "categorise":
        return [{"entries": dict(zip(keys, some, strict=True))} for some in product(letters(data["categories"]), repeat=len(keys))]
    return []


# -- choice ---------------------------------------------------------------------------------------------------------------------------


def several(right, wrong, scoring="minus"):
    rows = [{"text": str(number), "rationale": "Sebab.", "correct": number < right} for number in range(right + wrong)]
    return load_data("multiple_choice", {"stem": "Apa?", "options": rows, "scoring": scoring})


@pytest.mark.parametrize(
    ("scoring", "choice", "share"),
    [
        ("minus", "ab", 1), ("minus", "a", 0.5), ("minus", "abc", 0.5), ("minus", "ac", 0), ("minus", "cd", 0), ("minus", "abcd", 0),
        ("each", "ab", 1), ("each", "a", 0.5), ("each", "abc", 1), ("each", "ac", 0.5), ("each", "cd", 0),
        ("all", "ab", 1), ("all", "a", 0), ("all", "abc", 0),
    ],
)  # fmt: skip
def test_several_answers(scoring, choice, share):
    assert KINDS["multiple_choice"].mark(several(2, 2, scoring), {"choice": list(choice)}) == share


def test_guessing_many_options():
    assert KINDS["multiple_choice"].guess(several(20, 6)) == pytest.approx(
        sum(math.comb(20, hits) * math.comb(6, 20 - hits) * max(0, 2 * hits - 20) / 20 for hits in range(21)) / math.comb(26, 20)
    )


@pytest.mark.parametrize(
    ("answer", "response", "share"),
    [
        ("choose", {"choice": ["b"]}, 1), ("choose", {"choice": ["a"]}, 1 / 3), ("choose", {"choice": ["c"]}, 0),
        ("best_worst", {"best": "b", "worst": "c"}, 1), ("best_worst", {"best": "c", "worst": "b"}, 0),
        ("best_worst", {"best": "b", "worst": "b"}, 0), ("best_worst", {"best": "b"}, 0.5), ("best_worst", {"best": "a", "worst": "c"}, 2 / 3),
        ("rank", {"order": ["b", "a", "d", "c"]}, 1), ("rank", {"order": ["b", "d", "a", "c"]}, 1), ("rank", {"order": ["c", "d", "a", "b"]}, 0),
        ("rank", {"order": ["a", "b", "d", "c"]}, 1 - 2 / 9),
    ],
)  # fmt: skip
def test_situational_judgment(answer, response, share):
    data = load_data("situational", {"stem": "Apa?", "answer": answer, "options": options(1, 3, 0, 1)})
    assert KINDS["situational"].mark(data, response) == pytest.approx(share)


# -- pairs ----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scoring", "order", "share"),
    [
        ("places", "abcd", 1), ("places", "abdc", 0.5), ("places", "dcba", 0), ("places", "bcda", 0),
        ("pairs", "abcd", 1), ("pairs", "abdc", 5 / 6), ("pairs", "dcba", 0), ("pairs", "bcda", 0.5),
        ("all", "abcd", 1), ("all", "abdc", 0),
    ],
)  # fmt: skip
def test_ordering(scoring, order, share):
    data = load_data("ordering", {"stem": "Apa?", "scoring": scoring, "entries": entries("p", "q", "r", "s")})
    assert KINDS["ordering"].mark(data, {"order": list(order)}) == pytest.approx(share)


@pytest.mark.parametrize(
    ("posted", "order"),
    [
        ({"place-a": "3", "place-b": "1", "place-c": "2"}, "bca"), ({"place-a": "2"}, "acb"), ({"place-c": "1", "place-a": "1"}, "cab"),
        ({"order": "b,a,c"}, "bac"), ({}, ""), ({"place-a": "", "place-b": "x"}, ""), ({"place-a": "9" * 5000}, ""),
    ],
)  # fmt: skip
def test_places_are_read(posted, order):
    assert read_order("abc", list("cab"), MultiDict(posted)).get("order", []) == list(order)


def test_matching_and_categories_count_each_part():
    pairs = load_data(*MORE[4])
    assert KINDS["matching"].mark(pairs, {"pairs": {"a": "a", "b": "b", "c": "a"}}) == 0.75, "rights of the same text are one answer"
    assert KINDS["matching"].mark(pairs, {"pairs": {"a": "e", "c": "c"}}) == 0.25
    assert KINDS["matching"].words(pairs, {"pairs": {"a": "e"}}) == "1 → z & z"
    assert KINDS["matching"].variant(pairs, None)["rights"] == ["d", "a", "b", "e"], "by alphabet, each text once"
    sorted_in = load_data(*MORE[8])
    assert KINDS["categorise"].mark(sorted_in, {"entries": {"a": "a", "b": "b", "c": "b"}}) == pytest.approx(2 / 3)


def test_pictures_on_the_right_are_shown():
    pictured = KINDS["matching"]
    data = load_data(*MORE[5])
    page = drawn(pictured.ask_template, question_of(pictured, data, pictured.variant(data, None), {}))
    assert 'src="/a.png"' in page
    assert ">A. " in page


# -- what a person marks --------------------------------------------------------------------------------------------------------------


def test_files_come_from_the_service_only():
    i18n.use("en", "Asia/Pontianak")
    upload = KINDS["file_upload"]
    stored = [{"id": 2, "name": "b.pdf", "size": 9, "sha256": "x"}, {"id": 1, "name": "a.pdf", "size": 8}]
    read = upload.read(upload.example, {}, MultiDict([("files", row) for row in stored]))
    assert read == {"files": [{"id": 1, "name": "a.pdf", "size": 8}, {"id": 2, "name": "b.pdf", "size": 9}]}
    assert upload.read(upload.example, {}, MultiDict({"files": "7"})) == {}
    assert "Remove “a.pdf”" in drawn(upload.ask_template, question_of(upload, upload.example, {}, read))


def test_essays():
    i18n.use("en", "Asia/Pontianak")
    essay = KINDS["essay"]
    read = essay.read(essay.example, {}, MultiDict({"text": " Satu\r\ndua\0 \n"}))
    assert read == {"text": "Satu\ndua"}
    assert essay.written(read) == 2
    assert "A good answer" in drawn(essay.result_template, question_of(essay, essay.example, {}, read), ALL)
    assert "A good answer" not in drawn(essay.result_template, question_of(essay, essay.example, {}, read), HIDDEN)
    with pytest.raises(Refused):
        essay.read(essay.example, {}, MultiDict({"text": "x" * 50_001}))


# -- what authors are told ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "change", "words"),
    [
        ("single_choice", {"options": [{"text": "a", "rationale": "b"}, {"text": "c", "rationale": "d"}]}, "Exactly one"),
        ("situational", {"options": options(1, 2)}, "has 3"),
        ("matching", {"pairs": [{"left": "a", "right": "x"}, {"left": "b", "right": " x "}], "extra": []}, "must differ"),
        ("matching", {"extra": [str(number) for number in range(25)]}, "At most 26"),
        ("matching", {"pairs": [{"left": "a", "right": "x"}]}, "pairs"),
        ("ordering", {"entries": entries("a", "a ")}, "the same"),
        ("ordering", {"scoring": "some"}, "scoring"),
        ("categorise", {"categories": [{"name": "a"}, {"name": "a"}]}, "same name"),
        ("categorise", {"categories": [{"name": "a"}, {"name": "b"}]}, "no category “Membuka”"),
        ("essay", {"minimum_words": 9, "maximum_words": 8}, "more than"),
        ("essay", {"rubric": [{"name": "Isi", "levels": [{"points": 0, "text": "a"}, {"points": 0, "text": "b"}]}]}, "“Isi” needs"),
        ("file_upload", {"types": []}, "types"),
        ("file_upload", {"types": ["exe"]}, "types"),
        ("file_upload", {"most_mb": 11}, "most_mb"),
        ("description", {"hints": ["a"]}, "unknown: hints"),
        ("single_choice", {"stem": ""}, "stem"),
    ],
)  # fmt: skip
def test_authors_are_told_what_is_wrong(key, change, words):
    i18n.use("en")
    with pytest.raises(ContentError, match=words):
        load_data(key, {**KINDS[key].example, **change})


def test_empty_lines_are_dropped():
    example = KINDS["matching"].example
    assert load_data("matching", {**example, "extra": ["", "x", " "], "hints": ["", "y"]})["extra"] == ["x"]
    assert load_data("matching", {**example, "hints": ["", "y"]})["hints"] == ["y"]


def test_what_fits_new_wording():
    for key, change, fits in (
        ("single_choice", {"options": options(1, 2, 3)}, False),
        ("matching", {"extra": []}, False),
        ("ordering", {"entries": entries("x", "y", "z")}, True),
        ("categorise", {"entries": entries("x")}, False),
        ("short_text", {"answers": [{"text": "lain"}]}, True),
        ("situational", {"answer": "rank"}, False),
    ):
        example = KINDS[key].example
        assert KINDS[key].compatible(example, {**example, **change}) is fits


def test_words_are_plain():
    assert line("**R & D** < 5") == "R & D < 5"
    assert short("<p>R &amp; D</p>") == "R & D"


# -- kinds from elsewhere -------------------------------------------------------------------------------------------------------------


def test_another_plugin_adds_a_kind():
    class YesNo(Kind):
        """Yes or no."""

        key, title = "yes_no", "Yes or no"
        ask_template = result_template = "quizzes/kinds/nothing.html"

    try:
        assert kind(YesNo) is YesNo
        assert kind_of("yes_no").title == "Yes or no"
        assert load_data("yes_no", {"stem": "Apa?", "feedback": ""}) == {"stem": "Apa?"}
        with pytest.raises(PluginError, match="taken"):
            kind(YesNo)
    finally:
        del KINDS["yes_no"]
    with pytest.raises(ContentError):
        kind_of("yes_no")
    with pytest.raises(PluginError, match="missing"):
        kind(type("Nameless", (Kind,), {"key": "nameless", "title": "x"}))


@pytest.mark.parametrize("value", [5, True, "x", {"a": 1}, [5], [["a"]]])
@pytest.mark.parametrize(("kind", "field"), [("single_choice", "options"), ("essay", "rubric"), ("cloze", "gaps")])
def test_another_shape_is_refused_by_its_name(app, kind, field, value):
    with pytest.raises(ContentError, match=field):
        load_data(kind, {**KINDS[kind].example, field: value})
