"""Marking anew: a dry run that writes nothing, and then exactly what it showed."""

import random
import re

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lms.attempts.models import Attempt, AttemptState, GradeChange
from lms.db import commit, db
from lms.errors import LmsError
from lms.jobs import services as jobs
from lms.learning.outline import body
from lms.learning.place import context_of, find_place
from lms.people.access import load_actor
from lms.progress.models import Completion
from lms.testing.client import text_of
from lms.testing.made import TODAY
from quizzes.attempts import services
from quizzes.attempts.models import Action
from quizzes.attempts.questions import questions_of
from quizzes.items.models import BankItem
from quizzes.items.services import load_row, store_items
from quizzes.marking import bulk, decisions, regrade, regrading
from quizzes.marking import services as marking
from quizzes.marking.models import ItemMark, Regrade
from quizzes.statistics.models import AnswerCount, PairCount, TimeCount, TotalCount
from quizzes.statistics.tally import Tally, tally

STATISTICS = {
    "pairs": (PairCount, ("version_id", "x", "rest", "maximum", "item_id")),
    "totals": (TotalCount, ("total", "maximum", "asked")),
    "answers": (AnswerCount, ("version_id", "part", "answer", "rest")),
    "times": (TimeCount, ("version_id", "seconds")),
}


def choice(key, right=0, **more):
    texts = ("Warga", "Rekan", "Berkas")
    rows = [{"text": text, "rationale": "Sebab.", **({"correct": True} if place == right else {})} for place, text in enumerate(texts)]
    return {"key": key, "kind": "single_choice", "stem": f"Soal {key}?", "options": rows, **more}


NUMBER = {"key": "angka", "kind": "numeric", "stem": "Berapa?", "answers": [{"value": "3"}], "hints": ["Kurang dari lima."], "points": 2}
ESSAY = {"key": "uraian", "kind": "essay", "stem": "Ceritakan."}
ITEMS = [choice("satu"), choice("dua", right=1), NUMBER]


@pytest.fixture
def quiz(make_activity):
    """Make a quiz of two choices and a number."""
    return make_activity("quiz", items=ITEMS)


@pytest.fixture
def marker(make_user):
    """Return a function that makes somebody who marks in a cohort."""
    return lambda cohort: make_user("Penilai", language="en", roles=[("instructor", "cohort", cohort.id)])


def take(quiz, enrolment, responses, *, checks=0):
    """Answer a quiz and hand it in; with `checks` the number is tried so many times before."""
    actor = load_actor(enrolment.user_id, TODAY)
    place = find_place(actor, quiz.cohort.id, quiz.module.key, quiz.key)
    ctx = context_of(place, place.outline.item(quiz.key), body(place.outline.revision_id, quiz.key))
    attempt = services.begin(ctx=ctx)
    for number in range(checks):
        wrong = services.Given(response={"text": str(7 + number)}, check=True)
        services.save(actor=actor, attempt_id=attempt.id, slot=3, given=wrong)
    for slot, response in responses.items():
        sure = random.Random(slot).randint(1, 3)
        given = services.Given(response=response, certainty=sure, seconds=20)
        services.save(actor=actor, attempt_id=attempt.id, slot=slot, given=given)
    services.hand_in(actor=actor, attempt=attempt, sitting=services.own(actor, attempt.id)[1])
    marking.mark_attempt(attempt.id)
    commit()
    return attempt.id


def rewrite(quiz, row):
    """Make a new ready version of an item."""
    return store_items(module_id=quiz.module.id, owner_id=None, rows=[load_row(row)], files={})[0]


def items():
    return {item.key: item.id for item in db.session.scalars(sa.select(BankItem))}


def held():
    statement = sa.select(Attempt).where(Attempt.submitted_at.is_not(None)).execution_options(populate_existing=True)
    return bulk.held(db.session.scalars(statement).all())


def percents():
    rows = db.session.execute(sa.select(Attempt.id, Attempt.points, Attempt.maximum))
    return {row.id: None if row.points is None else 100 * row.points / row.maximum for row in rows}


def address(quiz, **wanted):
    numbers = items()
    query = "&".join(f"item-{numbers[key]}={version}" for key, version in wanted.items())
    return f"/quizzes/regrade/{quiz.cohort.id}/{quiz.module.key}/{quiz.key}?{query}"


def token(answer):
    return re.search(r'name="token"[^>]*value="([^"]*)"', answer.get_data(as_text=True))[1]


