"""Visits and journals: written in private, handed in to one person, sealed at rest."""

import json
import re
import uuid

import pytest
import sqlalchemy as sa

from courses.entries import services
from courses.entries.models import Draft, Entry, EntryKind, Feedback, Version
from lms.db import commit, db
from lms.errors import NotAllowed, NotFound, Refused
from lms.learning.models import Enrolment
from lms.messages.models import Mail
from lms.people.access import load_actor
from lms.privacy import confidential
from lms.privacy.models import DataKey, Reading
from lms.testing.client import text_of
from lms.testing.made import TODAY

PROMPTS = [
    {"key": key, "title": title, "prompt": "?"}
    for key, title in (("apa", "Apa?"), ("lalu-apa", "Lalu apa?"), ("sekarang-apa", "Sekarang apa?"))
]
RUBRIC = [
    {"key": "isi", "title": "Isi", "weight": 100, "levels": ["a", "b", "c", "d"]},
    {"key": "etika", "title": "Etika", "gate": True, "prompt": "Tidak ada yang dapat dikenali."},
]
SECRET = "Rahasia-Tujuh-Belas"


@pytest.fixture
def journal(make_activity):
    """Make a journal of at least ten words."""
    return make_activity("journal", intro="", minimum_words=10, prompts=PROMPTS, rubric=RUBRIC)


@pytest.fixture
def visit(make_activity):
    """Make a field visit with two points to tick."""
    return make_activity(
        "field_visit",
        checklist=[{"key": "izin", "text": "Izin ada."}, {"key": "berdua", "text": "Kami berdua."}],
        lenses=[{"key": "sosial", "title": "Sosial", "prompt": "?"}],
        questions=[],
    )


def typed(text, **more):
    """Return a form's fields."""
    return {"text-apa": text, "text-lalu-apa": "", "text-sekarang-apa": "", **more}


def assessor_of(taken):
    """Return the one who answers."""
    return load_actor(taken.cohort.assessor_id, TODAY)


def splice(field, start, drop, insert, length, **more):
    return {"field": field, "start": start, "drop": drop, "insert": insert, "length": length, **more}


def test_a_draft_is_kept_with_a_receipt_and_nobody_else_opens_it(client, journal, make_user):
    browser = client.as_(journal.learner)
    answer = browser.post(
        f"{journal.url}/draft", json={"texts": {"apa": SECRET}, "base": 0, "device": "a"}, headers={"Accept": "application/json"}
    )
    saved = answer.get_json()
    assert saved["version"] == 1
    assert re.fullmatch(r"[A-Z0-9]{2}-[A-Z0-9]{6}", saved["code"])
    assert SECRET in browser.get(journal.url).get_data(as_text=True)

    for other in (make_user(), make_user(roles=["admin"]), make_user(roles=["instructor"])):
        for url in (journal.url, f"/journals/{saved['entry']}", f"/journals/queue/{saved['entry']}"):
            page = client.as_(other).get(url)
            assert page.status_code in {403, 404}, url
            assert SECRET not in page.get_data(as_text=True)
    assessor = client.as_(db.session.get(journal.learner.__class__, journal.cohort.assessor_id))
    assert assessor.get(f"/journals/queue/{saved['entry']}").status_code == 404, "a draft is nobody's but the author's"


def test_small_changes_travel_small_and_what_does_not_fit_is_refused(client, journal):
    browser = client.as_(journal.learner)
    accept = {"Accept": "application/json"}
    browser.post(f"{journal.url}/draft", json={"texts": {"apa": "Warga datang 🚣 pagi"}, "base": 0}, headers=accept)
    change = splice("apa", 15, 0, "sejak ", 25, base=1)
    body = json.dumps(change)
    answer = browser.post(f"{journal.url}/draft", json=change, headers=accept)
    assert answer.get_json()["version"] == 2
    assert len(body) + len(answer.data) < 1024
    assert "Warga datang 🚣 sejak pagi" in browser.get(journal.url).get_data(as_text=True)
    for wrong in (
        splice("apa", 15, 0, "x", 26, base=1),
        splice("apa", 99, 0, "x", 26, base=2),
        splice("apa", 0, 1, "x", 7, base=2),
        splice("no", 0, 0, "x", 1, base=2),
    ):
        assert browser.post(f"{journal.url}/draft", json=wrong, headers=accept).status_code == 409


