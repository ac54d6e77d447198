"""Two people mark at the same moment: one mark counts, the other person is asked to look."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from lms.attempts.models import Attempt, AttemptState, GradeChange
from lms.db import commit, db
from quizzes.attempts import services
from quizzes.marking import services as marking
from quizzes.marking.models import ItemMark, Paper

ESSAY = {"key": "uraian", "kind": "essay", "stem": "Ceritakan.", "points": 10}


def send(app, browser, url, data):
    """Post from a thread of its own; returns the status."""
    with app.app_context():
        return browser.post(url, data=data).status_code


@pytest.mark.parametrize("_turn", range(3))
def test_of_two_marks_at_once_one_counts_and_one_is_asked_again(app, client, make_activity, make_user, _turn):
    quiz = make_activity("quiz", items=[ESSAY])
    attempt = services.begin(ctx=quiz.ctx)
    services.save(actor=quiz.actor, attempt_id=attempt.id, slot=1, given=services.Given(response={"text": "Begini."}))
    services.hand_in(actor=quiz.actor, attempt=attempt, sitting=services.own(quiz.actor, attempt.id)[1])
    marking.mark_attempt(attempt.id)
    commit()
    item_id = db.session.scalars(sa.select(Paper.item_id)).one()
    url = f"/quizzes/marking/{quiz.cohort.id}/{quiz.module.key}/{quiz.key}/{item_id}"
    browsers = [client.as_(make_user(name, roles=[("instructor", "cohort", quiz.cohort.id)])) for name in ("Satu", "Dua", "Tiga")]
    page = browsers[0].get(url).get_data(as_text=True)
    hidden = {name: re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)[1] for name in ("answer", "seen")}
    commit()
    with ThreadPoolExecutor(3) as pool:
        sent = [pool.submit(send, app, browser, url, {**hidden, "points": str(points)}) for points, browser in enumerate(browsers, start=3)]
        answers = sorted(one.result() for one in sent)
    assert answers == [302, 409, 409]
    db.session.rollback()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(ItemMark)) == 1
    assert db.session.scalar(sa.select(sa.func.count()).select_from(GradeChange)) == 1
    assert db.session.scalar(sa.select(Attempt.state)) is AttemptState.MARKED
