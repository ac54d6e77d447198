"""Answering: every answer is kept with a receipt, an attempt goes on anywhere, nothing is dropped or overwritten in silence."""

import datetime as dt
import re

import pytest
import sqlalchemy as sa

from lms.attempts.models import Attempt, AttemptState, GradeChange
from lms.db import at, commit, db, utcnow
from lms.errors import ContentError, NotFound, Refused
from lms.jobs.models import Job
from lms.learning import services as learning
from lms.learning.models import Enrolment
from lms.registry import activity_type
from lms.testing.client import text_of
from quizzes.attempts import proofs, queries, services, tasks
from quizzes.attempts.models import Action, Sitting, Step
from quizzes.attempts.questions import questions_of
from quizzes.marking import services as marking


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
BEST = {1: ["a"], 2: ["a", "b"], 3: ["a"], 4: ["c"]}
JSON = {"Accept": "application/json"}


@pytest.fixture
def quiz(make_activity):
    """Make a quiz of one item of each kind whose options are chosen."""
    return make_activity("quiz", shuffle=False, items=ITEMS, intro="Mulai.")


def begin(browser, quiz, **data):
    """Begin an attempt and return its address."""
    answer = browser.post(f"/quizzes/start/{quiz.cohort.id}/{quiz.module.key}/{quiz.key}", data=data)
    return answer.headers["Location"]


def save(browser, url, slot, chosen, **more):
    """Save an answer as the script does; returns what it gets."""
    data = {"slot": slot, f"q{slot}-choice": chosen, **{f"q{slot}-{name}": value for name, value in more.items()}}
    answer = browser.post(f"{url}/answer", data=data, headers=JSON)
    return answer.get_json()[0] if answer.status_code == 200 else answer


def the_attempt():
    return db.session.scalar(sa.select(Attempt).order_by(Attempt.number.desc()).execution_options(populate_existing=True))


def steps():
    return list(db.session.scalars(sa.select(Step).order_by(Step.sequence)))


def test_the_whole_way(client, quiz):
    browser = client.as_(quiz.learner)
    url = begin(browser, quiz)
    assert begin(browser, quiz) == url, "a running attempt goes on"
    for number in range(1, 5):
        saved = save(browser, url, number, BEST[number])
        assert re.fullmatch(r"\d\d\.\d\d\.\d\d", saved["at"])
        assert re.fullmatch(r"[A-Z0-9]{2}-[A-Z0-9]{6}", saved["code"])
    assert "Sebab" not in browser.get(url).get_data(as_text=True), "rationales come after handing in"
    done = browser.post(f"{url}/hand-in", follow_redirects=True)
    assert "100,00" in text_of(done)
    for item in ITEMS:
        for choice in item["options"]:
            assert choice["rationale"] in text_of(done)
    assert db.session.get(Enrolment, quiz.enrolment.id, populate_existing=True).done_count == 1


def test_every_answer_is_kept_and_the_latest_counts(client, quiz):
    browser = client.as_(quiz.learner)
    url = begin(browser, quiz)
    for chosen in ("b", "c", "a"):
        save(browser, url, 1, chosen)
    assert [(step.sequence, step.response) for step in steps()] == [(n, {"choice": [c]}) for n, c in ((1, "b"), (2, "c"), (3, "a"))]
    save(browser, url, 2, ["a"])
    of_slot = {"attempt_id": the_attempt().id, "slot": 1}
    assert [row.sequence for row in db.session.execute(queries.STEPS_OF_SLOT, of_slot)] == [3], "those that were replaced are not read"
    assert [(row.slot, row.sequence) for row in db.session.execute(queries.STEPS, of_slot)] == [(1, 3), (2, 4)]
    elsewhere = client.as_(quiz.learner)
    assert re.search(r'value="a" checked', elsewhere.get(f"{url}?q=1").get_data(as_text=True)), "goes on anywhere"


