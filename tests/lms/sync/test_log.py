"""What a device keeps for a time, and what a page says that is shown once more."""

import json

import pytest
from support.devices import Phones

pytestmark = pytest.mark.sqlite
KEY = "visits/a"


@pytest.fixture
def phone():
    with Phones() as phones:
        phones.open("p")
        phones.engine.eval(f"Object.assign(devices.p.log.doc({json.dumps(KEY)}), {{ until: 1000, visit: {{}} }})")
        yield phones


@pytest.mark.parametrize(("now", "kept"), [(999, True), (1000, True), (1001, False)])
def test_what_is_over_is_dropped(phone, now, kept):
    phone.use("p", "forget", now)
    assert (KEY in phone.state("p")["docs"]) is kept


def test_what_waits_is_kept_however_old_it_is(phone):
    phone.use("p", "add", "courses:check_in", {"doc": KEY}, 5)
    phone.use("p", "forget", 10**12)
    assert KEY in phone.state("p")["docs"]


def test_a_clock_that_is_wrong_forgets_at_the_right_time(phone):
    phone.engine.eval(f"devices.p.log.doc({json.dumps(KEY)}).ahead = -5000; 1")
    phone.use("p", "forget", 5999)
    assert KEY in phone.state("p")["docs"]
    phone.use("p", "forget", 6001)
    assert KEY not in phone.state("p")["docs"]


def test_a_page_that_is_shown_once_more_is_no_contact(phone):
    phone.use("p", "contact", {"tick": "early", "stamp": 7}, 100)
    phone.use("p", "contact", {"tick": "early", "stamp": 7}, 90_000)
    assert phone.state("p")["seen"] == 100
    phone.use("p", "contact", {"tick": "late", "stamp": 8}, 200)
    assert (phone.state("p")["seen"], phone.state("p")["tick"]) == (200, "late")


def choices(phone):
    return {key: value for key, value in phone.state("p")["docs"]["1/m/a"]["audiences"].items() if value}


def test_handing_in_sends_only_the_readers_that_were_chosen_here_and_are_not_known_yet(phone):
    phone.engine.eval('devices.p.log.doc("1/m/a").audiences = {"audience-a": "self", "audience-b": "self"}; 1')
    phone.use("p", "choose", "1/m/a", "journal", {"audience-b": "group"}, 5)
    phone.use("p", "handIn", "1/m/a", "journal", 6)
    assert [op["body"]["audience"] for op in phone.state("p")["ops"]] == [{"audience-b": "group"}] * 2
    assert choices(phone) == {"audience-a": "self", "audience-b": "group"}


def test_readers_that_the_server_knows_are_not_sent_again(phone):
    phone.use("p", "choose", "1/m/a", "journal", {"audience-b": "group"}, 5)
    device = phone.state("p")["device"]
    phone.use("p", "answered", device, {"1": {"state": "taken", "code": "x"}}, {"tick": "", "stamp": 1, "time": ""}, 6)
    phone.use("p", "handIn", "1/m/a", "journal", 7)
    assert [op["body"]["audience"] for op in phone.state("p")["ops"]] == [{}]
    assert choices(phone) == {"audience-b": "group"}
