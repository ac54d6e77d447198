"""Visits and journals: written in private, handed in to one person, sealed at rest."""

import datetime as dt
import re
import uuid
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from courses.entries import services
from courses.entries.drafts import checksum
from courses.entries.models import Change, Draft, Entry, Feedback, Section, Version
from lms.db import commit, db, utcnow
from lms.errors import NotAllowed, Refused
from lms.learning.models import CohortModule, Enrolment, Revision
from lms.messages.models import Notice
from lms.people.access import load_actor
from lms.privacy import confidential
from lms.privacy.models import DataKey, Reading
from lms.progress.models import Evidence
from lms.sync.clock import sign_tick
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


def deliver(browser, taken, *bodies, device="ponselku", first=1, kind="courses:write", at=None):
    """Send operations as a device does; return the answers in order."""
    now = at or round(utcnow().timestamp() * 1000)
    ops = [
        {"n": first + index, "at": now, "kind": kind, "body": {"doc": taken.url.removeprefix("/learn/"), "type": taken.ctx.type, **body}}
        for index, body in enumerate(bodies)
    ]
    sent = {"user": str(taken.learner.id), "device": device, "now": now, "seen": now, "tick": "", "ops": ops}
    answer = browser.post("/api/v1/sync", json=sent, headers={"Accept": "application/json"})
    assert answer.status_code == 200, answer.get_json()
    return [answer.get_json()["answers"][str(op["n"])] for op in ops]


def beginning(text, on=()):
    """Return the change that puts a text in place of another."""
    return {"on": list(on), "whole": {"apa": text}, "check": checksum({"apa": text})}


def test_a_draft_is_kept_with_a_receipt_and_nobody_else_opens_it(client, journal, make_user):
    browser = client.as_(journal.learner)
    (saved,) = deliver(browser, journal, beginning(SECRET))
    assert saved["state"] == "taken"
    assert re.fullmatch(r"[A-Z0-9]{2}-[A-Z0-9]{6}", saved["code"])
    assert SECRET in browser.get(journal.url).get_data(as_text=True)
    entry_id = db.session.scalar(sa.select(Entry.id))

    for other in (make_user(), make_user(roles=["admin"]), make_user(roles=["instructor"])):
        for url in (journal.url, f"{journal.url}/history", f"/journals/{entry_id}", f"/journals/queue/{entry_id}"):
            page = client.as_(other).get(url)
            assert page.status_code in {403, 404}, url
            assert SECRET not in page.get_data(as_text=True)
    assessor = client.as_(db.session.get(journal.learner.__class__, journal.cohort.assessor_id))
    assert assessor.get(f"/journals/queue/{entry_id}").status_code == 404, "a draft is nobody's but the author's"


def test_small_changes_travel_small_and_what_does_not_fit_is_asked_for_whole(client, journal):
    browser = client.as_(journal.learner)
    deliver(browser, journal, beginning("Warga datang 🚣 pagi"))
    new = "Warga datang 🚣 sejak pagi"
    (answer,) = deliver(
        browser, journal, {"on": ["ponselku.1"], "cuts": [["apa", 15, 0, "sejak "]], "check": checksum({"apa": new})}, first=2
    )
    assert answer["state"] == "taken"
    assert new in browser.get(journal.url).get_data(as_text=True)
    check = checksum({"apa": new + "x"})
    wrong = (
        {"on": ["ponselku.2"], "cuts": [["apa", 99, 0, "x"]], "check": check},
        {"on": ["ponselku.2"], "cuts": [["apa", 0, 99, "x"]], "check": check},
        {"on": ["ponselku.2"], "cuts": [["apa", 0, 0, "x"]], "check": check},
        {"on": ["siapa.7"], "cuts": [["apa", 25, 0, "x"]], "check": check},
        {"on": ["ponselku.2"], "cuts": [["apa", -1, 0, "x"]], "check": check},
        {"on": ["ponselku.2"], "cuts": "x", "check": check},
    )
    assert [each["state"] for each in deliver(browser, journal, *wrong, first=3)] == ["whole"] * len(wrong)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Change)) == 2