def test_the_same_answer_again_gives_the_same_receipt(client, quiz):
    """A script that lost the acknowledgement sends it again; nothing is written twice."""
    browser = client.as_(quiz.learner)
    url = begin(browser, quiz)
    first, again = (save(browser, url, 1, "b", base=0) for _turn in range(2))
    assert (first["code"], first["base"]) == (again["code"], again["base"])
    assert len(steps()) == 1


def test_without_script_the_form_does_the_same(client, quiz):
    browser = client.as_(quiz.learner)
    url = begin(browser, quiz)
    answer = browser.post(f"{url}/answer", data={"slot": 1, "q1-choice": "a", "q1-flag": "1", "go": "2"})
    assert answer.headers["Location"].endswith("?q=2")
    review = browser.get(f"{url}/review")
    assert "3" in text_of(review)
    assert "flagged" in review.get_data(as_text=True)


def test_all_questions_on_one_page(client, quiz):
    browser = client.as_(quiz.learner)
    url = begin(browser, quiz)
    page = browser.get(f"{url}?all=1").get_data(as_text=True)
    assert page.count('name="slot"') == 4
    data = {"slot": [1, 2, 3, 4], "go": "review", **{f"q{slot}-choice": chosen for slot, chosen in BEST.items()}}
    assert browser.post(f"{url}/answer", data=data).headers["Location"].endswith("/review")
    assert "100,00" in text_of(browser.post(f"{url}/hand-in", follow_redirects=True))


def test_two_windows_never_overwrite_in_silence(client, quiz):
    here, there = client.as_(quiz.learner), client.as_(quiz.learner)
    url = begin(here, quiz)
    save(here, url, 1, "b", base=0)
    met = save(there, url, 1, "c", base=0)
    assert (met["counts"], met["theirs"]) == (False, {"choice": ["b"]})
    assert questions_of(the_attempt())[0].response["choice"] == ["b"]
    assert [step.action for step in steps()] == [Action.ANSWER, Action.ASIDE], "the other one is kept"
    chosen = save(there, url, 1, "c", base=met["base"])
    assert chosen["counts"]
    assert questions_of(the_attempt())[0].response["choice"] == ["c"]
    page = here.post(f"{url}/answer", data={"slot": 1, "q1-choice": "a", "q1-base": 1}, follow_redirects=True)
    assert "Jendela lain" in text_of(page)


def test_what_was_not_asked_is_refused(client, quiz, make_user):
    browser = client.as_(quiz.learner)
    url = begin(browser, quiz)
    assert save(browser, url, 1, "z").status_code == 404
    assert save(browser, url, 9, "a").status_code == 404
    assert browser.post(f"{url}/answer", data={}, headers=JSON).status_code == 400
    stranger = client.as_(make_user())
    for method, where in (("get", ""), ("post", "/answer"), ("post", "/hand-in"), ("get", "/review"), ("get", "/clock"), ("post", "/open")):
        assert getattr(stranger, method)(f"{url}{where}", data={"slot": 1, "q1-choice": "a"}).status_code == 404
    assert steps() == []


def test_the_best_attempt_counts(client, quiz):
    browser = client.as_(quiz.learner)
    for right in (True, False):
        url = begin(browser, quiz)
        for number in range(1, 5):
            save(browser, url, number, BEST[number] if right else [])
        browser.post(f"{url}/hand-in")
    scores = sorted(attempt.percent for attempt in db.session.scalars(sa.select(Attempt)))
    assert scores == [0, 100]
    assert db.session.get(Enrolment, quiz.enrolment.id, populate_existing=True).done_count == 1
    assert db.session.scalar(sa.select(sa.func.count()).select_from(GradeChange)) == 2


def test_handing_in_twice_is_handing_in_once(client, quiz):
    browser = client.as_(quiz.learner)
    url = begin(browser, quiz)
    assert [browser.post(f"{url}/hand-in").status_code for _turn in range(2)] == [302, 302]
    assert [attempt.state for attempt in db.session.scalars(sa.select(Attempt))] == [AttemptState.MARKED]
    late = save(browser, url, 1, "a")
    assert late["counts"] is False, "kept, and said not to count"
    assert the_attempt().percent == 0


