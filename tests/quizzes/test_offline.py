"""Practice without a connection: which quizzes, what the page knows, and taking what came of it."""

import datetime as dt
import re
import uuid

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from lms.api import Attempt, ContentError, NotFound, Refused, body, outline
from lms.db import commit, db, utcnow
from lms.learning.place import offline_context
from lms.progress.models import Evidence
from quizzes import offline
from quizzes.api import KINDS, load_data
from quizzes.attempts.models import Step
from quizzes.attempts.questions import Question
from quizzes.items.services import Asked
from quizzes.settings import load_settings

pytestmark = pytest.mark.sqlite

ONE = {
    "key": "satu",
    "kind": "single_choice",
    "stem": "Satu?",
    "options": [{"text": "Ya", "correct": True, "rationale": "Betul."}, *({"text": f"Bukan {n}", "rationale": "-"} for n in range(4))],
}
TWO = {
    "key": "dua",
    "kind": "multiple_choice",
    "stem": "Dua?",
    "options": [{"text": f"Ya {n}", "correct": True, "rationale": "+"} for n in range(2)] + [{"text": "Bukan", "rationale": "-"}],
}
WORD = {"key": "tiga", "kind": "short_text", "stem": "Tiga?", "answers": [{"text": "empati"}]}
FIELD = re.compile(r'name="(v\d+-\w+)"')


@pytest.fixture
def taken(make_activity):
    return make_activity("quiz", items=[ONE, TWO, WORD], practice=True)


def questions(taken):
    return offline.questions_offline(taken.ctx.settings)


def best(taken):
    """Return the fields of a page on which everything is right."""
    fields = {}
    for question in questions(taken):
        response = question.kind.best(question.data)
        order = question.variant.get("order", [])
        fields |= {question.name("choice"): ["abcdefgh"[order.index(key)] for key in response["choice"]]} if order else {}
        fields |= {question.name("text"): response["text"]} if "text" in response else {}
    return fields


def run(taken, fields, **more):
    sent = {"id": str(uuid.uuid4()), "cohort": taken.cohort.id, "module": taken.module.key, "activity": taken.key, "fields": fields, **more}
    moment = utcnow() - dt.timedelta(hours=5)
    offline.take(actor=taken.actor, body=sent, moment=moment)
    commit()
    return sent, moment


def attempts():
    return db.session.scalars(sa.select(Attempt).order_by(Attempt.number)).all()


# -- which quizzes ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "guard",
    [
        {"draw": 1},
        {"pools": [{"count": 1, "category": "x"}]},
        {"sections": [{"key": "a", "title": "A", "draw": 1}]},
        {"attempts": 2},
        {"time_limit": 5},
        {"wait": 5},
        {"reveal": "marks"},
        {"reveal": "after_closing"},
        {"answering": "certainty"},
    ],
)
def test_practice_guards_nothing(app, guard):
    with app.app_context():
        assert load_settings({"items": [ONE, TWO], "practice": True})["practice"] is True
        assert load_settings({"items": [ONE, TWO], **guard})["practice"] is False
        with pytest.raises(ContentError, match="practice"):
            load_settings({"items": [ONE, TWO], "practice": True, **guard})


@pytest.mark.parametrize("settings", [{"items": [ONE]}, {"items": [{"key": "esai", "kind": "essay", "stem": "?"}], "practice": True}])
def test_other_quizzes_need_a_connection(app, make_activity, settings):
    assert drawn(app, make_activity("quiz", **settings)) is None


def drawn(app, taken):
    contents = outline(taken.ctx.revision_id)
    text = body(taken.ctx.revision_id, taken.key)
    with app.test_request_context():
        return offline.page(offline_context(taken.cohort.id, "Asia/Jakarta", contents, contents.item(taken.key), text))


def test_the_page_has_every_question_its_feedback_and_nothing_of_anybody(app, taken):
    html = drawn(app, taken)
    assert html == drawn(app, taken)
    assert set(FIELD.findall(html)) == {
        question.name(name) for question, name in zip(questions(taken), ("choice", "choice", "text"), strict=True)
    }
    assert html.count("Betul.") == 1
    assert html.count("data-check") == 3
    assert "empati" in html
    assert 'data-operation="quizzes:practice"' in html
    assert html.count('data-mine="jawaban Anda"') == 1  # the word for the script alone: nothing is marked
    assert 'class="option chosen"' not in html
    assert str(taken.learner.id) not in html


