"""Peer review: practice, texts handed out without names, reviews, complaints, medians."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from sqlalchemy.orm.attributes import set_committed_value

from courses.assignments.type import AssignmentSettings
from courses.peers import services
from courses.peers.models import PeerReview, SampleReview
from lms.activity import load_form
from lms.attempts.models import Attempt, AttemptState
from lms.db import at, commit, db, transaction_mode
from lms.errors import ContentError, Refused
from lms.learning import services as learning
from lms.learning.models import Enrolment
from lms.learning.place import find_place, open_activity
from lms.messages.models import Notice
from lms.people.access import load_actor
from lms.people.models import User
from lms.progress.models import Completion
from lms.testing import count_queries
from lms.testing.client import text_of

TODAY = dt.date(2026, 11, 21)
NOON = dt.datetime(2026, 11, 21, 5, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
RUBRIC = [
    {"key": "isi", "title": "Isi berita", "weight": 60, "levels": ["Isi samar", "Isi sebagian", "Isi jelas", "Isi lengkap"]},
    {"key": "bahasa", "title": "Bahasa", "weight": 40, "levels": ["Kusut", "Berat", "Lancar", "Jernih"]},
    {"key": "etika", "title": "Etika", "gate": True, "prompt": "Tidak ada yang dapat dikenali."},
]
SAMPLES = [
    {
        "key": "contoh",
        "text": "Telah dilaksanakan kegiatan.",
        "marks": [
            {"criterion": "isi", "level": 1, "why": "Tidak ada kabarnya."},
            {"criterion": "bahasa", "level": 2, "why": "Kata kerja terbungkus."},
        ],
    }
]
SETTINGS = {
    "brief": "Tulis kabar.",
    "parts": [{"key": "kabar", "title": "Kabar", "prompt": "?"}],
    "rubric": RUBRIC,
    "peer_reviews": 3,
    "peer_self": True,
    "samples": SAMPLES,
}
LEVELS = {"rubric-isi": "3", "rubric-bahasa": "4", "rubric-etika": "kept"}
REVIEW = {**LEVELS, "text": "Kuat: terasnya. Pertanyaan: kapan? Langkah: sebut harinya."}


class Class:
    """A cohort whose people hand in and review."""

    def __init__(self, client, task, people):
        self.client, self.task, self.people = client, task, people

    def browser(self, number):
        return self.client.as_(self.people[number])

    def hand_in(self, *numbers):
        for number in numbers:
            assert self.browser(number).post(self.task.url, data={"part-kabar": f"Naskah orang ke-{number}"}).status_code == 302

    def practise(self, *numbers):
        for number in numbers:
            self.browser(number).post(f"{self.task.url}/peers/samples/contoh", data={"rubric-isi": "3", "rubric-bahasa": "2"})

    def take(self, number, whose="colleague"):
        answer = self.browser(number).post(f"{self.task.url}/peers", data={"whose": whose})
        assert answer.status_code == 302, text_of(answer)
        return answer.location

    def give(self, number, **changed):
        address = self.take(number)
        assert self.browser(number).post(address, data={**REVIEW, **changed}).status_code == 302
        return address

    def everybody_reviews(self, **changed):
        for _round in range(3):
            for number in range(len(self.people)):
                self.give(number, **changed)

    def assessor(self):
        return self.client.as_(db.session.get_one(User, self.task.cohort.assessor_id))

    def attempt(self, number):
        found = (
            sa.select(Attempt).join(Attempt.__table__.metadata.tables["enrolments"]).where(sa.column("user_id") == self.people[number].id)
        )
        return db.session.scalars(found.execution_options(populate_existing=True)).one()


@pytest.fixture
def make_class(client, make_activity, make_user, make_enrolment):
    def make(count=4, rule=None, **changed):
        task = make_activity("assignment", rule=rule or "submitted", **{**SETTINGS, **changed})
        people = [task.learner]
        for number in range(1, count):
            people.append(make_user(f"Peserta-Nomor-{number}"))
            make_enrolment(task.cohort, people[-1])
        return Class(client, task, people)

    return make


def reviews():
    return db.session.scalars(sa.select(PeerReview).execution_options(populate_existing=True)).all()


# -- the whole way --------------------------------------------------------------------------------------------------------------------------


def test_from_practice_to_reviews_without_names(make_class):
    room = make_class()
    room.hand_in(0, 1, 2, 3)
    browser, board = room.browser(0), f"{room.task.url}/peers"
    assert f"{board}/samples/contoh" in browser.get(board).get_data(as_text=True)
    assert browser.post(board, data={"whose": "colleague"}).status_code == 409, "practice comes first"
    before = text_of(browser.get(f"{board}/samples/contoh"))
    assert "Telah dilaksanakan kegiatan." in before
    assert "Tidak ada kabarnya." not in before
    assert browser.post(f"{board}/samples/contoh", data={"rubric-isi": "3"}).status_code == 422
    room.practise(0, 1, 2, 3)
    after = text_of(browser.get(f"{board}/samples/contoh"))
    for shown in ("Tidak ada kabarnya.", "Kata kerja terbungkus."):
        assert shown in after
    room.practise(0)
    assert db.session.scalars(sa.select(SampleReview.levels)).first() == {"isi": "3", "bahasa": "2"}, "the first choice stays"

    address = room.take(0)
    assert room.take(0) == address, "one text at a time"
    page = browser.get(address)
    assert "Naskah orang ke-" in text_of(page)
    assert "Naskah orang ke-0" not in text_of(page)
    for person in room.people[1:]:
        assert person.name not in page.get_data(as_text=True)
    room.everybody_reviews()
    assert len(reviews()) == 12
    assert all(review.given_at for review in reviews())
    mine = text_of(browser.get(room.task.url))
    assert mine.count("Kuat: terasnya.") == 3
    for person in room.people[1:]:
        assert person.name not in mine
    marking = room.assessor().get(f"/journals/queue/assignments/{room.attempt(0).id}")
    assert text_of(marking).count("Kuat: terasnya.") == 3
    assert marking.status_code == 200
    assert room.attempt(0).state is AttemptState.SUBMITTED, "the instructor decides"
    notices = db.session.scalars(sa.select(Notice).where(Notice.kind == services.KIND)).all()
    assert len(notices) == 12
    assert not any("Kuat" in notice.body for notice in notices)


def test_who_may_read_what(make_class, make_user):
    room = make_class(samples=[])
    room.hand_in(0, 1, 2, 3)
    address = room.take(0)
    supervisor = make_user(roles=[("supervisor", "cohort", room.task.cohort.id)])
    for browser in (room.browser(1), room.browser(2), room.browser(3), room.assessor(), room.client.as_(supervisor)):
        for answer in (browser.get(address), browser.post(address, data=REVIEW), browser.post(f"{address}/keep", data=REVIEW)):
            assert answer.status_code in {403, 404}
        assert browser.get(f"{address}/unfair").status_code in {403, 404}, "not given yet"
    room.browser(0).post(address, data=REVIEW)
    author = next(number for number in (1, 2, 3) if "Kuat: terasnya." in text_of(room.browser(number).get(room.task.url)))
    for number in {0, 1, 2, 3} - {author}:
        assert room.browser(number).get(f"{address}/unfair").status_code == 404
    assert "Kuat" not in text_of(room.client.as_(supervisor).get(room.task.url))


def test_what_is_typed_is_kept_and_errors_keep_it_too(make_class):
    room = make_class(samples=[])
    room.hand_in(0, 1)
    address, browser = room.take(0), room.browser(0)
    kept = browser.post(f"{address}/keep", data={"text": "Setengah jadi", "rubric-isi": "2"}, headers={"Accept": "application/json"})
    assert set(kept.get_json()) == {"at"}
    page = browser.get(address).get_data(as_text=True)
    assert "Setengah jadi</textarea>" in page
    assert 'checked id="rubric-isi-1"' in page
    answer = browser.post(address, data={"text": "Sudah lebih banyak", "rubric-isi": "2"})
    assert answer.status_code == 422
    assert "Sudah lebih banyak</textarea>" in answer.get_data(as_text=True)
    assert "Sudah lebih banyak</textarea>" in browser.get(address).get_data(as_text=True)
    assert "Sudah" not in text_of(room.browser(1).get(room.task.url)), "nobody sees a review that is not given"
    browser.post(address, data=REVIEW)
    assert browser.post(f"{address}/keep", data={"text": "terlambat"}).status_code == 409
    assert reviews()[0].text == REVIEW["text"]


# -- the pool -------------------------------------------------------------------------------------------------------------------------------


def test_a_lease_ends_and_the_text_goes_to_somebody_else(make_class):
    room = make_class(4, samples=[], peer_reviews=1)
    with at(NOON):
        room.hand_in(0, 1)
        first = room.take(0)
        room.browser(0).post(f"{first}/keep", data={"text": "Mulai saja"})
        room.hand_in(2)
    with at(NOON + 3 * DAY - dt.timedelta(seconds=1)):
        assert "ke-0" in text_of(room.browser(2).get(room.take(2))), "the other one is taken"
    with at(NOON + 3 * DAY):
        room.hand_in(3)
        assert "ke-3" not in text_of(room.browser(3).get(room.take(3)))
        assert room.browser(0).get(first).status_code == 200
        assert "Mulai saja" in text_of(room.browser(0).get(first))
        assert room.browser(0).post(first, data=REVIEW).status_code == 302, "what was written can be given all the same"


def test_small_cohorts_late_comers_and_who_leaves(make_class, make_user, make_enrolment):
    room = make_class(3, samples=[], peer_reviews=2)
    room.hand_in(0, 1, 2)
    assert room.browser(0).post(f"{room.task.url}/peers", data={}).status_code == 409
    assert "/peers" not in room.browser(0).get(f"{room.task.url}/peers").get_data(as_text=True).split("<main")[1].split("</nav>")[1]
    late = make_user()
    enrolment = make_enrolment(room.task.cohort, late)
    room.people.append(late)
    assert room.browser(3).post(f"{room.task.url}/peers", data={}).status_code == 409, "hands in first"
    room.give(0)
    room.give(0)
    room.hand_in(3)
    room.give(3)
    room.give(1)
    assert len(reviews()) == 4
    another = make_user()
    make_enrolment(room.task.cohort, another)
    learning.withdraw(actor=load_actor(late.id, TODAY), enrolment=enrolment)
    commit()
    for number in (1, 2):
        while (answer := room.browser(number).post(f"{room.task.url}/peers", data={})).status_code == 302:
            assert "Naskah orang ke-3" not in text_of(room.browser(number).get(answer.location)), "the text of who has left is in no pool"
            room.browser(number).post(answer.location, data=REVIEW)
    assert "Kuat: terasnya." in text_of(room.browser(0).get(room.task.url)), "what was given stays"


def test_the_same_text_is_not_handed_out_twice_at_once(app, make_class):
    room = make_class(6, samples=[], peer_reviews=1)
    room.hand_in(*range(6))
    where = (room.task.cohort.id, room.task.module.id, room.task.key)
    people = [person.id for person in room.people]

    def run(user_id):
        with app.app_context(), transaction_mode("write"):
            actor = load_actor(user_id, TODAY)
            ctx = open_activity(actor, where[0], room.task.module.key, where[2])
            review = services.take(ctx=ctx)
            commit()
            found = (review.attempt_id, review.reviewer_id)
            db.session.remove()
            return found

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(run, [*people, *people]))
    assert len(set(found)) == 6, "one text each, however often they asked"
    assert len({attempt for attempt, _reviewer in found}) == 6, "and each text once"
    assert len(reviews()) == 6


# -- medians --------------------------------------------------------------------------------------------------------------------------------


def completion(room, number):
    place = find_place(load_actor(room.people[number].id, TODAY), room.task.cohort.id, room.task.module.key)
    return db.session.get(Completion, (place.enrolment_id, room.task.module.id, room.task.key), populate_existing=True)


def test_medians_are_the_score_only_where_the_author_wants_it(make_class):
    room = make_class(samples=[], peer_counts=True, rule={"passed": 75})
    room.hand_in(0, 1, 2, 3)
    for number in (1, 2):
        for _often in range(3):
            room.give(number)
    assert room.attempt(0).percent is None, "two are too few"
    for _often in range(3):
        room.give(3, **{"rubric-isi": "1"})
    assert room.attempt(0).percent == 85, "one low level does not move the median"
    assert room.attempt(0).state is AttemptState.MARKED
    assert completion(room, 0).state == "complete"
    assert "85" in text_of(room.browser(0).get(room.task.url))
    address = f"/journals/queue/assignments/{room.attempt(0).id}"
    marked = room.assessor().post(address, data={**LEVELS, "rubric-isi": "4", "feedback": "Saya lihat sendiri.", "decision": "accepted"})
    assert marked.status_code == 302, "a person can still decide"
    assert room.attempt(0).percent == 100
    late = room.attempt(0)
    set_committed_value(late, "marked_by_id", None)  # as it was read before the instructor's decision was through
    services.count(attempt=late, author_id=room.people[0].id)
    assert room.attempt(0).percent == 100, "never over the mark of a person"


def test_who_has_left_reads_no_further_text(make_class, make_cohort, make_enrolment):
    room = make_class(4, samples=[])
    room.hand_in(0, 1, 2, 3)
    address, person = room.take(1), room.people[1]
    make_enrolment(make_cohort(), person)
    found = db.session.scalars(sa.select(Enrolment).where(Enrolment.user_id == person.id, Enrolment.cohort_id == room.task.cohort.id)).one()
    learning.withdraw(actor=load_actor(person.id, TODAY), enrolment=found)
    commit()
    assert room.browser(1).get("/learn").status_code == 200, "still a learner elsewhere"
    assert room.browser(1).get(address).status_code == 404
    assert room.browser(1).post(address, data=REVIEW).status_code == 404


@pytest.mark.parametrize("changed", [{"rule": "accepted"}, {"peer_counts": False, "rule": {"passed": 75}}])
def test_elsewhere_the_instructor_decides(make_class, changed):
    room = make_class(samples=[], **{"peer_counts": True, **changed})
    room.hand_in(0, 1, 2, 3)
    room.everybody_reviews()
    assert room.attempt(0).state is AttemptState.SUBMITTED
    assert room.attempt(0).percent is None


def test_a_doubted_gate_waits_for_the_instructor(make_class):
    room = make_class(samples=[], peer_counts=True, rule={"passed": 75})
    room.hand_in(0, 1, 2, 3)
    room.everybody_reviews(**{"rubric-etika": "broken"})
    assert room.attempt(0).percent is None


# -- complaints and revision ------------------------------------------------------------------------------------------------------------------


def test_an_unfair_review_is_looked_at_and_set_aside(make_class, make_user):
    room = make_class(5, samples=[], peer_counts=True, rule={"passed": 75}, peer_reviews=4)
    room.hand_in(0, 1, 2, 3, 4)
    for number in (1, 2, 3):
        for _often in range(4):
            room.give(number)
    spiteful = None
    for _often in range(4):
        address = room.give(4, **{"rubric-isi": "1", "rubric-bahasa": "1", "text": "Buruk sekali."})
        if "Naskah orang ke-0" in text_of(room.browser(4).get(address)):
            spiteful = address
    assert room.attempt(0).percent == 85
    author = room.browser(0)
    assert author.post(f"{spiteful}/unfair", data={"why": ""}).status_code == 422
    assert author.post(f"{spiteful}/unfair", data={"why": "Menilai orang, bukan naskah."}).status_code == 302
    assert author.post(f"{spiteful}/unfair", data={"why": "Sekali lagi."}).status_code == 409
    assert "Menilai orang" not in text_of(room.browser(4).get(spiteful)), "the reviewer is not told"
    marking = room.assessor().get(f"/journals/queue/assignments/{room.attempt(0).id}")
    assert "Menilai orang, bukan naskah." in text_of(marking)
    other = room.client.as_(make_user(roles=["instructor"]))
    assert other.post(f"{spiteful}/settle", data={"why": "x", "counts": "no"}).status_code == 404
    assert f"/journals/queue/assignments/{room.attempt(0).id}?" in room.assessor().get("/desk?kind=courses:complaint").get_data(
        as_text=True
    )
    lost = room.assessor().post(f"{spiteful}/settle", data={"why": "", "counts": "no"})
    assert lost.status_code == 422
    assert room.assessor().post(f"{spiteful}/settle", data={"why": "Bukan tentang naskah.", "counts": "no"}).status_code == 302
    assert room.assessor().post(f"{spiteful}/settle", data={"why": "Lagi.", "counts": "yes"}).status_code == 409
    assert "/journals/queue/assignments/" not in room.assessor().get("/desk?kind=courses:complaint").get_data(as_text=True)
    assert "Bukan tentang naskah." in text_of(author.get(room.task.url))
    assert [review.counts for review in reviews()].count(False) == 1


def test_the_author_may_revise_with_what_colleagues_said(make_class):
    room = make_class(samples=[], rule="accepted")
    room.hand_in(0, 1, 2, 3)
    browser = room.browser(0)
    assert browser.post(f"{room.task.url}/peers/revise").status_code == 409, "nobody has said anything"
    room.everybody_reviews()
    assert browser.post(f"{room.task.url}/peers/revise").status_code == 302
    assert "Naskah orang ke-0</textarea>" in browser.get(room.task.url).get_data(as_text=True)
    assert browser.post(room.task.url, data={"part-kabar": "Naskah orang ke-0, lebih baik"}).status_code == 302
    marking = text_of(room.assessor().get("/desk"))
    assert marking.count("T-") == 4
    assert completion(room, 0).state == "waiting"


def test_the_own_text_is_reviewed_beside_and_counts_nowhere(make_class):
    room = make_class(samples=[], peer_counts=True, rule={"passed": 75})
    room.hand_in(0, 1, 2, 3)
    own = room.take(0, "own")
    assert "Naskah orang ke-0" in text_of(room.browser(0).get(own))
    room.browser(0).post(own, data={**REVIEW, "rubric-isi": "1"})
    room.everybody_reviews()
    assert room.attempt(0).percent == 85
    assert not db.session.scalars(sa.select(Notice).where(Notice.kind == services.KIND, Notice.user_id == room.people[0].id)).all()[3:]


def test_one_takes_along_what_is_ones_own(make_class):
    room = make_class()
    room.hand_in(0, 1, 2, 3)
    room.practise(0, 1, 2, 3)
    room.everybody_reviews()
    export = room.browser(0).get("/profile/data.json").get_json()["courses"]
    found = [row for row in export if row.get("kind") == "peer_review"]
    assert sorted((row["of_my_text"], row["written_by_me"]) for row in found) == [(False, True)] * 3 + [(True, False)] * 3
    assert [row["sample"] for row in export if row.get("kind") == "peer_practice"] == ["contoh"]
    assert "Peserta-Nomor" not in str(found)


# -- settings and costs -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"rubric": []}, "peer_reviews"),
        ({"peer_reviews": 2, "peer_counts": True}, "peer_counts"),
        ({"samples": [{**SAMPLES[0], "marks": SAMPLES[0]["marks"][:1]}]}, "samples"),
        ({"samples": [{**SAMPLES[0], "marks": [*SAMPLES[0]["marks"], {"criterion": "x", "level": 1, "why": "?"}]}]}, "samples"),
        ({"samples": [SAMPLES[0], SAMPLES[0]]}, "samples"),
        ({"samples": [{**SAMPLES[0], "key": str(number)} for number in range(4)]}, "samples"),
    ],
)
def test_settings_that_cannot_be_are_refused(app, changed, field):
    settings = {**SETTINGS, **changed} if changed.get("rubric") != [] else {**SETTINGS, "rubric": [], "samples": []}
    with pytest.raises(ContentError) as caught:
        load_form(AssignmentSettings, settings)
    assert caught.value.field.startswith(field)


def test_as_many_statements_for_many_learners(make_class, make_user, make_enrolment):
    room = make_class(5, samples=[])
    room.hand_in(0, 1, 2, 3, 4)
    room.everybody_reviews()
    costs = []
    for _round in range(2):
        for number, url in ((0, room.task.url), (0, f"{room.task.url}/peers"), (None, f"/journals/queue/assignments/{room.attempt(0).id}")):
            browser = room.browser(number) if number is not None else room.assessor()
            browser.get(url)
            with count_queries() as seen:
                assert browser.get(url).status_code == 200
            costs.append(len(seen))
        for _one in range(8):
            room.people.append(make_user())
            make_enrolment(room.task.cohort, room.people[-1])
            room.hand_in(len(room.people) - 1)
            room.give(len(room.people) - 1)
    assert costs[:3] == costs[3:]
    assert max(costs[:2]) <= 8
    assert costs[2] <= 12


def test_nothing_of_it_where_the_author_has_not_asked(make_class):
    room = make_class(peer_reviews=None, samples=[], peer_self=False)
    room.hand_in(0)
    assert room.browser(0).get(f"{room.task.url}/peers").status_code == 404
    assert "/peers" not in room.browser(0).get(room.task.url).get_data(as_text=True)
    ctx = open_activity(load_actor(room.people[0].id, TODAY), room.task.cohort.id, room.task.module.key, room.task.key)
    with pytest.raises(Refused):
        services.revise(actor=load_actor(room.people[0].id, TODAY), ctx=ctx)
