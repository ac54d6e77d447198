"""When mails leave: not at night, at most three in seven days, nothing lost, nothing twice, in order."""

import datetime as dt
import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lms.i18n import zone
from lms.messages.models import Frequency
from lms.messages.planning import MOST, MOST_DIGESTS, WEEK, Waiting, awake, earliest, morning, plan

pytestmark = pytest.mark.sqlite

START = dt.datetime(2026, 11, 16, tzinfo=dt.UTC)  # a Monday
ZONES = st.sampled_from(["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"])
MAILED = st.sampled_from([Frequency.NOW, Frequency.DAILY, Frequency.WEEKLY])
MINUTES = st.integers(0, 20 * 24 * 60)
NOTICES = st.lists(st.tuples(MINUTES, MAILED), max_size=30)


def after(minutes):
    return START + dt.timedelta(minutes=minutes)


def made(rows):
    return [Waiting(uuid.UUID(int=number), after(minutes), how) for number, (minutes, how) in enumerate(sorted(rows))]


def kept(departures, sent, time_zone):
    """Assert what holds for every plan."""
    moments = sorted([*sent, *(one.at for one in departures)])
    for one in departures:
        assert 7 <= one.at.astimezone(zone(time_zone)).hour < 20
        assert len([other for other in moments if one.at - WEEK < other <= one.at]) <= MOST


@given(NOTICES, st.lists(MINUTES, max_size=2), MINUTES, ZONES)
def test_a_plan(rows, before, now, time_zone):
    waiting, sent = made(rows), [after(now) - dt.timedelta(minutes=minutes) for minutes in before]
    departures = plan(waiting, sent, now=after(now), time_zone=time_zone)
    kept(departures, sent, time_zone)
    assert sorted(which for one in departures for which in one.ids) == [notice.id for notice in waiting], "everything leaves, once"
    assert all(one.at >= after(now) for one in departures)
    assert [one.at for one in departures] == sorted({one.at for one in departures})
    ready = {notice.id: earliest(notice, time_zone) for notice in waiting}
    assert all(ready[which] <= one.at for one in departures for which in one.ids), "nothing leaves before the person wants it"
    for how in Frequency:
        order = [which for one in departures for which in one.ids if next(n for n in waiting if n.id == which).frequency is how]
        assert order == sorted(order)
    assert plan(list(reversed(waiting)), sent, now=after(now), time_zone=time_zone) == departures, "the same, in whatever order it is read"


@given(NOTICES, ZONES, st.integers(1, 600))
@settings(max_examples=60)
def test_three_weeks_of_looking_again(rows, time_zone, every):
    """Notices come in, the program looks at them every so many minutes and sends what is due: nothing is lost and nothing twice."""
    waiting, sent, carried = made(rows), [], []
    end = after(120 * 24 * 60)
    moment = START
    while moment < end and len(carried) < len(waiting):
        here = [notice for notice in waiting if notice.since <= moment and notice.id not in carried]
        departures = plan(here, sent, now=moment, time_zone=time_zone)
        due = [one for one in departures if one.at <= moment]
        assert len(due) <= 1
        for one in due:
            carried += one.ids
            sent.append(moment)
        again = [one for one in plan([n for n in here if n.id not in carried], sent, now=moment, time_zone=time_zone) if one.at <= moment]
        assert again == [], "looking twice sends nothing twice"
        coming = [notice.since for notice in waiting if notice.since > moment]
        wake = min([one.at for one in departures if one.at > moment] + coming, default=end)
        moment = max(moment + dt.timedelta(minutes=every), wake)
    assert sorted(carried) == [notice.id for notice in waiting]
    for one in sent:
        assert len([other for other in sent if one - WEEK < other <= one]) <= MOST
        assert 7 <= one.astimezone(zone(time_zone)).hour < 20


def test_the_hours():
    noon = dt.datetime(2026, 11, 17, 5, tzinfo=dt.UTC)
    assert awake(noon, "Asia/Pontianak") == noon
    evening = dt.datetime(2026, 11, 17, 13, tzinfo=dt.UTC)  # 20.00 WIB
    assert awake(evening, "Asia/Pontianak") == dt.datetime(2026, 11, 18, 0, tzinfo=dt.UTC)
    assert awake(evening, "Asia/Jayapura") == dt.datetime(2026, 11, 17, 22, tzinfo=dt.UTC)
    assert morning(dt.date(2026, 11, 18), "Asia/Makassar") == dt.datetime(2026, 11, 17, 23, tzinfo=dt.UTC)
    for how, wanted in ((Frequency.NOW, noon), (Frequency.DAILY, "2026-11-18"), (Frequency.WEEKLY, "2026-11-23")):
        found = earliest(Waiting(uuid.uuid4(), noon, how), "Asia/Pontianak")
        assert found == (wanted if how is Frequency.NOW else morning(dt.date.fromisoformat(wanted), "Asia/Pontianak"))


def test_the_third_mail_is_kept_for_what_cannot_wait():
    noon = dt.datetime(2026, 11, 18, 5, tzinfo=dt.UTC)
    sent = [noon - dt.timedelta(days=2), noon - dt.timedelta(days=1)]
    assert len(sent) == MOST_DIGESTS
    news = Waiting(uuid.UUID(int=1), noon - dt.timedelta(days=1), Frequency.DAILY)
    (late,) = plan([news], sent, now=noon, time_zone="Asia/Pontianak")
    assert late.at == sent[0] + WEEK
    moved = Waiting(uuid.UUID(int=2), noon, Frequency.NOW)
    (soon,) = plan([news, moved], sent, now=noon, time_zone="Asia/Pontianak")
    assert (soon.at, soon.ids) == (noon, (news.id, moved.id)), "and takes along what is ready"
