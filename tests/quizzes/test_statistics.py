"""Statistics of quizzes: counts that are always right, pages that say what to do, and nobody who can be recognised."""

import random
import re
import zlib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lms.db import commit, db
from lms.learning.models import Activity
from lms.testing.client import text_of
from lms.text import plain_text
from quizzes.items.services import asked, load_row, store_items
from quizzes.kinds.base import KINDS, kind_of
from quizzes.statistics import labels, plot
from quizzes.statistics.models import AnswerCount, PairCount, TimeCount, TotalCount
from quizzes.statistics.services import Marked, count, report
from quizzes.statistics.tally import Tally, tally

OURS = sorted(key for key, kind in KINDS.items() if type(kind).__module__.startswith("quizzes."))
TABLES = {
    "pairs": (PairCount, ("version_id", "x", "rest", "maximum", "item_id")),
    "totals": (TotalCount, ("total", "maximum", "asked")),
    "answers": (AnswerCount, ("version_id", "part", "answer", "rest")),
    "times": (TimeCount, ("version_id", "seconds")),
}


def options(*texts, right=0):
    return [
        {"text": text, "rationale": f"Sebab {text}.", **({"correct": True} if place == right else {})} for place, text in enumerate(texts)
    ]


ROWS = [
    {
        "key": "satu",
        "kind": "single_choice",
        "title": "Mendengar",
        "stem": "Siapa yang **pertama** didengar?",
        "options": options("Warga", "Rekan", "Atasan", "Sopir"),
    },
    {"key": "dua", "kind": "true_false", "stem": "Diam itu mendengarkan.", "options": options("Benar", "Salah")},
    {"key": "tiga", "kind": "multiple_choice", "stem": "Apa yang dicatat?", "options": options("Janji", "Tanggal", "Warna baju")},
    {
        "key": "empat",
        "kind": "short_text",
        "stem": "Lawan kata “tergesa”?",
        "answers": [{"text": "sabar"}, {"text": "tenang", "credit": 50}],
    },
]


@pytest.fixture
def quiz(make_module, make_user):
    """Return (module, items, author): a module with a quiz of one item of each of four kinds."""
    module = make_module()
    author = make_user("Penulis", language="en", roles=[("instructor", "module", module.id)])
    items = store_items(module_id=module.id, owner_id=author.id, rows=[load_row(row) for row in ROWS], files={})
    values = {"title": "Kuis mendengar", "section": "satu", "minutes": 5, "required": True, "position": 9}
    lists = {"requires": [], "tags": [], "sources": [], "settings": {}, "prepared": {}}
    db.session.add(Activity(module_id=module.id, key="kuis", type="quiz", **values, **lists))
    commit()
    return module, items, author


def marked(item, response, seconds=None, points=1.0):
    version = item.versions[-1]
    share = kind_of(version.kind).mark(version.data, response) if response else 0.0
    return Marked(item.id, version.id, version.kind, version.data, response, share, points, seconds)


def answer(chance, item, skill):
    """Return what somebody of so much skill answers: the best, anything, or nothing."""
    version = item.versions[-1]
    kind = kind_of(version.kind)
    if chance.random() < skill:
        return kind.best(version.data)
    if version.kind == "short_text":
        return chance.choice([{"text": "tenang"}, {"text": f"ketikan {chance.randrange(40)}"}, {}])
    return chance.choice([{"choice": [letter]} for letter in "abcd"[: min(3, len(version.data["options"]))]] + [{}])


def attempt(chance, items, skill=None):
    level = chance.random() if skill is None else skill
    return [marked(item, answer(chance, item, level), chance.choice([None, 3, 20, 61])) for item in items]


def fill(module, items, number, seed=3, **more):
    chance = random.Random(seed)
    for _attempt in range(number):
        count(module_id=module.id, activity_key="kuis", first=True, items=attempt(chance, items), **more)
    commit()


def counted(first=None):
    """Return what the tables hold, as a tally."""
    found = Tally()
    for name, (table, key) in TABLES.items():
        sums = ("count", "sum_share") if table is AnswerCount else ("count",)
        statement = sa.select(*(getattr(table, column) for column in (*key, *sums)))
        if first is not None:
            statement = statement.where(table.first.is_(first))
        for row in db.session.execute(statement):
            where = tuple(row[: len(key)])
            getattr(found, name)[where] += row[len(key)]
            if table is AnswerCount:
                found.shares[where] += row.sum_share
    return found


