"""Essays on the desk of whoever marks, from one to the next; marks that were given without a connection."""

import re
from typing import Any

import pytest
import sqlalchemy as sa

from lms.attempts.models import Attempt
from lms.db import commit, db, utcnow
from lms.learning.models import Enrolment
from lms.learning.outline import body
from lms.learning.place import context_of, find_place
from lms.people.access import load_actor
from lms.testing.client import text_of
from lms.testing.made import TODAY
from quizzes.attempts import services
from quizzes.marking import services as marking
from quizzes.marking.models import ItemMark, Paper
from quizzes.marking.papers import LEAST_SAMPLE

ITEMS = [{"key": key, "kind": "essay", "stem": stem, "points": 4} for key, stem in (("satu", "Ceritakan."), ("dua", "Uraikan."))]
COMMENT = "Alasan Anda jelas."


@pytest.fixture
def quiz(make_activity):
    """Make a quiz with two essays."""
    return make_activity("quiz", items=ITEMS)


@pytest.fixture
def marker(make_user):
    """Return a function that makes somebody who marks in a cohort."""
    return lambda cohort, name="Penilai": make_user(name, language="en", roles=[("instructor", "cohort", cohort.id)])


def take(quiz, enrolment, slots=(1, 2)):
    """Write the essays and hand them in; return the papers."""
    actor = load_actor(enrolment.user_id, TODAY)
    place = find_place(actor, quiz.cohort.id, quiz.module.key, quiz.key)
    ctx = context_of(place, place.outline.item(quiz.key), body(place.outline.revision_id, quiz.key))
    attempt = services.begin(ctx=ctx)
    for slot in slots:
        services.save(actor=actor, attempt_id=attempt.id, slot=slot, given=services.Given(response={"text": "Warga dahulu."}))
    services.hand_in(actor=actor, attempt=attempt, sitting=services.own(actor, attempt.id)[1])
    marking.mark_attempt(attempt.id)
    commit()
    return list(db.session.scalars(sa.select(Paper).where(Paper.attempt_id == attempt.id).order_by(Paper.slot)))


def url_of(quiz, paper):
    return f"/quizzes/marking/{quiz.cohort.id}/{quiz.module.key}/{quiz.key}/{paper.item_id}"


def hidden(answer):
    page = answer.get_data(as_text=True)
    return {name: re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)[1] for name in ("answer", "seen")}


def test_enter_saves_the_mark_and_no_sentence(client, quiz, marker):
    (paper, _second), person = take(quiz, quiz.enrolment), marker(quiz.cohort)
    form = client.as_(person).get(url_of(quiz, paper)).get_data(as_text=True).partition('id="mark"')[2]
    first = re.search(r"<button[^>]*>", form)[0]  # what browsers press for Enter
    assert "data-send" in first
    assert "name=" not in first


def deliver(client, person, fields: dict[str, Any], **body):
    """Send a mark as a device does; return the answer to it."""
    now = round(utcnow().timestamp() * 1000)
    ops = [{"n": body.pop("number", 1), "at": now, "kind": "quizzes:mark", "body": {"fields": fields, **body}}]
    sent = {"user": str(person.id), "device": f"meja{person.id.hex[:8]}", "now": now, "seen": now, "tick": "", "ops": ops}
    return client.as_(person).post("/api/v1/sync", json=sent).get_json()["answers"][str(ops[0]["n"])]


def marks():
    return [
        (mark.share, mark.comment)
        for mark in db.session.scalars(sa.select(ItemMark).where(ItemMark.actor_id.is_not(None)).order_by(ItemMark.id))
    ]


