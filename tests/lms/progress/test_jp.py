"""The ledger of hours: limits hold in any order of arrival, corrections included; judging anew finds what was written."""

import datetime as dt
from collections import defaultdict
from dataclasses import replace
from decimal import Decimal

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lms.db import at, db
from lms.errors import NotAllowed, NotFound, Refused
from lms.hours import transcript
from lms.learning.models import ScheduleEntry, ScheduleKind
from lms.people.access import load_actor
from lms.progress import jp, jp_rules
from lms.progress.jp import Learned
from lms.progress.models import JpCause, JpEntry, JpForm, JpLimit
from lms.progress.recompute import recompute
from lms.testing.made import TODAY

RULES = {rule.name: rule for rule in jp_rules.in_the_box()}
BY_FORM = {rule.form: rule for rule in RULES.values()}
DAY = dt.date(2026, 10, 5)
events = st.lists(
    st.tuples(
        st.sampled_from([JpForm.E_LEARNING, JpForm.SELF_STUDY, JpForm.COACHING, JpForm.CLASSROOM, JpForm.BENCHMARKING]),
        st.integers(0, 40),  # days after DAY
        st.integers(0, 30),  # half hours
        st.integers(1, 6),  # section
    ),
    max_size=25,
)


def learned(rows):
    return [
        Learned(
            number, 1, f"{number}", (section, "x") if form is JpForm.E_LEARNING else None, {}, form, DAY + dt.timedelta(days=days),
            BY_FORM[form].name, Decimal(halves) / 2,
        )
        for number, (form, days, halves, section) in enumerate(rows, start=1)
    ]  # fmt: skip


def keeps_limits(items):
    """Check every limit on (form, day, recognised, section) rows."""
    days, months, sections = defaultdict(Decimal), defaultdict(int), defaultdict(set)
    for item in items:
        rule = BY_FORM[item.form]
        assert 0 <= item.recognized <= item.nominal
        if rule.per_event is not None:
            assert item.recognized <= rule.per_event
        days[item.form, item.day] += item.recognized
        if item.recognized:
            months[item.form, item.day.year, item.day.month] += 1
            if item.section:
                sections[item.section].add(item.id)
    assert all(BY_FORM[form].per_day is None or total <= BY_FORM[form].per_day for (form, _day), total in days.items())
    assert all(BY_FORM[form].per_month is None or count <= BY_FORM[form].per_month for (form, *_month), count in months.items())
    assert all(len(found) == 1 for found in sections.values()), "a section counts once a year"


@given(events)
def test_limits_hold_in_any_order_of_arrival(rows):
    items = learned(rows)
    keeps_limits([replace(item, recognized=got) for item, (got, _limit) in zip(items, jp.judge(items, RULES), strict=True)])


@given(events, st.integers(0, 25))
def test_what_arrives_later_changes_nothing_before(rows, cut):
    items = learned(rows)
    assert jp.judge(items, RULES)[:cut] == jp.judge(items[:cut], RULES)


@given(st.lists(st.integers(0, 12), max_size=8))
def test_a_day_gives_the_same_hours_in_any_order(halves):
    """Five hours of e-learning on one day are three, however they arrive."""
    rows = [(JpForm.E_LEARNING, 0, half, number) for number, half in enumerate(halves)]
    total = sum((got for got, _limit in jp.judge(learned(rows), RULES)), Decimal(0))
    assert total == min(Decimal(3), sum((Decimal(half) / 2 for half in halves), Decimal(0)))


def test_the_table_of_the_brief():
    """BPS, B-031/BPS/2600/02/2019: hours a day, events a month, fixed hours."""

    def hours(form, *nominal):
        return [float(got) for got, _limit in jp.judge(learned([(form, 0, n * 2, i) for i, n in enumerate(nominal)]), RULES)]

    assert hours(JpForm.E_LEARNING, 2, 2, 1) == [2, 1, 0]
    assert hours(JpForm.SELF_STUDY, 3) == [2]
    assert hours(JpForm.SEMINAR, 8) == [4]
    assert hours(JpForm.WORKSHOP, 8) == [5]
    assert hours(JpForm.COACHING, 2, 4, 2) == [2, 2, 0]
    assert hours(JpForm.CLASSROOM, 9) == [9]
    assert hours(JpForm.BENCHMARKING, 15) == [10]


