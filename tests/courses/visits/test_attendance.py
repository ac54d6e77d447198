"""Check-in through services and pages: once, in any order, completing the activity, refusing what is not of here and now."""

import base64
import datetime as dt
import html
import itertools
import json
import random
import re
import uuid

import pytest
import sqlalchemy as sa

from courses.visits import attendance, codes, operations, pages, services
from courses.visits.attendance import Mark
from courses.visits.codes import Attendance
from courses.visits.models import CheckInNote, VisitState
from lms.db import at, commit, db, utcnow
from lms.errors import NotFound, Refused
from lms.privacy.models import AuditEntry
from lms.progress.models import Evidence, EvidenceKind
from lms.progress.services import state_of
from lms.sync.clock import Moment
from lms.sync.services import Operation

START = dt.datetime(2026, 11, 21, 2, tzinfo=dt.UTC)
STEP = dt.timedelta(seconds=codes.STEP)


def code_of(trip, moment=START):
    return codes.code_at(trip.visit.secret, trip.visit.id, codes.step_of(moment))


def answer_of(trip, number, code):
    return codes.answer_to(codes.member_key(trip.visit.secret, trip.members[number].id), trip.visit.id, code)


def say(trip, number=0, moment=START, code=None, answer=""):
    return attendance.take_check_in(
        actor=trip.actors[number], visit_id=trip.visit.id, code=code or code_of(trip, moment), answer=answer, moment=moment
    )


def see(trip, number=0, moment=START, code=None):
    code = code or code_of(trip, moment)
    mark = Mark(trip.members[number].id, answer_of(trip, number, code), moment, code)
    return attendance.take_roll(actor=trip.leader, visit_id=trip.visit.id, marks=[mark])[0]


def evidence(trip):
    return db.session.scalars(sa.select(Evidence).where(Evidence.kind == EvidenceKind.ATTENDED)).all()


def test_two_notes_make_somebody_present_at_the_moment_of_the_act(trip):
    here = trip(2, rule="attended")
    assert say(here).state is Attendance.SAID
    assert evidence(here) == []
    with at(START + dt.timedelta(days=6)):  # the facilitator's phone had no signal for six days
        assert see(here, moment=START + dt.timedelta(minutes=1), code=code_of(here)).state is Attendance.CONFIRMED
    (found,) = evidence(here)
    assert found.occurred_at == START
    assert found.received_at == START + dt.timedelta(days=6)
    assert found.source == "check-in"
    assert state_of(here.members[0].enrolment_id, here.module.id, "kunjungan") == "complete"
    assert state_of(here.members[1].enrolment_id, here.module.id, "kunjungan") == "not_started"


def test_copies_change_nothing(trip):
    here = trip(1)
    for _time in range(3):
        say(here)
        see(here)
    assert len(evidence(here)) == 1
    assert db.session.scalar(sa.select(sa.func.count()).select_from(CheckInNote)) == 2


def test_either_order_gives_the_same(trip):
    first = trip(2)
    say(first)
    see(first)
    see(first, 1)
    assert pages.people_of(first.visit)[1].state is Attendance.SEEN
    say(first, 1)
    states = [(person.state, person.since) for person in pages.people_of(first.visit)]
    assert states == [(Attendance.CONFIRMED, START)] * 2


def test_halves_about_different_codes_do_not_meet(trip):
    here = trip(1)
    say(here)
    assert see(here, moment=START + STEP).state is Attendance.SAID
    assert evidence(here) == []


@pytest.mark.parametrize("minutes", [-24 * 60, -16, 16, 60, 24 * 60])
def test_a_code_of_another_time_is_refused(trip, minutes):
    here = trip(1)
    with pytest.raises(Refused):
        say(here, code=code_of(here, START + dt.timedelta(minutes=minutes)))


@pytest.mark.parametrize("minutes", [-10, -5, 5, 10])
def test_clocks_may_differ(trip, minutes):
    here = trip(1)
    assert say(here, code=code_of(here, START + dt.timedelta(minutes=minutes))).state is Attendance.SAID


def test_another_days_replay_is_refused_even_by_a_clock_that_is_set_back(trip):
    """The moment is judged by the server; a code that held yesterday does not hold today, and yesterday was no visit."""
    here = trip(1)
    yesterday = START - dt.timedelta(days=1)
    with pytest.raises(Refused):
        say(here, moment=yesterday)
    with pytest.raises(Refused):
        say(here, code=code_of(here, yesterday))


def test_another_members_answer_and_another_visits_code_are_refused(trip):
    here = trip(2)
    there = trip(1, again=here)
    code = code_of(here)
    with pytest.raises(Refused):
        say(here, answer=answer_of(here, 1, code))
    with pytest.raises(Refused):
        say(here, code=code_of(there))
    stolen = Mark(here.members[0].id, answer_of(here, 1, code), START, code)
    assert attendance.take_roll(actor=here.leader, visit_id=here.visit.id, marks=[stolen])[0].refused
    assert attendance.take_roll(actor=here.leader, visit_id=here.visit.id, marks=[Mark(there.members[0].id, "0000", START)])[0].refused
    assert db.session.scalar(sa.select(sa.func.count()).select_from(CheckInNote)) == 0