def added(tallies):
    found = Tally()
    for each in tallies:
        for name in (*TABLES, "shares"):
            for key, number in getattr(each, name).items():
                getattr(found, name)[key] += number
    return found


# -- counting -------------------------------------------------------------------------------------------------------------------------


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6), number=st.integers(1, 12), regrades=st.lists(st.integers(0, 11), max_size=8))
def test_counting_step_by_step_is_counting_anew(quiz, seed, number, regrades):
    """Attempts, first and later, some marked anew once or often: the tables hold what a count of the latest marks gives."""
    module, items, _author = quiz
    chance = random.Random(seed)
    for table, _key in TABLES.values():
        db.session.execute(sa.delete(table))
    attempts = [(chance.random() < 0.6, attempt(chance, chance.sample(items, chance.randint(1, 4)))) for _each in range(number)]
    where = {"module_id": module.id, "activity_key": "kuis"}
    for first, answers in attempts:
        count(**where, first=first, items=answers)
    for place in regrades:
        if place < number:
            first, before = attempts[place]
            after = [Marked(**{**fields(each), "share": chance.choice([-0.5, 0.0, 1 / 3, each.share, 1.0])}) for each in before]
            count(**where, first=first, items=before, sign=-1)
            count(**where, first=first, items=after)
            attempts[place] = (first, after)
    for first in (True, False, None):
        assert counted(first) == added(tally(answers) for is_first, answers in attempts if first in {None, is_first})
    for first, answers in attempts:
        count(**where, first=first, items=answers, sign=-1)
    assert counted() == Tally(), "nothing is left behind"


def fields(each):
    return {name: getattr(each, name) for name in Marked.__slots__}


def test_an_attempt_costs_four_statements(quiz, queries):
    module, items, _author = quiz
    with queries() as seen:
        fill(module, items, 1)
    assert len([statement for statement in seen if "advisory" not in statement]) == 4


def test_many_at_once_wait_for_nobody_in_a_circle(app, quiz):
    """Eight threads mark attempts anew whose old and new marks cross each other."""
    module, items, _author = quiz
    where = {"module_id": module.id, "activity_key": "kuis", "first": True}
    low, high = (
        [marked(item, kind_of(item.kind).best(item.versions[-1].data) if best else {}) for item in items] for best in (False, True)
    )
    for answers in (low, high) * 40:
        count(**where, items=answers)
    commit()

    def mark_anew(number):
        with app.app_context():
            for step in range(10):
                before, after = (low, high) if (number + step) % 2 else (high, low)
                count(**where, items=before, sign=-1)
                count(**where, items=after)
                commit()
            db.session.remove()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(mark_anew, range(8)))
    db.session.rollback()
    assert counted() == added([tally(low), tally(high)] * 40)


def test_the_order_of_attempts_does_not_matter(quiz):
    module, items, _author = quiz
    chance = random.Random(5)
    attempts = [attempt(chance, items) for _each in range(15)]
    found = []
    for key in ("kuis", "lain"):
        for answers in attempts:
            count(module_id=module.id, activity_key=key, first=True, items=answers)
        found.append(report(module_id=module.id, activity_key=key, basis="first"))
        attempts.reverse()
    assert found[0] == found[1]
    assert found[0].n == 15


def test_first_attempts_and_all(quiz):
    module, items, _author = quiz
    fill(module, items, 7)
    chance = random.Random(1)
    for _attempt in range(5):
        count(module_id=module.id, activity_key="kuis", first=False, items=attempt(chance, items, skill=1.0))
    first, everything = (report(module_id=module.id, activity_key="kuis", basis=basis) for basis in ("first", "all"))
    assert (first.n, everything.n) == (7, 12)
    assert everything.mean > first.mean