def test_what_the_device_still_held_travels_with_the_hand_in(client, quiz):
    browser = client.as_(quiz.learner)
    url = begin(browser, quiz)
    data = {"slot": [1, 2, 3, 4], **{f"q{slot}-choice": chosen for slot, chosen in BEST.items()}}
    browser.post(f"{url}/hand-in", data=data)
    assert the_attempt().percent == 100


def test_a_crash_in_marking_undoes_nothing(client, quiz, monkeypatch):
    """The hand-in is committed first; the job marks it later."""
    browser = client.as_(quiz.learner)
    url = begin(browser, quiz)
    save(browser, url, 1, "a")

    def crash(attempt_id):
        raise RuntimeError("marking broke")

    with monkeypatch.context() as patch:
        patch.setattr(marking, "mark_attempt", crash)
        page = browser.post(f"{url}/hand-in", follow_redirects=True)
    assert page.status_code == 200
    assert "Diserahkan dan tersimpan" in text_of(page)
    attempt = the_attempt()
    assert (attempt.state, attempt.percent) == (AttemptState.SUBMITTED, None)
    job = db.session.scalar(sa.select(Job).where(Job.task == "quizzes:mark_attempt"))
    for _turn in range(2):
        tasks.mark_attempt(**job.arguments)
        commit()
    assert (the_attempt().state, the_attempt().percent) == (AttemptState.MARKED, 25)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(GradeChange)) == 1


def test_an_attempt_keeps_its_wording_when_the_author_edits(client, quiz):
    browser = client.as_(quiz.learner)
    url = begin(browser, quiz)
    asked = [question.prepared["stem"] for question in questions_of(the_attempt())]
    (activity,) = learning.draft_activities(quiz.module.id)
    changed = [{**item, "stem": item["stem"] + " (baru)"} for item in ITEMS]
    kind, draft = activity_type("quiz"), learning.draft_of(quiz.module, activity.key)
    activity.settings = kind.store(kind.load({"items": changed}, draft), draft)
    learning.publish(actor_id=None, module=quiz.module)
    commit()
    assert [question.prepared["stem"] for question in questions_of(the_attempt())] == asked
    assert "(baru)" not in browser.get(url).get_data(as_text=True)


def test_a_wrong_item_is_refused_with_its_reason(database):
    kind = activity_type("quiz")
    for items, word in (
        ([{**ITEMS[0], "options": [option("a"), option("b")]}], "benar"),
        ([{**ITEMS[3], "options": [option("a", score=1), option("b", score=2)]}], "3"),
        ([ITEMS[0], ITEMS[0]], "satu"),
        ([{**ITEMS[0], "options": [option("a", correct=True)]}], "2"),
        ([{**ITEMS[0], "kind": "poem"}], "kind"),
        ([{**ITEMS[0], "colour": "red"}], "colour"),
        ([{"key": "Huruf Besar", "kind": "description", "stem": "x"}], "key"),
        ([], "items"),
        ([{**ITEMS[0], "section": "tidak-ada"}], "tidak-ada"),
    ):
        with pytest.raises(ContentError, match=word):
            kind.load({"items": items}, None)


# -- time -----------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def timed(make_activity):
    """Make a quiz with a limit of ten minutes."""
    return make_activity("quiz", shuffle=False, items=ITEMS, time_limit=10)


def later(minutes):
    return at(utcnow() + dt.timedelta(minutes=minutes))