def test_a_friend_who_sends_the_code_away_confirms_nobody(trip):
    here = trip(2, rule="attended")
    for number in (0, 1):  # the second is at home and has the code from the first
        say(here, number)
    see(here, 0)
    assert [person.state for person in pages.people_of(here.visit)] == [Attendance.CONFIRMED, Attendance.SAID]
    assert len(evidence(here)) == 1


def test_strangers_neither_say_nor_see(trip, make_user):
    here, stranger = trip(1), make_user("Orang luar")
    here.actors[0], friend = type(here.actors[0])(stranger.id, "", "id", "", ()), here.actors[0]
    with pytest.raises(NotFound):
        say(here)
    with pytest.raises(NotFound):
        attendance.take_roll(actor=friend, visit_id=here.visit.id, marks=[])


def test_a_cancelled_visit_has_no_check_in(trip):
    here = trip(1)
    services.change_state(actor=here.leader, visit=here.visit, state=VisitState.CANCELLED, reason="Banjir.")
    with pytest.raises(Refused):
        say(here)
    assert see(here).refused


def test_the_signed_list_counts_and_is_audited(trip):
    here = trip(2, rule="attended")
    ids = [here.members[0].id, here.members[0].id]
    assert attendance.take_paper(actor=here.leader, visit=here.visit, member_ids=ids, moment=START) == 1
    assert attendance.take_paper(actor=here.leader, visit=here.visit, member_ids=ids, moment=START) == 0
    assert [found.source for found in evidence(here)] == ["paper"]
    assert len(db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "visit:paper")).all()) == 1
    with pytest.raises(NotFound):
        attendance.take_paper(actor=here.leader, visit=here.visit, member_ids=[uuid.uuid4()], moment=START)


def test_who_leads_and_goes_along_is_noted_by_somebody_else(trip, make_enrolment):
    here = trip(1)
    own = make_enrolment(here.cohort, here.instructor)
    member = services.add_member(actor=here.leader, visit=here.visit, enrolment_id=own.id, role=services.ROLE_ORDER[1])
    with pytest.raises(Refused):
        attendance.take_paper(actor=here.leader, visit=here.visit, member_ids=[member.id], moment=START)
    assert evidence(here) == []


@pytest.mark.parametrize("seed", [1, 2])
def test_forty_members_of_eight_visits_merged_in_any_order(trip, seed):
    """Real rows: 40 phones and 8 facilitators come back after eight hours and bring their notes in any order, some twice."""
    chance = random.Random(seed)
    trips = [trip(5)]
    trips += [trip(5, again=trips[0]) for _visit in range(7)]
    acts = []
    for here, number in itertools.product(trips, range(5)):
        moment = START + dt.timedelta(seconds=chance.randrange(1500))
        acts += [(say, here, number, moment)] * chance.choice([1, 2])
        if number < 4 or here is not trips[0]:  # one facilitator missed one person
            acts += [(see, here, number, moment)] * chance.choice([1, 2])
    chance.shuffle(acts)
    with at(START + dt.timedelta(hours=8)):
        for act, here, number, moment in acts:
            assert not act(here, number, moment=moment).refused
    commit()
    states = [person.state for here in trips for person in pages.people_of(here.visit)]
    assert states.count(Attendance.CONFIRMED) == 39
    assert states.count(Attendance.SAID) == 1
    assert len(evidence(trips[0])) == 39
    assert len({row.enrolment_id for row in evidence(trips[0])}) == 39


# -- as phones and pages bring it -----------------------------------------------------------------------------------------------------------


LATE = START + dt.timedelta(days=3)


def brought(kind, body):
    """Return what a phone did at the start and brings three days later."""
    return Operation("phone0001.1", "phone0001", kind, body, Moment(START, START, LATE, True))


def test_operations_take_what_phones_kept(trip):
    here = trip(1)
    code = code_of(here)
    said = {"visit": str(here.visit.id), "code": code, "response": answer_of(here, 0, code)}
    seen = {**said, "member": str(here.members[0].id)}
    assert operations.check_in(here.actors[0], brought("courses:check_in", said)) == {"attendance": "said"}
    assert operations.roll(here.leader, brought("courses:roll", seen)) == {"attendance": "confirmed"}
    assert [found.occurred_at for found in evidence(here)] == [START]
    assert set(db.session.scalars(sa.select(CheckInNote.received_at))) == {LATE}
    for broken in ({}, {"visit": "x"}, {**seen, "member": 7}, {**seen, "response": "x"}, {**seen, "visit": str(uuid.uuid4())}):
        with pytest.raises((Refused, NotFound)):
            operations.roll(here.leader, brought("courses:roll", broken))
    with pytest.raises(Refused):
        operations.check_in(here.actors[0], brought("courses:check_in", {"visit": None}))
    with pytest.raises(NotFound):
        operations.roll(here.actors[0], brought("courses:roll", seen))


