"""Receipts are looked up by their owner and by who runs or teaches in the cohort; nobody reads a text there."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from lms.db import commit, db, utcnow
from lms.learning.models import Cohort
from lms.people.models import User
from lms.sync.lookup import code_of
from lms.sync.models import TakenOperation

SECRET = "Rahasia-Sebelas"


@pytest.fixture
def codes(client, make_activity):
    """Return (journal, {what: code}) of a learner who wrote on a device and handed in on a page."""
    journal = make_activity("journal", minimum_words=1, prompts=[{"key": "apa", "title": "Apa?", "prompt": "?"}])
    browser = client.as_(journal.learner)
    page = browser.post(f"{journal.url}/hand-in", data={"text-apa": f"{SECRET} dan lagi."}, follow_redirects=True).get_data(as_text=True)
    now = round(utcnow().timestamp() * 1000)
    body = {"doc": journal.url.removeprefix("/learn/"), "type": "journal", "tick": ["x"]}
    op = {"n": 1, "at": now, "kind": "courses:tick", "body": body}
    sent = {"user": str(journal.learner.id), "device": "ponselku", "now": now, "seen": now, "tick": "", "ops": [op]}
    answer = browser.post("/api/v1/sync", json=sent, headers={"Accept": "application/json"}).get_json()["answers"]["1"]
    assert answer["state"] == "taken", answer
    return journal, {"version": re.search(r"[A-Z2-9]{2}-[A-Z2-9]{6}", page)[0], "operation": answer["code"]}


def seen_by(client, person, code):
    page = client.as_(person).get(f"/receipts?code={code.lower().replace('-', ' ')}").get_data(as_text=True)
    assert SECRET not in page
    return "<time" in page or 'class="list"' in page


def test_who_finds_a_receipt(client, codes, make_user, make_cohort):
    journal, found = codes
    cohort = db.session.get_one(Cohort, journal.cohort.id)
    instructor = db.session.get_one(User, cohort.assessor_id)
    organizer = make_user(roles=[("organizer", "unit", cohort.organizer_unit_id)])
    elsewhere = make_user(roles=[("organizer", "cohort", make_cohort().id)])
    for code in found.values():
        for person in (journal.learner, instructor, organizer):
            assert seen_by(client, person, code), (code, person.name)
        for person in (make_user(), elsewhere, make_user(roles=[("supervisor", "cohort", cohort.id)])):
            assert not seen_by(client, person, code), (code, person.name)
    assert not seen_by(client, journal.learner, "AA-AAAAAA")


def test_a_row_that_was_changed_is_not_genuine(client, codes):
    journal, found = codes
    page = f"/receipts?code={found['operation']}"
    assert "cocok dengan yang tersimpan" not in client.as_(journal.learner).get(page).text
    db.session.execute(sa.update(TakenOperation).values(digest=bytes(32)))
    commit()
    assert 'class="badge clay' in client.as_(journal.learner).get(page).text


@pytest.mark.sqlite
@given(st.text())
def test_any_text_is_a_code_or_none(text):
    assert re.fullmatch(r"[A-Z0-9]{2}-[A-Z0-9]{6}|", code_of(text))
    assert code_of("dt 7q4k2m") == code_of("DT-7Q4K2M") == "DT-7Q4K2M"
