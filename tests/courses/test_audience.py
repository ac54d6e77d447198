"""Who may read which section: everybody around one text × every audience × every state, through every page that could show it."""

import re
import uuid

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from courses.entries import calibration, services, sharing
from courses.entries.audience import ORDER, READABLE, Audience, choices_after, may_change
from courses.entries.models import Entry, Section, Version
from lms.db import commit, db
from lms.errors import NotFound
from lms.learning.models import Enrolment, Group
from lms.people.access import load_actor
from lms.people.services import report_to
from lms.privacy import erased, erasure
from lms.privacy.confidential import ReadReason
from lms.privacy.models import Reading
from lms.testing.client import text_of
from lms.testing.made import TODAY

SELF, ASSESSOR, GROUP = Audience
STATES = ("draft", "handed in", "answered", "back for ethics", "revised")
KEYS = {"sndr": SELF, "pembimbing": ASSESSOR, "kelompok": GROUP}
ANCHOR = [{"text": "Kami datang, lalu pulang.", "level": 1, "why": "Urutan kejadian."}]
JOURNAL = {"minimum_words": 1, "anchors": ANCHOR, "prompts": [{"key": key, "title": key, "prompt": "?"} for key in KEYS]}

# Who reads what, in words: (who, state) -> audiences. Whoever is not named reads nothing.
TO_ASSESSOR = {ASSESSOR, GROUP}
MATRIX = {
    **{("author", state): set(Audience) for state in STATES},
    **{("assessor", state): TO_ASSESSOR for state in STATES[1:]},
    **{("second instructor", state): TO_ASSESSOR for state in STATES[1:]},
    **{("of the group", state): {GROUP} for state in ("handed in", "answered", "revised")},
}
ROLES = (
    *("author", "assessor", "second instructor", "of the group", "of another group", "instructor elsewhere", "writer of the module"),
    *("supervisor", "organizer", "admin", "stranger", "nobody"),
)


