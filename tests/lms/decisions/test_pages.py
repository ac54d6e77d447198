"""Rules, results, decisions, more time and minutes through the pages, and what the learner reads."""

import datetime as dt
import hashlib
import json

import pytest
import sqlalchemy as sa

from lms.attendance.absence import absences
from lms.attendance.models import AttendanceState
from lms.attendance.services import Mark, note
from lms.db import at, commit, db, utcnow
from lms.decisions import services
from lms.decisions.components import components_of
from lms.decisions.loading import load
from lms.decisions.models import Decision, Minutes, Outcome, PassingRule
from lms.decisions.rules import Standing, lacking
from lms.errors import Refused
from lms.learning.models import CohortModule, Course, Enrolment, ScheduleEntry, ScheduleKind
from lms.messages.models import Notice
from lms.people.access import load_actor
from lms.people.models import User
from lms.progress import services as progress
from lms.progress.models import EvidenceKind, Extension
from lms.progress.recompute import recompute
from lms.testing import count_queries

LESSON = {"type": "lesson", "key": "bacaan", "settings": {"source": "Halo."}}
JOURNAL = {"type": "journal", "key": "jurnal", "rule": "submitted"}
RULE = {"all": ["modules", {"journals": 1}]}


class Programme:
    """A cohort with a lesson and a journal, three people, and who runs it."""

    def __init__(self, client, make_unit, make_user, make_module, make_cohort, make_enrolment):
        unit = make_unit("Badan Kepegawaian Daerah")
        self.organizer = make_user("Ratna", roles=[("organizer", "unit", unit.id)])
        self.module = make_module(LESSON, JOURNAL, key="modul")
        self.cohort = make_cohort(self.module, unit=unit)
        db.session.get_one(CohortModule, (self.cohort.id, self.module.id)).due_on = dt.date(2026, 10, 20)
        self.people = [make_user(name) for name in ("Ani", "Budi", "Citra")]
        self.ids = [make_enrolment(self.cohort, person).id for person in self.people]
        self.browser, self.client = client.as_(self.organizer), client
        self.url = f"/cohorts/{self.cohort.id}"
        commit()

    @property
    def actor(self):
        return load_actor(self.organizer.id, utcnow().date())

    def record(self, number, key, *kinds):
        for kind in kinds:
            progress.record(enrolment_id=self.ids[number], module_id=self.module.id, activity_key=key, kind=kind)
        commit()

    def finish(self, number):
        self.record(number, "bacaan", EvidenceKind.VIEWED)
        self.record(number, "jurnal", EvidenceKind.SUBMITTED, EvidenceKind.ACCEPTED)

    def rule(self, tree=RULE):
        services.save_rule(actor=self.actor, tree=tree, cohort_id=self.cohort.id)
        commit()

    def decide(self, *numbers, **values):
        ids = [self.ids[number] for number in numbers]
        written = services.decide(actor=self.actor, cohort=self.cohort, enrolment_ids=ids, **values)
        commit()
        return written


@pytest.fixture
def place(client, make_unit, make_user, make_module, make_cohort, make_enrolment):
    return Programme(client, make_unit, make_user, make_module, make_cohort, make_enrolment)


def standing(place, number):
    return load(place.cohort.id).clause(place.ids[number]).standing


# -- rules -----------------------------------------------------------------------------------------------------------------------------


def test_a_cohort_has_the_rule_of_its_course_as_it_was_when_it_began(place):
    assert load(place.cohort.id).tree == {"all": ["modules"]}
    course = db.session.get_one(Course, place.cohort.course_id)
    for days, tree in ((-2, {"all": [{"journals": 1}]}), (2, {"all": ["absence"]})):
        with at(place.cohort.created_at + dt.timedelta(days=days)):
            services.save_rule(actor=place.actor, tree=tree, course_id=course.id)
    commit()
    assert load(place.cohort.id).tree == {"all": [{"journals": 1}]}
    place.rule({"any": ["modules"]})
    place.rule(RULE)
    assert load(place.cohort.id).tree == RULE
    versions = db.session.scalars(sa.select(PassingRule).where(PassingRule.cohort_id == place.cohort.id)).all()
    assert [(row.version, row.made_by_id) for row in versions] == [(1, place.organizer.id), (2, place.organizer.id)]


