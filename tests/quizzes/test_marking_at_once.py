"""Two people mark at the same moment, or an answer arrives meanwhile: one mark counts, the other person is asked to look."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from lms.attempts.models import Attempt, AttemptState, GradeChange
from lms.db import commit, db
from lms.messages.models import Notice
from lms.people.access import load_actor
from lms.testing.made import TODAY
from quizzes.attempts import services
from quizzes.attempts.models import Action, Step
from quizzes.marking import decisions
from quizzes.marking import services as marking
from quizzes.marking.models import ItemMark, Paper

ESSAY = {"key": "uraian", "kind": "essay", "stem": "Ceritakan.", "points": 10}


def send(app, browser, url, data):
    """Post from a thread of its own; returns the status."""
    with app.app_context():
        return browser.post(url, data=data).status_code


def written(quiz):
    """Hand an essay in; return its attempt."""
    attempt = services.begin(ctx=quiz.ctx)
    services.save(actor=quiz.actor, attempt_id=attempt.id, slot=1, given=services.Given(response={"text": "Begini."}))
    services.hand_in(actor=quiz.actor, attempt=attempt, sitting=services.own(quiz.actor, attempt.id)[1])
    marking.mark_attempt(attempt.id)
    commit()
    return attempt


@pytest.mark.parametrize("_turn", range(3))
def test_of_two_marks_at_once_one_counts_and_one_is_asked_again(app, client, make_activity, make_user, _turn):
    quiz = make_activity("quiz", items=[ESSAY])
    written(quiz)
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


def test_a_mark_is_changed_only_in_sight_of_what_stands(client, make_activity, make_user):
    quiz = make_activity("quiz", items=[ESSAY])
    attempt = written(quiz)
    one, two = (make_user(name, roles=[("instructor", "cohort", quiz.cohort.id)]) for name in ("Satu", "Dua"))
    url = f"/quizzes/cohorts/{quiz.cohort.id}/{quiz.module.key}/{quiz.key}/attempts/{attempt.id}"

    def opened(who):
        return re.search(r'name="seen"[^>]*value="([^"]*)"', client.as_(who).get(f"{url}?q=1").get_data(as_text=True))[1]

    def changed(who, points, seen):
        said = {"points": points, "comment": f"Dari {who.name}.", "reason": "Sudah saya baca", "seen": seen}
        return client.as_(who).post(f"{url}/mark/1", data=said)

    before = opened(one)
    assert changed(two, "8", opened(two)).status_code == 302
    told = sa.select(Notice.object).where(Notice.user_id == quiz.learner.id, Notice.kind == "marked")
    assert db.session.scalars(told).all() == [f"quiz-marked/{attempt.id}"], "the learner hears of it, whichever page it was marked on"
    refused = changed(one, "4", before)
    assert refused.status_code == 409
    assert "Dari Satu." in refused.get_data(as_text=True), "what was typed is still there"
    before = opened(one)
    late = services.Given(response={"text": "Jauh lebih lengkap."}, base=0)
    services.save(actor=quiz.actor, attempt_id=attempt.id, slot=1, given=late)
    commit()
    aside = db.session.scalars(sa.select(Step).where(Step.action == Action.ASIDE)).one()
    decisions.count_answer(
        actor=load_actor(two.id, TODAY), attempt=db.session.get(Attempt, attempt.id), sequence=aside.sequence, reason="Boleh"
    )
    commit()
    assert changed(one, "4", before).status_code == 409, "another answer counts by now"
    assert db.session.scalars(sa.select(ItemMark.share).order_by(ItemMark.id)).all() == [0.8]
    assert changed(one, "4", opened(one)).status_code == 302