def test_every_kind_that_a_program_marks_can_be_practised(app, make_activity):
    items = [{"key": key.replace("_", "-"), "kind": key, **kind.example} for key, kind in KINDS.items() if not kind.by_person]
    html = drawn(app, make_activity("quiz", items=items, practice=True))
    assert html.count("data-check") == sum(kind.asks and not kind.by_person for kind in KINDS.values())


# -- what a device can say itself -------------------------------------------------------------------------------------------------------


@given(st.data())
def test_shares_say_what_marking_says(choice):
    key = choice.draw(st.sampled_from(["single_choice", "true_false", "multiple_choice", "situational"]))
    kind = KINDS[key]
    data = load_data(key, kind.example)
    item = Asked(choice.draw(st.integers(1, 10**6)), 1, "a", "", kind, data, kind.prepare(data, {}), 1.0)
    question = Question(1, item, 1.0, -1, offline._variant(item, mixed=True))
    shares = offline.shares(question)
    place = choice.draw(st.integers(0, len(shares) - 1))
    chosen = question.variant["order"][place]
    share = kind.mark(data, {"choice": [chosen]})
    assert shares[place] == pytest.approx(share if not kind.several else float(share > 0), abs=0.01)
    if kind.several:
        right = [question.variant["order"][n] for n, one in enumerate(shares) if one == 1]
        assert kind.mark(data, {"choice": right}) == 1


# -- taking what came of it -------------------------------------------------------------------------------------------------------------


def test_a_run_is_an_attempt_marked_at_its_moment(taken):
    _sent, moment = run(taken, best(taken))
    (attempt,) = attempts()
    assert (attempt.state, attempt.percent) == ("marked", 100)
    assert attempt.submitted_at == moment
    assert attempt.started_at <= attempt.submitted_at
    assert taken.ctx.state == "complete"
    assert {row.occurred_at for row in db.session.scalars(sa.select(Evidence))} == {moment}


def test_the_same_run_twice_changes_nothing(taken):
    sent, moment = run(taken, best(taken))
    offline.take(actor=taken.actor, body=sent, moment=moment)
    run(taken, {})
    offline.take(actor=taken.actor, body=sent, moment=moment)
    assert [attempt.percent for attempt in attempts()] == [100, 0]


def test_letters_are_of_the_page_and_not_of_an_attempt_on_the_site(taken, client):
    """On the site the options stand in another order; what was chosen is what counts."""
    browser = client.as_(taken.learner)
    attempt = browser.post(f"/quizzes/start/{taken.cohort.id}/{taken.module.key}/{taken.key}").headers["Location"]
    assert browser.post(f"{attempt}/answer", data={"slot": 3, "q3-text": "simpati"}).status_code == 302
    fields = best(taken)
    kept = {name: text for name, text in fields.items() if not name.endswith("-text")}
    run(taken, kept)
    (only,) = attempts()
    assert only.state == "marked"
    assert round(only.percent) == 67
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Step).where(Step.slot == 3)) == 1


def test_what_was_not_asked_or_is_not_theirs_is_refused(taken, make_activity, make_user):
    number = questions(taken)[0].item.version_id
    with pytest.raises(NotFound):
        run(taken, {f"v{number}-choice": "z"})
    db.session.rollback()
    with pytest.raises(NotFound):
        run(taken, best(taken), module="lain")
    db.session.rollback()
    counted = make_activity("quiz", items=[ONE], learner=taken.learner)
    with pytest.raises(Refused):
        run(counted, {})
    db.session.rollback()
    assert attempts() == []


def test_answers_to_items_of_another_quiz_count_nowhere(taken, make_activity):
    other = make_activity("quiz", items=[ONE], practice=True, learner=taken.learner)
    run(taken, best(other))
    assert [attempt.percent for attempt in attempts()] == [0]
