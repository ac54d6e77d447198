"""SQL statements that must not grow: with the number of people on any page, with the history of a journal on its own."""

import pytest
import sqlalchemy as sa
from support import everybody
from support.everybody import ADMIN, INSTRUCTOR, LEARNER, ORGANIZER, SITE_INSTRUCTOR, SUPERVISOR

from courses.entries.models import Entry
from lms.db import db
from lms.learning.models import Cohort
from lms.people.models import Unit
from lms.testing import count_queries
from lms.testing.client import Client

pytestmark = pytest.mark.sqlite


def statements(app, world):
    """Return {(person, address): how many statements} of everything that GET answers; the second time, when caches are warm."""
    found = {}
    for _time in range(2):
        for who in (LEARNER, INSTRUCTOR, SITE_INSTRUCTOR, SUPERVISOR, ORGANIZER, ADMIN):
            browser = Client(app).as_(world.people[who])
            for rule in app.url_map.iter_rules():
                if "GET" not in rule.methods or rule.endpoint in {"static", "media.file"}:
                    continue
                url = world.url(rule)
                with count_queries() as seen:
                    answer = browser.get(url)
                if answer.status_code == 200:
                    found[who, url] = len(seen)
    return found


def test_as_many_statements_for_60_people_as_for_3(app, client, make_user, make_unit, make_module, make_cohort, make_enrolment):
    world = everybody.build(client, make_user, make_unit, make_module, make_cohort, make_enrolment)
    few = statements(app, world)
    cohort = db.session.get_one(Cohort, world.values["cohort_id"])
    unit = db.session.get_one(Unit, world.values["unit_id"])
    for number in range(57):
        learner = make_user(f"Orang {number}", unit_id=unit.id)
        make_enrolment(cohort, learner)
        journal = f"/learn/{cohort.id}/{world.values['module_key']}/jurnal/hand-in"
        assert client.as_(learner).post(journal, data={"text-apa": "Satu kata."}).status_code == 302
        task = f"/learn/{cohort.id}/{world.values['module_key']}/tugas"
        assert client.as_(learner).post(task, data={"part-isi": "Isi."}).status_code == 302
    many = statements(app, world)
    assert {key: (few[key], many.get(key)) for key in few if many.get(key) != few[key]} == {}
    assert len(few) > 60


def test_the_fullest_journal_page(client, make_user, make_module, make_cohort, make_enrolment):
    """A journal that was answered and is revised, edited in two places, beside a visit that was handed in."""
    prompt = [{"key": "apa", "title": "Apa?", "prompt": "?"}]
    visit = {"checklist": [{"key": "izin", "text": "Izin ada."}], "lenses": prompt, "questions": []}
    journal = {"minimum_words": 1, "visit": "kunjungan", "prompts": prompt}
    module = make_module(
        {"type": "field_visit", "key": "kunjungan", "settings": visit}, {"type": "journal", "key": "jurnal", "settings": journal}
    )
    assessor, learner = make_user("Pembimbing"), make_user("Peserta")
    cohort = make_cohort(module, assessor=assessor)
    make_enrolment(cohort, learner)
    browser, at = client.as_(learner), f"/learn/{cohort.id}/{module.key}"
    texts = {"text-apa": "Satu kata.", "text-catatan-kilat": "Catatan."}
    acts = (("kunjungan/tick", {"tick": "izin"}), ("kunjungan/hand-in", texts), ("jurnal/hand-in", texts))
    for act, data in acts:
        assert browser.post(f"{at}/{act}", data=data).status_code == 302
    entry = db.session.scalars(sa.select(Entry.id).where(Entry.activity_key == "jurnal")).one()
    answer = {"strong": "Kuat", "question": "?", "step": "!", "decision": "accepted"}
    assert client.as_(assessor).post(f"/journals/queue/{entry}", data=answer).status_code == 302
    for act, data in (("revise", {}), ("draft", {**texts, "base": 1}), ("draft", {"text-apa": "Lain.", "base": 1})):
        assert browser.post(f"{at}/jurnal/{act}", data=data).status_code == 302
    for _time in range(2):
        with count_queries() as seen:
            page = browser.get(f"{at}/jurnal").get_data(as_text=True)
    assert all(words in page for words in ("Catatan.", "Kuat", "Lain.", "Pembimbing"))
    assert len(seen) <= 8, seen
