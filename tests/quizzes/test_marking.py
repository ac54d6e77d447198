"""Marking by people, decisions about attempts, and what instructors may see."""

import io
import random
import re

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import FileStorage

from lms.attempts.models import Attempt, AttemptState, GradeChange
from lms.db import commit, db, utcnow
from lms.errors import NotFound, Refused
from lms.learning.models import Enrolment
from lms.learning.outline import body
from lms.learning.place import context_of, find_place
from lms.people.access import load_actor
from lms.progress.models import Completion
from lms.testing.client import text_of
from lms.testing.made import TODAY
from quizzes.attempts import services
from quizzes.attempts.models import Action, Sitting, Step
from quizzes.attempts.questions import questions_of
from quizzes.marking import agreement, decisions, oversight, papers, views
from quizzes.marking import services as marking
from quizzes.marking.models import Decision, ItemMark, Paper

RUBRIC = [
    {"name": "Sudut pandang", "levels": [{"points": 0, "text": "Tidak tampak."}, {"points": 2, "text": "Disebut."}]},
    {"name": "Bahasa", "levels": [{"points": 0, "text": "Rumit."}, {"points": 1, "text": "Sedang."}, {"points": 2, "text": "Jelas."}]},
]
CHOICE = {
    "key": "pilihan",
    "kind": "single_choice",
    "stem": "Siapa dahulu?",
    "options": [{"text": "Warga", "correct": True, "rationale": "Ya."}, {"text": "Berkas", "rationale": "Tidak."}],
}
ESSAY = {"key": "uraian", "kind": "essay", "stem": "Ceritakan.", "points": 100}
GRADED = {"key": "rubrik", "kind": "essay", "stem": "Uraikan.", "rubric": RUBRIC, "points": 4, "model": "Jawaban baik."}
FILE = {"key": "berkas", "kind": "file_upload", "stem": "Unggah.", "types": ["txt"], "points": 2}


@pytest.fixture
def quiz(make_activity):
    """Make a quiz with a choice and an essay without a rubric."""
    return make_activity("quiz", items=[CHOICE, GRADED])


@pytest.fixture
def marker(make_user):
    """Return a function that makes somebody who marks in a cohort."""

    def make(cohort, name="Penilai"):
        return make_user(name, language="en", roles=[("instructor", "cohort", cohort.id)])

    return make


def take(quiz, enrolment, responses, *, hand_in=True):
    """Answer a quiz through the services and hand it in; responses are by question."""
    actor = actor_of(enrolment.user_id)
    place = quiz.ctx if enrolment.id == quiz.enrolment.id else _ctx(quiz, actor)
    attempt = services.begin(ctx=place)
    for slot, response in responses.items():
        services.save(actor=actor, attempt_id=attempt.id, slot=slot, given=services.Given(response=response))
    if hand_in:
        services.hand_in(actor=actor, attempt=attempt, sitting=services.own(actor, attempt.id)[1])
        marking.mark_attempt(attempt.id)
    commit()
    return attempt.id


def actor_of(user_id):
    return load_actor(user_id, TODAY)


def _ctx(quiz, actor):
    place = find_place(actor, quiz.cohort.id, quiz.module.key, quiz.key)
    return context_of(place, place.outline.item(quiz.key), body(place.outline.revision_id, quiz.key))


def fresh(attempt_id):
    return db.session.get(Attempt, attempt_id, populate_existing=True)


def paper_of(attempt_id, slot=2):
    return db.session.scalars(sa.select(Paper).where(Paper.attempt_id == attempt_id, Paper.slot == slot)).one()


def marks(attempt_id, slot):
    where = (ItemMark.attempt_id == attempt_id, ItemMark.slot == slot)
    return list(db.session.scalars(sa.select(ItemMark).where(*where).order_by(ItemMark.id)))


def marking_url(quiz, item_id):
    return f"/quizzes/marking/{quiz.cohort.id}/{quiz.module.key}/{quiz.key}/{item_id}"


def form_of(answer):
    """Return the hidden fields of the mark form as a browser sends them."""
    page = answer.get_data(as_text=True)
    return {name: re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)[1] for name in ("answer", "seen")}