# -- in the database -----------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def world(make_cohort, make_enrolment, make_user, make_module):
    """Return a cohort of two with a meeting of each kind, and their organizer."""
    modules = [make_module() for _number in range(3)]
    cohort = make_cohort(*modules)
    people = [make_enrolment(cohort, make_user(time_zone=zone)) for zone in ("Asia/Makassar", "")]
    meetings = [meeting(cohort, kind, 3 + 2 * number) for number, kind in enumerate(ScheduleKind)]
    return cohort, modules, people, meetings, load_actor(make_user("Panitia").id, TODAY)


def meeting(cohort, kind, hours, start=dt.datetime(2026, 10, 5, 2, tzinfo=dt.UTC)):
    row = ScheduleEntry(
        cohort_id=cohort.id, kind=kind, title=f"Sesi {kind}", starts_at=start, ends_at=start + dt.timedelta(hours=4), jp=Decimal(hours)
    )
    db.session.add(row)
    db.session.flush()
    return row


def earn(person, module_id, section, hours, day=DAY):
    item = Learned(
        0, person.id, f"section/{module_id}/{section}", (module_id, section), {"id": "Bagian"}, JpForm.E_LEARNING, day, "", Decimal(hours)
    )
    jp._earn([(person.user_id, item)])


def lines_of(person):
    rows = db.session.scalars(sa.select(JpEntry).where(JpEntry.user_id == person.user_id).order_by(JpEntry.id)).all()
    return [(row.key, row.nominal, row.recognized, row.cause) for row in rows]


acts = st.lists(
    st.one_of(
        st.tuples(st.just("earn"), st.integers(0, 2), st.integers(0, 3), st.integers(1, 4), st.integers(0, 2)),
        st.tuples(st.sampled_from(["credit", "uncredit"]), st.integers(0, 2)),
        st.tuples(st.just("correct"), st.integers(0, 9), st.integers(0, 12)),
        st.just(("again",)),
    ),
    max_size=14,
)


@pytest.mark.timeout(120)
def test_incremental_equals_anew_with_corrections(world):
    """Whatever happens in whatever order, the ledger is what judging everything anew gives, within limits; telling again changes nothing."""
    _cohort, modules, (person, _other), meetings, organizer = world

    @settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
    @given(acts)
    def history(steps):
        save = db.session.begin_nested()
        told = []
        for step in steps:
            act(step, told)
            items = jp.year_of(person.user_id, 2026)
            keeps_limits(items)
            assert jp.recount(person.user_id, 2026) == []
            shown = transcript.transcript(person.user_id, 2026)
            raw = lines_of(person)
            assert (shown.nominal, shown.recognized) == (sum(row[1] for row in raw), sum(row[2] for row in raw))
        save.rollback()

    def act(step, told):
        match step:
            case ("earn", module, section, hours, days):
                told.append((module, section, hours, days))
                earn(person, modules[module].id, f"s{section}", hours, DAY + dt.timedelta(days=days))
            case ("credit", number):
                jp.credit_meeting(enrolment_ids=[person.id], entry_id=meetings[number].id)
                again(lambda: jp.credit_meeting(enrolment_ids=[person.id], entry_id=meetings[number].id))
            case ("uncredit", number):
                jp.uncredit_meeting(enrolment_ids=[person.id], entry_id=meetings[number].id)
                again(lambda: jp.uncredit_meeting(enrolment_ids=[person.id], entry_id=meetings[number].id))
            case ("correct", number, halves):
                items = jp.year_of(person.user_id, 2026)
                if items and items[number % len(items)].nominal != Decimal(halves) / 2:
                    jp.correct(
                        actor=organizer, enrolment_id=person.id, line_id=items[number % len(items)].id, hours=Decimal(halves) / 2, reason="Keliru."
                    )  # fmt: skip
            case ("again",):
                for module, section, hours, days in told:
                    again(lambda m=module, s=section, h=hours, d=days: earn(person, modules[m].id, f"s{s}", h, DAY + dt.timedelta(days=d)))

    def again(call):
        before = lines_of(person)
        call()
        assert lines_of(person) == before

    history()


