"""Conditions and the clock: pure rules, and what they mean on pages."""

import datetime as dt
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from lms.api import AttemptState
from lms.attempts.models import Attempt
from lms.db import at, db, utcnow
from lms.testing.client import text_of
from quizzes.attempts import rules, services, tasks
from quizzes.attempts.models import Accommodation, Sitting
from quizzes.attempts.rules import OPEN, Refusal, Rules
from tests.quizzes.test_attempts import ITEMS, begin, save

NOW = dt.datetime(2026, 11, 21, 8, 0, tzinfo=dt.UTC)
minutes = st.integers(0, 300).map(lambda number: dt.timedelta(minutes=number))
moments = minutes.map(lambda span: NOW + span)
FINAL = {AttemptState.SUBMITTED, AttemptState.RETURNED, AttemptState.MARKED, AttemptState.ABANDONED}


def conditions(**values):
    return SimpleNamespace(
        **{"group_id": None, "enrolment_id": None, **dict.fromkeys(("opens_at", "closes_at", "minutes", "attempts", "password")), **values}
    )


def some_rules(draw):
    grace = draw(minutes)
    return Rules(time_up=draw(st.sampled_from(["hand_in", "grace", "abandon"])), grace=grace)


@given(st.data(), st.sampled_from(list(AttemptState)), moments, st.none() | moments)
def test_the_clock_goes_one_way(data, state, now, ends_at):
    limits = some_rules(data.draw)
    after = rules.at_time(state, now, ends_at, limits)
    assert rules.at_time(after, now, ends_at, limits) == after, "looking twice changes nothing"
    if state in FINAL or ends_at is None or now < ends_at:
        assert after is state, "nothing happens before the end, nor to what has ended"
    later = rules.at_time(after, now + data.draw(minutes), ends_at, limits)
    order = [AttemptState.IN_PROGRESS, AttemptState.OVERDUE, AttemptState.ABANDONED]
    if {after, later} <= set(order):
        assert order.index(after) <= order.index(later)
    looked_once = rules.at_time(state, now, ends_at, limits)
    if state is AttemptState.IN_PROGRESS and looked_once in FINAL:
        assert not rules.takes_answers(state, now, ends_at), "who is ended by the clock could not answer any more"


@given(st.data(), moments, moments)
def test_who_can_answer_is_never_ended_and_no_moment_is_blind(data, now, ends_at):
    limits = some_rules(data.draw)
    takes = rules.takes_answers(AttemptState.IN_PROGRESS, now, ends_at)
    assert takes == (rules.at_time(AttemptState.IN_PROGRESS, now, ends_at, limits) is AttemptState.IN_PROGRESS)
    if now <= ends_at:
        assert takes


@given(st.data(), moments)
def test_the_program_looks_exactly_when_something_happens(data, ends_at):
    """A clock that looked only at `check_after` misses nothing."""
    limits, state = some_rules(data.draw), AttemptState.IN_PROGRESS
    seen = [state]
    while (moment := limits.check_after(ends_at, state)) is not None:
        before = rules.at_time(state, moment - dt.timedelta(seconds=1), ends_at, limits)
        assert before is state or moment <= ends_at + rules.ON_THE_WAY, "not later than needed"
        state = rules.at_time(state, max(moment, ends_at + rules.ON_THE_WAY), ends_at, limits)
        if state is seen[-1]:
            break
        seen.append(state)
    assert seen[-1] not in OPEN


@given(st.lists(st.tuples(st.sampled_from(["cohort", "group", "person"]), st.integers(1, 90)), max_size=3, unique_by=lambda one: one[0]))
def test_a_person_comes_before_a_group_before_the_cohort(given_minutes):
    whom = {"cohort": {}, "group": {"group_id": 1}, "person": {"enrolment_id": 7}}
    found = rules.rules_for({"time_limit": 5}, [conditions(minutes=number, **whom[who]) for who, number in given_minutes])
    wanted = dict(given_minutes)
    assert found.minutes == next((wanted[who] for who in ("person", "group", "cohort") if who in wanted), 5)
    assert found.adapted == ("person" in wanted)


def test_what_is_empty_is_inherited_field_by_field():
    closes = NOW + dt.timedelta(days=1)
    found = rules.rules_for({"attempts": 2}, [conditions(closes_at=closes, password="Rakit"), conditions(enrolment_id=1, attempts=4)])
    assert (found.closes_at, found.attempts, found.password, found.minutes) == (closes, 4, "Rakit", 0)


@given(st.none() | moments, st.none() | st.integers(1, 60), moments)
def test_an_attempt_ends_with_its_time_or_the_closing(closes_at, limit, started_at):
    end = Rules(closes_at=closes_at, minutes=limit or 0).end_of(started_at)
    candidates = [moment for moment in (closes_at, started_at + dt.timedelta(minutes=limit) if limit else None) if moment]
    assert end == (min(candidates) if candidates else None)


@pytest.mark.parametrize(
    ("limits", "number", "last", "password", "why"),
    [
        (Rules(), 1, None, "", None),
        (Rules(opens_at=NOW + dt.timedelta(seconds=1)), 1, None, "", Refusal.NOT_OPEN),
        (Rules(opens_at=NOW), 1, None, "", None),
        (Rules(closes_at=NOW), 1, None, "", Refusal.CLOSED),
        (Rules(attempts=1), 2, NOW, "", Refusal.USED_UP),
        (Rules(wait=dt.timedelta(minutes=5)), 2, NOW - dt.timedelta(minutes=4), "", Refusal.WAIT),
        (Rules(wait=dt.timedelta(minutes=5)), 2, NOW - dt.timedelta(minutes=5), "", None),
        (Rules(password="Rakit Bambu"), 1, None, "rakit", Refusal.PASSWORD),
        (Rules(password="Rakit Bambu"), 1, None, " rakit bambu ", None),
        (Rules(password="Rakit Bambu"), 1, None, None, None),
    ],
)
def test_when_an_attempt_may_begin(limits, number, last, password, why):
    assert rules.may_begin(limits, NOW, number=number, last_at=last, password=password) is why