class World:
    """A journal of which three people of a group have shared something, and everybody around its author."""

    def __init__(self, client, make_user, make_unit, make_module, make_cohort, make_enrolment):
        self.client = client
        writer, unit = make_user("Penulis"), make_unit("Dinas")
        module = make_module({"type": "journal", "key": "jurnal", "settings": JOURNAL}, owner=writer)
        assessor = make_user("Pembimbing")
        self.cohort = cohort = make_cohort(module, unit=unit, assessor=assessor)
        self.url = f"/learn/{cohort.id}/{module.key}/jurnal"
        other_group = Group(cohort_id=cohort.id, name="Kelompok 2", position=2, assessor_id=assessor.id)
        db.session.add(other_group)
        author, mate, third, apart = (make_user(name) for name in ("Ani", "Budi", "Cici", "Dodi"))
        enrolments = {person.id: make_enrolment(cohort, person) for person in (author, mate, third, apart)}
        db.session.flush()
        db.session.get(Enrolment, enrolments[apart.id].id).group_id = other_group.id
        self.people = {
            "author": author,
            "assessor": assessor,
            "second instructor": make_user("Kedua", roles=[("instructor", "cohort", cohort.id)]),
            "of the group": mate,
            "of another group": apart,
            "instructor elsewhere": make_user("Lain", roles=["instructor"]),
            "writer of the module": writer,
            "supervisor": make_user("Atasan", roles=[("supervisor", "unit", unit.id), ("supervisor", "cohort", cohort.id)]),
            "organizer": make_user("Panitia", roles=[("organizer", "unit", unit.id), "organizer"]),
            "admin": make_user("Admin", roles=["admin"]),
            "stranger": make_user("Orang"),
        }
        report_to(actor_id=None, user_id=author.id, supervisor_id=self.people["supervisor"].id, since=TODAY)
        commit()
        for person in (mate, third):
            self.hand_in(person, "biasa")

    def hand_in(self, person, word):
        data = {f"text-{key}": f"{word}{key}" for key in KEYS} | {f"audience-{key}": audience.value for key, audience in KEYS.items()}
        assert self.client.as_(person).post(f"{self.url}/hand-in", data=data).status_code == 302

    def reach(self, state):
        """Bring the author's text to a state."""
        author = self.people["author"]
        if state == "draft":
            data = {f"text-{key}": f"rahasia{key}" for key in KEYS} | {f"audience-{key}": GROUP.value for key in KEYS}
            assert self.client.as_(author).post(f"{self.url}/draft", data=data).status_code == 302
        else:
            self.hand_in(author, "rahasia")
        self.entry = db.session.scalars(sa.select(Entry.id).where(Entry.author_id == author.id)).one()
        answers = {
            "answered": [{"decision": "accepted", "level": "6"}],
            "back for ethics": [{"decision": "returned", "rubric-gerbang-etika": "broken"}],
            "revised": [{"decision": "returned", "level": "3"}],
        }
        for answer in answers.get(state, []):
            sent = self.client.as_(self.people["assessor"]).post(f"/journals/queue/{self.entry}", data={"strong": "Kuat", **answer})
            assert sent.status_code == 302, sent.get_data(as_text=True)
        if state == "revised":
            assert self.client.as_(author).post(f"{self.url}/revise").status_code == 302
            self.hand_in(author, "rahasia")

    def seen_by(self, role):
        """Return the audiences of sections that a person finds anywhere."""
        browser = self.client if role == "nobody" else self.client.as_(self.people[role])
        pages = [
            *(self.url, f"{self.url}/group", "/journals", f"/journals/{self.entry}", "/journals/print/2026", "/journals/keep/2026.html"),
            *("/desk", f"/journals/queue/{self.entry}", "/journals/queue/second", f"/journals/queue/second/{self.entry}"),
            *(f"/journals/queue/second/{self.cohort.id}/{self.url.split('/')[3]}/jurnal", "/journals/levels", "/profile/data.json"),
        ]
        text = "".join(browser.get(page).get_data(as_text=True) for page in pages)
        return {audience for key, audience in KEYS.items() if f"rahasia{key}" in text}


@pytest.fixture
def world(client, make_user, make_unit, make_module, make_cohort, make_enrolment, monkeypatch):
    monkeypatch.setattr(calibration, "LEAST", 10)  # everything is drawn: who could read by lot, does
    return World(client, make_user, make_unit, make_module, make_cohort, make_enrolment)


@pytest.mark.parametrize("state", STATES)
def test_everybody_reads_what_the_author_has_chosen_and_nothing_else(world, state):
    world.reach(state)
    seen = {role: world.seen_by(role) for role in ROLES}
    assert seen == {role: MATRIX.get((role, state), set()) for role in ROLES}


def test_what_a_reader_may_not_see_is_not_even_decrypted(world):
    world.reach("handed in")
    opened: list[str] = []
    for role, page in (("assessor", f"/journals/queue/{world.entry}"), ("of the group", f"{world.url}/group")):
        browser = world.client.as_(world.people[role])
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(services, "reveal", _counting(services.reveal, opened))
            assert browser.get(page).status_code == 200
        allowed = {key for key, audience in KEYS.items() if audience in (TO_ASSESSOR if role == "assessor" else {GROUP})}
        assert {item.rpartition("/")[2] for item in opened if item.startswith("section/")} <= allowed
        assert opened
        opened.clear()


def _counting(reveal, opened):
    def listen(**named):
        sealed = list(named.pop("sealed"))
        opened.extend(item for item, _blob in sealed)
        return reveal(sealed=sealed, **named)

    return listen


# -- changing who may read ------------------------------------------------------------------------------------------------------------