def test_a_voided_line_makes_room_for_what_the_limit_had_cut(world):
    _cohort, modules, (person, _other), _meetings, organizer = world
    earn(person, modules[0].id, "a", 3)
    earn(person, modules[1].id, "b", 2)
    first, second = jp.year_of(person.user_id, 2026)
    assert (first.recognized, second.recognized, second.limit) == (3, 0, JpLimit.DAY)
    jp.correct(actor=organizer, enrolment_id=person.id, line_id=first.id, hours=Decimal(0), reason="Salah orang.")
    assert [row[1:] for row in lines_of(person)] == [
        (3, 3, JpCause.EARNED),
        (2, 0, JpCause.EARNED),
        (-3, -3, JpCause.CORRECTED),
        (0, 2, JpCause.RECOUNTED),
    ], "nothing that was written is changed"
    shown = transcript.transcript(person.user_id, 2026)
    assert [(float(line.nominal), float(line.recognized), line.why) for line in shown.lines] == [(0, 0, ""), (2, 2, "")]
    assert shown.lines[0].corrections[0].reason == "Salah orang."


def test_the_day_is_the_learners_own(world):
    """23.30 on the 31st in Pontianak is the new year in Makassar."""
    cohort, _modules, (east, west), _meetings, _organizer = world
    late = meeting(cohort, ScheduleKind.ONLINE, 2, dt.datetime(2026, 12, 31, 16, 30, tzinfo=dt.UTC))
    for person in (east, west):
        jp.credit_meeting(enrolment_ids=[person.id], entry_id=late.id)
    days = {row.user_id: row.occurred_on for row in db.session.scalars(sa.select(JpEntry))}
    assert days == {east.user_id: dt.date(2027, 1, 1), west.user_id: dt.date(2026, 12, 31)}
    with at(dt.datetime(2027, 1, 2, tzinfo=dt.UTC)):
        jp.uncredit_meeting(enrolment_ids=[east.id], entry_id=late.id)
    assert sum(item.recognized for item in jp.year_of(east.user_id, 2027)) == 0


def test_meetings_that_give_none(world, make_cohort, make_module):
    _cohort, _modules, (person, _other), meetings, _organizer = world
    meetings[0].cancelled_at = dt.datetime(2026, 10, 1, tzinfo=dt.UTC)
    meetings[1].jp = Decimal(0)
    for entry in meetings[:2]:
        jp.credit_meeting(enrolment_ids=[person.id], entry_id=entry.id)
    assert lines_of(person) == []
    elsewhere = meeting(make_cohort(make_module()), ScheduleKind.ONLINE, 2)
    with pytest.raises(NotFound):
        jp.credit_meeting(enrolment_ids=[person.id], entry_id=elsewhere.id)


def test_what_a_person_corrected_stays_when_attendance_is_told_again(world):
    _cohort, _modules, (person, _other), meetings, organizer = world
    jp.credit_meeting(enrolment_ids=[person.id], entry_id=meetings[0].id)
    (item,) = jp.year_of(person.user_id, 2026)
    jp.correct(actor=organizer, enrolment_id=person.id, line_id=item.id, hours=Decimal(1), reason="Datang terlambat.")
    jp.credit_meeting(enrolment_ids=[person.id], entry_id=meetings[0].id)
    assert jp.year_of(person.user_id, 2026)[0].recognized == 1