def counted():
    """Return what the tables of statistics hold."""
    found = Tally()
    for name, (table, key) in STATISTICS.items():
        for row in db.session.execute(sa.select(table)).scalars():
            where = tuple(getattr(row, column) for column in key)
            getattr(found, name)[where] += row.count
            if table is AnswerCount:
                found.shares[where] += row.sum_share
    return found


def recounted():
    """Return what the marks that count now amount to."""
    found = Tally()
    for one in held():
        if one.attempt.state is not AttemptState.MARKED:
            continue
        seconds = {
            slot: sum(step.seconds or 0 for step in steps if step.action in {Action.ANSWER, Action.CHECK})
            for slot, steps in _timed(one.attempt.id).items()
        }
        made = tally(
            [
                marking.Marked(
                    question.item.item_id,
                    question.item.version_id,
                    question.kind.key,
                    question.item.data,
                    dict(question.standing.response),
                    question.mark.share,
                    question.points,
                    seconds.get(question.number),
                )
                for question in one.questions()
            ]
        )
        for name in (*STATISTICS, "shares"):
            for key, number in getattr(made, name).items():
                getattr(found, name)[key] += number
    return found


def _timed(attempt_id):
    found = {}
    for step in db.session.scalars(sa.select(services.Step).where(services.Step.attempt_id == attempt_id)):
        if step.seconds is not None:
            found.setdefault(step.slot, []).append(step)
    return found


# -- the pure core --------------------------------------------------------------------------------------------------------------------


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6), way=st.sampled_from(["deferred", "immediate", "interactive", "certainty"]))
def test_the_same_versions_change_nothing(make_activity, make_enrolment, seed, way):
    chance = random.Random(seed)
    quiz = make_activity("quiz", items=ITEMS, answering=way)
    for _number in range(3):
        given = {slot: {"choice": [chance.choice("abc")]} for slot in (1, 2) if chance.random() < 0.8}
        answers = {**given, 3: {"text": chance.choice(["3", "4"])}} if chance.random() < 0.8 else given
        take(quiz, make_enrolment(quiz.cohort), answers, checks=chance.randint(0, 2))
    mine = [one for one in held() if one.attempt.module_id == quiz.module.id]
    everything = {question.item.item_id: regrade.ASKED for one in mine for question in one.questions()}
    found = regrade.plan(mine, everything, {})
    assert found.looked_at == 3
    assert found.changed == []


def test_bulk_reading_is_reading_one_by_one(quiz, make_enrolment):
    for answer in ("a", "b", "c"):
        take(quiz, make_enrolment(quiz.cohort), {1: {"choice": [answer]}, 3: {"text": "3"}})
    for one in held():
        assert one.questions() == questions_of(one.attempt, marks=True)


def test_what_passes():
    assert [regrade.pass_mark(rule) for rule in ("viewed", {"passed": 70.01}, {"all": ["viewed", {"passed": 60}]})] == [None, 70.01, 60]
    assert [regrade.passes(percent, 70.01) for percent in (None, 70.0, 70.004, 70.005, 70.01)] == [None, False, False, True, True]


# -- dry run and commit ---------------------------------------------------------------------------------------------------------------


def test_the_dry_run_is_what_happens(client, quiz, make_enrolment, marker):
    taken = {answer: take(quiz, make_enrolment(quiz.cohort), {1: {"choice": [answer]}, 3: {"text": "3"}}) for answer in "abc"}
    rewrite(quiz, choice("satu", right=1))
    helena = marker(quiz.cohort)
    browser, url = client.as_(helena), address(quiz, satu="newest")
    before, counted_before = percents(), counted()
    shown = browser.get(url)
    assert "Change 2 marks" in text_of(shown)
    assert (percents(), counted()) == (before, counted_before), "a dry run writes nothing"
    assert "50,00 → 75,00".replace(",", ".") in text_of(shown)
    assert "75.00 → 50.00" in text_of(shown)
    assert browser.post(url, data={"token": token(shown)}).status_code == 422, "it needs a reason"
    done = browser.post(url, data={"token": token(shown), "reason": "Kunci salah"}, follow_redirects=True)
    assert "2 of 2 marks are done" in text_of(done)
    after = percents()
    assert [after[taken[answer]] for answer in "abc"] == pytest.approx([50, 75, 50])
    assert counted() == recounted()
    changes = db.session.scalars(sa.select(GradeChange).where(GradeChange.before.is_not(None))).all()
    assert {(change.reason, change.actor_id) for change in changes} == {("Kunci salah", helena.id)}
    newest = [mark for mark in db.session.scalars(sa.select(ItemMark)) if mark.regrade_id]
    assert [mark.actor_id for mark in newest] == [None, None], "the program marked, a person decided"
    page = f"/quizzes/cohorts/{quiz.cohort.id}/{quiz.module.key}/{quiz.key}/attempts/{taken['b']}?q=1"
    assert "Kunci salah Penilai" in text_of(browser.get(page))
    assert "Nothing would change" in text_of(browser.get(url))
    back = browser.get(address(quiz, satu="asked"))
    browser.post(address(quiz, satu="asked"), data={"token": token(back), "reason": "Ternyata benar"})
    assert percents() == pytest.approx(before)
    assert counted() == counted_before == recounted()