# -- from the hand-in to the result -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("typed", "shown", "passed"), [("70", "70.00", False), ("70,01", "70.01", True), ("70.01", "70.01", True)])
def test_7000_fails_and_7001_passes_through_the_whole_way(client, make_activity, marker, typed, shown, passed):
    quiz = make_activity("quiz", items=[ESSAY])
    attempt_id = take(quiz, quiz.enrolment, {1: {"text": "Begini."}})
    browser, paper = client.as_(marker(quiz.cohort)), paper_of(attempt_id, 1)
    url = marking_url(quiz, paper.item_id)
    answer = browser.post(url, data={**form_of(browser.get(url)), "points": typed, "comment": "Baik."})
    assert answer.status_code == 302
    assert fresh(attempt_id).state is AttemptState.MARKED
    assert shown.replace(".", ",") in text_of(client.as_(quiz.learner).get(f"/quizzes/{attempt_id}"))
    state = db.session.scalar(sa.select(Completion.state).where(Completion.enrolment_id == quiz.enrolment.id))
    assert (state == "complete") is passed


def test_a_rubric_makes_the_share_and_everything_is_kept(client, quiz, marker):
    attempt_id = take(quiz, quiz.enrolment, {1: {"choice": ["a"]}, 2: {"text": "Warga bercerita."}})
    assert fresh(attempt_id).state is AttemptState.SUBMITTED, "a person must look"
    helena = marker(quiz.cohort, "Helena")
    browser, url = client.as_(helena), marking_url(quiz, paper_of(attempt_id).item_id)
    page = browser.get(url)
    assert "Warga bercerita." in text_of(page)
    assert "Jawaban baik." in text_of(page)
    missing = browser.post(url, data={**form_of(page), "level-0": "1", "comment": "Simpan ini"})
    assert missing.status_code == 422
    assert "Simpan ini" in missing.get_data(as_text=True), "nothing that was typed is lost"
    done = browser.post(url, data={**form_of(page), "level-0": "1", "level-1": "1", "comment": "Baik"}, follow_redirects=True)
    assert "All answers are marked" in text_of(done)
    mark = marks(attempt_id, 2)[-1]
    assert (mark.share, mark.levels, mark.comment, mark.actor_id) == (0.75, {"0": 1, "1": 1}, "Baik", helena.id)
    assert fresh(attempt_id).percent == pytest.approx(100 * (1 + 3) / 5)
    change = db.session.scalars(sa.select(GradeChange)).one()
    assert (change.reason, change.actor_id, change.before) == ("marked", helena.id, None)


def test_nobody_is_named_on_the_marking_pages(client, make_activity, make_user, marker):
    learner = make_user("Zulaikha Rambe", email="zulaikha.rambe@example.test", employee_number="199001012015032007")
    quiz = make_activity("quiz", items=[GRADED, FILE], learner=learner)
    given = services.Given(files=[_file("zulaikha-rambe-199001012015032007.txt")])
    attempt = services.begin(ctx=quiz.ctx)
    services.save(actor=quiz.actor, attempt_id=attempt.id, slot=1, given=services.Given(response={"text": "Jawaban <b>saya</b>"}))
    services.save(actor=quiz.actor, attempt_id=attempt.id, slot=2, given=given)
    services.hand_in(actor=quiz.actor, attempt=attempt, sitting=services.own(quiz.actor, attempt.id)[1])
    marking.mark_attempt(attempt.id)
    commit()
    browser = client.as_(marker(quiz.cohort))
    pages = [browser.get(marking_url(quiz, paper_of(attempt.id, slot).item_id)) for slot in (1, 2)]
    pages.append(browser.get("/quizzes/marking"))
    for page in pages:
        html = page.get_data(as_text=True).lower()
        for word in ("zulaikha", "rambe", "199001012015032007", str(attempt.id), str(learner.id)):
            assert word not in html
    assert "&lt;b&gt;saya&lt;/b&gt;" in pages[0].get_data(as_text=True), "what a learner writes is text"
    address = re.search(r"/quizzes/marking/files/\d+/\d+", pages[1].get_data(as_text=True))[0]
    sent = browser.get(address)
    assert sent.headers["Content-Disposition"].startswith("attachment")
    assert "zulaikha" not in sent.headers["Content-Disposition"]
    assert sent.headers["X-Content-Type-Options"] == "nosniff"
    assert sent.data == b"Isi berkas."
    assert client.as_(learner).get(address).status_code == 403
    other = make_activity("quiz", items=[GRADED])
    assert client.as_(marker(other.cohort)).get(address).status_code == 404