def test_what_a_person_corrected_stays_when_attendance_is_taken_back_and_given_again(world):
    _cohort, _modules, (person, other), meetings, organizer = world
    both, entry = [person.id, other.id], meetings[0]
    jp.credit_meeting(enrolment_ids=both, entry_id=entry.id)
    (item,) = jp.year_of(person.user_id, 2026)
    jp.correct(actor=organizer, enrolment_id=person.id, line_id=item.id, hours=Decimal(1), reason="Datang terlambat.")
    jp.uncredit_meeting(enrolment_ids=both, entry_id=entry.id)
    jp.credit_meeting(enrolment_ids=both, entry_id=entry.id)
    assert [jp.year_of(one.user_id, 2026)[0].nominal for one in (person, other)] == [1, entry.jp]


def test_hours_that_a_meeting_gets_later_reach_who_was_credited(world):
    _cohort, _modules, (person, other), meetings, organizer = world
    both, entry = [person.id, other.id], meetings[0]
    jp.credit_meeting(enrolment_ids=both, entry_id=entry.id)
    (item,) = jp.year_of(other.user_id, 2026)
    jp.correct(actor=organizer, enrolment_id=other.id, line_id=item.id, hours=Decimal(1), reason="Datang terlambat.")
    entry.jp += 2
    for _twice in range(2):
        jp.credit_meeting(enrolment_ids=both, entry_id=entry.id)
    items = [jp.year_of(one.user_id, 2026)[0] for one in (person, other)]
    assert [item.nominal for item in items] == [entry.jp, 1]
    assert [item.lines for item in items] == [2, 2]
    assert items[0].cause is JpCause.CHANGED


def test_who_may_correct_what(world):
    _cohort, modules, (person, other), _meetings, organizer = world
    earn(person, modules[0].id, "a", 2)
    (item,) = jp.year_of(person.user_id, 2026)
    with pytest.raises(NotAllowed):
        jp.correct(actor=load_actor(person.user_id, TODAY), enrolment_id=person.id, line_id=item.id, hours=Decimal(3), reason="Untuk saya.")
    with pytest.raises(NotFound):
        jp.correct(actor=organizer, enrolment_id=other.id, line_id=item.id, hours=Decimal(0), reason="Orang lain.")
    with pytest.raises(Refused):
        jp.correct(actor=organizer, enrolment_id=person.id, line_id=item.id, hours=Decimal(2), reason="Tidak ada.")


# -- rules ---------------------------------------------------------------------------------------------------------------------------------


def test_a_new_rule_holds_from_its_day_and_changes_nothing_before(world):
    _cohort, modules, (person, _other), _meetings, organizer = world
    values = {"form": "e_learning", "per_day": Decimal(4), "per_event": None, "per_month": None, "source": "Surat Edaran contoh"}
    with pytest.raises(Refused):
        jp_rules.add_rule(actor=organizer, values={**values, "valid_from": DAY}, today=DAY)
    earn(person, modules[0].id, "a", 5)
    jp_rules.add_rule(actor=organizer, values={**values, "valid_from": DAY + dt.timedelta(days=1)}, today=DAY)
    earn(person, modules[1].id, "b", 5, DAY + dt.timedelta(days=1))
    earn(person, modules[2].id, "c", 1)
    assert [item.recognized for item in jp.year_of(person.user_id, 2026)] == [3, 4, 0]
    assert jp.recount(person.user_id, 2026) == []
    old = next(rule for rule in jp_rules.own() if rule.name == "e-learning-3-per-day")
    assert old.valid_to == DAY
    assert jp_rules.used() == {"e-learning-3-per-day": 2, "e_learning-20261006": 1}
    with pytest.raises(Refused):
        jp_rules.add_rule(actor=organizer, values={**values, "valid_from": DAY + dt.timedelta(days=1)}, today=DAY)


def test_recompute_finds_and_settles_a_ledger_that_is_wrong(world):
    _cohort, modules, (person, _other), _meetings, _organizer = world
    earn(person, modules[0].id, "a", 5)
    assert recompute(person.id) == []
    db.session.execute(sa.update(JpEntry).values(recognized=Decimal(5)))
    assert [row[2:] for row in recompute(person.id)] == [(5, 3)]
    assert jp.year_of(person.user_id, 2026)[0].recognized == 3
    assert recompute(person.id) == []
