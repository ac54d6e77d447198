"""A session: the page says when one's own cohort and group meet; being there, as the list says, completes it."""

import datetime as dt

import pytest

from courses.sessions.type import Session
from lms.api import EvidenceKind, record
from lms.db import commit, db, utcnow
from lms.learning.models import Enrolment, Group, ScheduleEntry, ScheduleKind
from lms.testing.client import text_of


@pytest.fixture
def session(make_activity):
    return make_activity("session", **Session.example)


def meet(session, title, hours=24, key=None, **more):
    starts = utcnow() + dt.timedelta(hours=hours)
    times = {"starts_at": starts, "ends_at": starts + dt.timedelta(hours=2)}
    where = {"cohort_id": session.ctx.cohort_id, "module_id": session.module.id, "activity_key": key or session.ctx.key}
    db.session.add(ScheduleEntry(title=title, kind=ScheduleKind.CLASSROOM, **where, **times, **more))
    commit()


def test_it_says_when_and_where_ones_own_group_meets(client, session):
    learner = client.as_(session.learner)
    assert "Day and place are not set yet" in text_of(learner.get(session.url)) or "belum ditetapkan" in text_of(learner.get(session.url))
    mine, other = (Group(cohort_id=session.ctx.cohort_id, name=name, position=place) for place, name in enumerate(("Satu", "Dua")))
    db.session.add_all([mine, other])
    db.session.flush()
    db.session.get_one(Enrolment, session.ctx.enrolment_id).group_id = mine.id
    meet(session, "Kelas bersama", place="Aula BKPSDM")
    meet(session, "Kelas kelompok satu", hours=48, group_id=mine.id, link="https://rapat.example/satu")
    meet(session, "Kelas kelompok dua", group_id=other.id)
    meet(session, "Kelas lain", key="lain")
    meet(session, "Kelas batal", hours=72, cancelled_at=utcnow(), cancel_reason="Banjir.")
    page = learner.get(session.url)
    said = text_of(page)
    assert said.index("Kelas bersama") < said.index("Kelas kelompok satu")
    assert "Aula BKPSDM" in said
    assert "Banjir." in said
    assert "kelompok dua" not in said
    assert "Kelas lain" not in said
    assert 'href="https://rapat.example/satu" target="_blank" rel="noopener noreferrer"' in page.get_data(as_text=True)


def test_being_there_completes_it_and_reading_does_not(client, session):
    learner = client.as_(session.learner)
    learner.post(f"{session.url}/read")
    assert session.ctx.state != "complete"
    record(**session.ctx.where, kind=EvidenceKind.ATTENDED, actor_id=None, source="test")
    commit()
    assert session.ctx.state == "complete"
