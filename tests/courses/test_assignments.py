"""Assignments: handed in, marked with a rubric by one instructor, revised, and shown to nobody else."""

import datetime as dt
import re

import pytest
import sqlalchemy as sa

from courses.assignments.models import Marking
from courses.assignments.rubric import score_of, undecided
from lms.attempts.models import Attempt, AttemptState
from lms.db import at, commit, db, utcnow
from lms.learning.models import Group
from lms.messages.models import Notice
from lms.people.models import User
from lms.privacy.models import AuditEntry
from lms.progress.models import Completion, Evidence, EvidenceKind
from lms.testing import count_queries
from lms.testing.client import text_of

RUBRIC = [
    {"key": "isi", "title": "Isi berita", "weight": 60, "levels": ["Isi samar", "Isi sebagian", "Isi jelas", "Isi lengkap"]},
    {"key": "bahasa", "title": "Bahasa", "weight": 40, "levels": ["Kusut", "Berat", "Lancar", "Jernih"]},
    {"key": "etika", "title": "Etika", "gate": True, "prompt": "Tidak ada yang dapat dikenali."},
]
PARTS = [{"key": "kabar", "title": "Kabar", "prompt": "Siapa, kapan?"}]
SETTINGS = {
    "brief": "Tulis **kabar** tentang loket.",
    "parts": PARTS,
    "checklist": [{"key": "nama", "text": "Tanpa nama."}],
    "rubric": RUBRIC,
}
TEXT = "Loket-Tujuh-Belas buka lebih pagi"
GOOD = {"rubric-isi": "3", "rubric-bahasa": "4", "rubric-etika": "kept", "feedback": "Teras Anda kuat.", "decision": "accepted"}
QUEUE, DESK = "/journals/queue", "/desk"


@pytest.fixture
def task(make_activity):
    """Make an assignment that is complete when an instructor accepts it."""
    return make_activity("assignment", rule="accepted", **SETTINGS)


def hand_in(client, task, text=TEXT, learner=None):
    """Hand in and return where the assessor marks it."""
    answer = client.as_(learner or task.learner).post(task.url, data={"part-kabar": text, "check-nama": "y"})
    assert answer.status_code == 302, text_of(answer)
    return f"{QUEUE}/assignments/{newest().id}"


def newest():
    """Return what was handed in last."""
    sequence = sa.select(sa.func.max(Evidence.sequence)).where(Evidence.kind == EvidenceKind.SUBMITTED).scalar_subquery()
    last = sa.select(Evidence.enrolment_id).where(Evidence.sequence == sequence).scalar_subquery()
    return db.session.scalars(sa.select(Attempt).where(Attempt.enrolment_id == last).order_by(Attempt.number.desc()).limit(1)).one()


def assessor_of(client, task):
    return client.as_(db.session.get_one(User, task.cohort.assessor_id))


def completion(task):
    return db.session.get(Completion, (task.enrolment.id, task.module.id, task.key), populate_existing=True)


# -- the score ------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("levels", "percent"),
    [
        ({"isi": "4", "bahasa": "4", "etika": "kept"}, 100),
        ({"isi": "3", "bahasa": "4", "etika": "kept"}, 85),
        ({"isi": "1", "bahasa": "1", "etika": "kept"}, 25),
        ({"isi": "2", "bahasa": "1", "etika": "kept"}, 40),
        ({"isi": "3", "bahasa": "4", "etika": "broken"}, None),
        ({"isi": "3", "bahasa": "4"}, None),
        ({"isi": "3", "etika": "kept"}, None),
        ({"isi": "5", "bahasa": "4", "etika": "kept"}, None),
        ({}, None),
    ],
)
def test_the_score_of_a_rubric(levels, percent):
    score = score_of(RUBRIC, levels)
    assert (score.percent if score else None) == percent


def test_a_rubric_that_weighs_nothing_gives_no_score():
    assert score_of(RUBRIC[2:], {"etika": "kept"}) is None
    assert score_of([], {}) is None
    assert undecided(RUBRIC, {"isi": "9", "etika": "kept"}) == 2