def test_completion_is_never_taken_away(client, make_activity, marker):
    quiz = make_activity("quiz", items=[choice("satu")])
    take(quiz, quiz.enrolment, {1: {"choice": ["a"]}})
    rewrite(quiz, choice("satu", right=2))
    browser, url = client.as_(marker(quiz.cohort)), address(quiz, satu="newest")
    shown = browser.get(url)
    assert "1 would pass no more, and keeps the completion" in text_of(shown)
    assert "yes → no" in text_of(shown)
    browser.post(url, data={"token": token(shown), "reason": "Kunci salah"})
    assert set(percents().values()) == {0}
    assert db.session.scalar(sa.select(Completion.state)) == "complete"


def test_marks_by_people_stay(client, quiz, marker):
    attempt_id = take(quiz, quiz.enrolment, {1: {"choice": ["a"]}})
    helena = marker(quiz.cohort)
    said = {"points": 0.5, "comment": "c", "reason": "r"}
    decisions.change_mark(actor=load_actor(helena.id, TODAY), attempt=db.session.get(Attempt, attempt_id), slot=1, **said)
    rewrite(quiz, choice("satu", right=1))
    commit()
    page = text_of(client.as_(helena).get(address(quiz, satu="newest")))
    assert "1 mark by a person stays" in page
    assert "Nothing would change" in page


def test_a_wording_with_other_parts_cannot_mark(client, quiz, marker):
    take(quiz, quiz.enrolment, {1: {"choice": ["a"]}})
    other = choice("satu")
    other["options"] = other["options"][:2]
    rewrite(quiz, other)
    browser = client.as_(marker(quiz.cohort))
    assert "cannot mark these answers" in text_of(browser.get(address(quiz)))
    assert "1 answer cannot be marked by the newest wording" in text_of(browser.get(address(quiz, satu="newest")))


def test_when_something_changed_the_dry_run_is_shown_again(client, quiz, make_enrolment, marker):
    take(quiz, quiz.enrolment, {1: {"choice": ["a"]}})
    rewrite(quiz, choice("satu", right=1))
    browser, url = client.as_(marker(quiz.cohort)), address(quiz, satu="newest")
    shown = browser.get(url)
    take(quiz, make_enrolment(quiz.cohort), {1: {"choice": ["b"]}})
    before = percents()
    met = browser.post(url, data={"token": token(shown), "reason": "Kunci salah"})
    assert met.status_code == 409
    assert "Look at the new list" in text_of(met)
    assert percents() == before
    assert browser.post(url, data={"token": token(met), "reason": "Kunci salah"}).status_code == 302
    assert percents() != before