def _file(name):
    return FileStorage(io.BytesIO(b"Isi berkas."), filename=name)


def test_a_mark_given_meanwhile_is_shown_and_not_overwritten(client, quiz, marker):
    attempt_id = take(quiz, quiz.enrolment, {2: {"text": "Warga."}})
    first, second = client.as_(marker(quiz.cohort, "Satu")), client.as_(marker(quiz.cohort, "Dua"))
    url = marking_url(quiz, paper_of(attempt_id).item_id)
    early, late = form_of(first.get(url)), form_of(second.get(url))
    levels = {"level-0": "1", "level-1": "2", "comment": "Dari yang pertama"}
    assert first.post(url, data={**early, **levels}).status_code == 302
    assert first.post(url, data={**early, **levels}).status_code == 302, "sent twice is no conflict"
    met = second.post(url, data={**late, "level-0": "0", "level-1": "0", "comment": "Ketikan saya"})
    assert met.status_code == 409
    assert "Dari yang pertama" in text_of(met)
    assert "Ketikan saya" in met.get_data(as_text=True)
    assert [mark.share for mark in marks(attempt_id, 2)] == [1.0]
    again = second.post(url, data={**form_of(met), "level-0": "0", "level-1": "0", "comment": "Ketikan saya"})
    assert again.status_code == 302
    assert [mark.share for mark in marks(attempt_id, 2)] == [1.0, 0.0], "both are kept"
    assert db.session.scalar(sa.select(sa.func.count()).select_from(GradeChange)) == 2


def test_progress_and_an_order_that_tells_nothing(client, quiz, make_enrolment, marker):
    taken = [take(quiz, make_enrolment(quiz.cohort), {2: {"text": f"Jawaban {number}."}}) for number in range(4)]
    browser = client.as_(marker(quiz.cohort))
    queue = browser.get("/quizzes/marking")
    assert "4 answers to mark" in text_of(queue)
    url, seen = marking_url(quiz, paper_of(taken[0]).item_id), []
    for number in range(4):
        page = browser.get(url)
        assert f"{number} of 4 are marked" in text_of(page)
        seen.append(form_of(page)["answer"])
        browser.post(url, data={**form_of(page), "level-0": "1", "level-1": "1"})
    assert seen == sorted(paper_of(attempt_id).code for attempt_id in taken)
    assert "No answer waits" in text_of(browser.get("/quizzes/marking"))


def test_sentences_are_inserted_kept_and_removed_without_a_script(client, quiz, marker):
    attempt_id = take(quiz, quiz.enrolment, {2: {"text": "Warga."}})
    browser, url = client.as_(marker(quiz.cohort)), marking_url(quiz, paper_of(attempt_id).item_id)
    hidden = form_of(browser.get(url))
    kept = browser.post(url, data={**hidden, "level-0": "1", "comment": "Sebut contohnya.", "keep": "1"})
    assert re.search(r'value="1"[^>]*checked|checked[^>]*value="1"', kept.get_data(as_text=True)), "the levels stay chosen"
    number = re.search(r'name="insert" value="(\d+)"', kept.get_data(as_text=True))[1]
    page = browser.post(url, data={**hidden, "comment": "Bagus.", "insert": number})
    assert "Bagus.\nSebut contohnya." in page.get_data(as_text=True)
    assert [mark for mark in marks(attempt_id, 2) if mark.actor_id] == [], "nothing is marked by that"
    other = client.as_(marker(quiz.cohort, "Lain"))
    assert other.post(f"/quizzes/marking/comments/{number}/delete").status_code == 404
    assert "Sebut contohnya." in text_of(browser.get("/quizzes/marking/comments"))
    assert browser.post(f"/quizzes/marking/comments/{number}/delete").status_code == 302
    assert "Sebut contohnya." not in text_of(browser.get("/quizzes/marking/comments"))