def test_edited_in_two_places_both_are_kept(client, journal):
    office, phone = client.as_(journal.learner), client.as_(journal.learner)
    deliver(office, journal, beginning("Bersama"), beginning("Dari kantor", on=["kantorku.1"]), device="kantorku")
    (answer,) = deliver(phone, journal, beginning("Dari ponsel", on=["kantorku.1"]))
    assert answer["beside"] is True
    page = phone.get(journal.url)
    assert "Dari kantor" in text_of(page)
    assert "Dari ponsel" in text_of(page)
    sent = inputs_of(page)
    phone.post(f"{journal.url}/draft", data=typed("Dari kantor dan ponsel", join="1", **sent))
    page = text_of(phone.get(journal.url))
    assert "Dari kantor dan ponsel" in page
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Draft)) == 1
    earlier = text_of(phone.get(f"{journal.url}/history"))
    assert all(text in earlier for text in ("Dari kantor dan ponsel", "Dari ponsel"))


def inputs_of(page):
    """Return the hidden fields of the writing form."""
    html = page.get_data(as_text=True)
    fields = {}
    for name, value in re.findall(r'<input type="hidden" name="(change|on|other)" value="([^"]*)">', html):
        fields.setdefault(name, []).append(value)
    return fields


def test_a_form_that_is_sent_twice_is_one_change(client, journal):
    browser = client.as_(journal.learner)
    sent = typed("Sekali saja", **inputs_of(browser.get(journal.url)))
    browser.post(f"{journal.url}/draft", data=sent)
    browser.post(f"{journal.url}/draft", data=sent)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Change)) == 1


def test_what_was_written_elsewhere_before_handing_in_stays_beside_it(client, journal):
    browser = client.as_(journal.learner)
    deliver(browser, journal, beginning("Dari kantor"), device="kantorku")
    text = "satu dua tiga empat lima enam tujuh delapan sembilan sepuluh"
    deliver(browser, journal, beginning(text))
    (answer,) = deliver(browser, journal, {"on": "ponselku.1"}, first=2, kind="courses:hand_in")
    assert answer["state"] == "taken"
    page = text_of(browser.get(journal.url))
    assert "Dari kantor" in page
    assert answer["receipt"] in page
    (late,) = deliver(browser, journal, beginning("Terlambat tiba", on=["kantorku.1"]), device="kantorku", first=2)
    assert late["state"] == "taken"
    assert "Terlambat tiba" in text_of(browser.get(journal.url)), "nothing is refused for what has happened meanwhile"


@pytest.mark.parametrize(
    ("due_in", "steady", "expected"),
    [(1, True, "on_time"), (-2, True, "on_time"), (-2, False, "undecided"), (-5, True, "undecided"), (-9, True, "late")],
)
def test_the_moment_of_the_act_counts(client, journal, due_in, steady, expected):
    """Written and handed in a week ago (six days ago by the clock), delivered now; due so many days from now."""
    now = utcnow()
    row = db.session.scalars(sa.select(CohortModule)).one()
    row.due_on = (now + dt.timedelta(days=due_in)).date()
    commit()
    tick, made = now - dt.timedelta(days=8), now - dt.timedelta(days=6)
    seen = tick if steady else tick + dt.timedelta(days=1)
    text = "satu dua tiga empat lima enam tujuh delapan sembilan sepuluh"
    body = {"doc": journal.url.removeprefix("/learn/"), "type": "journal"}
    ops = [
        {"n": 1, "at": stamp(made), "kind": "courses:write", "body": {**body, **beginning(text)}},
        {"n": 2, "at": stamp(made), "kind": "courses:hand_in", "body": {**body, "on": "ponselku.1"}},
    ]
    sent = {"user": str(journal.learner.id), "device": "ponselku", "now": stamp(now), "seen": stamp(seen), "ops": ops}
    answer = client.as_(journal.learner).post("/api/v1/sync", json={**sent, "tick": sign_tick(journal.learner.id, tick)})
    assert answer.get_json()["answers"]["2"]["timeliness"] == expected
    assessor = client.as_(db.session.get(journal.learner.__class__, journal.cohort.assessor_id))
    entry_id = db.session.scalar(sa.select(Entry.id))
    decided = assessor.post(f"/journals/queue/{entry_id}/timely", data={"verdict": "on_time"}).status_code
    assert decided == (302 if expected == "undecided" else 409), "a person decides what a clock cannot"
    db.session.expire_all()
    assert db.session.scalar(sa.select(Version.timeliness)) == ("on_time" if expected == "undecided" else expected)
    evidence = db.session.scalars(sa.select(Evidence).where(Evidence.kind == "submitted")).one()
    if steady:
        assert abs(evidence.occurred_at - made) < dt.timedelta(minutes=1), "hours count on the day of the act"
    assert evidence.received_at >= now