@pytest.mark.sqlite
def test_a_rule_is_put_together_tried_and_saved_without_a_script(place):
    page = place.browser.get(f"{place.url}/rule").text
    assert 'name="kind.0" value="modules"' in page
    fields = {"how.": "all", "kind.0": "modules", "add.": "group", "op": "add:"}
    page = place.browser.post(f"{place.url}/rule", data=fields).text
    assert 'name="kind.1" value="group"' in page
    assert 'name="kind.1.0" value="modules"' in page
    fields |= {"kind.1": "group", "how.1": "at_least", "least.1": "1", "kind.1.0": "journals", "value.1.0": "9"}
    refused = place.browser.post(f"{place.url}/rule", data=fields | {"op": "save"})
    assert refused.status_code == 422
    assert "1 jurnal" in refused.text
    assert 'value="9"' in refused.text
    fields["value.1.0"] = "banyak"
    assert "Tulis angka" in place.browser.post(f"{place.url}/rule", data=fields | {"op": "try"}).text
    fields["value.1.0"] = "1"
    moved = place.browser.post(f"{place.url}/rule", data=fields | {"op": "up:1"}).text
    assert moved.index('name="kind.0" value="group"') < moved.index('name="kind.1" value="modules"')
    place.finish(0)
    place.record(1, "bacaan", EvidenceKind.VIEWED)
    place.record(1, "jurnal", EvidenceKind.SUBMITTED)
    tried = place.browser.post(f"{place.url}/rule", data=fields | {"op": "try"}).text
    assert "1 orang tidak lagi memenuhi syarat" in tried
    assert "Budi" in tried
    assert db.session.scalars(sa.select(PassingRule)).all() == []
    seen = tried.partition('name="seen" value="')[2][:16]
    stale = place.browser.post(f"{place.url}/rule", data=fields | {"op": "save", "seen": "0" * 16})
    assert "tidak lagi memenuhi" in stale.text
    assert place.browser.post(f"{place.url}/rule", data=fields | {"op": "save", "seen": seen, "note": "Rapat."}).status_code == 302
    kept = db.session.scalars(sa.select(PassingRule)).one()
    assert (kept.tree, kept.note) == ({"all": ["modules", {"at_least": 1, "of": [{"journals": 1}]}]}, "Rapat.")
    assert "Versi 1" in place.browser.get(f"{place.url}/rule").text


def test_a_rule_takes_no_decision_away(place):
    place.finish(0)
    place.rule()
    place.decide(0, outcome=Outcome.PASSED)
    fields = {"how.": "all", "kind.0": "sessions", "value.0": "80", "op": "try"}
    assert "tetap" in place.browser.post(f"{place.url}/rule", data=fields).text
    place.rule({"all": [{"sessions": 80}]})
    assert standing(place, 0) is Standing.OPEN
    assert db.session.scalars(sa.select(Decision.outcome)).all() == [Outcome.PASSED]
    assert "Anda lulus" in place.client.as_(place.people[0]).get(f"/learn/{place.cohort.id}/result").text


# -- results and decisions --------------------------------------------------------------------------------------------------------------


def test_results_say_clause_by_clause_who_may_pass(place):
    place.rule()
    place.finish(0)
    place.record(1, "bacaan", EvidenceKind.VIEWED)
    place.record(1, "jurnal", EvidenceKind.SUBMITTED)
    assert [standing(place, number) for number in range(3)] == [Standing.MET, Standing.WAITING, Standing.OPEN]
    for show, name in (("may", "Ani"), ("waits", "Budi"), ("lacks", "Citra")):
        page = place.browser.post(f"{place.url}/results?show={show}", data={"tick": "all"}).text
        assert [who in page for who in ("Ani", "Budi", "Citra")] == [who == name for who in ("Ani", "Budi", "Citra")]
        assert " checked" in page
    page = place.browser.get(f"{place.url}/results?show=lacks").text
    assert "jurnal judul" in page
    assert f'action="{place.url}/results?show=lacks" novalidate' in page  # a decision must not ask for the fields of more time
    csv = place.browser.get(f"{place.url}/results.csv").text
    assert "Ani" in csv
    assert "jurnal judul" in csv
    assert place.browser.get(f"{place.url}/results.xlsx").data[:2] == b"PK"