def test_only_markers_of_the_cohort(client, quiz, make_activity, marker):
    attempt_id = take(quiz, quiz.enrolment, {1: {"choice": ["b"]}, 2: {"text": "Warga."}})
    stranger = client.as_(marker(make_activity("quiz", items=[CHOICE]).cohort))
    place = f"{quiz.cohort.id}/{quiz.module.key}/{quiz.key}"
    pages = [
        f"/quizzes/cohorts/{place}",
        f"/quizzes/cohorts/{place}/attempts.csv",
        f"/quizzes/cohorts/{place}/attempts/{attempt_id}",
        marking_url(quiz, paper_of(attempt_id).item_id),
        f"{marking_url(quiz, paper_of(attempt_id).item_id)}/second",
        f"{marking_url(quiz, paper_of(attempt_id).item_id)}/agreement",
        f"/quizzes/regrade/{place}",
    ]
    assert [stranger.get(page).status_code for page in pages] == [404] * len(pages)
    assert [client.as_(quiz.learner).get(page).status_code for page in pages] == [403] * len(pages)
    acts = [f"{pages[2]}/mark/1", f"{pages[2]}/count/1", f"{pages[2]}/reopen", pages[3], f"{pages[3]}/second", pages[6]]
    assert [stranger.post(page).status_code for page in acts] == [404] * len(acts)
    assert "No answer waits" in text_of(stranger.get("/quizzes/marking"))
    insider = client.as_(marker(quiz.cohort))
    assert [insider.get(page).status_code for page in pages] == [200] * len(pages)


# -- attempts and decisions -----------------------------------------------------------------------------------------------------------


def test_attempts_of_a_cohort(client, quiz, make_enrolment, make_user, marker):
    take(quiz, quiz.enrolment, {1: {"choice": ["a"]}, 2: {"text": "Warga."}})
    take(quiz, make_enrolment(quiz.cohort, make_user("=Rumus")), {1: {"choice": ["a"]}})
    take(quiz, make_enrolment(quiz.cohort, make_user("Sinta")), {1: {"choice": ["a"]}}, hand_in=False)
    browser, url = client.as_(marker(quiz.cohort)), f"/quizzes/cohorts/{quiz.cohort.id}/{quiz.module.key}/{quiz.key}"
    assert "kegiatan judul" in text_of(browser.get("/quizzes/cohorts"))
    everybody = text_of(browser.get(url))
    assert "being answered" in everybody
    assert "waits for a mark" in everybody
    running = text_of(browser.get(f"{url}?state=in_progress"))
    assert "Sinta" in running
    assert "Rumus" not in running
    assert "No attempt like that" in text_of(browser.get(f"{url}?q=nobody"))
    table = browser.get(f"{url}/attempts.csv")
    assert table.headers["Content-Disposition"].startswith("attachment")
    assert "\n'=Rumus," in table.data.decode("utf-8-sig"), "no cell is a formula"
    assert len(table.data.decode("utf-8-sig").splitlines()) == 4


def test_looking_changes_nothing(client, quiz, marker):
    attempt_id = take(quiz, quiz.enrolment, {1: {"choice": ["a"]}, 2: {"text": "Warga."}})
    before = _everything()
    browser, url = client.as_(marker(quiz.cohort)), f"/quizzes/cohorts/{quiz.cohort.id}/{quiz.module.key}/{quiz.key}"
    for page in (url, f"{url}/attempts/{attempt_id}", f"{url}/attempts/{attempt_id}?q=2", marking_url(quiz, paper_of(attempt_id).item_id)):
        assert browser.get(page).status_code == 200
    assert _everything() == before


def _everything():
    db.session.rollback()
    tables = (Attempt, Sitting, Step, ItemMark, Paper, Decision, GradeChange)
    return [db.session.execute(sa.select(model.__table__).order_by(*model.__table__.primary_key)).all() for model in tables]


def kept_aside(quiz, response, slot=1):
    """Hand in, then send an answer that comes too late."""
    attempt_id = take(quiz, quiz.enrolment, {1: {"choice": ["b"]}})
    services.save(actor=quiz.actor, attempt_id=attempt_id, slot=slot, given=services.Given(response=response))
    commit()
    return attempt_id


