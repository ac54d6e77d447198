"""The organizer's pages: who may see them, what they show, what they cost."""

import datetime as dt
import re

import pytest
import sqlalchemy as sa

from lms.cohorts import queries as cohort_queries
from lms.db import at, commit, db, utcnow
from lms.learning import services as learning
from lms.learning.models import Cohort, CohortModule, Course, Enrolment, EnrolmentState, Group
from lms.learning.outline import forget
from lms.people import sessions
from lms.people.access import load_actor
from lms.people.models import User
from lms.progress import services as progress
from lms.progress.models import EvidenceKind
from lms.progress.services import renew_due_days
from lms.testing.client import text_of

TODAY = dt.date(2026, 11, 21)
NOON = dt.datetime(2026, 11, 21, 5, tzinfo=dt.UTC)
LESSONS = [{"type": "lesson", "key": key, "settings": {"source": "Halo."}} for key in ("satu", "dua", "tiga")]


ASSIGNMENT = {"brief": "Tulis.", "parts": [{"key": "isi", "title": "Isi", "prompt": "Apa?"}]}


@pytest.fixture(autouse=True)
def _on_that_day():
    with at(NOON):
        yield


@pytest.fixture
def lessons(place, make_module, make_cohort, make_enrolment, make_user):
    """Return a cohort of a module of three lessons with three people, of whom the first has read one."""
    module = make_module(*LESSONS)
    cohort = make_cohort(module, unit=place.unit)
    enrolments = [make_enrolment(cohort, make_user(f"Peserta {number}", title_after="S.Kep.")) for number in range(3)]
    read(enrolments[0], module, "satu")
    return cohort, module, enrolments


def read(enrolment, module, key):
    progress.record(enrolment_id=enrolment.id, module_id=module.id, activity_key=key, kind=EvidenceKind.VIEWED, actor_id=enrolment.user_id)
    commit()


def english(browser):
    browser.set_cookie("language", "en")
    user_id = db.session.scalar(sa.select(User.id).where(User.name == "Ratna Dewi"))
    db.session.execute(sa.update(User).where(User.id == user_id).values(language="en"))
    commit()
    return browser


# -- who may ---------------------------------------------------------------------------------------------------------------------------