def test_an_answer_in_the_last_second_counts(client, timed):
    """No blind window before the end, and a moment for what was on its way."""
    browser = client.as_(timed.learner)
    url = begin(browser, timed)
    ends_at = db.session.scalar(sa.select(Sitting.ends_at))
    for before in (1, -10):
        with at(ends_at - dt.timedelta(seconds=before)):
            assert save(browser, url, 1, "ab"[before > 0], base=99)["counts"]
    with at(ends_at + dt.timedelta(seconds=16)):
        assert not save(browser, url, 1, "c", base=99)["counts"]
    assert questions_of(the_attempt())[0].response["choice"] == ["a"]


def test_the_clock_hands_in_what_is_there(client, timed):
    browser = client.as_(timed.learner)
    url = begin(browser, timed)
    save(browser, url, 1, "a")
    tasks.look_at_the_clock()
    assert the_attempt().state is AttemptState.IN_PROGRESS
    with later(11):
        tasks.look_at_the_clock()
        attempt, sitting = the_attempt(), db.session.scalar(sa.select(Sitting))
        assert (attempt.state, attempt.submitted_at, sitting.by_clock) == (AttemptState.SUBMITTED, sitting.ends_at, True)
        tasks.mark_attempt(str(attempt.id))
        commit()
        assert the_attempt().percent == 25
        page = browser.get(url)
        assert "Sebab" not in page.get_data(as_text=True), "the device sends what it holds before anything is shown"
        assert "Sebab" in browser.post(f"{url}/open", follow_redirects=True).get_data(as_text=True)


def test_an_answer_written_in_time_and_delivered_late_counts_and_is_shown_so(client, timed):
    browser = client.as_(timed.learner)
    url = begin(browser, timed)
    attempt_id = the_attempt().id
    tick = proofs.tick(attempt_id, utcnow())
    with later(30):
        tasks.look_at_the_clock()
        tasks.mark_attempt(str(attempt_id))
        commit()
        assert the_attempt().percent == 0
        data = {"slot": 1, "q1-choice": "a", "q1-tick": tick, "q1-elapsed": 9 * 60_000}
        saved = browser.post(f"{url}/answer", data=data, headers=JSON).get_json()[0]
        assert (saved["counts"], saved["late"]) == (True, True)
        for job in db.session.scalars(sa.select(Job).where(Job.task == "quizzes:mark_attempt")):
            tasks.mark_attempt(**job.arguments)
        commit()
        assert the_attempt().percent == 25
        assert [change.reason for change in db.session.scalars(sa.select(GradeChange).order_by(GradeChange.id))] == [
            "marked",
            "an answer arrived late",
        ]
        page = text_of(browser.post(f"{url}/open", follow_redirects=True))
        assert "ditulis tepat waktu" in page
        # Who has seen the answers cannot send better ones, and what is sent is kept all the same.
        data = {"slot": 2, "q2-choice": ["a", "b"], "q2-tick": tick, "q2-elapsed": 60_000}
        assert browser.post(f"{url}/answer", data=data, headers=JSON).get_json()[0]["counts"] is False
        assert steps()[-1].action is Action.ASIDE


def test_what_comes_with_a_hand_in_after_the_clock_is_kept_too(client, timed):
    browser = client.as_(timed.learner)
    url = begin(browser, timed)
    with later(30):
        tasks.look_at_the_clock()
        browser.post(f"{url}/hand-in", data={"slot": 1, "q1-choice": "a"})
    assert [(step.action, step.response) for step in steps()] == [(Action.ASIDE, {"choice": ["a"]})]


@pytest.mark.parametrize("spoil", ["forged", "another", "after", "future", "none"])
def test_a_proof_that_does_not_hold_does_not_count(client, timed, spoil):
    browser = client.as_(timed.learner)
    url = begin(browser, timed)
    tick = proofs.tick(the_attempt().id, utcnow())
    elapsed = 60_000
    match spoil:
        case "forged":
            body, _, sign = tick.rpartition(".")
            tick = f"{body}.{'B' if sign[0] == 'A' else 'A'}{sign[1:]}"
        case "another":
            tick = proofs.tick(quiz_id := db.session.scalar(sa.select(Enrolment.user_id).limit(1)), utcnow())
            assert quiz_id != the_attempt().id
        case "after":
            elapsed = 11 * 60_000
        case "future":
            elapsed = 10**9
        case "none":
            tick = ""
    with later(30):
        data = {"slot": 1, "q1-choice": "a", "q1-tick": tick, "q1-elapsed": elapsed}
        assert browser.post(f"{url}/answer", data=data, headers=JSON).get_json()[0]["counts"] is False
    assert steps()[-1].response == {"choice": ["a"]}, "it is kept"