def test_what_an_attempt_tells(quiz):
    """Weights, rounding, the part of a response, a time, and an item that was left open, counted by hand."""
    _module, (one, two, three, four), _author = quiz
    made = tally(
        [
            marked(one, {"choice": ["b"]}, 50, points=2.0),
            marked(two, {"choice": ["a"]}, points=1.5),
            marked(three, {"choice": ["a", "b"]}),
            marked(four, {}),
        ]
    )
    assert made.totals == Counter({(15_000, 55_000, 4): 1})
    version = [item.versions[-1].id for item in (one, two, three, four)]
    assert made.pairs == Counter(
        {
            (version[0], 0, 15_000, 20_000, one.id): 1,
            (version[1], 10_000, 0, 15_000, two.id): 1,
            (version[2], 0, 15_000, 10_000, three.id): 1,
            (version[3], 0, 15_000, 10_000, four.id): 1,
        }
    )
    assert made.times == Counter({(version[0], 45): 1})
    assert made.shares[version[1], "", "a", 0] == 10_000
    assert set(made.answers) == {
        (version[0], "", "b", 15_000),
        (version[1], "", "a", 0),
        (version[2], "", "a", 15_000),
        (version[2], "", "b", 15_000),
        (version[3], "", "", 15_000),
    }


# -- pages ----------------------------------------------------------------------------------------------------------------------------


def url_of(module, item=None):
    return f"/quizzes/statistics/{module.key}/kuis" + (f"/{item.id}" if item else "")


def test_before_anybody_could_be_hidden_nothing_is_shown(client, quiz):
    module, items, author = quiz
    fill(module, items, 4)
    browser = client.as_(author)
    page = browser.get(url_of(module))
    assert page.status_code == 200
    assert "<table" not in page.get_data(as_text=True)
    assert browser.get(url_of(module, items[0])).status_code == 404, "not before there is a report"
    fill(module, items, 1, seed=9)
    assert "<table" in browser.get(url_of(module)).get_data(as_text=True)
    assert "<svg width" in browser.get(url_of(module, items[0])).get_data(as_text=True)


def test_a_new_wording_waits_for_its_own_attempts(client, quiz):
    module, items, author = quiz
    fill(module, items, 40)
    old = items[0].versions[-1].id
    row = load_row({**ROWS[0], "stem": "Siapa yang didengar dahulu?"})
    renewed = store_items(module_id=module.id, owner_id=author.id, rows=[row], files={})[0]
    fill(module, [renewed, *items[1:]], 3, seed=8)
    page = client.as_(author).get(url_of(module, renewed)).get_data(as_text=True)
    assert "didengar dahulu" in page
    assert "<svg width" not in page
    earlier = client.as_(author).get(f"{url_of(module, renewed)}?version={old}").get_data(as_text=True)
    assert "<svg width" in earlier
    assert "<strong>pertama</strong>" in earlier
    assert client.as_(author).get(f"{url_of(module, renewed)}?version=9999").status_code == 404


def test_few_attempts_conclude_nothing(client, quiz):
    module, items, author = quiz
    fill(module, items, 12)
    body = text_of(client.as_(author).get(url_of(module)))
    assert body.count("Too early to tell") == 5, "for the quiz and for each question"
    assert "never chosen" not in body


def test_what_stands_out_is_said_and_comes_first(client, quiz):
    """Option D is never chosen, C draws those who do well elsewhere, and the key of the second question is wrong."""
    module, items, author = quiz
    one, two, three, four = items
    chance = random.Random(2)
    for number in range(60):
        good = number % 2 == 0
        first = {"choice": ["c"]} if good and chance.random() < 0.5 else {"choice": ["a" if chance.random() < 0.5 else "b"]}
        second = {"choice": ["b" if good else "a"]}
        rest = [(three, {"choice": ["a"]} if good else {}), (four, {"text": "sabar" if good else "lekas"})]
        answers = [marked(one, first, 30), marked(two, second, 30), *(marked(item, response, 200, points=5.0) for item, response in rest)]
        count(module_id=module.id, activity_key="kuis", first=True, items=answers)
    commit()
    page = client.as_(author).get(url_of(module))
    body = text_of(page)
    for sentence in (
        "Option D was never chosen.",
        "Those who choose option C do better on the other questions than those who choose the right one.",
        "People who do well on the other questions do badly on this one.",
        "Guessing earns 50% of the points.",
    ):
        assert sentence in body, sentence
    rows = re.findall(r"<tr.*?</tr>", page.get_data(as_text=True), re.DOTALL)[1:]
    assert [("triangle-alert" in row) for row in rows] == [True, True, False, False]
    closer = text_of(client.as_(author).get(url_of(module, one)))
    assert "D. Sopir" in closer
    assert "0 (0%)" in closer
    assert "Sebab Warga." in closer