def stamp(moment):
    return round(moment.timestamp() * 1000)


def test_too_short_is_saved_and_says_what_is_missing(client, journal):
    browser = client.as_(journal.learner)
    page = browser.post(f"{journal.url}/hand-in", data=typed("hanya tiga kata"))
    assert page.status_code == 422
    assert "tambahkan 7 kata lagi" in text_of(page)
    assert "hanya tiga kata" in page.get_data(as_text=True)
    assert "hanya tiga kata" in browser.get(journal.url).get_data(as_text=True)


def test_the_whole_way_of_a_journal(client, journal, make_user):
    author = client.as_(journal.learner)
    text = f"{SECRET} dan sembilan kata lain supaya panjangnya cukup untuk dikirim"
    author.post(f"{journal.url}/hand-in", data=typed(text))
    entry = db.session.scalar(sa.select(Entry))
    assert db.session.get(Enrolment, journal.enrolment.id, populate_existing=True).done_count == 1, "complete without anybody reading"
    assert entry.assessor_id == journal.cohort.assessor_id
    assert author.post(f"{journal.url}/hand-in", data=typed("tulisan lain")).status_code == 422
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Reading)) == 0

    person = db.session.get(journal.learner.__class__, journal.cohort.assessor_id)
    assessor = client.as_(person)
    assert re.search(r"J-\d{3}\b", text_of(assessor.get("/desk")))
    assert journal.learner.name not in text_of(assessor.get("/desk"))
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
    assert assessor.post(f"/journals/queue/{entry.id}", data={**sent, "decision": "accepted"}).status_code == 422, "the gate is no score"
    assert assessor.post(f"/journals/queue/{entry.id}", data=sent).status_code == 302
    assert "Jelas sekali." in text_of(author.get(journal.url))

    author.post(f"{journal.url}/revise")
    author.post(f"{journal.url}/hand-in", data=typed(text + " dan satu perbaikan", **inputs_of(author.get(journal.url))))
    page = text_of(author.get(journal.url))
    assert page.count(SECRET) == 4, "both versions are kept, and stand side by side once more"
    accepted = {**sent, "decision": "accepted", "rubric-etika": "kept"}
    assert assessor.post(f"/journals/queue/{entry.id}", data=accepted).status_code == 302
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
    for mail in db.session.scalars(sa.select(Notice)):
        assert SECRET not in mail.body + mail.title


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
    db.session.delete(db.session.get(DataKey, author.id))
    db.session.flush()
    with pytest.raises(Refused):
        confidential.reveal(actor=author, author_id=author.id, kind="journal", item_id=uuid.uuid4(), sealed=[("a", sealed)])


def test_operations_reach_nobody_elses_entry(client, journal, make_enrolment, make_user):
    deliver(client.as_(journal.learner), journal, beginning(SECRET))
    second = make_user()
    make_enrolment(journal.cohort, second)
    commit()
    theirs = client.as_(second)
    sent = {"user": str(second.id), "device": "ponselku", "now": 1, "seen": 1, "tick": ""}
    body = {"doc": journal.url.removeprefix("/learn/"), "type": "journal", "on": ["ponselku.1"], "cuts": [["apa", 0, 0, "x"]], "check": 1}
    answer = theirs.post("/api/v1/sync", json={**sent, "ops": [{"n": 1, "at": 1, "kind": "courses:write", "body": body}]})
    assert answer.get_json()["answers"]["1"] == {"state": "clash"}, "the name belongs to somebody else's operation"
    answer = theirs.post("/api/v1/sync", json={**sent, "ops": [{"n": 2, "at": 1, "kind": "courses:write", "body": body}]})
    assert answer.get_json()["answers"]["2"] == {"state": "whole"}, "what it builds on is not theirs"
    assert SECRET not in theirs.get(journal.url).get_data(as_text=True)
    wrong = theirs.post("/api/v1/sync", json={**sent, "user": str(journal.learner.id), "ops": []}, headers={"Accept": "application/json"})
    assert wrong.status_code == 409


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