@pytest.mark.sqlite
def test_results_cost_the_same_for_any_number_of_people(place, make_user, make_enrolment):
    place.rule()
    place.browser.get(f"{place.url}/results")
    with count_queries() as few:
        place.browser.get(f"{place.url}/results")
    for number in range(30):
        make_enrolment(place.cohort, make_user(f"Orang {number}"))
    with count_queries() as many:
        page = place.browser.get(f"{place.url}/results").text
    assert len(few) == len(many) <= 12
    assert page.count('name="person"') == 26
    assert place.browser.get(f"{place.url}/results?page=2").text.count('name="person"') == 7


def test_several_people_pass_at_once_and_are_told(place):
    place.rule()
    place.finish(0)
    place.finish(1)
    data = {"person": place.ids[:2], "outcome": "passed"}
    assert place.browser.post(f"{place.url}/results?show=may", data=data).location == f"{place.url}/results?show=may"
    rows = db.session.scalars(sa.select(Decision).order_by(Decision.id)).all()
    assert [(row.enrolment_id, row.rule_met, row.decided_by_id) for row in rows] == [(n, True, place.organizer.id) for n in place.ids[:2]]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Notice)) == 2


@pytest.mark.parametrize(
    ("people", "values", "words"),
    [
        ([], {"outcome": "passed"}, "satu orang"),
        ([0], {}, "keputusan"),
        ([0], {"outcome": "passed"}, "Ani"),  # lacks something, and no reason
        ([0], {"outcome": "postponed", "task": "Jurnal", "due_on": "2030-01-01"}, "alasan"),
        ([0], {"outcome": "postponed", "reason": "Sakit panjang"}, "sampai kapan"),
        ([0], {"outcome": "postponed", "reason": "Tunggu", "task": "Jurnal", "due_on": "2020-01-01"}, "sesudah hari ini"),
        ([0], {"outcome": "failed", "reason": "Tidak hadir"}, "outcome-error"),
    ],
)
@pytest.mark.sqlite
def test_what_a_decision_lacks_is_said_and_nothing_typed_is_lost(place, people, values, words):
    place.rule()
    answer = place.browser.post(f"{place.url}/results", data={"person": [place.ids[n] for n in people], **values})
    assert answer.status_code == 422
    assert words in answer.text
    assert all(value in answer.text for name, value in values.items() if name != "outcome")
    assert answer.text.count(" checked") >= len(people)
    assert db.session.scalars(sa.select(Decision)).all() == []


def test_passing_against_the_rule_needs_a_reason_that_the_learner_reads(place):
    place.rule()
    (decision,) = place.decide(0, outcome=Outcome.PASSED, reason="Setara dengan pelatihan lain.")
    assert not decision.rule_met
    page = place.client.as_(place.people[0]).get(f"/learn/{place.cohort.id}/result").text
    assert "Setara dengan pelatihan lain." in page
    assert "walaupun syarat belum terpenuhi" in page


def test_failing_is_for_one_person_with_a_reason(place):
    with pytest.raises(Refused):
        place.decide(0, 1, outcome=Outcome.FAILED, reason="Tidak hadir.")
    with pytest.raises(Refused):
        place.decide(0, outcome=Outcome.FAILED)
    db.session.rollback()
    url = f"{place.url}/results/{place.ids[0]}"
    assert place.browser.post(url, data={"outcome": "failed", "reason": "Tidak hadir sejak awal."}).location == url
    page = place.client.as_(place.people[0]).get(f"/learn/{place.cohort.id}/result").text
    assert "tetap milik Anda" in page
    assert "Tidak hadir sejak awal." in page


def test_nobody_decides_about_themselves(place, make_enrolment):
    place.ids.append(make_enrolment(place.cohort, place.organizer).id)
    with pytest.raises(Refused):
        place.decide(3, outcome=Outcome.PASSED, reason="Saya sendiri.")