def test_edited_in_two_places_both_are_kept(client, journal):
    accept = {"Accept": "application/json"}
    office, phone = client.as_(journal.learner), client.as_(journal.learner)
    office.post(f"{journal.url}/draft", json={"texts": {"apa": "Bersama"}, "base": 0, "device": "kantor"}, headers=accept)
    office.post(f"{journal.url}/draft", json={"texts": {"apa": "Dari kantor"}, "base": 1, "device": "kantor"}, headers=accept)
    answer = phone.post(f"{journal.url}/draft", json={"texts": {"apa": "Dari ponsel"}, "base": 1, "device": "ponsel"}, headers=accept)
    assert answer.get_json().get("conflict") is True, answer.get_json()
    page = text_of(phone.get(journal.url))
    assert "Dari kantor" in page
    assert "Dari ponsel" in page
    phone.post(f"{journal.url}/draft", data=typed("Dari kantor dan ponsel", base="2", join="1"))
    page = text_of(phone.get(journal.url))
    assert "Dari kantor dan ponsel" in page
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Draft)) == 1


def test_too_short_is_saved_and_says_what_is_missing(client, journal):
    browser = client.as_(journal.learner)
    page = browser.post(f"{journal.url}/hand-in", data=typed("hanya tiga kata"))
    assert page.status_code == 422
    assert "7" in text_of(page)
    assert "hanya tiga kata" in page.get_data(as_text=True)
    assert "hanya tiga kata" in browser.get(journal.url).get_data(as_text=True)


def test_the_whole_way_of_a_journal(client, journal, make_user):
    author = client.as_(journal.learner)
    text = f"{SECRET} dan sembilan kata lain supaya panjangnya cukup untuk dikirim"
    author.post(f"{journal.url}/hand-in", data=typed(text))
    entry = db.session.scalar(sa.select(Entry))
    assert db.session.get(Enrolment, journal.enrolment.id, populate_existing=True).done_count == 1, "complete without anybody reading"
    assert entry.assessor_id == journal.cohort.assessor_id
    assert author.post(f"{journal.url}/hand-in", data=typed(text)).status_code == 409
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Reading)) == 0

    person = db.session.get(journal.learner.__class__, journal.cohort.assessor_id)
    assessor = client.as_(person)
    assert "J-" in text_of(assessor.get("/journals/queue"))
    assert journal.learner.name not in text_of(assessor.get("/journals/queue"))
    assert SECRET in assessor.get(f"/journals/queue/{entry.id}").get_data(as_text=True)
    assert person.name in text_of(author.get(journal.url)), "read by …"
    assert person.name in text_of(author.get("/profile/privacy"))
    stranger = client.as_(make_user(roles=[("instructor", "cohort", journal.cohort.id)]))
    assert stranger.get(f"/journals/queue/{entry.id}").status_code == 404

    sent = {
        "strong": "Jelas sekali.",
        "question": "Mengapa?",
        "step": "Coba lagi.",
        "decision": "returned",
        "rubric-isi": "3",
        "rubric-etika": "broken",
    }
    assert assessor.post(f"/journals/queue/{entry.id}", data={**sent, "strong": ""}).status_code == 422
    assert assessor.post(f"/journals/queue/{entry.id}", data=sent).status_code == 302
    assert "Jelas sekali." in text_of(author.get(journal.url))

    author.post(f"{journal.url}/revise")
    author.post(f"{journal.url}/hand-in", data=typed(text + " dan satu perbaikan"))
    page = text_of(author.get(journal.url))
    assert page.count(SECRET) == 2, "both versions are kept"
    assessor.post(f"/journals/queue/{entry.id}", data={**sent, "decision": "accepted"})
    assert author.post(f"{journal.url}/revise").status_code == 409, "one revision"


def test_the_visit_opens_when_every_point_is_ticked(client, visit):
    browser = client.as_(visit.learner)
    assert 'name="text-sosial"' not in browser.get(visit.url).get_data(as_text=True)
    refused = browser.post(f"{visit.url}/hand-in", data={"text-sosial": "Ramai sekali di dermaga."})
    assert refused.status_code == 422
    browser.post(f"{visit.url}/tick", data={"tick": ["izin", "palsu"]})
    assert 'name="text-sosial"' not in browser.get(visit.url).get_data(as_text=True)
    browser.post(f"{visit.url}/tick", data={"tick": ["izin", "berdua"], "happened_on": "2026-11-20"})
    page = browser.get(visit.url).get_data(as_text=True)
    assert 'name="text-sosial"' in page
    assert "Ramai sekali di dermaga." in page, "what was typed too early is still there"
    browser.post(f"{visit.url}/hand-in", data={"text-sosial": "Ramai sekali di dermaga.", "text-catatan-kilat": "Ramai."})
    assert db.session.get(Enrolment, visit.enrolment.id, populate_existing=True).done_count == 1