def test_what_people_typed_is_shown_when_enough_typed_it(client, quiz):
    module, items, author = quiz
    for number in range(30):
        typed = "mirip" if number < 5 else "milik satu orang" if number == 5 else "hampir" if number < 10 else "sabar"
        count(module_id=module.id, activity_key="kuis", first=True, items=[marked(items[3], {"text": typed}), marked(items[1], {})])
    commit()
    body = text_of(client.as_(author).get(url_of(module, items[3])))
    assert "mirip 5" in body
    assert "sabar right 20" in body
    assert "satu orang" not in body
    assert "hampir" not in body
    assert "other answers, each given by fewer than 5 5" in body


@pytest.mark.parametrize("number", [6, 45])
def test_every_kind_of_page_is_small_and_cheap(client, quiz, queries, number):
    module, items, author = quiz
    fill(module, items, number)
    browser = client.as_(author)
    for url in (url_of(module), *(url_of(module, item) for item in items), f"{url_of(module)}?basis=all"):
        with queries() as seen:
            page = browser.get(url)
        assert page.status_code == 200
        assert len(seen) <= 12, url
        assert len(zlib.compress(page.get_data())) < 9 * 1024, url
        for drawing in re.findall(r"(?s)<svg width.*?</svg>", page.get_data(as_text=True)):
            assert ET.fromstring(drawing).find("title").text


def test_only_the_authors_of_a_module(client, quiz, make_user, make_module):
    module, items, _author = quiz
    fill(module, items, 6)
    other = make_module()
    elsewhere = make_user(roles=[("instructor", "module", other.id)])
    assert client.as_(make_user()).get(url_of(module)).status_code == 403
    for url in (url_of(module), url_of(module, items[0])):
        assert client.as_(elsewhere).get(url).status_code == 404
    assert client.as_(elsewhere).get(f"/quizzes/statistics/{other.key}/kuis").status_code == 404, "no quiz there"


def test_no_name_and_no_person_is_in_the_counts():
    for table, _key in TABLES.values():
        assert not {"user_id", "enrolment_id", "attempt_id"} & set(table.__table__.c.keys())


@pytest.mark.parametrize("key", [key for key in OURS if KINDS[key].asks])
def test_every_kind_has_its_page(client, quiz, key):
    """Its answers stand there in the author's words, and nothing but them."""
    module, _items, author = quiz
    row = load_row({"key": "contoh", "kind": key, **KINDS[key].example})
    (item,) = store_items(module_id=module.id, owner_id=author.id, rows=[row], files={})
    data = item.versions[-1].data
    for number in range(6):
        response = KINDS[key].best(data) if number % 2 else {}
        share = 0.5 if KINDS[key].by_person else KINDS[key].mark(data, response)
        made = Marked(item.id, item.versions[-1].id, key, data, response, share, 1.0, 10 * number)
        count(module_id=module.id, activity_key="kuis", first=True, items=[made])
    commit()
    page = client.as_(author).get(url_of(module, item))
    assert page.status_code == 200
    body = text_of(page)
    known = asked([item.versions[-1].id])[item.versions[-1].id]
    rows = labels.rows(report(module_id=module.id, activity_key="kuis", basis="first").items[0].newest, known)
    assert bool(rows) is not KINDS[key].by_person
    for row in rows:
        assert plain_text(row.words) in body
        assert len(plain_text(row.words)) > 1, "no bare letter"
        assert row.letter or len(plain_text(row.part)) != 1


def test_lines_of_a_picture_never_share_a_place_for_their_letters():
    lines = [plot.Line(letter, (0.0, 50.0, 50.0), letter == "C") for letter in "ABCDEFGH"]
    drawn = ET.fromstring(plot.draw(lines, "a < b & c"))
    assert drawn.find("title").text == "a < b & c"
    shown = [node for node in drawn.iter("text") if node.get("font-weight")]
    assert {node.text for node in shown} == set("CABDEF"), "six at most, the right one always"
    heights = sorted(float(node.get("y")) for node in shown)
    assert all(below - above >= plot.LETTER for above, below in pairwise(heights))
    assert 0 < heights[0] <= heights[-1] < plot.HEIGHT
    assert len({(line.get("stroke"), line.get("stroke-dasharray")) for line in drawn.iter("polyline")}) == 6