def test_people_of_another_cohort_are_out_of_reach(place, make_cohort, make_enrolment):
    elsewhere = make_enrolment(make_cohort())
    data = {"person": elsewhere.id, "outcome": "passed", "reason": "Salah alamat."}
    assert place.browser.post(f"{place.url}/results", data=data).status_code == 422
    assert place.browser.get(f"{place.url}/results/{elsewhere.id}").status_code == 404
    mixed = {**data, "person": [elsewhere.id, place.ids[0]]}
    assert place.browser.post(f"{place.url}/results", data=mixed).status_code == 404
    assert place.client.as_(place.people[0]).get(f"/learn/{elsewhere.cohort_id}/result").status_code == 404
    assert db.session.scalars(sa.select(Decision)).all() == []


def test_a_later_decision_replaces_an_earlier_one_and_both_are_kept(place):
    place.rule()
    until = utcnow().date() + dt.timedelta(days=5)
    place.decide(0, outcome=Outcome.POSTPONED, reason="Jurnal kurang.", task="Serahkan jurnal.", due_on=until)
    browser = place.client.as_(place.people[0])
    page = browser.get(f"/learn/{place.cohort.id}/result").text
    assert "Serahkan jurnal." in page
    assert "langkah" in page.lower()
    for _time in range(2):  # the reminder is sent once
        services.remind_postponed(utcnow().date())
    commit()
    keys = db.session.scalars(sa.select(Notice.object)).all()
    assert sum(key.startswith("postponed/") for key in keys) == 1
    place.finish(0)
    assert "Ani" in place.browser.get(f"{place.url}/results?show=may").text
    place.decide(0, outcome=Outcome.PASSED)
    page = place.browser.get(f"{place.url}/results/{place.ids[0]}").text
    assert page.index("lulus") < page.index("Jurnal kurang.")
    assert "diganti keputusan" in page


def test_instructors_and_learners_decide_nothing(place):
    for person in (place.people[0], db.session.get_one(User, place.cohort.assessor_id)):
        browser = place.client.as_(person)
        for path in ("results", "rule", "minutes", f"results/{place.ids[0]}"):
            assert browser.get(f"{place.url}/{path}").status_code in {403, 404}


# -- the learner's page -------------------------------------------------------------------------------------------------------------------


def test_the_learner_sees_what_is_met_what_is_missing_and_where_to_go(place):
    place.rule()
    place.record(0, "bacaan", EvidenceKind.VIEWED)
    page = place.client.as_(place.people[0]).get(f"/learn/{place.cohort.id}/result").text
    assert f'href="/learn/{place.cohort.id}/modul/jurnal"' in page
    assert "Budi" not in page
    assert f'href="/learn/{place.cohort.id}/result"' in place.client.as_(place.people[0]).get(f"/learn/{place.cohort.id}").text


def test_sessions_count_as_they_were_noted(place):
    place.rule({"all": [{"sessions": 50}]})
    start = dt.datetime(2026, 10, 5, 1, tzinfo=dt.UTC)
    for days in (0, 1):
        begins = start + dt.timedelta(days=days)
        entry = ScheduleEntry(
            cohort_id=place.cohort.id, kind=ScheduleKind.CLASSROOM, title="Sesi", starts_at=begins, ends_at=begins + dt.timedelta(hours=2)
        )
        db.session.add(entry)
    commit()
    with at(dt.datetime(2026, 11, 1, tzinfo=dt.UTC)):
        assert load(place.cohort.id).person(place.ids[0]).attendance.not_entered
        for entry in db.session.scalars(sa.select(ScheduleEntry).order_by(ScheduleEntry.starts_at)).all():
            marks = [Mark(place.ids[0], AttendanceState.PRESENT), Mark(place.ids[1], AttendanceState.ABSENT)]
            note(actor=place.actor, entry=entry, marks=marks[: 1 + (entry.starts_at == start)])
        commit()
        assert [standing(place, number) for number in (0, 1)] == [Standing.MET, Standing.OPEN]


def meeting(place, begins, hours=2, **values):
    entry = ScheduleEntry(
        cohort_id=place.cohort.id, kind=ScheduleKind.CLASSROOM, title="Sesi", starts_at=begins, ends_at=begins + dt.timedelta(hours=hours), **values
    )  # fmt: skip
    db.session.add(entry)
    commit()
    return entry


