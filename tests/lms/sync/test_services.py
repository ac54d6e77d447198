"""Operations: each once, each by itself, each with an answer that can be given again."""

import datetime as dt
import json
import logging

import pytest
import sqlalchemy as sa
from support.devices import Phones

from courses.entries.drafts import checksum
from courses.entries.models import Change
from lms.db import at, db, utcnow
from lms.plugin import OperationKind
from lms.registry import registry
from lms.sync import services
from lms.sync.clock import sign_tick
from lms.sync.models import TakenOperation

SECRET = "Rahasia-Sembilan"
SHORT = {"minimum_words": 3, "prompts": [{"key": "apa", "title": "Apa?", "prompt": "?"}]}


@pytest.fixture
def journal(make_activity):
    return make_activity("journal", **SHORT)


def body_of(taken, text):
    return {"doc": taken.url.removeprefix("/learn/"), "type": "journal", "on": [], "whole": {"apa": text}, "check": checksum({"apa": text})}


def deliver(browser, user, ops, more=None):
    now = round(utcnow().timestamp() * 1000)
    ops = [{"at": now, **op} for op in ops]
    sent = {"user": str(user.id), "device": "ponselku", "now": now, "seen": now, "tick": "", "ops": ops, **(more or {})}
    return browser.post("/api/v1/sync", json=sent, headers={"Accept": "application/json"})


def test_sent_twice_is_taken_once_and_answered_alike(client, journal):
    browser = client.as_(journal.learner)
    op = {"n": 1, "kind": "courses:write", "body": body_of(journal, "Satu dua tiga")}
    first, second = (deliver(browser, journal.learner, [op]).get_json()["answers"] for _time in range(2))
    assert first == second
    assert first["1"]["state"] == "taken"
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Change)) == 1


def test_lines_of_operations_are_kept_for_a_year(client, journal):
    op = {"n": 1, "kind": "courses:write", "body": body_of(journal, "Satu dua tiga")}
    assert deliver(client.as_(journal.learner), journal.learner, [op]).status_code == 200
    for days, left in ((364, 1), (366, 0)):
        with at(utcnow() + dt.timedelta(days=days)):
            services.forget_old_operations()
            assert db.session.scalar(sa.select(sa.func.count()).select_from(TakenOperation)) == left


def test_the_same_name_for_something_else_is_a_clash(client, journal):
    browser = client.as_(journal.learner)
    for text, state in (("Satu dua tiga", "taken"), ("Empat lima enam", "clash")):
        op = {"n": 1, "kind": "courses:write", "body": body_of(journal, text)}
        assert deliver(browser, journal.learner, [op]).get_json()["answers"]["1"]["state"] == state


def test_one_that_fails_keeps_no_other_back_and_tells_no_log_what_it_held(client, journal, monkeypatch, caplog):
    def broken(actor, operation):
        raise ZeroDivisionError(operation.body["text"])

    monkeypatch.setitem(registry().operations, "lms:broken", OperationKind("?", broken))
    caplog.set_level(logging.DEBUG)
    ops = [
        {"n": 1, "kind": "lms:broken", "body": {"text": SECRET}},
        {"n": 2, "kind": "nobody:knows", "body": {}},
        {"n": 3, "kind": "courses:write", "body": body_of(journal, f"{SECRET} dua tiga")},
        {"n": 4, "kind": "courses:hand_in", "body": {**body_of(journal, ""), "on": "ponselku.9"}},
        {"n": 5, "kind": "courses:read", "body": {"doc": "99/tidak/ada"}},
    ]
    answers = deliver(client.as_(journal.learner), journal.learner, ops).get_json()["answers"]
    assert [answers[str(n)]["state"] for n in range(1, 6)] == ["later", "later", "taken", "whole", "refused"]
    assert SECRET not in caplog.text
    assert SECRET not in json.dumps(answers)
    assert set(db.session.scalars(sa.select(TakenOperation.number))) == {3, 5}, "what may be taken later is not settled"