def addresses(app, values):
    """Return (method, address) of every page of this room, with these numbers in it."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("cohorts.") and "cohort_id" in rule.arguments:
            path = rule.rule
            for name in rule.arguments:
                path = re.sub(rf"<[^<>]*\b{name}>", str(values.get(name, "0")), path)
            for method in rule.methods - {"HEAD", "OPTIONS"}:
                yield method, path


def test_every_page_of_a_cohort_is_closed_to_strangers(app, lessons, client, make_user, make_unit):
    cohort, module, enrolments = lessons
    values = {"cohort_id": cohort.id, "enrolment_id": enrolments[0].id, "module_id": module.id, "kind": "csv", "token": "0" * 32}
    elsewhere = make_user(roles=[("organizer", "unit", make_unit().id)])
    learner = db.session.get_one(User, enrolments[0].user_id)
    seen = 0
    for method, path in addresses(app, values):
        assert client.open(path, method=method).status_code in {302, 401}, path
        assert client.as_(learner).open(path, method=method).status_code == 403, path
        assert client.as_(elsewhere).open(path, method=method).status_code == 404, path
        seen += 1
    assert seen > 25


def test_instructors_of_the_cohort_see_and_do_not_change(app, lessons, client):
    cohort, module, enrolments = lessons
    instructor = client.as_(db.session.get_one(User, cohort.assessor_id))
    values = {"cohort_id": cohort.id, "enrolment_id": enrolments[0].id, "module_id": module.id, "kind": "csv", "token": "0" * 32}
    open_to_them = {f"/cohorts/{cohort.id}", f"/cohorts/{cohort.id}/people", f"/cohorts/{cohort.id}/people/{enrolments[0].id}"}
    for method, path in addresses(app, values):
        answer = instructor.open(path, method=method)
        if method == "GET" and path in open_to_them:
            words = answer.get_data(as_text=True)
            assert answer.status_code == 200
            assert f'action="/cohorts/{cohort.id}' not in words
            assert "@" not in words, "no address of anybody"
        else:
            assert answer.status_code == 403, path
    listed = text_of(instructor.get("/cohorts"))
    assert "PKTBT" in listed


def test_people_of_another_cohort_are_not_found_through_ones_own(place, lessons, make_enrolment):
    _cohort, module, _enrolments = lessons
    stranger = make_enrolment(place.cohort)
    base = f"/cohorts/{_cohort.id}"
    for path in ("", "/override", "/group", "/withdraw", "/return", "/password"):
        method = "GET" if not path else "POST"
        assert place.browser.open(f"{base}/people/{stranger.id}{path}", method=method).status_code == 404, path
    assert (
        place.browser.get(
            f"{base}/modules/{db.session.scalar(sa.select(CohortModule.module_id).where(CohortModule.cohort_id == place.cohort.id))}/move"
        ).status_code
        == 404
    )
    assert module.id


# -- what they show ----------------------------------------------------------------------------------------------------------------------


def test_the_board_counts_people_in_words(place, lessons, make_enrolment):
    cohort, module, enrolments = lessons
    pin = db.session.get_one(CohortModule, (cohort.id, module.id))
    for key in ("dua", "tiga"):
        read(enrolments[0], module, key)
    read(enrolments[1], module, "satu")
    pin.due_on = dt.date(2026, 11, 1)
    renew_due_days(cohort.id)
    commit()
    words = text_of(english(place.browser).get(f"/cohorts/{cohort.id}"))
    assert "people 3 finished 1 on the way 1 not begun 1 late with something 2" in words
    assert "Kelompok 1 3 people · 1 finished · 2 late" in words
    assert "44 % of the required parts are complete" in words
    assert "answered by Pembimbing" in words
    assert "1 person has finished it" in words


def test_what_waits_for_the_instructor_is_nobodys_delay(place, make_activity):
    page = make_activity("assignment", rule="accepted", **ASSIGNMENT)
    row = db.session.get_one(CohortModule, (page.cohort.id, page.module.id))
    row.due_on = dt.date(2026, 11, 1)
    progress.record(**page.where, kind=EvidenceKind.SUBMITTED, actor_id=page.learner.id)
    commit()
    late = cohort_queries.roster(page.cohort.id, TODAY, status="late")
    assert db.session.execute(late).all() == []
    (found,) = db.session.execute(cohort_queries.roster(page.cohort.id, TODAY, status="waiting")).all()
    assert (found.next_due_on, found.waiting_count) == (None, 1)
    progress.record(**page.where, kind=EvidenceKind.RETURNED)
    commit()
    (found,) = db.session.execute(late).all()
    assert found.next_due_on == dt.date(2026, 11, 1)


def test_the_list_of_people_is_searched_and_filtered(place, lessons):
    cohort, _module, enrolments = lessons
    enrolments[2].group_id = None
    enrolments[1].state = EnrolmentState.WITHDRAWN
    commit()
    base = f"/cohorts/{cohort.id}/people"

    def names(query):
        return re.findall(r"Peserta \d", text_of(place.browser.get(f"{base}?{query}")))

    assert names("") == ["Peserta 0", "Peserta 2"]
    assert names("q=peserta+2") == ["Peserta 2"]
    assert names("q=%25") == []
    assert names("group=0") == ["Peserta 2"]
    assert names("status=not_begun") == ["Peserta 2"]
    assert names("status=on_the_way") == ["Peserta 0"]
    assert names("status=withdrawn") == ["Peserta 1"]
    assert names("status=nonsense&group=x&page=99") == ["Peserta 0", "Peserta 2"]


def test_a_person_is_shown_with_why_and_never_with_what_they_wrote(place, make_module, make_cohort, make_enrolment, make_user):
    module = make_module(
        {"type": "assignment", "key": "tugas", "settings": ASSIGNMENT, "rule": {"all": ["submitted", {"minimum_words": 100}]}},
        {"type": "lesson", "key": "bacaan", "settings": {"source": "Isi."}},
    )
    cohort = make_cohort(module, unit=place.unit)
    enrolment = make_enrolment(cohort, make_user("Siti Aminah", phone="+6281234567890"))
    for kind, value in ((EvidenceKind.SUBMITTED, {"text": "rahasia-besar"}), (EvidenceKind.WORDS, 40)):
        progress.record(
            enrolment_id=enrolment.id, module_id=module.id, activity_key="tugas", kind=kind, value=value, actor_id=enrolment.user_id
        )
    commit()
    words = text_of(english(place.browser).get(f"/cohorts/{cohort.id}/people/{enrolment.id}"))
    assert "tugas judul" in words
    assert "there are 40 words" in words
    assert "0 of 2 required parts complete" in words
    assert "rahasia-besar" not in words


# -- deciding by hand ----------------------------------------------------------------------------------------------------------------------


def test_a_decision_by_hand_says_who_why_and_until(place, lessons):
    cohort, module, enrolments = lessons
    page = f"/cohorts/{cohort.id}/people/{enrolments[1].id}"
    form = {"activity": f"{module.id}/satu", "state": "complete", "reason": "Hadir di kelas, jaringan mati.", "until": "2026-12-01"}
    assert english(place.browser).post(f"{page}/override", data=form).location == page
    words = text_of(place.browser.get(page))
    assert "Set to complete by Ratna Dewi on 21 November 2026. It holds until 1 December 2026. Hadir di kelas, jaringan mati." in words
    assert "1 of 3 required parts complete" in words
    place.browser.post(f"{page}/override", data={**form, "state": "lifted", "reason": "Salah orang."})
    words = text_of(place.browser.get(page))
    assert "0 of 3 required parts complete" in words
    assert "Earlier decision lifted by Ratna Dewi" in words


@pytest.mark.parametrize(
    "wrong", [{"reason": ""}, {"reason": "x"}, {"state": "maybe"}, {"activity": "999/satu"}, {"activity": ""}, {"until": "soon"}]
)
def test_a_decision_without_a_reason_is_none_and_nothing_typed_is_lost(place, lessons, wrong):
    cohort, module, enrolments = lessons
    page = f"/cohorts/{cohort.id}/people/{enrolments[1].id}"
    form = {"activity": f"{module.id}/satu", "state": "complete", "reason": "Hadir di kelas.", "until": "2026-12-01", **wrong}
    answer = place.browser.post(f"{page}/override", data=form)
    assert answer.status_code == 422
    if form["reason"]:
        assert form["reason"] in answer.get_data(as_text=True)
    assert progress.state_of(enrolments[1].id, module.id, "satu") == "not_started"


# -- group, part, password -----------------------------------------------------------------------------------------------------------------


def test_moving_withdrawing_and_coming_back(place, lessons):
    cohort, _module, (enrolment, *_others) = lessons
    base = f"/cohorts/{cohort.id}/people"
    place.browser.post(f"{base}/{enrolment.id}/group", data={"group_id": "0"})
    db.session.expire_all()
    assert db.session.get_one(Enrolment, enrolment.id).group_id is None
    foreign = db.session.scalar(sa.select(Group.id).where(Group.cohort_id != cohort.id))
    assert place.browser.post(f"{base}/{enrolment.id}/group", data={"group_id": str(foreign)}).status_code == 409
    place.browser.post(f"{base}/{enrolment.id}/withdraw")
    db.session.expire_all()
    assert db.session.get_one(Enrolment, enrolment.id).state is EnrolmentState.WITHDRAWN
    assert place.browser.post(f"{base}/{enrolment.id}/return", data={"back": "person"}).location == f"{base}/{enrolment.id}"
    db.session.expire_all()
    again = db.session.get_one(Enrolment, enrolment.id)
    assert (again.state, again.done_count) == (EnrolmentState.ACTIVE, 1)


def test_a_new_password_is_shown_once_and_ends_all_sessions(place, lessons, client):
    cohort, _module, (enrolment, *_others) = lessons
    learner = db.session.get_one(User, enrolment.user_id)
    theirs = client.as_(learner)
    assert theirs.get("/learn").status_code == 200
    answer = place.browser.post(f"/cohorts/{cohort.id}/people/{enrolment.id}/password")
    password = re.search(r"\b[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}\b", text_of(answer))[0]
    assert answer.headers["Cache-Control"] == "no-store"
    assert password not in str(answer.headers)
    assert theirs.get("/learn").status_code == 302
    assert sessions.sign_in(who=learner.email, password=password, address="", device="") is not None
    mails = db.session.execute(sa.text("SELECT title, body FROM notices")).all()
    assert len(mails) == 1
    assert password not in str(mails)
    commit()
    assert password not in place.browser.get(f"/cohorts/{cohort.id}/people/{enrolment.id}").get_data(as_text=True)


@pytest.mark.parametrize("role", ["admin", "instructor", "organizer"])
def test_nobody_takes_over_an_account_with_rights(place, lessons, make_user, make_enrolment, role):
    cohort = lessons[0]
    boss = make_user("Pak Bos", roles=[role])
    enrolment = make_enrolment(cohort, boss)
    answer = place.browser.post(f"/cohorts/{cohort.id}/people/{enrolment.id}/password")
    assert answer.status_code == 409
    assert "Pak Bos" in text_of(answer)
    db.session.expire_all()
    assert db.session.get_one(User, boss.id).password_hash is None


def test_without_an_address_a_password_is_of_no_use(place, lessons, make_user, make_enrolment):
    cohort = lessons[0]
    enrolment = make_enrolment(cohort, make_user("Tanpa Surel", email=None))
    assert place.browser.post(f"/cohorts/{cohort.id}/people/{enrolment.id}/password").status_code == 409


# -- files --------------------------------------------------------------------------------------------------------------------------------


def test_the_roster_leaves_without_formulas_and_its_leaving_is_written_down(place, lessons, make_user, make_enrolment):
    cohort = lessons[0]
    make_enrolment(cohort, make_user("=cmd|' /C calc'!A0", phone="+6281234567890", employee_number="200002292024032999"))
    answer = place.browser.get(f"/cohorts/{cohort.id}/people.csv")
    text = answer.data.decode("utf-8-sig")
    assert "'=cmd|" in text
    assert "20000229 202403 2 999" in text
    assert ",081234567890," in text
    assert not re.search(r"(^|,)[=+@-]", text, re.MULTILINE)
    assert place.browser.get(f"/cohorts/{cohort.id}/people.xlsx").data.startswith(b"PK")
    trail = db.session.execute(sa.text("SELECT detail FROM audit_entries WHERE action = 'cohort:export'")).all()
    assert len(trail) == 2


# -- new ones -------------------------------------------------------------------------------------------------------------------------------


def cohort_form(course, unit, **values):
    dates = {"starts_on": "2026-12-01", "ends_on": "2027-02-28"}
    return {
        "course_id": course.id,
        "title": "PKTBT",
        "number": 4,
        "year": 2026,
        "organizer_unit_id": unit.id,
        "time_zone": "Asia/Makassar",
        **dates,
        **values,
    }


def test_a_cohort_is_begun_and_its_number_is_roman(place, make_course):
    course = make_course()
    answer = english(place.browser).post("/cohorts/new", data=cohort_form(course, place.unit))
    assert answer.status_code == 302
    made = db.session.get_one(Cohort, int(answer.location.rpartition("/")[2]))
    assert (made.number, made.time_zone, made.ends_on) == (4, "Asia/Makassar", dt.date(2027, 2, 28))
    page = text_of(place.browser.get(answer.location))
    assert "PKTBT Cohort IV of 2026" in page
    assert "planned" in page


def test_what_cannot_be_a_cohort_comes_back_with_what_was_typed(place, make_course, make_unit):
    course, foreign = make_course(), make_unit("Dinas Lain")
    assert place.browser.post("/cohorts/new", data=cohort_form(course, place.unit)).status_code == 302
    for wrong in (
        {},  # the same once more
        {"number": 0},
        {"number": "IV"},
        {"ends_on": "2026-11-01"},
        {"organizer_unit_id": foreign.id},
        {"course_id": 999},
        {"title": ""},
        {"starts_on": "0026-12-01"},
    ):
        answer = place.browser.post("/cohorts/new", data=cohort_form(course, place.unit, **wrong))
        assert answer.status_code == 422, wrong
        assert 'value="2027-02-28"' in answer.get_data(as_text=True) or "ends_on" in wrong
    assert len(db.session.scalars(sa.select(Cohort).where(Cohort.course_id == course.id)).all()) == 1


def test_a_course_is_put_together_in_order(place, make_module):
    first, second, third = make_module(key="a-satu"), make_module(key="b-dua"), make_module(key="c-tiga")
    titles = {"title_id": "Pelatihan Baru", "title_en": "New training", "summary_id": "Ringkas.", "summary_en": "Short."}
    places = {f"use_{first.id}": "optional", f"place_{first.id}": "2", f"use_{third.id}": "required", f"place_{third.id}": "1"}
    answer = place.browser.post("/cohorts/courses/new", data={**titles, **places, f"use_{second.id}": ""})
    assert answer.status_code == 302
    course = db.session.scalar(sa.select(Course).where(Course.key == "pelatihan-baru"))
    rows = db.session.execute(
        sa.text("SELECT module_id, required FROM course_modules WHERE course_id = :id ORDER BY position"), {"id": course.id}
    )
    assert [(row.module_id, bool(row.required)) for row in rows] == [(third.id, True), (first.id, False)]
    assert [band["minimum"] for band in course.grade_scale if band["passes"]][-1] == 70.01
    place.browser.post("/cohorts/courses/new", data={**titles, **places})
    assert db.session.scalar(sa.select(Course.id).where(Course.key == "pelatihan-baru-2"))
    nothing = place.browser.post("/cohorts/courses/new", data=titles)
    assert nothing.status_code == 422
    assert "Pelatihan Baru" in nothing.get_data(as_text=True)


def test_who_runs_only_a_cohort_begins_none(place, make_user, client):
    theirs = client.as_(make_user(roles=[("organizer", "cohort", place.cohort.id)]))
    assert '<form method="post" class="card"' not in theirs.get("/cohorts/new").get_data(as_text=True)
    assert theirs.get(f"/cohorts/{place.cohort.id}").status_code == 200


# -- what they cost -----------------------------------------------------------------------------------------------------------------------


def test_pages_cost_the_same_for_three_people_and_for_thirty(place, make_module, make_cohort, make_enrolment, queries):
    cohort = make_cohort(make_module(*LESSONS), unit=place.unit)

    def cost():
        enrolment = db.session.scalar(sa.select(Enrolment.id).where(Enrolment.cohort_id == cohort.id).limit(1))
        found = {}
        for path in ("", "/people", f"/people/{enrolment}", "/groups", "/staff", "/schedule", "/dates", "/import", "/people.csv"):
            forget()
            with queries() as seen:
                assert place.browser.get(f"/cohorts/{cohort.id}{path}").status_code == 200
            found[path.replace(str(enrolment), "N")] = len(seen)
        with queries() as seen:
            place.browser.get("/cohorts")
        return {**found, "list": len(seen)}

    for _number in range(3):
        make_enrolment(cohort)
    few = cost()
    for _number in range(27):
        make_enrolment(cohort)
    many = cost()
    assert few == many
    assert max(many.values()) <= 12, many


def test_moving_costs_the_same_for_three_people_and_for_thirty(place, make_module, make_cohort, make_enrolment, queries):
    module = make_module(*LESSONS)
    cohort = make_cohort(module, unit=place.unit)
    module.about = {**module.about, "summary": {"id": "lain", "en": "other"}}
    learning.publish(actor_id=None, module=module)

    def cost():
        forget()
        with queries() as seen:
            assert place.browser.get(f"/cohorts/{cohort.id}/modules/{module.id}/move").status_code == 200
        return len(seen)

    costs = []
    for number in (3, 27):
        for _person in range(number):
            read(make_enrolment(cohort), module, "satu")
        costs.append(cost())
    assert costs[0] == costs[1] <= 12


def test_the_organizer_is_told_the_day_of_the_cohort(place):
    assert load_actor(place.organizer.id, TODAY).may("lms:cohort:manage")
    assert utcnow() == NOON
