"""Who has a seat, as a function of what happened: no seat lost, none given twice, the waiting list in order."""

import uuid

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lms.joining.seats import Act, Happened, Places, settle

pytestmark = pytest.mark.sqlite

PEOPLE = [uuid.UUID(int=number) for number in range(1, 8)]
events = st.lists(
    st.one_of(
        st.builds(Happened, st.sampled_from([act for act in Act if act is not Act.CAPACITY]), st.sampled_from(PEOPLE)),
        st.builds(Happened, st.just(Act.CAPACITY), st.none(), st.one_of(st.none(), st.integers(0, 5))),
    ),
    max_size=25,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(events)
def test_nobody_is_in_two_places_and_no_free_seat_lies_idle(happened):
    now = settle(happened)
    everybody = [*now.asking, *now.waiting, *now.booked, *now.declined]
    assert len(everybody) == len(set(everybody))
    assert not (now.waiting and now.has_room)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(events)
def test_nobody_gets_a_seat_that_is_not_there(happened):
    before = Places()
    for event in happened:
        after = settle([event], before)
        if len(after.booked) > len(before.booked):
            assert after.capacity is None or len(after.booked) <= after.capacity
        assert set(before.booked) - set(after.booked) <= ({event.user_id} if event.act is Act.LEFT else set())
        before = after


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(events)
def test_the_waiting_list_keeps_its_order(happened):
    before = Places()
    for event in happened:
        after = settle([event], before)
        still = [who for who in before.waiting if who in after.waiting]
        assert [who for who in after.waiting if who in still] == still
        assert list(after.waiting[: len(still)]) == still
        promoted = [who for who in before.waiting if who in after.booked]
        staying = [who for who in before.waiting if who not in promoted and who != event.user_id]
        assert [who for who in before.waiting if who in {*promoted, *staying}] == [*promoted, *staying]
        before = after


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(events, st.integers(0, 40))
def test_the_events_in_two_parts_are_the_events(happened, cut):
    assert settle(happened[cut:], settle(happened[:cut])) == settle(happened)
