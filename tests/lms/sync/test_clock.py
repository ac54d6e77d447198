"""When something happened that a device reports a week later: bounds that hold whatever the device says, and belief in a clock that ran true."""

import datetime as dt
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.sync.clock import BEGINNING, GRACE, SLACK, Moment, Timeliness, judge, read_tick, sign_tick, timeliness

pytestmark = pytest.mark.sqlite
BEGAN = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)
seconds = st.floats(0, 30 * 86400).map(lambda number: dt.timedelta(seconds=number))
skews = st.floats(-(10**8), 10**8).map(lambda number: dt.timedelta(seconds=number))
moments = st.integers(10**9, 4 * 10**9).map(lambda second: dt.datetime.fromtimestamp(second, dt.UTC))


@given(skews, st.tuples(seconds, seconds, seconds).map(sorted))
def test_a_clock_that_is_wrong_but_runs_true_is_believed(skew, spans):
    tick, made, received = (BEGAN + span for span in spans)
    moment = judge(made=made + skew, tick=tick, seen=tick + skew, delivered=received + skew, received=received, after=None)
    assert moment.steady
    assert abs(moment.at - made) < dt.timedelta(milliseconds=1)


@given(moments, moments, moments, st.one_of(st.none(), moments), st.one_of(st.none(), seconds))
def test_whatever_a_device_says_the_bounds_hold(made, seen, delivered, after, ago):
    received = BEGAN
    tick = None if ago is None else received - ago
    moment = judge(made=made, tick=tick, seen=seen, delivered=delivered, received=received, after=after)
    assert (tick or BEGINNING) == moment.earliest <= moment.at <= moment.latest == received
    if tick is None:
        assert not moment.steady, "nothing to compare the clock with"


@given(seconds, seconds, st.floats(601, 10**7).map(lambda number: dt.timedelta(seconds=number)))
def test_a_clock_that_was_set_is_not_believed(before, after, jump):
    tick, received = BEGAN, BEGAN + before + after
    allowed = SLACK + (received - tick) / 5000
    moment = judge(made=BEGAN + before, tick=tick, seen=tick, delivered=received - jump, received=received, after=None)
    assert not moment.steady or jump <= allowed
    back = judge(made=BEGAN + before, tick=tick, seen=tick, delivered=received, received=received, after=BEGAN + before + jump)
    assert not back.steady, "earlier than the operation before it"


@given(st.tuples(seconds, seconds, seconds).map(sorted), seconds, st.booleans())
def test_who_could_not_have_known_is_never_called_late(spans, due, steady):
    earliest, at, latest = (BEGAN + span for span in spans)
    deadline = BEGAN + due
    verdict = timeliness(Moment(at, earliest, latest, steady), deadline)
    if latest <= deadline:
        assert verdict is Timeliness.ON_TIME
    if verdict is Timeliness.LATE:
        assert earliest > deadline or (steady and at > deadline)
    if verdict is Timeliness.ON_TIME:
        assert latest <= deadline or (steady and at <= deadline and latest <= deadline + GRACE)
    if earliest <= deadline < latest and not steady:
        assert verdict is Timeliness.UNDECIDED


def judge_of():
    return judge(made=BEGAN, tick=BEGAN, seen=BEGAN, delivered=BEGAN, received=BEGAN, after=None)


def test_without_a_due_day_nothing_is_late():
    assert timeliness(judge_of(), None) is Timeliness.ON_TIME


def test_a_tick_is_one_persons(app):
    with app.app_context():
        me, other = uuid.uuid4(), uuid.uuid4()
        signed = sign_tick(me, BEGAN)
        assert read_tick(me, signed) == BEGAN
        assert read_tick(other, signed) is None
        body, _, mark = signed.rpartition(".")
        assert read_tick(me, f"{body}.{'B' if mark[0] == 'A' else 'A'}{mark[1:]}") is None
        assert read_tick(me, "") is None