# -- on pages -----------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def timed(make_activity):
    """Make a quiz with a limit of ten minutes."""
    return make_activity("quiz", shuffle=False, items=ITEMS, time_limit=10)


@pytest.fixture
def instructor(client, timed, make_user):
    """Return a browser of somebody who may arrange the cohort's quizzes."""
    return client.as_(make_user("Pengajar", roles=[("instructor", "cohort", timed.cohort.id)]))


def address(quiz):
    return f"/quizzes/conditions/{quiz.cohort.id}/{quiz.module.key}/{quiz.key}"


def arrange(browser, quiz, **values):
    return browser.post(address(quiz), data={"whom": "cohort", "reason": "Listrik padam", **values})


def the_sitting():
    return db.session.scalar(sa.select(Sitting).execution_options(populate_existing=True))


def test_more_time_reaches_who_is_answering(client, timed, instructor):
    browser = client.as_(timed.learner)
    url = begin(browser, timed)
    before = browser.get(f"{url}/clock").get_json()["left"]
    answer = arrange(instructor, timed, whom="people", people=timed.learner.email.upper(), minutes=25)
    assert answer.status_code == 302
    assert "1 percobaan" in text_of(instructor.get(address(timed)))
    assert browser.get(f"{url}/clock").get_json()["left"] == pytest.approx(before + 15 * 60, abs=60)
    with at(utcnow() + dt.timedelta(minutes=20)):
        tasks.look_at_the_clock()
        assert save(browser, url, 1, "a")["counts"]
    number = db.session.scalar(sa.select(Accommodation.id))
    instructor.post(f"{address(timed)}/end", data={"id": number})
    assert the_sitting().ends_at == db.session.scalar(sa.select(Attempt.started_at)) + dt.timedelta(minutes=10)
    assert db.session.get_one(Accommodation, number, populate_existing=True).ended_at, "kept as history"


def test_more_time_opens_an_attempt_that_was_overdue(client, make_activity, make_user):
    quiz = make_activity("quiz", shuffle=False, items=ITEMS, time_limit=10, time_up="grace", grace=30)
    browser = client.as_(quiz.learner)
    url = begin(browser, quiz)
    instructor = client.as_(make_user(roles=[("instructor", "cohort", quiz.cohort.id)]))
    with at(utcnow() + dt.timedelta(minutes=11)):
        tasks.look_at_the_clock()
        assert not save(browser, url, 1, "a", base=9)["counts"]
        arrange(instructor, quiz, minutes=60)
        assert save(browser, url, 1, "b", base=9)["counts"]


def test_opening_closing_and_password(client, timed, instructor):
    browser = client.as_(timed.learner)
    local = "%Y-%m-%dT%H:%M"
    zone = dt.timezone(dt.timedelta(hours=7))  # the cohort is in Pontianak
    opens = (utcnow() + dt.timedelta(hours=1)).astimezone(zone)
    arrange(instructor, timed, opens_at=opens.strftime(local), closes_at=(opens + dt.timedelta(hours=1)).strftime(local), password="Rakit")
    assert "Kuis ini dibuka pada" in text_of(browser.get(timed.url))
    with at(utcnow() + dt.timedelta(minutes=70)):
        assert 'name="password"' in browser.get(timed.url).get_data(as_text=True)
        wrong = browser.post(f"/quizzes/start/{timed.cohort.id}/{timed.module.key}/{timed.key}", data={"password": "Lanting"})
        assert wrong.status_code == 409
        assert "Kata sandinya berbeda" in text_of(wrong)
        url = begin(browser, timed, password="rakit")
        assert begin(browser, timed) == url, "who has begun goes on without it"
    with at(utcnow() + dt.timedelta(hours=3)):
        assert services.rules_of(timed.enrolment.id, timed.module.id, timed.key, timed.ctx.settings).closes_at < utcnow()
        tasks.look_at_the_clock()
        assert "Kuis ini ditutup" in text_of(browser.get(timed.url))


def test_bad_conditions_say_why_and_keep_what_was_typed(timed, instructor):
    for values, word in (
        ({"opens_at": "2026-12-02T08:00", "closes_at": "2026-12-01T08:00"}, "dua waktu"),
        ({"whom": "people", "people": "tidak.ada@example.test"}, "tidak.ada@example.test"),
        ({"whom": "people", "people": " "}, "Untuk siapa"),
        ({"reason": ""}, "perlu diisi"),
        ({"minutes": "nol"}, "angka"),
    ):
        answer = arrange(instructor, timed, **{"password": "tetap ada", **values})
        assert answer.status_code == 422
        assert word in text_of(answer), values
        assert "tetap ada" in answer.get_data(as_text=True)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Accommodation)) == 0


def test_conditions_are_none_of_a_strangers_business(client, timed, make_user, make_cohort):
    elsewhere = make_cohort()
    stranger = client.as_(make_user(roles=[("instructor", "cohort", elsewhere.id)]))
    assert stranger.get(address(timed)).status_code == 404
    assert arrange(stranger, timed, minutes=99).status_code == 404
    assert client.as_(timed.learner).get(address(timed)).status_code == 403
