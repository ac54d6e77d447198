"""A field visit that was handed in, on the desk of who answers it."""

import sqlalchemy as sa

from courses.entries.models import Entry
from lms.db import db
from lms.people.models import User


def test_a_visit_has_no_level_and_is_answered(client, make_activity):
    lens = [{"key": "apa", "title": "Apa?", "prompt": "?"}]
    settings = {"checklist": [{"key": "izin", "text": "Izin ada."}], "lenses": lens, "questions": []}
    taken = make_activity("field_visit", **settings)
    author = client.as_(taken.learner)
    author.post(f"{taken.url}/tick", data={"tick": ["izin"], "happened_on": "2026-11-20"})
    author.post(f"{taken.url}/hand-in", data={"text-apa": "Saya mendengarkan."})
    entry = db.session.scalars(sa.select(Entry)).one()
    desk = client.as_(db.session.get_one(User, taken.cohort.assessor_id))
    page = desk.get(f"/journals/queue/{entry.id}")
    assert page.status_code == 200
    assert 'name="level"' not in page.get_data(as_text=True)
    assert desk.post(f"/journals/queue/{entry.id}", data={"decision": "accepted"}).status_code == 422
    assert desk.post(f"/journals/queue/{entry.id}", data={"strong": "Kuat.", "decision": "accepted"}).status_code == 302