def test_an_answer_that_was_kept_aside_can_count(client, quiz, marker):
    attempt_id = kept_aside(quiz, {"choice": ["a"]})
    assert fresh(attempt_id).percent == 0
    helena = marker(quiz.cohort, "Helena")
    browser = client.as_(helena)
    url = f"/quizzes/cohorts/{quiz.cohort.id}/{quiz.module.key}/{quiz.key}/attempts/{attempt_id}"
    assert "kept aside, does not count" in text_of(browser.get(f"{url}?q=1"))
    aside = db.session.scalars(sa.select(Step).where(Step.action == Action.ASIDE)).one()
    without = browser.post(f"{url}/count/1", data={"count-sequence": aside.sequence})
    assert without.status_code == 422, "a decision has a reason"
    done = browser.post(
        f"{url}/count/1", data={"count-sequence": aside.sequence, "count-reason": "Sinyal hilang di desa"}, follow_redirects=True
    )
    assert "Sinyal hilang di desa" in text_of(done)
    assert fresh(attempt_id).percent == pytest.approx(20)
    actions = [step.action for step in db.session.scalars(sa.select(Step).order_by(Step.sequence))]
    assert actions == [Action.ANSWER, Action.ASIDE, Action.LATE], "nothing is taken away"
    decision = db.session.scalars(sa.select(Decision)).one()
    assert (decision.actor_id, decision.reason, decision.sequence) == (helena.id, "Sinyal hilang di desa", aside.sequence)
    last = db.session.scalars(sa.select(GradeChange).order_by(GradeChange.id.desc())).first()
    assert (last.actor_id, last.reason) == (helena.id, "Sinyal hilang di desa")


def test_an_essay_that_counts_later_waits_for_a_person(quiz, marker):
    attempt_id = kept_aside(quiz, {"text": "Terlambat."}, slot=2)
    aside = db.session.scalars(sa.select(Step).where(Step.action == Action.ASIDE)).one()
    decisions.count_answer(actor=actor_of(marker(quiz.cohort).id), attempt=fresh(attempt_id), sequence=aside.sequence, reason="Boleh")
    commit()
    assert paper_of(attempt_id).marked_at is None
    assert fresh(attempt_id).state is AttemptState.MARKED, "an attempt that has a total keeps having one"


def test_while_it_is_open_its_learner_decides(quiz, marker):
    attempt_id = take(quiz, quiz.enrolment, {1: {"choice": ["b"]}}, hand_in=False)
    given = services.Given(response={"choice": ["a"]}, base=0)
    assert services.save(actor=quiz.actor, attempt_id=attempt_id, slot=1, given=given).conflict
    with pytest.raises(Refused):
        decisions.count_answer(actor=actor_of(marker(quiz.cohort).id), attempt=fresh(attempt_id), sequence=2, reason="Boleh")


def test_a_mark_is_changed_by_hand_with_a_reason(client, quiz, marker):
    attempt_id = take(quiz, quiz.enrolment, {1: {"choice": ["b"]}})
    browser = client.as_(marker(quiz.cohort))
    url = f"/quizzes/cohorts/{quiz.cohort.id}/{quiz.module.key}/{quiz.key}/attempts/{attempt_id}"
    bad = browser.post(f"{url}/mark/1", data={"points": "0,5", "comment": "Separuh."})
    assert bad.status_code == 422
    assert "Separuh." in bad.get_data(as_text=True)
    assert browser.post(f"{url}/mark/1", data={"points": "2", "comment": "x", "reason": "y"}).status_code == 422, "more than there are"
    said = {"points": "0,5", "comment": "Separuh.", "reason": "Soalnya rancu"}
    assert browser.post(f"{url}/mark/1", data=said).status_code == 302
    assert fresh(attempt_id).percent == pytest.approx(10)
    assert [mark.share for mark in marks(attempt_id, 1)] == [0.0, 0.5]
    marking.mark_attempt(attempt_id)
    commit()
    assert len(marks(attempt_id, 1)) == 2, "the program leaves it alone"
    assert "Soalnya rancu" in text_of(browser.get(f"{url}?q=1"))


def test_an_abandoned_attempt_is_opened_again(client, quiz, marker):
    attempt_id = take(quiz, quiz.enrolment, {1: {"choice": ["a"]}}, hand_in=False)
    sitting = db.session.get(Sitting, attempt_id)
    fresh(attempt_id).state, sitting.ends_at = AttemptState.ABANDONED, utcnow()
    commit()
    browser = client.as_(marker(quiz.cohort))
    url = f"/quizzes/cohorts/{quiz.cohort.id}/{quiz.module.key}/{quiz.key}/attempts/{attempt_id}"
    assert browser.post(f"{url}/reopen", data={"minutes": "20"}).status_code == 422
    answer = browser.post(f"{url}/reopen", data={"minutes": "20", "reason": "Listrik padam"}, follow_redirects=True)
    assert "Listrik padam" in text_of(answer)
    sitting = db.session.get(Sitting, attempt_id, populate_existing=True)
    assert fresh(attempt_id).state is AttemptState.IN_PROGRESS
    assert 1100 < (sitting.ends_at - utcnow()).total_seconds() <= 1200
    assert sitting.check_at > sitting.ends_at
    again = browser.post(f"{url}/reopen", data={"minutes": "20", "reason": "Lagi"})
    assert again.status_code == 409
    learner = client.as_(quiz.learner)
    assert learner.post(f"/quizzes/{attempt_id}/hand-in").status_code == 302
    assert fresh(attempt_id).percent == pytest.approx(20)