TEN = "satu dua tiga empat lima enam tujuh delapan sembilan sepuluh"


def readers_of(taken):
    """Return who may read what was handed in, by section."""
    return dict(db.session.execute(sa.select(Section.key, Section.audience).join(Version).join(Entry)).all())


@pytest.mark.parametrize(
    ("stored", "sent", "kept"),
    [("self", "assessor", "self"), ("group", "self", "self"), ("", "self", "self"), ("", "group", "group"), ("self", "", "self")],
)
def test_handing_in_opens_no_section_that_its_author_had_closed(client, journal, stored, sent, kept):
    browser = client.as_(journal.learner)
    deliver(browser, journal, beginning(TEN))
    if stored:
        deliver(browser, journal, {"audience": {"audience-apa": stored}}, first=2, kind="courses:audience")
    audience = {"audience-apa": sent} if sent else {}
    (answer,) = deliver(browser, journal, {"on": "ponselku.1", "audience": audience}, first=3, kind="courses:hand_in")
    assert answer["state"] == "taken"
    assert readers_of(journal) == {"apa": kept}


def test_a_device_carries_who_may_read_each_section(client, journal):
    browser = client.as_(journal.learner)
    deliver(browser, journal, beginning(TEN))
    deliver(browser, journal, {"audience": {"audience-apa": "self"}}, first=2, kind="courses:audience")
    (entry,) = browser.get(f"{journal.url.rpartition('/')[0]}/drafts.json").get_json()["entries"]
    assert entry["audiences"] == {"audience-apa": "self"}


@pytest.mark.parametrize("body", [{}, {"on": ""}, {"on": None}])
def test_a_device_that_hands_in_nothing_is_told_so(client, visit, body):
    browser = client.as_(visit.learner)
    deliver(browser, visit, {"tick": ["izin", "berdua"]}, kind="courses:tick")
    (answer,) = deliver(browser, visit, body, first=2, kind="courses:hand_in")
    assert (answer["state"], answer["why"]) == ("refused", "Belum ada yang dapat diserahkan.")


def test_what_was_ticked_last_counts_whatever_comes_first(client, visit):
    browser = client.as_(visit.learner)
    deliver(browser, visit, {"tick": ["izin", "berdua"], "happened_on": "2026-01-02"}, {"tick": ["izin"]}, kind="courses:tick")
    entry = db.session.scalars(sa.select(Entry)).one()
    assert (entry.ticks, entry.happened_on) == (["izin"], dt.date(2026, 1, 2)), "what was unticked without a signal is not ticked"
    before = entry.ticked_at - dt.timedelta(minutes=1)
    services.tick(entry=entry, keys=["berdua"], happened_on=None, at=before)
    assert entry.ticks == ["izin"], "another device ticked it earlier and brings it later"


def test_writing_belongs_to_an_activity_in_which_something_is_written(client, journal, make_activity):
    lesson = make_activity("lesson", learner=journal.learner, source="Halo.")
    browser = client.as_(journal.learner)
    answers = deliver(
        browser,
        lesson,
        {**beginning("a"), "type": "journal"},
        {**beginning("a"), "type": "journal", "doc": journal.url.removeprefix("/learn/").replace("kegiatan", "karangan")},
    )
    assert [answer["state"] for answer in answers] == ["refused", "refused"]
    assert not db.session.scalars(sa.select(Entry.id)).all()
    (answer,) = deliver(browser, journal, {**beginning("a"), "type": "field_visit"}, first=3)
    assert answer["state"] == "taken"
    assert db.session.scalars(sa.select(Entry.kind)).one() == "journal", "what the activity is, not what a device says"


def test_what_was_written_for_an_activity_that_has_left_its_module_is_kept(client, journal):
    pinned = db.session.scalars(sa.select(CohortModule).where(CohortModule.cohort_id == journal.cohort.id)).one()
    later = Revision(module_id=pinned.module_id, number=99, about=db.session.get(Revision, pinned.revision_id).about, digest="x")
    db.session.add(later)
    db.session.flush()
    pinned.revision_id = later.id
    commit()
    place = SimpleNamespace(url=journal.url, learner=journal.learner, ctx=SimpleNamespace(type="journal"))
    (answer,) = deliver(client.as_(journal.learner), place, beginning(SECRET))
    assert answer["state"] == "taken"