# -- the whole way --------------------------------------------------------------------------------------------------------------------------


def test_from_handing_in_to_complete(client, task):
    address = hand_in(client, task)
    assert completion(task).state == "waiting"
    instructor, author = assessor_of(client, task), client.as_(task.learner)
    queue = text_of(instructor.get(DESK))
    assert "T-" in queue
    assert task.learner.name not in queue
    assert address in instructor.get(DESK).get_data(as_text=True)
    page = instructor.get(address)
    words = text_of(page)
    for shown in (TEXT, "Tulis kabar tentang loket.", "Isi sebagian", "Jernih", "Tidak ada yang dapat dikenali."):
        assert shown in words, shown
    assert task.learner.name not in words
    assert "Isi sebagian" in text_of(author.get(task.url)), "the learner sees how it is marked"

    assert instructor.post(address, data=GOOD).status_code == 302

    assert completion(task).state == "complete"
    assert completion(task).score == 85
    done = text_of(author.get(task.url))
    for shown in ("Teras Anda kuat.", "Isi jelas", "3 dari 4", "Jernih", "4 dari 4", "85 dari 100"):
        assert shown in done, shown
    assert 'name="part-kabar"' not in author.get(task.url).get_data(as_text=True)
    assert address in instructor.get(DESK).get_data(as_text=True), "among what was answered"
    assert "Teras Anda kuat." in text_of(instructor.get(address))
    assert db.session.scalars(sa.select(AuditEntry.action).where(AuditEntry.action == "attempt:mark")).all() == ["attempt:mark"]
    export = author.get("/profile/data.json").get_json()["courses"]
    assert {"kind": "marking", "activity": "kegiatan", "version": 1, "levels": {"isi": "3", "bahasa": "4", "etika": "kept"}} in export


def test_both_get_a_mail_without_a_word_of_the_text(client, task):
    address = hand_in(client, task)
    assessor_of(client, task).post(address, data=GOOD)
    mails = {mail.user_id: mail for mail in db.session.scalars(sa.select(Notice))}
    assert set(mails) == {task.cohort.assessor_id, task.learner.id}
    assert mails[task.cohort.assessor_id].path == DESK
    assert mails[task.learner.id].path == task.url
    for mail in mails.values():
        assert TEXT not in mail.body + mail.title
        assert "Teras" not in mail.body + mail.title


def test_a_revision_begins_with_the_text_and_keeps_both_versions(client, task):
    address = hand_in(client, task)
    instructor, author = assessor_of(client, task), client.as_(task.learner)
    returned = {"rubric-isi": "2", "rubric-etika": "broken", "feedback": "Sebut waktunya.", "decision": "returned"}
    assert instructor.post(address, data=returned).status_code == 302
    assert completion(task).state == "in_progress"
    assert completion(task).score is None, "no score until it is put right"
    page = author.get(task.url).get_data(as_text=True)
    assert "Sebut waktunya." in page
    assert "Isi sebagian" in page
    assert f"{TEXT}</textarea>" in page
    assert "checked" not in re.search(r'<input[^>]*name="check-nama"[^>]*>', page)[0], "ticked anew"

    second = hand_in(client, task, f"{TEXT} setiap Senin")
    assert second != address
    queue = instructor.get(DESK).get_data(as_text=True)
    assert second in queue
    assert address not in queue, "one line a work"
    shown = text_of(instructor.get(second))
    assert f"{TEXT} setiap Senin" in shown
    assert shown.count(TEXT) == 3, "both versions, side by side, and the first one with its answer"
    assert "<ins> setiap Senin</ins>" in instructor.get(second).get_data(as_text=True)
    assert "Sebut waktunya." in shown
    assert instructor.get(address).status_code == 200, "an old address leads to the same work"

    stale = instructor.post(address, data=GOOD)
    assert stale.status_code == 409, "written for a version that is not the newest"
    assert "Teras Anda kuat." in stale.get_data(as_text=True)
    assert completion(task).state == "waiting"
    assert instructor.post(second, data=GOOD).status_code == 302
    assert completion(task).state == "complete"
    states = db.session.scalars(sa.select(Attempt.state).order_by(Attempt.number)).all()
    assert states == [AttemptState.RETURNED, AttemptState.MARKED]