def test_the_first_mark_is_never_written_over(quiz, marker):
    """Marks are append-only: whatever is decided, all earlier rows stay as they were."""
    attempt_id = take(quiz, quiz.enrolment, {1: {"choice": ["b"]}, 2: {"text": "Warga."}})
    helena, chance = actor_of(marker(quiz.cohort).id), random.Random(4)
    for _turn in range(6):
        rows = [_plain(mark) for mark in marks(attempt_id, 1)]
        said = {"points": chance.random(), "comment": "c", "reason": "r"}
        decisions.change_mark(actor=helena, attempt=fresh(attempt_id), slot=1, **said)
        commit()
        assert [_plain(mark) for mark in marks(attempt_id, 1)][:-1] == rows


def _plain(mark):
    return {column.name: getattr(mark, column.name) for column in ItemMark.__table__.columns}


# -- second opinions ------------------------------------------------------------------------------------------------------------------


def test_second_opinions_are_blind_do_not_count_and_can_settle(client, quiz, make_enrolment, marker):
    taken = [take(quiz, make_enrolment(quiz.cohort), {2: {"text": f"Jawaban {number}."}}) for number in range(8)]
    first, second = marker(quiz.cohort, "Satu"), marker(quiz.cohort, "Dua")
    browser, url = client.as_(first), marking_url(quiz, paper_of(taken[0]).item_id)
    for _number in range(8):
        browser.post(url, data={**form_of(browser.get(url)), "level-0": "1", "level-1": "2", "comment": "Rahasia pertama"})
    assert "Nothing to look at yet" in text_of(browser.get(f"{url}/second")), "one's own marks are not looked at again"
    other, codes = client.as_(second), []
    while "You have marked the whole sample" not in text_of(page := other.get(f"{url}/second")):
        assert "Rahasia pertama" not in page.get_data(as_text=True)
        assert not re.search(r"<input checked", page.get_data(as_text=True))
        codes.append(form_of(page)["answer"])
        level = "0" if len(codes) == 1 else "2"
        other.post(f"{url}/second", data={**form_of(page), "level-0": "1", "level-1": level, "comment": ""})
    assert len(codes) == papers.LEAST_SAMPLE
    assert all(fresh(attempt_id).percent == pytest.approx(80) for attempt_id in taken), "a second opinion does not count"
    agreed = other.get(f"{url}/agreement")
    assert "80%" in text_of(agreed)
    seen = re.search(f'value="{codes[0]}"><input type="hidden" name="seen" value="([^"]+)"', agreed.get_data(as_text=True))[1]
    settled = [
        other.post(f"{url}/agreement", data={"answer": codes[0], "seen": seen, "use": "middle", "reason": "Ya"}) for _twice in range(2)
    ]
    assert [answer.status_code for answer in settled] == [302, 409], "the middle is taken once"
    paper = db.session.scalars(sa.select(Paper).where(Paper.code == codes[0])).one()
    assert [mark.share for mark in marks(paper.attempt_id, 2) if not mark.second][-1] == 0.75
    assert other.post(f"{url}/agreement", data={"answer": codes[1], "seen": seen, "use": "second"}).status_code == 422, "a reason is needed"
    later = db.session.scalars(sa.select(Paper.code).where(Paper.code.not_in(codes), Paper.marked_at.is_not(None))).first()
    opinion = {"answer": later, "seen": "second", "level-0": "1", "level-1": "1"}
    assert other.post(f"{url}/second", data=opinion).status_code == 302, "it was in the sample when it was opened"


