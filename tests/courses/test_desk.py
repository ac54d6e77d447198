"""The desk of an instructor, and answers that were written without a connection."""

import re
import uuid

import pytest
import sqlalchemy as sa

from courses.assignments.models import Marking
from courses.entries.models import Entry, Feedback
from lms.attempts.models import Attempt, AttemptState
from lms.db import commit, db, utcnow
from lms.learning.models import Cohort
from lms.people.models import RoleAssignment, User
from lms.testing.client import text_of

PROMPTS = [{"key": "apa", "title": "Apa?", "prompt": "?"}]
RUBRIC = [{"key": "isi", "title": "Isi", "weight": 100, "levels": ["Samar", "Sebagian", "Jelas", "Lengkap"]}]
STRONG = "Anda mendengarkan sampai selesai."
FEEDBACK = "Teras Anda kuat."


@pytest.fixture
def both(client, make_module, make_cohort, make_enrolment):
    """Make a journal and an assignment that a learner has handed in; return what the tests need of it."""
    module = make_module(
        {"type": "journal", "key": "jurnal", "settings": {"minimum_words": 1, "prompts": PROMPTS}},
        {"type": "assignment", "key": "tugas", "settings": {"brief": "Tulis.", "parts": PROMPTS, "rubric": RUBRIC}},
    )
    cohort = make_cohort(module)
    return Both(client, module, cohort, make_enrolment)


class Both:
    """A cohort with a journal and an assignment."""

    def __init__(self, client, module, cohort, make_enrolment):
        self.client, self.module, self.cohort, self.make_enrolment = client, module, cohort, make_enrolment
        self.person = db.session.get_one(User, cohort.assessor_id)
        self.device = 0
        self.hand_in()

    def hand_in(self):
        """Let a new learner hand both in."""
        learner = db.session.get_one(User, self.make_enrolment(self.cohort).user_id)
        browser, at = self.client.as_(learner), f"/learn/{self.cohort.id}/{self.module.key}"
        for path, text in (("jurnal/hand-in", "text-apa"), ("tugas", "part-apa")):
            assert browser.post(f"{at}/{path}", data={text: "Saya mendengarkan."}).status_code == 302
        self.author = browser
        self.at = at

    @property
    def assessor(self):
        return self.client.as_(self.person)

    @property
    def entry(self):
        return db.session.scalars(sa.select(Entry)).first()

    @property
    def attempt(self):
        return db.session.scalars(sa.select(Attempt).order_by(Attempt.number.desc())).first()

    def deliver(self, kind, body, *, person=None, device="mejasaya1", number=0):
        """Send an operation as a device does; return the answer to it."""
        self.device += 1
        person, now, number = person or self.person, round(utcnow().timestamp() * 1000), number or self.device
        sent = {"device": device, "now": now, "seen": now, "tick": "", "user": str(person.id)}
        sent["ops"] = [{"n": number, "at": now, "kind": kind, "body": body}]
        answer = self.client.as_(person).post("/api/v1/sync", json=sent, headers={"Accept": "application/json"})
        assert answer.status_code == 200, answer.get_json()
        return answer.get_json()["answers"][str(number)]

    def answer(self, fields=None, *, version=1, entry=None, **more):
        fields = {"strong": STRONG, "decision": "accepted", **(fields or {})}
        return self.deliver("courses:answer", {"entry": str(entry or self.entry.id), "version": version, "fields": fields}, **more)

    def mark(self, fields=None, *, attempt=None, **more):
        fields = {"feedback": FEEDBACK, "decision": "accepted", "rubric-isi": "3", **(fields or {})}
        return self.deliver("courses:mark", {"attempt": str(attempt or self.attempt.id), "fields": fields}, **more)


# -- the list -------------------------------------------------------------------------------------------------------------------------------


def test_both_stand_on_the_desk_and_what_was_answered_below(both, make_user):
    page = both.assessor.get("/desk")
    words = text_of(page)
    assert re.search(r"\bJ-\d{3}\b.*Kelompok 1", words)
    assert re.search(r"\bT-[0-9A-F]{4}\b.*Kelompok 1", words)
    assert re.search(r"\b2 (jawaban|answers?)\b", words)
    assert both.entry.code not in text_of(both.client.as_(make_user("Lain", roles=["instructor"])).get("/desk")), "nobody else's desk"
    assert both.answer()["state"] == "taken"
    after = both.assessor.get("/desk").get_data(as_text=True)
    waiting, _head, answered = after.partition("<h2>")
    assert f"/journals/queue/{both.entry.id}" not in waiting
    assert f'/journals/queue/{both.entry.id}"' in answered


def test_from_one_to_the_next_whatever_its_kind(both):
    journal, task = f"/journals/queue/{both.entry.id}", f"/journals/queue/assignments/{both.attempt.id}"
    assert f'rel="next" href="{journal}"' in both.assessor.get(task).get_data(as_text=True) or (
        f'rel="prev" href="{journal}"' in both.assessor.get(task).get_data(as_text=True)
    )
    sent = both.assessor.post(task, data={"feedback": FEEDBACK, "decision": "accepted", "rubric-isi": "3"})
    assert sent.location == f"{journal}#answered={both.attempt.id}"
    last = both.assessor.post(journal, data={"strong": STRONG, "decision": "accepted"})
    assert last.location == f"/desk#answered={both.entry.id}"