def test_pages_without_a_script(client, trip):
    here = trip(2)
    learner, leader = client.as_(here.people[0]), client.as_(here.instructor)
    roster = leader.get(f"{here.led}/roster").get_data(as_text=True)
    code = code_of(here)
    assert code in roster
    assert learner.post(f"{here.url}/check-in", data={"code": f"{code[:3]} {code[3:]}"}).status_code == 302
    page = learner.get(here.url).get_data(as_text=True)
    answer = answer_of(here, 0, code)
    assert answer in page
    field = f"answer-{here.members[0].id}"
    fits = {answer_of(here, 0, code_of(here, utcnow() + dt.timedelta(seconds=codes.STEP * step))) for step in range(-4, 5)}
    unfit = next(number for number in ("0000", "1111", "2222", "3333") if number not in fits)
    wrong = leader.post(f"{here.led}/roll", data={field: unfit})
    assert wrong.status_code == 422
    assert leader.post(f"{here.led}/roll", data={field: answer}).status_code == 302
    assert [person.state for person in pages.people_of(here.visit)] == [Attendance.CONFIRMED, Attendance.NONE]
    other = leader.post(f"{here.led}/paper", data={"signed": str(here.members[1].id), "begins": "09:00"})
    assert other.status_code == 302
    assert len(evidence(here)) == 2


def test_a_wrong_code_is_said_and_nothing_kept(client, trip):
    here = trip(1)
    answer = client.as_(here.people[0]).post(f"{here.url}/check-in", data={"code": "000000"}, follow_redirects=True)
    assert answer.status_code == 200
    assert db.session.scalar(sa.select(sa.func.count()).select_from(CheckInNote)) == 0


def test_a_phone_with_a_wrong_clock_brings_the_right_moment(client, trip):
    """A phone whose clock is a year wrong: it heard the server, was used ten minutes later, and comes back after fifty more."""
    here = trip(1)
    then, wrong = START + dt.timedelta(minutes=10), dt.datetime(2019, 5, 1, tzinfo=dt.UTC)
    code = code_of(here, then)
    browser = client.as_(here.people[0])

    def clock(minutes):
        return round((wrong + dt.timedelta(minutes=minutes)).timestamp() * 1000)

    def bring(number, code, response):
        body = {"doc": f"visits/{here.visit.id}", "visit": str(here.visit.id), "code": code, "response": response}
        op = {"n": number, "at": clock(10), "kind": "courses:check_in", "body": body}
        sent = {"user": contact["user"], "device": "phone0001", "tick": contact["tick"], "seen": clock(0), "now": clock(60), "ops": [op]}
        return browser.post("/api/v1/sync", json=sent, headers={"Accept": "application/json"}).get_json()["answers"][str(number)]

    contact = browser.get("/api/v1/sync").get_json()
    with at(START + dt.timedelta(minutes=60)):
        answer = bring(1, code, answer_of(here, 0, code))
        assert (answer["state"], answer["attendance"]) == ("taken", "said")
        assert bring(2, code_of(here, START + dt.timedelta(minutes=60)), "")["state"] == "refused"
    assert db.session.scalars(sa.select(CheckInNote.moment)).one() == then


# -- what phones keep ------------------------------------------------------------------------------------------------------------------------


def carried(answer):
    """Return what a page gives to its device."""
    found = re.search(r'data-carried="([^"]+)"', answer.get_data(as_text=True))
    return json.loads(html.unescape(found[1]))


def test_pages_bring_what_the_day_needs(client, trip):
    here = trip(2)
    (mine,) = carried(client.as_(here.people[0]).get(here.url))["entries"]
    visit = mine["visit"]
    assert mine["doc"] == f"visits/{here.visit.id}"
    assert mine["until"] == (here.visit.ends_at + dt.timedelta(days=7)).timestamp() * 1000
    assert visit["numbers"][0][2] == "112"
    assert [name for name, _role in visit["people"]] == ["Peserta 1"]
    assert base64.b64decode(visit["key"]) == codes.member_key(here.visit.secret, here.members[0].id)
    assert "Bolehkah saya mencatat?" in visit["consents"][0][1]
    others = (here.visit.secret, codes.member_key(here.visit.secret, here.members[1].id))
    assert not any(base64.b64encode(secret).decode() in json.dumps(mine) for secret in others)
    for address in (here.led, f"{here.led}/roster"):
        (led,) = carried(client.as_(here.instructor).get(address))["entries"]
        assert base64.b64decode(led["visit"]["secret"]) == here.visit.secret
        assert [member["name"] for member in led["visit"]["members"]] == ["Peserta 0", "Peserta 1"]


def test_a_saved_module_brings_the_visit_along(client, trip):
    here = trip(2)
    address = f"/learn/{here.cohort.id}/{here.module.key}/drafts.json"
    brought = client.as_(here.people[1]).get(address).get_json()
    (entry,) = [entry for entry in brought["entries"] if "visit" in entry]
    assert entry["visit"]["activity"] == f"{here.cohort.id}/{here.module.id}/kunjungan"
    assert base64.b64decode(entry["visit"]["key"]) == codes.member_key(here.visit.secret, here.members[1].id)