def test_complete_by_handing_in_and_marked_all_the_same(client, make_activity):
    task = make_activity("assignment", **SETTINGS)
    address = hand_in(client, task)
    assert completion(task).state == "complete"
    instructor = assessor_of(client, task)
    assert address in instructor.get(DESK).get_data(as_text=True)
    instructor.post(address, data=GOOD)
    assert "Teras Anda kuat." in text_of(client.as_(task.learner).get(task.url))
    assert completion(task).score == 85


def test_accepted_below_the_pass_mark_can_be_improved(client, make_activity):
    task = make_activity("assignment", rule={"passed": 90}, **SETTINGS)
    instructor = assessor_of(client, task)
    instructor.post(hand_in(client, task), data=GOOD)
    assert completion(task).state == "in_progress"
    assert "part-kabar" in client.as_(task.learner).get(task.url).get_data(as_text=True)
    instructor.post(hand_in(client, task), data={**GOOD, "rubric-isi": "4"})
    assert completion(task).state == "complete"


def test_an_assignment_without_a_rubric_is_accepted_without_a_score(client, make_activity):
    task = make_activity("assignment", rule="accepted", brief="Tulis.", parts=PARTS)
    address = hand_in(client, task)
    assessor_of(client, task).post(address, data={"feedback": "Baik.", "decision": "accepted"})
    assert completion(task).state == "complete"
    assert completion(task).score is None


def test_what_waits_is_not_handed_in_twice(client, task):
    hand_in(client, task)
    again = client.as_(task.learner).post(task.url, data={"part-kabar": f"{TEXT} sekali lagi", "check-nama": "y"})
    assert again.status_code == 409
    assert f"{TEXT} sekali lagi" in again.get_data(as_text=True), "handed back"
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Attempt)) == 1


# -- what is typed survives -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"feedback": ""}, "Bagian ini perlu diisi"),
        ({"rubric-isi": None}, "Pilih salah satu."),
        ({"rubric-isi": "9"}, "Pilih salah satu."),
        ({"rubric-etika": None}, "Pilih salah satu."),
        ({"rubric-etika": "broken"}, "mintalah perbaikan"),
    ],
)
def test_errors_keep_what_was_chosen_and_typed(client, task, change, complaint):
    address = hand_in(client, task)
    sent = {name: value for name, value in {**GOOD, **change}.items() if value is not None}
    answer = assessor_of(client, task).post(address, data=sent)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert complaint in text_of(answer)
    for name, value in sent.items():
        if name == "feedback":
            assert f"{value}</textarea>" in page
        elif name != "decision" and value != "9":
            assert f'checked id="{name}-{["1", "2", "3", "4", "kept", "broken"].index(value) % 4}"' in page, (name, value)
    assert newest().state is AttemptState.SUBMITTED
    assert not db.session.scalars(sa.select(Marking)).all()


def test_the_score_is_computed_before_anything_is_sent(client, task):
    address = hand_in(client, task)
    instructor = assessor_of(client, task)
    part = instructor.post(address, data={"rubric-isi": "3", "feedback": "Belum selesai", "decision": "score"})
    assert part.status_code == 200
    assert "2 kriteria" in text_of(part)
    assert "Belum selesai</textarea>" in part.get_data(as_text=True)
    whole = instructor.post(address, data={**GOOD, "feedback": "", "decision": "score"})
    assert "85 dari 100" in text_of(whole)
    assert newest().state is AttemptState.SUBMITTED


def test_an_answer_is_given_once(client, task):
    address = hand_in(client, task)
    instructor = assessor_of(client, task)
    instructor.post(address, data=GOOD)
    second = instructor.post(address, data={**GOOD, "feedback": "Sebuah umpan balik yang lain sama sekali", "rubric-isi": "1"})
    assert second.status_code == 409
    assert "Sebuah umpan balik yang lain sama sekali" in text_of(second), "handed back"
    assert completion(task).score == 85
    kinds = db.session.scalars(sa.select(Evidence.kind).order_by(Evidence.sequence)).all()
    assert [kind.value for kind in kinds if kind != "finished"] == ["submitted", "scored", "accepted"]