def test_as_many_statements_for_many(both, queries):
    def cost():
        both.assessor.get("/desk")
        with queries() as seen:
            both.assessor.get("/desk")
        return len(seen)

    few = cost()
    for _number in range(12):
        both.hand_in()
    assert cost() == few <= 6


# -- without a connection -------------------------------------------------------------------------------------------------------------------


def test_an_answer_of_a_device_is_given_once(both):
    first = both.answer(number=7)
    assert first["state"] == "taken"
    assert both.answer(number=7) == first, "sent again"
    assert len(db.session.scalars(sa.select(Feedback)).all()) == 1
    assert STRONG in text_of(both.author.get(f"/journals/{both.entry.id}"))


def test_a_mark_of_a_device_is_given_once(both):
    first = both.mark(number=7)
    assert first["state"] == "taken"
    assert both.mark(number=7) == first
    attempt = db.session.get(Attempt, both.attempt.id, populate_existing=True)
    assert (attempt.state, attempt.percent, attempt.feedback) == (AttemptState.MARKED, 75, FEEDBACK)
    assert [marking.levels for marking in db.session.scalars(sa.select(Marking))] == [{"isi": "3"}]


def test_what_was_answered_meanwhile_stays_and_the_device_is_told(both):
    assert both.answer({"strong": "Yang pertama."})["state"] == "taken"
    assert both.mark({"feedback": "Yang pertama."})["state"] == "taken"
    for told in (both.answer(), both.mark()):
        assert told["state"] == "refused"
        assert re.search("sudah dijawab|answered already", told["why"])
    assert STRONG not in text_of(both.author.get(f"/journals/{both.entry.id}"))
    assert both.attempt.feedback == "Yang pertama."


def test_another_version_came_meanwhile(both):
    assert both.answer({"decision": "returned"})["state"] == "taken"
    assert both.author.post(f"{both.at}/jurnal/revise").status_code == 302
    assert both.author.post(f"{both.at}/jurnal/hand-in", data={"text-apa": "Saya mendengarkan lagi."}).status_code == 302
    told = both.answer(version=1)
    assert told["state"] == "refused"
    assert both.answer(version=2)["state"] == "taken"
    first = both.attempt.id
    assert both.mark({"decision": "returned"})["state"] == "taken"
    assert both.author.post(f"{both.at}/tugas", data={"part-apa": "Saya mendengarkan lagi."}).status_code == 302
    assert both.mark(attempt=first)["state"] == "refused"
    assert both.mark()["state"] == "taken"


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("answer", {"strong": ""}),
        ("answer", {"decision": ""}),
        ("answer", {"level": "3"}),
        ("answer", {"question": "Seharusnya Anda tidak merasa takut."}),
        ("mark", {"feedback": ""}),
        ("mark", {"rubric-isi": "9"}),
        ("mark", {"decision": "score"}),
    ],
)
def test_what_the_page_would_not_take_is_refused_with_the_reason(both, kind, fields):
    told = getattr(both, kind)(fields)
    assert told["state"] == "refused"
    assert len(told["why"]) > 10
    assert db.session.scalars(sa.select(Feedback)).all() == []
    assert both.attempt.state is AttemptState.SUBMITTED


@pytest.mark.parametrize(
    "body", [{}, {"entry": "x", "attempt": 7, "fields": {}}, {"entry": str(uuid.uuid4()), "attempt": str(uuid.uuid4()), "fields": {}}]
)
def test_nonsense_is_refused(both, body):
    assert [both.deliver(kind, body)["state"] for kind in ("courses:answer", "courses:mark")] == ["refused", "refused"]


def test_nobody_answers_what_was_not_handed_in_to_them(both, make_user, make_cohort, make_module):
    other = db.session.get_one(User, make_cohort(make_module()).assessor_id)
    learner = make_user("Peserta lain")
    for person in (other, learner):
        assert [both.answer(person=person)["state"], both.mark(person=person)["state"]] == ["refused", "refused"]


def test_who_teaches_no_more_answers_no_more(both):
    db.session.execute(sa.delete(RoleAssignment).where(RoleAssignment.user_id == both.person.id))
    commit()
    assert [both.answer()["state"], both.mark()["state"]] == ["refused", "refused"]
    assert db.session.get_one(Cohort, both.cohort.id).assessor_id == both.person.id, "though the cohort still names them"


def test_what_the_device_gets_says_nothing_of_the_text(both):
    told = both.answer()
    assert STRONG not in str(told)
    assert "Saya mendengarkan" not in str(told)
    page = both.assessor.get(f"/journals/queue/{both.entry.id}")
    assert page.headers["Cache-Control"] == "no-store", "the text of a learner is kept by no cache"