def test_the_rule_of_changing_in_words():
    """Towards more open always; towards more private until it is answered; from the group at any time."""
    allowed = {
        (old, new, answered)
        for old in Audience
        for new in Audience
        for answered in (False, True)
        if may_change(old, new, answered=answered)
    }
    refused = {(old, new, answered) for old in Audience for new in Audience for answered in (False, True)} - allowed
    assert refused == {(ASSESSOR, SELF, True), (GROUP, SELF, True)}


@given(st.sampled_from(list(Audience)), st.booleans())
def test_one_can_always_stay_and_always_withdraw_from_the_group(old, answered):
    assert old in choices_after(old, answered=answered)
    assert old is not GROUP or ASSESSOR in choices_after(old, answered=answered)


def test_audiences_include_each_other():
    reads = [{reason for reason, audiences in READABLE.items() if audience in audiences} for audience in ORDER]
    assert reads[0] < reads[1] < reads[2]


def change(world, key, audience, role="author", number=1):
    data = {"version": number, "section": key, "audience": audience}
    return world.client.as_(world.people[role]).post(f"{world.url}/audience", data=data).status_code


def test_the_author_takes_a_section_back_before_the_answer_and_not_afterwards(world):
    world.reach("handed in")
    assert change(world, "pembimbing", "self") == 302
    assert world.seen_by("assessor") == {GROUP}
    assert change(world, "sndr", "assessor") == 302
    assert world.seen_by("assessor") == {SELF, GROUP}
    answer = {"strong": "Kuat", "decision": "accepted"}
    assert world.client.as_(world.people["assessor"]).post(f"/journals/queue/{world.entry}", data=answer).status_code == 302
    assert change(world, "sndr", "self") == 409
    assert change(world, "kelompok", "assessor") == 302, "withdrawn from the group"
    assert world.seen_by("of the group") == set()


def test_nobody_else_changes_it(world):
    world.reach("handed in")
    for role in set(ROLES) - {"author", "nobody"}:
        change(world, "sndr", "group", role)
    sections = db.session.execute(
        sa.select(Section.key, Section.audience).join(Version).join(Entry).where(Entry.id == world.entry, Section.key == "sndr")
    ).all()
    assert sections == [("sndr", SELF)]
    for wrong in (("tidak-ada", "self", 1), ("sndr", "everybody", 1), ("sndr", "self", 9)):
        assert change(world, wrong[0], wrong[1], number=wrong[2]) == 404


def test_a_text_that_stays_with_its_author_counts_and_waits_for_nobody(world):
    author = world.people["author"]
    data = {"text-sndr": "rahasiasndr", "audience-sndr": "self"}
    assert world.client.as_(author).post(f"{world.url}/hand-in", data=data).status_code == 302
    entry = db.session.scalars(sa.select(Entry).where(Entry.author_id == author.id)).one()
    world.entry = entry.id
    assert db.session.scalars(sa.select(Enrolment.done_count).where(Enrolment.user_id == author.id)).one() == 1, "its words count"
    assert entry.promised_on is None
    assessor = world.client.as_(world.people["assessor"])
    assert entry.code not in text_of(assessor.get("/desk"))
    assert assessor.get(f"/journals/queue/{entry.id}").status_code == 404
    assert change(world, "sndr", "assessor") == 302
    assert f"/journals/queue/{entry.id}" in assessor.get("/desk").get_data(as_text=True), "opened later, it waits from then on"


def test_a_later_text_that_stays_with_its_author_waits_for_nobody(world):
    world.reach("revised")
    assessor = world.client.as_(world.people["assessor"])
    assert f"/journals/queue/{world.entry}" in assessor.get("/desk").get_data(as_text=True)
    assert [change(world, key, "self", number=2) for key in ("pembimbing", "kelompok")] == [302, 302]
    assert f"/journals/queue/{world.entry}" not in assessor.get("/desk").get_data(as_text=True)
    answer = {"strong": "Kuat", "decision": "accepted", "level": "6"}
    assert assessor.post(f"/journals/queue/{world.entry}", data=answer).status_code == 404, "nothing is accepted unread"


