"""Who decides whether something was handed in in time when no clock can tell; organizers see who, what and when, never a text."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from courses.entries.models import Entry, Version
from lms.db import commit, db
from lms.learning.models import Cohort
from lms.people.models import User
from lms.sync.clock import Timeliness
from lms.testing.client import text_of

SECRET = "Rahasia-Dua-Belas"


@pytest.fixture
def late(client, make_activity, make_user):
    """Return a function: a learner hands in a text for this audience, and no clock can tell when."""

    def make(audience):
        journal = make_activity("journal", minimum_words=1, prompts=[{"key": "apa", "title": "Apa?", "prompt": "?"}])
        client.as_(journal.learner).post(f"{journal.url}/hand-in", data={"text-apa": f"{SECRET} satu.", "audience-apa": audience})
        version = db.session.scalars(sa.select(Version).join(Entry).where(Entry.author_id == journal.learner.id)).one()
        version.timeliness, version.not_before = Timeliness.UNDECIDED, version.received_at - dt.timedelta(days=9)
        commit()
        cohort = db.session.get_one(Cohort, journal.cohort.id)
        organizer = make_user(roles=[("organizer", "unit", cohort.organizer_unit_id)], language="en")
        return journal, version, f"/cohorts/{cohort.id}/timely", client.as_(organizer)

    return make


def test_the_organizer_decides_what_nobody_else_may_read(late):
    journal, version, url, desk = late("self")
    board = desk.get(url.removesuffix("/timely")).text
    assert f'<a class="target" href="{url}">' in board
    page = desk.get(url).text
    assert journal.learner.name in page
    assert SECRET not in page
    assert desk.post(f"{url}/{version.entry_id}", data={"verdict": "on_time"}).status_code == 302
    db.session.expire_all()
    assert db.session.get_one(Version, version.id).timeliness is Timeliness.ON_TIME
    assert f'<a class="target" href="{url}">' not in desk.get(url.removesuffix("/timely")).text
    assert desk.post(f"{url}/{version.entry_id}", data={"verdict": "late"}).status_code == 409


def test_the_instructor_decides_what_they_may_read(late):
    journal, version, url, desk = late("assessor")
    instructor = db.session.get_one(User, journal.cohort.assessor_id)
    page = desk.get(url)
    assert f"{instructor.name} decides" in text_of(page)
    assert f'action="{url}/{version.entry_id}"' not in page.text
    assert desk.post(f"{url}/{version.entry_id}", data={"verdict": "late"}).status_code == 409
    db.session.expire_all()
    assert db.session.get_one(Version, version.id).timeliness is Timeliness.UNDECIDED


def test_texts_of_other_cohorts_are_not_found(late):
    _journal, version, _url, _desk = late("self")
    _other, _version, elsewhere, desk = late("self")
    assert desk.post(f"{elsewhere}/{version.entry_id}", data={"verdict": "late"}).status_code == 404