@settings(max_examples=200, deadline=None)
@given(pairs=st.lists(st.tuples(st.integers(0, 10), st.integers(0, 10)), min_size=1, max_size=60))
def test_kappa_equals_another_way_to_compute_it(pairs):
    """From full matrices with disagreement weights divided by (k - 1)², as in textbooks."""
    size, number = 11, len(pairs)
    observed = [[sum(1 for pair in pairs if pair == (i, j)) / number for j in range(size)] for i in range(size)]
    rows = [sum(row) for row in observed]
    columns = [sum(observed[i][j] for i in range(size)) for j in range(size)]
    weight = [[1 - (i - j) ** 2 / (size - 1) ** 2 for j in range(size)] for i in range(size)]
    got = sum(weight[i][j] * observed[i][j] for i in range(size) for j in range(size))
    by_chance = sum(weight[i][j] * rows[i] * columns[j] for i in range(size) for j in range(size))
    kappa = agreement.weighted_kappa(pairs)
    if abs(1 - by_chance) < 1e-12:
        assert kappa is None
    else:
        assert kappa == pytest.approx((got - by_chance) / (1 - by_chance), abs=1e-9)


def test_figures_of_agreement():
    assert agreement.agreement([]) is None
    found = agreement.agreement([(0.5, 0.5), (1.0, 0.5), (0.25, 0.5)])
    assert found.exact == pytest.approx(1 / 3)
    assert found.difference == pytest.approx(-0.25 / 3)
    assert agreement.agreement([(1.0, 1.0)]).kappa is None
    assert [agreement.tenths(share) for share in (0, 0.04, 0.05, 0.25, 0.95, 1)] == [0, 0, 1, 3, 10, 10]


# -- cost -----------------------------------------------------------------------------------------------------------------------------


def test_pages_of_instructors_are_cheap(client, quiz, make_enrolment, marker, queries):
    taken = [take(quiz, make_enrolment(quiz.cohort), {1: {"choice": ["a"]}, 2: {"text": "Kata " * 200}}) for _number in range(35)]
    browser, place = client.as_(marker(quiz.cohort)), f"{quiz.cohort.id}/{quiz.module.key}/{quiz.key}"
    item = marking_url(quiz, paper_of(taken[0]).item_id)
    pages = ["/quizzes/marking", "/quizzes/cohorts", f"/quizzes/cohorts/{place}", f"/quizzes/cohorts/{place}/attempts/{taken[0]}"]
    pages += [f"/quizzes/cohorts/{place}/attempts/{taken[0]}?q=2", item, f"{item}/second", f"{item}/agreement", f"/quizzes/regrade/{place}"]
    for page in pages:
        browser.get(page)
        with queries() as seen:
            answer = browser.get(page, headers={"Accept-Encoding": "br"})
        assert answer.status_code == 200
        assert len(seen) <= 12, f"{page}: {len(seen)}\n" + "\n".join(seen)
        assert len(answer.data) <= 9 * 1024, f"{page}: {len(answer.data)} bytes"


def test_an_attempt_of_another_quiz_is_not_found(quiz, make_activity):
    attempt_id = take(quiz, quiz.enrolment, {1: {"choice": ["a"]}})
    other = make_activity("quiz", items=[CHOICE])

    class Here:
        place = (other.cohort.id, other.module.id, other.key)

    with pytest.raises(NotFound):
        oversight.attempt_of(Here, attempt_id)


def test_people_can_take_along_what_was_said_about_them(quiz, marker):
    attempt_id = take(quiz, quiz.enrolment, {1: {"choice": ["b"]}})
    helena = actor_of(marker(quiz.cohort).id)
    said = {"points": 1, "comment": "Baik.", "reason": "Soalnya rancu"}
    decisions.change_mark(actor=helena, attempt=fresh(attempt_id), slot=1, **said)
    papers.keep_comment(actor=helena, text="Sebut contohnya.")
    commit()
    mine = views.export_marks(quiz.learner.id)
    assert [(row["question"], row["points"], row["comment"]) for row in mine] == [(1, 0, ""), (2, 0, ""), (1, 1, "Baik.")]
    assert views.export_marks(helena.id) == [{"kind": "sentence for marking", "text": "Sebut contohnya."}]


def test_questions_know_who_marked(quiz, marker):
    attempt_id = take(quiz, quiz.enrolment, {1: {"choice": ["a"]}, 2: {"text": "Warga."}})
    helena = actor_of(marker(quiz.cohort).id)
    decisions.change_mark(actor=helena, attempt=fresh(attempt_id), slot=2, points=4, comment="c", reason="r")
    commit()
    by_person = [question.mark.by_person for question in questions_of(fresh(attempt_id), marks=True)]
    assert by_person == [False, True]
    assert db.session.get(Enrolment, quiz.enrolment.id, populate_existing=True).done_count == 1