@pytest.mark.parametrize("first", ["nobody", "another"])
def test_the_author_passes_on_what_waits_for_somebody_who_answers_no_more(world, first):
    new, author = world.people["second instructor"], world.client.as_(world.people["author"])
    group = db.session.scalars(sa.select(Group).where(Group.cohort_id == world.cohort.id, Group.name == "Kelompok 1")).one()
    if first == "nobody":
        group.assessor_id = world.cohort.assessor_id = None
        db.session.get(type(world.cohort), world.cohort.id).assessor_id = None
        commit()
    world.reach("handed in")
    entry = db.session.get(Entry, world.entry)
    assert (entry.promised_on is None) == (first == "nobody"), "nobody promises anything"
    assert author.post(f"{world.url}/pass-on").status_code == 409, "there is nobody else"
    group = db.session.get(Group, group.id)
    group.assessor_id = new.id
    commit()
    assert world.client.as_(new).get(f"/journals/queue/{world.entry}").status_code == 404, "only its author opens it"
    assert "Kedua" in text_of(author.get(world.url))
    assert "Teruskan kepadanya" in text_of(author.get(world.url))
    assert author.post(f"{world.url}/pass-on").status_code == 302
    db.session.expire_all()
    assert db.session.get(Entry, world.entry).promised_on is not None
    assert world.client.as_(new).get(f"/journals/queue/{world.entry}").status_code == 200
    assert world.client.as_(world.people["assessor"]).get(f"/journals/queue/{world.entry}").status_code == 404
    assert "Teruskan" not in text_of(author.get(world.url))


def test_the_assessor_learns_how_many_sections_stay_and_not_which(world):
    world.reach("handed in")
    page = text_of(world.client.as_(world.people["assessor"]).get(f"/journals/queue/{world.entry}"))
    assert "1 bagian tetap pada penulis" in page
    assert "sndr" not in page


# -- the group --------------------------------------------------------------------------------------------------------------------------


def test_two_authors_are_too_few(world):
    world.reach("draft")
    page = world.client.as_(world.people["author"]).get(f"{world.url}/group")
    assert "biasakelompok" not in page.get_data(as_text=True)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Reading)) == 0


def test_the_group_reads_without_names_and_each_author_sees_it_did(world):
    world.reach("handed in")
    reader = world.client.as_(world.people["of the group"])
    page = reader.get(f"{world.url}/group").get_data(as_text=True)
    entry = db.session.get(Entry, world.entry)
    for word in ("Ani", "Cici", entry.code, str(entry.id), "2026-"):
        assert word not in page.replace(world.people["of the group"].name, ""), word
    again = reader.get(f"{world.url}/group").get_data(as_text=True)
    token = re.compile(r'name="csrf_token" value="[^"]+"')
    assert token.sub("", page) == token.sub("", again), "the order stays"
    readings = db.session.scalars(sa.select(Reading.reason).where(Reading.author_id == world.people["author"].id)).all()
    assert set(readings) == {ReadReason.SHARED.value}
    author = world.client.as_(world.people["author"])
    for address in (world.url, "/profile/privacy", f"/journals/{world.entry}", "/profile/data.json"):
        assert "Budi" not in author.get(address).get_data(as_text=True), "the group read it, not one of it"


def test_a_page_of_the_group_costs_the_same_for_many(world, make_user, make_enrolment, queries):
    world.reach("handed in")
    mate = world.client.as_(world.people["of the group"])
    counts = []
    for _round in range(3):
        mate.get(f"{world.url}/group")
        with queries() as seen:
            mate.get(f"{world.url}/group")
        counts.append(len(seen))
        for _number in range(6):
            person = make_user()
            make_enrolment(world.cohort, person)
            world.hand_in(person, "lagi")
    assert max(counts) <= 8, "a line for each author but oneself"
    assert "page=2" in mate.get(f"{world.url}/group").get_data(as_text=True)