def test_a_line_for_each_question_with_how_many_answers_wait(client, quiz, make_enrolment, marker):
    papers = [take(quiz, make_enrolment(quiz.cohort)) for _number in range(3)]
    person = marker(quiz.cohort)
    words = text_of(client.as_(person).get("/desk"))
    assert words.count("3 answers") == 2
    assert "6 answers are awaited from you." in words
    assert "promised" not in words, "nobody was promised anything"
    url = url_of(quiz, papers[0][0])
    browser = client.as_(person)
    for _number in range(3):
        page = browser.get(url)
        sent = browser.post(url, data={**hidden(page), "points": "3", "comment": ""})
        assert sent.location.endswith(f"#answered={hidden(page)['answer']}")
    done = browser.get(url)
    assert f'href="{url_of(quiz, papers[0][1])}"' in done.get_data(as_text=True), "on to the next question of the desk"
    waiting, _head, answered = browser.get("/desk").get_data(as_text=True).partition("<h2>")
    assert f'href="{url}"' not in waiting
    assert f'href="{url}"' in answered


def test_second_opinions_for_a_spare_hour_until_the_usual_sample_is_done(client, quiz, make_enrolment, marker):
    first, second = marker(quiz.cohort, "Satu"), marker(quiz.cohort, "Dua")
    papers = [take(quiz, make_enrolment(quiz.cohort), slots=[1])[0] for _number in range(LEAST_SAMPLE + 2)]
    url = url_of(quiz, papers[0])
    one, other = client.as_(first), client.as_(second)
    assert "spare hour" not in text_of(other.get("/desk"))
    for _paper in papers:
        one.post(url, data={**hidden(one.get(url)), "points": "3", "comment": ""})
    assert "spare hour" not in text_of(one.get("/desk")), "nobody gives a second opinion on their own marks"
    for left in range(LEAST_SAMPLE, 0, -1):
        page = other.get("/desk")
        assert f'href="{url}/second"' in page.get_data(as_text=True)
        assert left == 1 or f"{left} answers" in text_of(page)
        assert "awaited from you" not in text_of(page), "nobody waits for it"
        other.post(f"{url}/second", data={**hidden(other.get(f"{url}/second")), "points": "2", "comment": ""})
    assert "spare hour" not in text_of(other.get("/desk"))


def test_a_mark_of_a_device_counts_once(client, quiz, marker):
    paper, person = take(quiz, quiz.enrolment)[0], marker(quiz.cohort)
    seen = hidden(client.as_(person).get(url_of(quiz, paper)))
    first = deliver(client, person, {"points": "3", "comment": COMMENT}, **seen)
    assert first["state"] == "taken"
    assert COMMENT not in str(first)
    assert deliver(client, person, {"points": "3", "comment": COMMENT}, **seen) == first
    assert marks() == [(0.75, COMMENT)]


def test_who_marked_meanwhile_is_not_overwritten(client, quiz, marker):
    paper, early, late = take(quiz, quiz.enrolment)[0], marker(quiz.cohort, "Satu"), marker(quiz.cohort, "Dua")
    seen = hidden(client.as_(late).get(url_of(quiz, paper)))
    assert deliver(client, early, {"points": "1", "comment": "Dahulu"}, **seen)["state"] == "taken"
    told = deliver(client, late, {"points": "4", "comment": COMMENT}, **seen)
    assert told["state"] == "refused"
    assert "meanwhile" in told["why"]
    assert marks() == [(0.25, "Dahulu")]


@pytest.mark.parametrize("fields", [{}, {"points": "5"}, {"points": "x"}, None])
def test_what_the_page_would_not_take_is_refused(client, quiz, marker, fields):
    paper, person = take(quiz, quiz.enrolment)[0], marker(quiz.cohort)
    seen = hidden(client.as_(person).get(url_of(quiz, paper)))
    assert deliver(client, person, fields, **seen)["state"] == "refused"
    assert marks() == []


def test_only_markers_of_the_cohort(client, quiz, make_activity, marker):
    paper, stranger = take(quiz, quiz.enrolment)[0], marker(make_activity("quiz", items=ITEMS).cohort)
    learner = db.session.get_one(type(stranger), db.session.get_one(Enrolment, quiz.enrolment.id).user_id)
    for person in (stranger, learner):
        assert deliver(client, person, {"points": "4"}, answer=paper.code, seen="0.0")["state"] == "refused"
    assert paper.code not in text_of(client.as_(stranger).get("/desk"))
    assert marks() == []
    assert db.session.get_one(Attempt, paper.attempt_id).marked_at is None