def test_a_time_to_hand_in(client, make_activity):
    quiz = make_activity("quiz", shuffle=False, items=ITEMS, time_limit=10, time_up="grace", grace=5, wait=5)
    browser = client.as_(quiz.learner)
    url = begin(browser, quiz)
    save(browser, url, 1, "a")
    with later(11):
        tasks.look_at_the_clock()
        assert the_attempt().state is AttemptState.OVERDUE
        assert 'name="q1-choice"' not in browser.get(url).get_data(as_text=True)
        browser.post(f"{url}/hand-in")
        assert the_attempt().percent == 25
    with later(20):
        url = begin(browser, quiz)
    with later(31):
        tasks.look_at_the_clock()
        assert the_attempt().state is AttemptState.OVERDUE
    with later(36):
        tasks.look_at_the_clock()
        assert the_attempt().state is AttemptState.ABANDONED
        assert "tidak diserahkan" in text_of(browser.get(url))
        assert begin(browser, quiz) != url, "what was given up keeps nobody waiting"


def test_one_bad_attempt_does_not_stop_the_clock_for_others(client, timed, make_enrolment, make_user, monkeypatch):
    urls = [begin(client.as_(timed.learner), timed)]
    other = make_user()
    make_enrolment(timed.cohort, other)
    urls.append(begin(client.as_(other), timed))
    original, seen = services.settle, []

    def settle(*, attempt, sitting):
        seen.append(attempt.id)
        if len(seen) == 1:
            raise RuntimeError("bad")
        return original(attempt=attempt, sitting=sitting)

    monkeypatch.setattr(services, "settle", settle)
    with later(11):
        tasks.look_at_the_clock()
    states = {attempt.state for attempt in db.session.scalars(sa.select(Attempt).execution_options(populate_existing=True))}
    assert states == {AttemptState.IN_PROGRESS, AttemptState.SUBMITTED}


# -- attempts ---------------------------------------------------------------------------------------------------------------------------


def test_attempts_are_counted_and_need_time_between_them(client, make_activity):
    quiz = make_activity("quiz", shuffle=False, items=ITEMS, attempts=2, wait=60)
    browser = client.as_(quiz.learner)
    browser.post(f"{begin(browser, quiz)}/hand-in")
    assert "Percobaan berikutnya dibuka" in text_of(browser.get(quiz.url))
    with pytest.raises(Refused, match="Percobaan berikutnya"):
        services.begin(ctx=quiz.ctx)
    with later(61):
        browser.post(f"{begin(browser, quiz)}/hand-in")
    with later(200), pytest.raises(Refused, match="terpakai"):
        services.begin(ctx=quiz.ctx)


def test_a_clock_that_is_set_back_while_an_attempt_begins(client, make_activity, monkeypatch):
    """The attempt is younger than the moment at which it was asked for; its clock runs all the same."""
    quiz = make_activity("quiz", shuffle=False, items=ITEMS, time_limit=30)
    with monkeypatch.context() as patched:
        patched.setattr(services, "utcnow", lambda: utcnow() + dt.timedelta(hours=2))
        attempt = services.begin(ctx=quiz.ctx)
        commit()
    assert db.session.get(Sitting, attempt.id).ends_at == attempt.started_at + dt.timedelta(minutes=30)