def test_the_order_is_drawn_and_says_nothing_about_time(database):
    ids = [uuid.UUID(int=number, version=4) for number in range(200)]
    order = sorted(ids, key=lambda one: sharing.lot("group", one))
    assert order != ids
    backwards = ids[::-1]
    assert order == sorted(backwards, key=lambda one: sharing.lot("group", one))
    assert order != sorted(ids, key=lambda one: sharing.lot("calibration", one))


def test_a_second_opinion_is_for_what_was_drawn(world, monkeypatch):
    world.reach("handed in")
    monkeypatch.setattr(calibration, "LEAST", 0)
    monkeypatch.setattr(calibration, "SHARE", 10**9)
    drawn = calibration.sample([], lambda one: one.bytes)
    assert drawn == []
    actor = load_actor(world.people["second instructor"].id, TODAY)
    opened = 0
    for entry_id in db.session.scalars(sa.select(Entry.id)):
        try:
            calibration.open_second(actor, entry_id)
            opened += 1
        except NotFound:
            continue
    assert opened == 1, "one of three: the least share is one text"


# -- a key that was destroyed ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def destroyed(world):
    """Return what destroys the key of one of the people."""
    yield lambda role: (erasure.destroy_key(actor=None, user_id=world.people[role].id), commit())
    erased.list_file().unlink(missing_ok=True)


@pytest.mark.parametrize("state", STATES[1:3])
def test_a_destroyed_key_closes_no_page_of_anybody(world, destroyed, state):
    world.reach(state)
    world.hand_in(world.people["of another group"], "biasa")
    destroyed("author")
    pages = [
        *(world.url, f"{world.url}/group", "/journals", f"/journals/{world.entry}", "/journals/print/2026", "/journals/keep/2026.html"),
        *("/journals/keep/2026.pdf", f"{world.url}/history", "/desk", f"/journals/queue/{world.entry}", "/profile/data.json"),
        *("/journals/queue/second", f"/journals/queue/second/{world.entry}"),
    ]
    for role in ROLES[:4]:
        browser = world.client.as_(world.people[role])
        found = {page: browser.get(page) for page in pages}
        assert {page: answer.status_code for page, answer in found.items() if answer.status_code not in {200, 403, 404}} == {}, role
        assert role != "author" or {found[world.url].status_code, found[f"/journals/{world.entry}"].status_code} == {200}
        assert not [page for page, answer in found.items() if b"rahasia" in answer.data]


def test_who_writes_again_after_a_key_was_destroyed_reads_what_is_new(world, destroyed):
    world.reach("draft")
    destroyed("author")
    world.reach("handed in")
    assert world.seen_by("author") == set(Audience)
    destroyed("author")
    author = world.client.as_(world.people["author"])
    assert "sudah dimusnahkan" in text_of(author.get(world.url))
    assert world.client.as_(world.people["assessor"]).get(f"/journals/queue/{world.entry}").status_code == 404


def test_an_instructor_whose_key_was_destroyed_goes_on_answering(world, destroyed):
    world.reach("handed in")
    browser, url = world.client.as_(world.people["assessor"]), f"/journals/queue/{world.entry}"
    assert browser.post(f"{url}/keep", data={"strong": "Setengah"}).status_code == 302
    assert [count for _title, count in erasure.what_is_lost(world.people["assessor"].id)] == [1]
    destroyed("assessor")
    page = browser.get(url)
    assert (page.status_code, "Setengah" in text_of(page)) == (200, False)


def test_what_a_destroyed_key_takes_along_is_counted(world):
    world.reach("draft")
    assert [count for _title, count in erasure.what_is_lost(world.people["author"].id)] == [1], "a draft"
    world.reach("handed in")
    assert [count for _title, count in erasure.what_is_lost(world.people["author"].id)] == [1, 1], "a journal, and the draft beside it"