def test_at_rest_nothing_can_be_read(client, journal):
    browser = client.as_(journal.learner)
    browser.post(f"{journal.url}/draft", data=typed(f"{SECRET} draf"))
    browser.post(f"{journal.url}/hand-in", data=typed(f"{SECRET} satu dua tiga empat lima enam tujuh delapan sembilan"))
    entry = db.session.scalar(sa.select(Entry))
    full = services.entry_for(assessor_of(journal), entry.id)
    services.answer(actor=assessor_of(journal), entry=full, texts={"strong": f"{SECRET} juga"}, accepted=True)
    commit()
    for table in db.metadatas[None].sorted_tables:
        for row in db.session.execute(sa.select(table)):
            assert SECRET.encode() not in b"".join(part if isinstance(part, bytes) else str(part).encode() for part in row), table.name
    for mail in db.session.scalars(sa.select(Mail)):
        assert SECRET not in mail.body + mail.subject


def test_a_text_moved_to_another_row_or_person_does_not_open(client, journal, make_user):
    author = journal.actor
    other = load_actor(make_user().id, TODAY)
    sealed = confidential.seal(author.id, "version/1", SECRET)
    item = uuid.uuid4()
    opened = confidential.reveal(actor=author, author_id=author.id, kind="journal", item_id=item, sealed=[("version/1", sealed)])
    assert opened == {"version/1": SECRET}
    confidential.seal(other.id, "x", "y")
    for wrong in ({"author_id": author.id, "sealed": [("version/2", sealed)]}, {"author_id": other.id, "sealed": [("version/1", sealed)]}):
        with pytest.raises(Refused):
            confidential.reveal(actor=other if wrong["author_id"] == other.id else author, kind="journal", item_id=item, **wrong)
    with pytest.raises(NotAllowed):
        confidential.reveal(actor=other, author_id=author.id, kind="journal", item_id=item, sealed=[("version/1", sealed)])


def test_rotation_keeps_texts_and_destruction_ends_them(client, journal):
    author = journal.actor
    sealed = confidential.seal(author.id, "a", SECRET)
    before = db.session.get(DataKey, author.id).master_key
    assert confidential.rotate_master_key() == 1
    assert db.session.get(DataKey, author.id).master_key > before
    opened = confidential.reveal(actor=author, author_id=author.id, kind="journal", item_id=uuid.uuid4(), sealed=[("a", sealed)])
    assert opened["a"] == SECRET
    confidential.destroy_key(author.id)
    with pytest.raises(Refused):
        confidential.reveal(actor=author, author_id=author.id, kind="journal", item_id=uuid.uuid4(), sealed=[("a", sealed)])


def test_an_id_of_somebody_elses_entry_opens_nothing(client, journal, make_enrolment, make_user):
    first = services.ensure_entry(actor=journal.actor, ctx=journal.ctx, kind=EntryKind.JOURNAL, entry_id=uuid.uuid4())
    commit()
    second = make_enrolment(journal.cohort, make_user())
    actor = load_actor(second.user_id, TODAY)
    ctx = journal.ctx.__class__(
        **{**{f: getattr(journal.ctx, f) for f in journal.ctx.__slots__}, "enrolment_id": second.id, "user_id": actor.id}
    )
    with pytest.raises(NotFound):
        services.ensure_entry(actor=actor, ctx=ctx, kind=EntryKind.JOURNAL, entry_id=first.id)
    with pytest.raises(NotFound):
        services.entry_of(actor, first.id)


def test_download_of_my_data_holds_my_texts(client, journal):
    browser = client.as_(journal.learner)
    browser.post(f"{journal.url}/draft", data=typed(SECRET))
    data = browser.get("/profile/data.json").get_json()
    assert data["courses"][0]["drafts"][0]["texts"]["apa"] == SECRET
    assert data["profile"]["name"] == journal.learner.name


def test_feedback_and_versions_go_with_their_entry(client, journal):
    browser = client.as_(journal.learner)
    browser.post(f"{journal.url}/hand-in", data=typed("satu dua tiga empat lima enam tujuh delapan sembilan sepuluh"))
    db.session.delete(services.entry_of(journal.actor, db.session.scalar(sa.select(Entry.id))))
    commit()
    assert not db.session.scalars(sa.select(Version)).all()
    assert not db.session.scalars(sa.select(Feedback)).all()
