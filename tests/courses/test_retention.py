"""How long texts are kept, and for whom."""

import datetime as dt

import pytest
import sqlalchemy as sa

from courses.entries import services, tasks
from courses.entries.models import Change, Draft, Entry, Section
from lms.db import at, commit, db, utcnow
from lms.learning.models import Cohort
from lms.testing.client import text_of

PROMPTS = [{"key": "apa", "title": "Apa?", "prompt": "?"}]
DAYS = dt.timedelta(days=1)


@pytest.fixture
def journal(make_activity):
    return make_activity("journal", minimum_words=1, prompts=PROMPTS)


@pytest.fixture
def end(journal):
    """Return the end of the last day of the journal's cohort, where the site is."""
    day = db.session.get(Cohort, journal.cohort.id).ends_on
    return dt.datetime.combine(day + DAYS, dt.time(), dt.timezone(dt.timedelta(hours=7)))


def left(*models):
    tasks.forget_old_texts()
    commit()
    return [db.session.scalar(sa.select(sa.func.count()).select_from(model)) for model in models]


def test_a_draft_stays_for_90_days_after_its_cohort(client, journal, end):
    client.as_(journal.learner).post(f"{journal.url}/draft", data={"text-apa": "Belum selesai."})
    with at(end + 90 * DAYS - dt.timedelta(seconds=1)):
        assert left(Draft, Change) == [1, 1]
    with at(end + 90 * DAYS):
        assert left(Draft, Change) == [0, 0]
        assert db.session.scalars(sa.select(Entry.state)).all() == ["draft"]


def test_who_still_writes_after_the_cohort_keeps_the_draft(client, journal, end):
    browser = client.as_(journal.learner)
    browser.post(f"{journal.url}/draft", data={"text-apa": "Belum selesai."})
    entry = services.entry_of(journal.actor, db.session.scalar(sa.select(Entry.id)))
    with at(end + 80 * DAYS):
        change = services.Written(id="ponselku.1", on=(entry.drafts[0].head,), whole={"apa": "Masih saya tulis."})
        services.write(actor=journal.actor, entry=entry, change=change)
        commit()
    with at(end + 169 * DAYS):
        assert left(Draft, Change) == [1, 2]
    with at(end + 171 * DAYS):
        assert left(Draft, Change) == [0, 0]


def test_what_was_handed_in_is_the_authors_alone_after_a_year(client, journal):
    browser = client.as_(journal.learner)
    assert browser.post(f"{journal.url}/hand-in", data={"text-apa": "Rahasia.", "audience-apa": "group"}).status_code == 302
    now = utcnow()
    for days, audience in ((364, "group"), (366, "self")):
        with at(now + days * DAYS):
            assert left(Section) == [1]
            assert db.session.scalars(sa.select(Section.audience)).one() == audience
    entry = db.session.scalar(sa.select(Entry.id))
    assert "Rahasia." in text_of(client.as_(journal.learner).get(f"/journals/{entry}"))
    assert "courses:forget_old_texts" in client.application.extensions["lms"].tasks