def test_build_on_last(client, make_activity):
    quiz = make_activity("quiz", shuffle=False, items=ITEMS, build_on_last=True)
    browser = client.as_(quiz.learner)
    first = begin(browser, quiz)
    save(browser, first, 1, "b")
    browser.post(f"{first}/hand-in")
    second = begin(browser, quiz)
    assert second != first
    assert questions_of(the_attempt())[0].response["choice"] == ["b"]
    save(browser, second, 2, BEST[2], base=0)
    browser.post(f"{second}/hand-in")
    assert the_attempt().percent == 25


# -- ways of answering ------------------------------------------------------------------------------------------------------------------


def test_immediate_tells_at_once_and_stays(client, make_activity):
    quiz = make_activity("quiz", shuffle=False, items=ITEMS, answering="immediate")
    browser = client.as_(quiz.learner)
    url = begin(browser, quiz)
    page = browser.post(f"{url}/answer", data={"slot": 1, "q1-choice": "b", "check": "1"}, follow_redirects=True)
    assert "Sebab b." in text_of(page)
    assert not save(browser, url, 1, "a", base=99)["counts"]
    browser.post(f"{url}/hand-in")
    assert the_attempt().percent == 0


def test_interactive_gives_hints_and_each_try_costs(client, make_activity):
    items = [{**ITEMS[0], "hints": ["Pikirkan lagi.", "Hampir."]}]
    quiz = make_activity("quiz", shuffle=False, items=items, answering="interactive")
    browser = client.as_(quiz.learner)
    url = begin(browser, quiz)
    for chosen, word in (("b", "Pikirkan lagi."), ("c", "Hampir."), ("a", "Sebab a.")):
        page = text_of(browser.post(f"{url}/answer", data={"slot": 1, "q1-choice": chosen, "check": "1"}, follow_redirects=True))
        assert word in page
    browser.post(f"{url}/hand-in")
    assert the_attempt().percent == pytest.approx(100 / 3)


def test_certainty_pays_honesty(client, make_activity):
    quiz = make_activity("quiz", shuffle=False, items=ITEMS[:3:2], answering="certainty")
    browser = client.as_(quiz.learner)
    url = begin(browser, quiz)
    assert 'name="q1-certainty"' in browser.get(url).get_data(as_text=True)
    save(browser, url, 1, "a", certainty=3)
    save(browser, url, 2, "a", certainty=2)
    browser.post(f"{url}/hand-in")
    assert the_attempt().percent == pytest.approx(100 * (3 / 3 + 2 / 3) / 2)
    url = begin(browser, quiz)
    save(browser, url, 1, "a", certainty=3)
    save(browser, url, 2, "b", certainty=3)
    browser.post(f"{url}/hand-in")
    assert the_attempt().percent == 0, "a sure wrong answer costs more than a right one earns; the total is never below nothing"


def test_sections_pools_and_texts_between(client, make_activity):
    items = [{"key": "teks", "kind": "description", "stem": "Baca **ini**."}, *ITEMS[:2], {**ITEMS[2], "section": "dua"}]
    quiz = make_activity("quiz", shuffle=False, items=items, sections=[{"key": "dua", "title": "Bagian dua"}])
    browser = client.as_(quiz.learner)
    assert "3 soal" in text_of(browser.get(quiz.url)), "a text is no question"
    url = begin(browser, quiz)
    page = browser.get(f"{url}?all=1").get_data(as_text=True)
    assert "Bagian dua" in page
    assert "<strong>ini</strong>" in page
    for slot, chosen in ((2, "a"), (3, ["a", "b"]), (4, "a")):
        save(browser, url, slot, chosen)
    assert save(browser, url, 1, "a").status_code == 404
    browser.post(f"{url}/hand-in")
    assert the_attempt().percent == 100


def test_a_strange_actor_has_no_attempt(client, quiz):
    begin(client.as_(quiz.learner), quiz)
    attempt = the_attempt()
    with pytest.raises(NotFound):
        services.own(quiz.actor.__class__(id=attempt.id, name="", language="id", time_zone=""), attempt.id)
