"""Answering: every answer is kept with a receipt, an attempt goes on anywhere, marking is pure."""

import random
import re

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from lms.attempts.models import Attempt, AttemptState, GradeChange
from lms.db import commit, db
from lms.errors import ContentError, NotFound, Refused
from lms.learning import services as learning
from lms.learning.models import Enrolment
from lms.registry import activity_type
from lms.testing.client import text_of
from quizzes.attempts import services
from quizzes.attempts.models import Answer
from quizzes.items.kinds import KINDS, Choice
from quizzes.items.services import Asked, OptionText


def option(text, **more):
    return {"text": text, "rationale": f"Sebab {text}.", **more}


ITEMS = [
    {"key": "satu", "kind": "single_choice", "stem": "Satu?", "options": [option("a", correct=True), option("b"), option("c")]},
    {
        "key": "dua",
        "kind": "multiple_choice",
        "stem": "Dua?",
        "options": [option("d", correct=True), option("e", correct=True), option("f")],
    },
    {"key": "tiga", "kind": "true_false", "stem": "Tiga?", "options": [option("Benar", correct=True), option("Salah")]},
    {
        "key": "empat",
        "kind": "situational",
        "stem": "Empat?",
        "options": [option("g", score=0), option("h", score=1), option("i", score=3)],
    },
]
BEST = {"Satu?": ["a"], "Dua?": ["a", "b"], "Tiga?": ["a"], "Empat?": ["c"]}
JSON = {"Accept": "application/json"}


@pytest.fixture
def quiz(make_activity):
    """Make a quiz of one item of each kind."""
    return make_activity("quiz", items=ITEMS, intro="Mulai.")


def begin(browser, quiz):
    """Begin an attempt and return its address."""
    answer = browser.post(f"/quizzes/start/{quiz.cohort.id}/{quiz.module.key}/{quiz.key}")
    return answer.headers["Location"]


def page_of(browser, url, number):
    """Return (version id, stem) of a question."""
    page = browser.get(f"{url}?q={number}").get_data(as_text=True)
    stem = next(stem for stem in BEST if stem in page)
    return int(re.search(r'name="item" value="(\d+)"', page)[1]), stem


def test_the_whole_way(client, quiz):
    browser = client.as_(quiz.learner)
    url = begin(browser, quiz)
    assert begin(browser, quiz) == url, "a running attempt goes on"
    for number in range(1, 5):
        item, stem = page_of(browser, url, number)
        answer = browser.post(f"{url}/answer", data={"item": item, "choice": BEST[stem]}, headers=JSON).get_json()
        assert re.fullmatch(r"\d\d\.\d\d\.\d\d", answer["at"])
        assert re.fullmatch(r"[A-Z0-9]{2}-[A-Z0-9]{6}", answer["code"])
    assert "Sebab" not in browser.get(url).get_data(as_text=True), "rationales come after handing in"
    done = browser.post(f"{url}/hand-in", follow_redirects=True)
    assert "100,00" in text_of(done)
    for item in ITEMS:
        for choice in item["options"]:
            assert choice["rationale"] in text_of(done)
    assert db.session.get(Enrolment, quiz.enrolment.id, populate_existing=True).done_count == 1
    assert browser.post(f"{url}/answer", data={"item": item and 1, "choice": "a"}, headers=JSON).status_code == 409


def test_every_answer_is_kept_and_the_latest_counts(client, quiz):
    browser = client.as_(quiz.learner)
    url = begin(browser, quiz)
    item, stem = page_of(browser, url, 1)
    for chosen in (["b"], ["a"], BEST[stem]):
        browser.post(f"{url}/answer", data={"item": item, "choice": chosen}, headers=JSON)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Answer)) == 3
    assert [row.sequence for row in db.session.scalars(sa.select(Answer).order_by(Answer.id))] == [1, 2, 3]
    elsewhere = client.as_(quiz.learner)
    assert "checked" in elsewhere.get(f"{url}?q=1").get_data(as_text=True), "goes on anywhere"


def test_without_script_the_form_does_the_same(client, quiz):
    browser = client.as_(quiz.learner)
    url = begin(browser, quiz)
    item, _stem = page_of(browser, url, 1)
    answer = browser.post(f"{url}/answer", data={"item": item, "choice": "a", "flag": "1", "go": "2"})
    assert answer.headers["Location"].endswith("?q=2")
    review = browser.get(f"{url}/review")
    assert "3" in text_of(review)
    assert "flagged" in review.get_data(as_text=True)


def test_what_was_not_asked_is_refused(client, quiz, make_user):
    browser = client.as_(quiz.learner)
    url = begin(browser, quiz)
    item, _stem = page_of(browser, url, 1)
    assert browser.post(f"{url}/answer", data={"item": item, "choice": "z"}, headers=JSON).status_code == 404
    assert browser.post(f"{url}/answer", data={"item": 999, "choice": "a"}, headers=JSON).status_code == 404
    stranger = client.as_(make_user())
    for method, where in (("get", url), ("post", f"{url}/answer"), ("post", f"{url}/hand-in"), ("get", f"{url}/review")):
        assert getattr(stranger, method)(where, data={"item": item, "choice": "a"}).status_code == 404
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Answer)) == 0


def test_the_best_attempt_counts(client, quiz):
    browser = client.as_(quiz.learner)
    for right in (True, False):
        url = begin(browser, quiz)
        for number in range(1, 5):
            item, stem = page_of(browser, url, number)
            browser.post(f"{url}/answer", data={"item": item, "choice": BEST[stem] if right else []}, headers=JSON)
        browser.post(f"{url}/hand-in")
    scores = sorted(attempt.percent for attempt in db.session.scalars(sa.select(Attempt)))
    assert scores == [0, 100]
    assert db.session.get(Enrolment, quiz.enrolment.id, populate_existing=True).done_count == 1
    assert db.session.scalar(sa.select(sa.func.count()).select_from(GradeChange)) == 2


