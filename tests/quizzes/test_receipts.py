"""Receipts: their owner and the instructor can check them, and what was changed behind our back shows."""

import sqlalchemy as sa

from lms.db import commit, db
from lms.people.models import User
from lms.testing.client import text_of
from quizzes.attempts.models import Step
from tests.quizzes.test_attempts import ITEMS, begin, save


def test_a_receipt_can_be_checked_by_its_owner_and_the_instructor(client, make_activity, make_user):
    quiz = make_activity("quiz", shuffle=False, items=ITEMS)
    browser = client.as_(quiz.learner)
    url = begin(browser, quiz)
    code = save(browser, url, 1, "b")["code"]
    mine = text_of(browser.get("/quizzes/receipts", query_string={"code": code.lower()}))
    assert code in mine
    assert "asli" in mine
    assert code in text_of(browser.get("/quizzes/receipts", query_string={"attempt": url.rpartition("/")[2]}))
    assert browser.get("/quizzes/receipts/check").status_code == 403
    instructor = client.as_(db.session.get_one(User, quiz.cohort.assessor_id))
    assert quiz.learner.name in text_of(instructor.get("/quizzes/receipts/check", query_string={"code": code}))
    for person in (make_user(), make_user(roles=["instructor"])):
        assert "Orang lain" not in text_of(client.as_(person).get("/quizzes/receipts", query_string={"code": code}))
        assert "Tidak ada jawaban" in text_of(client.as_(person).get("/quizzes/receipts", query_string={"code": code}))
    db.session.execute(sa.update(Step).values(response={"choice": ["a"]}))
    commit()
    assert "tidak cocok" in text_of(browser.get("/quizzes/receipts", query_string={"code": code})), "what was changed behind our back shows"