def test_while_nobody_was_noted_absence_is_met_by_nobody(place):
    place.rule({"all": ["absence", {"sessions": 50}]})
    place.cohort.absence_limits = {"sessions": 1}
    begins = dt.datetime(2026, 10, 5, 1, tzinfo=dt.UTC)
    with at(dt.datetime(2026, 11, 1, tzinfo=dt.UTC)):
        assert [part.standing for part in load(place.cohort.id).clause(place.ids[0]).parts] == [Standing.MET, Standing.OPEN]
        entry = meeting(place, begins)
        loaded = load(place.cohort.id)
        assert {part.standing for number in place.ids for part in loaded.clause(number).parts} == {Standing.OPEN}
        words = {gap.title for gap in lacking(loaded.clause(place.ids[0]))}
        assert words == {"kehadiran belum dicatat"}
        (sessions,) = (one for one in components_of(loaded.programme, loaded.person(place.ids[0])) if one.key == "session")
        assert sessions.text == "kehadiran belum dicatat"
        note(actor=place.actor, entry=entry, marks=[Mark(place.ids[1], AttendanceState.PRESENT)])
        assert [standing(place, number) for number in (0, 1)] == [Standing.OPEN, Standing.MET]


def test_days_are_missed_as_attendance_counts_them(place):
    """A meeting over three days, in a zone of its own: three days, here and on the pages of attendance."""
    place.cohort.absence_limits = {"days": 2}
    entry = meeting(place, dt.datetime(2026, 10, 5, 16, tzinfo=dt.UTC), hours=48, time_zone="Asia/Jayapura")
    with at(dt.datetime(2026, 11, 1, tzinfo=dt.UTC)):
        note(actor=place.actor, entry=entry, marks=[Mark(place.ids[0], AttendanceState.ABSENT)])
        seen = load(place.cohort.id).person(place.ids[0]).attendance
        assert seen.missed_days == absences([place.ids[0]])[place.ids[0]].missed["days"] == 3


# -- more time --------------------------------------------------------------------------------------------------------------------------


def test_more_time_moves_the_due_day_and_a_rebuild_finds_the_same(place):
    data = {
        "person": place.ids[:2],
        "module_id": place.module.id,
        "extended_to": "2026-11-30",
        "extension_reason": "Perahu tidak berangkat.",
    }
    assert place.browser.post(f"{place.url}/results/extend", data=data).status_code == 302
    due = dict(db.session.execute(sa.select(Enrolment.id, Enrolment.next_due_on)).all())
    assert [due[number] for number in place.ids] == [dt.date(2026, 11, 30), dt.date(2026, 11, 30), dt.date(2026, 10, 20)]
    place.record(0, "bacaan", EvidenceKind.VIEWED)
    db.session.expire_all()
    assert db.session.get_one(Enrolment, place.ids[0]).next_due_on == dt.date(2026, 11, 30)
    assert [difference for number in place.ids for difference in recompute(number)] == []
    commit()
    assert "30 November 2026" in place.client.as_(place.people[0]).get(f"/learn/{place.cohort.id}").text
    # A day of the cohort that is later still counts for everybody.
    db.session.get_one(CohortModule, (place.cohort.id, place.module.id)).due_on = dt.date(2026, 12, 15)
    progress.renew_due_days(place.cohort.id)
    db.session.expire_all()
    assert db.session.get_one(Enrolment, place.ids[0]).next_due_on == dt.date(2026, 12, 15)


def test_nobody_gives_themselves_more_time(place, make_enrolment):
    own = make_enrolment(place.cohort, place.organizer).id
    shared = {"actor": place.actor, "cohort_id": place.cohort.id, "module_id": place.module.id, "reason": "Sungai naik."}
    assert progress.extend(**shared, enrolment_ids=[own, place.ids[0]], due_on=dt.date(2026, 11, 30)) == 1
    assert db.session.scalars(sa.select(Extension.enrolment_id)).all() == [place.ids[0]]