def test_handing_in_twice_is_handing_in_once(client, quiz):
    browser = client.as_(quiz.learner)
    url = begin(browser, quiz)
    first = browser.post(f"{url}/hand-in")
    again = browser.post(f"{url}/hand-in")
    assert first.status_code == again.status_code == 302
    assert [attempt.state for attempt in db.session.scalars(sa.select(Attempt))] == [AttemptState.MARKED]


def test_an_attempt_keeps_its_wording_when_the_author_edits(client, quiz, make_module):
    browser = client.as_(quiz.learner)
    url = begin(browser, quiz)
    attempt = db.session.scalar(sa.select(Attempt))
    asked = [question.item.stem_html for question in services.questions(attempt)]
    (activity,) = learning.draft_activities(quiz.module.id)
    changed = [{**item, "stem": item["stem"] + " (baru)"} for item in ITEMS]
    kind, draft = activity_type("quiz"), learning.draft_of(quiz.module, activity.key)
    activity.settings = kind.store(kind.load({"items": changed}, draft), draft)
    learning.publish(actor_id=None, module=quiz.module)
    commit()
    assert [question.item.stem_html for question in services.questions(attempt)] == asked
    assert "(baru)" not in browser.get(url).get_data(as_text=True)


# -- pure marking ---------------------------------------------------------------------------------------------------------------------


scores = st.lists(st.sampled_from([0.0, 1.0]), min_size=2, max_size=6).filter(lambda row: 1.0 in row)


@given(st.sampled_from(sorted(KINDS)), scores, st.data())
def test_marks_lie_between_nothing_and_all(kind, row, data):
    if kind == "situational":
        row = [data.draw(st.integers(0, 3)) for _score in row[:-1]] + [3]
    choices = [Choice("abcdef"[index], float(score)) for index, score in enumerate(row)]
    chosen = data.draw(st.lists(st.sampled_from([choice.key for choice in choices]), unique=True))
    mark = KINDS[kind].mark(choices, chosen)
    assert 0 <= mark <= 1
    assert mark == KINDS[kind].mark(list(reversed(choices)), chosen)
    best = max(choice.score for choice in choices)
    right = [choice.key for choice in choices if choice.score == best]
    assert KINDS[kind].mark(choices, right if KINDS[kind].several else right[:1]) == 1
    assert KINDS[kind].mark(choices, []) == 0


@given(st.integers(2, 6), st.integers(1, 5), st.data())
def test_multiple_choice_is_right_minus_wrong(total, right, data):
    right = min(right, total)
    choices = [Choice("abcdef"[index], 1.0 if index < right else 0.0) for index in range(total)]
    chosen = data.draw(st.lists(st.sampled_from([choice.key for choice in choices]), unique=True))
    good = sum(key in "abcdef"[:right] for key in chosen)
    expected = max(0.0, (good - (len(chosen) - good)) / right)
    assert KINDS["multiple_choice"].mark(choices, chosen) == pytest.approx(expected)
    assert KINDS["multiple_choice"].mark(choices, [choice.key for choice in choices]) <= max(0, (2 * right - total) / right) + 1e-9


@given(st.integers(1, 12), st.integers(1, 12), st.booleans(), st.integers())
def test_a_variant_asks_what_is_in_the_pool_once(pool, draw, shuffle, seed):
    items = {
        number: Asked(number, f"i{number}", "single_choice", "", 1.0, tuple(OptionText(key, key, "", float(key == "a")) for key in "abcd"))
        for number in range(1, pool + 1)
    }
    settings = {"items": [{"version": number} for number in items], "draw": min(draw, pool), "shuffle": shuffle}
    original = services.asked
    services.asked = lambda ids: {number: items[number] for number in ids}
    try:
        variant = services.make_variant(settings, str(seed))
        assert variant == services.make_variant(settings, str(seed))
    finally:
        services.asked = original
    assert len(set(variant["items"])) == len(variant["items"]) == min(draw, pool)
    assert set(variant["items"]) <= set(items)
    assert all(sorted(order) == list("abcd") for order in variant["orders"].values())
    if not shuffle:
        assert all(order == list("abcd") for order in variant["orders"].values())


def test_shuffling_shuffles():
    orders = {tuple(random.Random(seed).sample("abcd", 4)) for seed in range(50)}
    assert len(orders) > 5


def test_a_wrong_item_is_refused_with_its_reason(make_activity):
    kind = activity_type("quiz")
    for items, word in (
        ([{**ITEMS[0], "options": [option("a"), option("b")]}], "benar"),
        ([{**ITEMS[3], "options": [option("a", score=1), option("b", score=2)]}], "3"),
        ([ITEMS[0], ITEMS[0]], "satu"),
        ([{**ITEMS[0], "options": [option("a", correct=True)]}], "dua"),
        ([{**ITEMS[0], "kind": "essay"}], "kind"),
        ([{**ITEMS[0], "colour": "red"}], "colour"),
        ([], "items"),
    ):
        with pytest.raises(ContentError, match=word):
            kind.load({"items": items}, None)


def test_save_answer_after_hand_in_is_refused(client, quiz):
    browser = client.as_(quiz.learner)
    url = begin(browser, quiz)
    item, _stem = page_of(browser, url, 1)
    browser.post(f"{url}/hand-in")
    attempt = db.session.scalar(sa.select(Attempt))
    with pytest.raises(Refused):
        services.save_answer(attempt=attempt, version_id=item, chosen=["a"], flagged=False)
    with pytest.raises(NotFound):
        services.own_attempt(quiz.actor.__class__(id=attempt.id, name="", language="id", time_zone=""), attempt.id)
