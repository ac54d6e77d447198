"""Codes, windows, what several notes amount to, and what absence amounts to: rules without a database."""

import datetime as dt
import uuid
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lms.attendance import rules
from lms.attendance.limits import Held, absence_of
from lms.attendance.models import THERE, AttendanceState, NoteSource
from lms.attendance.rules import Word, settle

pytestmark = pytest.mark.sqlite
NOW = dt.datetime(2026, 11, 21, 1, tzinfo=dt.UTC)
SECRET = rules.meeting_secret(b"key", uuid.UUID(int=1))
spans = st.integers(-(10**6), 10**6).map(lambda number: dt.timedelta(seconds=number))
states = st.sampled_from(list(AttendanceState))


@given(spans)
def test_a_code_holds_for_minutes_and_not_for_hours(away):
    code = rules.code_at(SECRET, NOW)
    limit = dt.timedelta(seconds=rules.STEP * (rules.SKEW + 1))
    if abs(away) <= dt.timedelta(seconds=rules.STEP * rules.SKEW):
        assert rules.code_holds(SECRET, code, NOW + away)
    if abs(away) > limit and rules.code_holds(SECRET, code, NOW + away):
        steps = range(-rules.SKEW, rules.SKEW + 1)
        assert code in {rules.code_at(SECRET, NOW + away, step) for step in steps}, "one number in a million comes twice"


def test_codes_differ_between_meetings_and_minutes():
    other = rules.meeting_secret(b"key", uuid.UUID(int=2))
    shown = {rules.code_at(secret, NOW + dt.timedelta(minutes=minute)) for secret in (SECRET, other) for minute in range(30)}
    assert len(shown) > 57
    assert rules.meeting_secret(b"other", uuid.UUID(int=1)) != SECRET


def test_early_is_welcome_and_the_future_is_not():
    begins, ends = NOW, NOW + dt.timedelta(hours=3)
    assert rules.is_open(begins, ends, begins - dt.timedelta(minutes=2))
    assert rules.is_open(begins, ends, begins - rules.EARLY)
    assert not rules.is_open(begins, ends, begins - dt.timedelta(days=1))
    assert not rules.is_open(begins, ends, ends + dt.timedelta(minutes=16))
    assert rules.state_at(begins, begins + rules.LATE_AFTER) is AttendanceState.PRESENT
    assert rules.state_at(begins, begins + dt.timedelta(minutes=16)) is AttendanceState.LATE


words = st.builds(
    Word,
    id=st.uuids(),
    state=st.one_of(st.none(), states),
    source=st.sampled_from(list(NoteSource)),
    moment=spans.map(lambda away: NOW + away),
    received_at=spans.map(lambda away: NOW + away),
)


@settings(max_examples=60)
@given(st.lists(words, max_size=8, unique_by=lambda word: word.id), st.randoms(use_true_random=False))
def test_the_order_and_the_number_of_copies_of_notes_do_not_matter(notes, chance):
    mixed = [*notes, *notes[:3]]
    chance.shuffle(mixed)
    holds = settle(notes)
    assert settle(mixed) == holds
    sure = [word for word in notes if word.state is not None]
    assert (holds is None) is (not sure)
    corrections = [word for word in sure if word.source is NoteSource.CORRECTION]
    if holds:
        assert holds.moment == max(word.moment for word in corrections or sure)


def held(state, day, hours=3, jp=4, zone="Asia/Pontianak"):
    starts = NOW + dt.timedelta(days=day)
    return Held(AttendanceState(state), starts, starts + dt.timedelta(hours=hours), Decimal(jp), zone)


@given(st.lists(st.builds(held, states, st.integers(0, 9), st.integers(1, 5), st.integers(0, 6)), max_size=12))
def test_absence_adds_up(meetings):
    found = absence_of(meetings, {"sessions": 6, "jp": 18, "days": 2})
    missed = [one for one in meetings if one.state not in THERE]
    assert found.missed["sessions"] == len(missed)
    assert found.attended + len(missed) == len(meetings)
    assert found.missed["jp"] == sum(one.jp for one in missed)
    assert found.missed["days"] <= found.missed["sessions"]
    assert found.excused <= found.missed["sessions"], "shown apart, and counted"
    assert found.warning == (80 if found.percent >= 80 else 50 if found.percent >= 50 else 0)


def test_a_day_is_missed_when_all_of_it_was():
    both = [held("absent", 0, 1), held("present", 0, 1)]
    assert absence_of(both, {}).missed["days"] == 0
    assert absence_of([held("absent", 0), held("excused", 0)], {}).missed["days"] == 1
    assert absence_of([held("absent", 0, hours=30)], {}).missed["days"] == 2
    late = dt.datetime(2026, 11, 21, 16, 30, tzinfo=dt.UTC)  # 23.30 WIB, 00.30 WITA
    assert (
        absence_of([Held(AttendanceState.ABSENT, late, late + dt.timedelta(minutes=20), Decimal(1), "Asia/Makassar")], {}).missed["days"]
        == 1
    )


def test_twelve_of_eighteen_hours_is_over_half():
    found = absence_of([held("absent", day) for day in range(3)], {"sessions": 6, "jp": 18, "days": 0, "x": 3})
    assert (found.percents, found.percent, found.warning) == ({"sessions": 50, "jp": 66}, 66, 50)
    assert absence_of([held("absent", day) for day in range(9)], None).warning == 0, "no limit, no warning"