# -- who may --------------------------------------------------------------------------------------------------------------------------------


def test_only_the_assigned_instructor_sees_it(client, task, make_user):
    address = hand_in(client, task)
    cohort = task.cohort
    others = {
        "learner": task.learner,
        "another instructor of the cohort": make_user(roles=[("instructor", "cohort", cohort.id)]),
        "instructor of the site": make_user(roles=["instructor"]),
        "organizer": make_user(roles=[("organizer", "unit", cohort.organizer_unit_id)]),
        "supervisor": make_user(roles=[("supervisor", "cohort", cohort.id)]),
        "admin": make_user(roles=["admin"]),
    }
    for who, person in others.items():
        browser = client.as_(person)
        for answer in (browser.get(address), browser.post(address, data=GOOD), browser.get(DESK)):
            assert answer.status_code in {403, 404} or answer.request.path == DESK, who
            assert TEXT not in text_of(answer), who
            assert "T-" not in text_of(answer), who
    assert newest().state is AttemptState.SUBMITTED
    assert client.get(address).status_code == 302


def test_the_assessor_of_the_group_comes_before_that_of_the_cohort(client, task, make_user):
    address = hand_in(client, task)
    before = assessor_of(client, task)
    other = make_user(roles=[("instructor", "cohort", task.cohort.id)])
    group = db.session.scalars(sa.select(Group).where(Group.cohort_id == task.cohort.id)).one()
    group.assessor_id = other.id
    commit()
    assert client.as_(other).get(address).status_code == 200
    assert before.get(address).status_code == 404
    assert "T-" not in text_of(before.get(DESK))
    group.assessor_id = None
    commit()
    assert before.get(address).status_code == 200
    assert client.as_(other).get(address).status_code == 404


def test_an_attempt_of_another_type_has_no_marking_page(client, make_activity):
    quiz = make_activity(
        "quiz",
        items=[
            {
                "key": "a",
                "kind": "true_false",
                "stem": "?",
                "options": [{"text": "Benar", "correct": True, "rationale": "Ya."}, {"text": "Salah", "rationale": "Tidak."}],
            }
        ],
    )
    client.as_(quiz.learner).post(f"/quizzes/start/{quiz.cohort.id}/{quiz.module.key}/{quiz.key}")
    attempt = db.session.scalars(sa.select(Attempt)).one()
    assert assessor_of(client, quiz).get(f"{QUEUE}/assignments/{attempt.id}").status_code == 404


# -- the queue ------------------------------------------------------------------------------------------------------------------------------


def test_the_queue_lists_the_oldest_first_with_the_days_it_waits(client, task, make_enrolment, make_user):
    addresses = []
    noon = utcnow().replace(hour=5)  # on one day wherever in Indonesia
    for days in (0, 9, 1):
        learner = make_user()
        make_enrolment(task.cohort, learner)
        with at(noon - dt.timedelta(days=days)):
            addresses.append(hand_in(client, task, learner=learner))
    with at(noon):
        page = assessor_of(client, task).get(DESK)
    html = page.get_data(as_text=True)
    assert sorted(addresses, key=html.index) == [addresses[1], addresses[2], addresses[0]]
    for shown in ("menunggu 9 hari", "menunggu 1 hari", "sejak hari ini"):
        assert shown in text_of(page), shown
    assert html.count("badge clay") == 1, "the promised day is over"


def test_as_many_statements_for_many_learners(client, task, make_enrolment, make_user):
    instructor = assessor_of(client, task)
    address = hand_in(client, task)
    costs = []
    for _round in range(2):
        for url in (DESK, address):
            instructor.get(url)
            with count_queries() as seen:
                assert instructor.get(url).status_code == 200
            costs.append(len(seen))
        for _number in range(15):
            learner = make_user()
            make_enrolment(task.cohort, learner)
            hand_in(client, task, learner=learner)
    assert costs[:2] == costs[2:]
    assert max(costs) <= 12