@pytest.mark.parametrize(
    "wrong",
    [
        {"ops": "x"},
        {"ops": [{"n": "1"}]},
        {"ops": [{"n": -1, "kind": "a", "body": {}}]},
        {"ops": [{"n": 2**40, "kind": "a", "body": {}}]},
        {"device": "X"},
        {"now": "heute"},
        {"now": 1e300},
        {"user": "somebody else"},
        {"ops": [{"n": 1, "kind": "a", "body": []}]},
        {"ops": [{"n": number, "kind": "a", "body": {}} for number in range(1, 300)]},
    ],
)
def test_what_is_no_delivery_is_refused(client, journal, wrong):
    ops = [{"at": 1, **op} for op in wrong["ops"]] if isinstance(wrong.get("ops"), list) else wrong.get("ops", [])
    answer = deliver(client.as_(journal.learner), journal.learner, [], {**wrong, "ops": ops})
    assert answer.status_code == 409


@pytest.fixture
def phones():
    with Phones() as made:
        yield made


def test_a_week_of_writing_costs_little_more_than_its_words(client, journal, make_activity, phones):
    """Bytes up and down, headers aside, at most 1.3 of the content: three journals of some 300 words, written in many sittings offline."""
    browser = client.as_(journal.learner)
    phones.open("hp")
    sentence = "Seorang ibu datang dengan perahu pagi dan masih harus mencari tempat fotokopi sebelum loket dibuka. "
    now = round(utcnow().timestamp() * 1000)
    contact = {"tick": sign_tick(journal.learner.id, utcnow()), "time": "", "stamp": now / 1000}
    phones.use("hp", "contact", contact, now)
    content = 0
    for one in (journal, *(make_activity("journal", learner=journal.learner, **SHORT) for _number in range(2))):
        text = ""
        for _sitting in range(20):
            text += sentence
            phones.use("hp", "write", one.url.removeprefix("/learn/"), "journal", {"apa": text}, now)
        content += len(text.encode())
    phones.use("hp", "handIn", journal.url.removeprefix("/learn/"), "journal", now)
    batch = phones.use("hp", "outgoing")
    body = json.dumps({"user": str(journal.learner.id), "now": now, **batch}, separators=(",", ":"), ensure_ascii=False)
    answer = browser.post("/api/v1/sync", data=body, content_type="application/json", headers={"Accept": "application/json"})
    assert {each["state"] for each in answer.get_json()["answers"].values()} == {"taken"}
    ratio = (len(body.encode()) + len(answer.data)) / content
    print(f"{content} bytes of text, {ratio:.2f} of it on the wire")
    assert ratio <= 1.3


def test_a_copied_phone_takes_another_name_and_loses_nothing(client, journal, phones):
    """A backup put on a second phone: both go on with the same device name and the same numbers."""
    browser = client.as_(journal.learner)
    phones.open("lama")
    key = journal.url.removeprefix("/learn/")
    phones.use("lama", "write", key, "journal", {"apa": "Bersama"}, 1)
    phones.clone("lama", "baru")
    for name in ("lama", "baru"):
        phones.use(name, "write", key, "journal", {"apa": f"Bersama lalu {name}"}, 2)
    for _round in range(2):
        for name in ("lama", "baru"):
            batch = phones.use(name, "outgoing")
            if batch:
                answer = browser.post("/api/v1/sync", json={"user": str(journal.learner.id), "now": 3, **batch}).get_json()
                phones.use(name, "answered", batch["device"], answer["answers"], answer, 3)
    page = browser.get(journal.url).get_data(as_text=True)
    assert "Bersama lalu lama" in page
    assert "Bersama lalu baru" in page
    assert not any(phones.state(name)["ops"] for name in ("lama", "baru"))
    assert phones.state("baru")["device"] != phones.state("lama")["device"]