def test_many_are_marked_in_batches_with_progress(client, quiz, make_enrolment, marker, monkeypatch):
    monkeypatch.setattr(regrading, "AT_ONCE", 2)
    taken = [take(quiz, make_enrolment(quiz.cohort), {1: {"choice": ["b"]}}) for _number in range(5)]
    rewrite(quiz, choice("satu", right=1))
    helena = marker(quiz.cohort)
    browser, url = client.as_(helena), address(quiz, satu="newest")
    done = browser.post(url, data={"token": token(browser.get(url)), "reason": "Kunci salah"}, follow_redirects=True)
    assert "0 of 5 marks are done" in text_of(done)
    page = f"{url.partition('?')[0]}/{db.session.scalar(sa.select(Regrade.id))}"
    last = max(taken)
    said = {"points": 1, "comment": "c", "reason": "r"}
    decisions.change_mark(actor=load_actor(helena.id, TODAY), attempt=db.session.get(Attempt, last), slot=1, **said)
    commit()
    seen = []
    while jobs.run_one():
        seen.append(re.search(r"(\d) of 5 marks are done", text_of(browser.get(page)))[1])
    assert sorted(set(seen) - {"0"}) == ["2", "4", "5"]
    assert "1 mark was changed by somebody meanwhile, so it stays" in text_of(browser.get(page))
    assert all(percent == pytest.approx(25) for percent in percents().values())
    assert counted() == recounted()


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6))
def test_statistics_equal_a_recount_whatever_is_decided(make_activity, make_enrolment, marker, seed):
    """Marks, changes by hand, late answers that count and marking anew, in any order."""
    chance = random.Random(seed)
    _forget_statistics()
    quiz = make_activity("quiz", items=[*ITEMS, ESSAY])
    helena = load_actor(marker(quiz.cohort).id, TODAY)
    taken = [
        take(quiz, make_enrolment(quiz.cohort), {1: {"choice": [chance.choice("abc")]}, 3: {"text": chance.choice("34")}})
        for _number in range(3)
    ]
    for turn in range(5):
        attempt = db.session.get(Attempt, chance.choice(taken), populate_existing=True)
        try:
            _decide(chance.randrange(3), chance, turn, quiz, helena, attempt)
        except LmsError:
            db.session.rollback()
        commit()
        mine = [one for one in held() if one.attempt.module_id == quiz.module.id]
        assert mine
        assert counted() == recounted()


def _forget_statistics():
    """Begin anew: each example has attempts of its own in the same database."""
    for table, _key in STATISTICS.values():
        db.session.execute(sa.delete(table))
    db.session.execute(sa.delete(Attempt))
    db.session.execute(sa.delete(BankItem))
    commit()
    db.session.expunge_all()


def _decide(which, chance, turn, quiz, actor, attempt):
    if which == 0:
        said = {"points": round(chance.random(), 2), "comment": "c", "reason": "r"}
        decisions.change_mark(actor=actor, attempt=attempt, slot=chance.choice([1, 2]), **said)
    elif which == 1:
        learner_id = db.session.scalar(sa.select(services.Enrolment.user_id).where(services.Enrolment.id == attempt.enrolment_id))
        late = services.Given(response={"choice": [chance.choice("abc")]}, base=0)
        services.save(actor=load_actor(learner_id, TODAY), attempt_id=attempt.id, slot=1, given=late)
        step = db.session.scalars(sa.select(services.Step).order_by(services.Step.id.desc())).first()
        decisions.count_answer(actor=actor, attempt=attempt, sequence=step.sequence, reason="r")
    else:
        item = rewrite(quiz, choice("satu", right=turn % 3))
        wanted = {item.id: chance.choice([regrade.ASKED, regrade.NEWEST])}
        here = _Here((quiz.cohort.id, quiz.module.id, quiz.key))
        regrading.confirm(actor=actor, quiz=here, choice=wanted, token=regrading.dry_run(here, wanted).token, reason="r")


class _Here:
    """A quiz of a cohort, as far as marking anew needs it."""

    def __init__(self, place):
        self.place, self.activity_key = place, place[2]


def test_the_page_of_a_dry_run_is_cheap(client, quiz, make_enrolment, marker, queries):
    for _number in range(52):
        take(quiz, make_enrolment(quiz.cohort), {1: {"choice": ["b"]}, 2: {"choice": ["a"]}})
    rewrite(quiz, choice("satu", right=1))
    browser, url = client.as_(marker(quiz.cohort)), address(quiz, satu="newest")
    assert "Page 1 of 2" in text_of(browser.get(url))
    with queries() as seen:
        answer = browser.get(url, headers={"Accept-Encoding": "br"})
    assert len(seen) <= 12, "\n".join(seen)
    assert len(answer.data) <= 9 * 1024


def test_a_dry_run_of_many_takes_no_more_statements(quiz, make_enrolment, queries):
    here, seen = _Here((quiz.cohort.id, quiz.module.id, quiz.key)), []
    for number in (2, 12):
        for _attempt in range(number):
            take(quiz, make_enrolment(quiz.cohort), {1: {"choice": ["b"]}, 2: {"choice": ["a"]}})
        rewrite(quiz, choice("satu", right=1))
        commit()
        choosing = dict.fromkeys(items().values(), regrade.NEWEST)
        with queries() as statements:
            found = regrading.dry_run(here, choosing)
        assert len(found.changed) >= number
        seen.append(len(statements))
    assert seen[1] <= seen[0] <= 6
