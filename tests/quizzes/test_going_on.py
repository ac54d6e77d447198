"""Going on after a question was checked, and handing in with what another window has not seen."""

import re

import pytest
import sqlalchemy as sa

from lms.db import db
from lms.testing.client import text_of
from quizzes.attempts.models import Action, Step

OPTIONS = [{"text": text, "correct": text == "A", "rationale": f"Sebab {text}."} for text in "AB"]
ITEMS = [{"key": key, "kind": "single_choice", "stem": f"{key}?", "options": OPTIONS} for key in ("satu", "dua")]


@pytest.fixture
def taking(client, make_activity):
    """Return a function that begins a quiz: (browser, address of the attempt)."""

    def begin(**settings):
        quiz = make_activity("quiz", shuffle=False, items=ITEMS, **settings)
        browser = client.as_(quiz.learner)
        answer = browser.post(f"/quizzes/start/{quiz.cohort.id}/{quiz.module.key}/{quiz.key}")
        return browser, answer.headers["Location"]

    return begin


def actions():
    """Return what was done with the answers, in order."""
    return list(db.session.scalars(sa.select(Step.action).order_by(Step.sequence)))


@pytest.mark.parametrize("way", ["immediate", "interactive"])
def test_what_was_checked_is_not_sent_once_more(taking, way):
    browser, url = taking(answering=way)
    page = browser.post(f"{url}/answer", data={"slot": 1, "q1-choice": "a", "check": "1"}, follow_redirects=True)
    assert "Sebab A." in text_of(page)
    fields = dict(re.findall(r'name="(slot|q1-base)" value="(\d+)"', page.get_data(as_text=True)))
    assert fields == {"q1-base": "1"}
    following = browser.post(f"{url}/answer", data={**fields, "go": "2"}, follow_redirects=True)
    assert (following.status_code, following.request.query_string) == (200, b"q=2")
    assert "sesudah waktu" not in text_of(following)
    assert actions() == [Action.CHECK]
    assert browser.post(f"{url}/answer", data={}).status_code == 400


def test_a_hand_in_says_that_another_window_had_saved_something_else(taking):
    browser, url = taking()
    browser.post(f"{url}/answer", data={"slot": 1, "q1-choice": "a"})
    page = browser.post(f"{url}/hand-in", data={"slot": 1, "q1-choice": "b", "q1-base": 0}, follow_redirects=True)
    assert "Jendela lain" in text_of(page)
    assert actions() == [Action.ANSWER, Action.ASIDE]