@pytest.mark.sqlite
def test_what_was_typed_stays_whatever_else_is_pressed(place):
    typed = {"person": place.ids[0], "reason": "Alasan satu.", "extended_to": "2026-10-20", "extension_reason": "Alasan dua."}
    url = f"{place.url}/results"
    for page, more in ((f"{url}/extend", {"module_id": place.module.id}), (url, {}), (url, {"tick": "all"}), (url, {"tick": ""})):
        answer = place.browser.post(page, data=typed | more)
        assert answer.status_code == (200 if "tick" in more else 422)
        for text in ("Alasan satu.", "Alasan dua.", "2026-10-20"):
            assert text in answer.text
        assert answer.text.count(" checked") == (3 if more.get("tick") == "all" else 1)
    assert db.session.scalars(sa.select(Decision)).all() == []
    form = answer.text.partition('action="')[2]
    assert form.index('name="tick"') < form.index('id="decide"'), "the Enter key presses the first button"


def test_a_decision_sent_twice_is_one(place):
    for _twice in range(2):
        assert len(place.decide(0, 1, outcome=Outcome.PASSED, reason="Setara.")) == 2
    place.decide(1, outcome=Outcome.PASSED, reason="Lain.")
    place.decide(1, outcome=Outcome.PASSED, reason="Setara.")
    assert sorted(db.session.scalars(sa.select(Decision.enrolment_id))) == [place.ids[0]] + 3 * [place.ids[1]]
    assert len(db.session.scalars(sa.select(Notice).where(Notice.kind == "decision")).all()) == 4


@pytest.mark.sqlite
def test_more_time_must_be_later_and_have_a_reason(place):
    data = {"person": place.ids[0], "module_id": place.module.id, "extended_to": "2026-10-20", "extension_reason": "Sungai naik."}
    assert place.browser.post(f"{place.url}/results/extend", data=data).status_code == 422
    data |= {"extended_to": "2026-11-20", "extension_reason": ""}
    answer = place.browser.post(f"{place.url}/results/extend", data=data)
    assert answer.status_code == 422
    assert "2026-11-20" in answer.text
    assert db.session.scalars(sa.select(Extension)).all() == []


# -- minutes ------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.sqlite
def test_minutes_are_kept_and_print_the_same_whatever_is_decided_later(place):
    form = {"number": "", "place": "Aula", "held_on": "2026-11-23", "attendees": "Ratna, S.Sos., Ketua\nHelena, Penguji", "whom": "all"}
    assert place.browser.post(f"{place.url}/minutes", data=form).status_code == 422
    place.decide(0, outcome=Outcome.PASSED, reason="Setara.")
    place.decide(1, outcome=Outcome.POSTPONED, reason="Kurang.", task="Jurnal", due_on=utcnow().date() + dt.timedelta(days=9))
    assert place.browser.post(f"{place.url}/minutes", data=form).status_code == 302
    kept = db.session.scalars(sa.select(Minutes)).one()
    text = json.dumps(kept.content, sort_keys=True, ensure_ascii=False)
    assert kept.digest == hashlib.sha256(text.encode()).hexdigest()
    assert "Senin, tanggal dua puluh tiga bulan November tahun dua ribu dua puluh enam (23 November 2026)" in text
    assert kept.content["counts"] == [["lulus", 1], ["ditunda", 1], ["tidak lulus", 0]]
    assert kept.content["signatures"] == [["Ratna, S.Sos.", "Ketua"], ["Helena", "Penguji"]]
    assert [name for name, _words in kept.content["reasons"]] == ["Ani (lulus)", "Budi (ditunda)"]
    place.decide(2, outcome=Outcome.PASSED, reason="Setara juga.")
    printed = place.browser.get(f"{place.url}/minutes/{kept.id}.pdf")
    assert printed.data.startswith(b"%PDF")
    assert b"/StructTreeRoot" in printed.data
    db.session.expire_all()
    assert db.session.get_one(Minutes, kept.id).digest == kept.digest
    assert place.browser.post(f"{place.url}/minutes", data=form | {"whom": "new"}).status_code == 302
    later = db.session.scalars(sa.select(Minutes).order_by(Minutes.id.desc())).first()
    assert [row[1] for row in later.content["people"]] == ["Citra"]
    assert place.browser.get(f"{place.url}/minutes/{kept.id + 99}.pdf").status_code == 404
    for _twice in range(2):
        assert place.browser.post(f"{place.url}/minutes", data=form).status_code == 302
    assert len(db.session.scalars(sa.select(Minutes)).all()) == 3, "the same words sent twice are one"
