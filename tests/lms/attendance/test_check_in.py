"""Checking in with the code on the screen: what went wrong elsewhere (early scans, future meetings, lost sign-ins, false success)."""

import datetime as dt
import re
import uuid
from decimal import Decimal
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa

from lms import throttle
from lms.attendance import rules, services
from lms.attendance.models import Attendance, AttendanceNote
from lms.attendance.operations import attend, note
from lms.db import at, commit, db
from lms.errors import NotFound, Refused
from lms.learning.models import Enrolment, Group
from lms.people.models import User
from lms.progress.models import Evidence, EvidenceKind, JpEntry
from lms.sync.clock import Moment
from lms.sync.services import Operation
from lms.testing.client import text_of

from .conftest import STARTS

MINUTE = dt.timedelta(minutes=1)


def browser(here, enrolment):
    return here.client.as_(db.session.get_one(User, enrolment.user_id))


def code_of(here, moment, entry=None):
    return rules.code_at(services.secret_of(entry or here.entry), moment)


def state_of(here, enrolment, entry=None):
    db.session.expire_all()
    row = db.session.get(Attendance, (enrolment.id, (entry or here.entry).id))
    return row.state.value if row else None


def learner(here, enrolment):
    return here.actor(db.session.get_one(User, enrolment.user_id))


def test_a_typed_code_is_recorded_and_said(here):
    page = browser(here, here.ani)
    now = STARTS + 5 * MINUTE
    answer = page.post("/attend", data={"code": " ".join((code_of(here, now)[:3], code_of(here, now)[3:]))})
    assert answer.status_code == 302
    assert "Recorded: you are at" in text_of(page.get("/attend"))
    assert state_of(here, here.ani) == "present"
    assert page.post("/attend", data={"code": code_of(here, now)}).status_code == 302
    assert db.session.scalar(sa.select(sa.func.count()).select_from(AttendanceNote)) == 1, "a second scan adds nothing"


@pytest.mark.parametrize(("minutes", "state"), [(-28, "present"), (-2, "present"), (14, "present"), (40, "late")])
def test_early_and_late_scans(here, minutes, state):
    moment = STARTS + minutes * MINUTE
    with at(moment):
        assert browser(here, here.ani).post("/attend", data={"code": code_of(here, moment)}).status_code == 302
    assert state_of(here, here.ani) == state


def test_a_future_meeting_is_refused_with_a_sentence(here, meeting):
    later = meeting(here.cohort, STARTS + dt.timedelta(hours=6), title="Sore")
    moment = STARTS + dt.timedelta(hours=4)  # the first is over
    with at(moment):
        answer = browser(here, here.ani).post("/attend", data={"code": code_of(here, moment, later)})
    assert answer.status_code == 422
    assert "“Sore” has not begun" in text_of(answer)
    assert "Recorded" not in text_of(answer)
    assert state_of(here, here.ani, later) is None


def test_an_old_code_cannot_be_passed_on(here):
    old = code_of(here, STARTS)
    for later in (5, 60, 170):
        with at(STARTS + later * MINUTE):
            answer = browser(here, here.ani).post("/attend", data={"code": old})
        assert answer.status_code == 422
        assert "it changes every minute" in text_of(answer)
    assert state_of(here, here.ani) is None


def test_a_scan_survives_the_sign_in(here, client):
    now = STARTS + 5 * MINUTE
    target = client.get(f"/attend/scan?m={here.entry.id}&c={code_of(here, now)}").location
    answer = client.get(target)
    assert answer.location == f"/sign-in?{urlencode({'next': target})}"
    with at(now + 6 * MINUTE):  # the code has gone by, signing in took that long
        page = browser(here, here.ani)
        shown = page.get(target)
        assert "I am here" in text_of(shown)
        scan = re.search('name="scan" value="([^"]+)"', shown.get_data(as_text=True))[1]
        assert page.post("/attend", data={"scan": scan}).status_code == 302
    row = db.session.get_one(Attendance, (here.ani.id, here.entry.id))
    assert (row.state, row.moment) == ("present", now)
    with at(now + 11 * MINUTE):
        assert browser(here, here.budi).post("/attend", data={"scan": scan}).status_code == 422, "nor is the scan passed on for long"
    assert state_of(here, here.budi) is None
    body, _, sign = scan.rpartition(".")
    forged = f"{body}.{'B' if sign[0] == 'A' else 'A'}{sign[1:]}"
    assert browser(here, here.budi).post("/attend", data={"scan": forged}).status_code == 422


def test_a_scan_of_another_group_or_a_cancelled_meeting_records_nothing(here, meeting):
    group = Group(cohort_id=here.cohort.id, name="Lain", position=9)
    db.session.add(group)
    db.session.flush()
    other = meeting(here.cohort, group_id=group.id)
    off = meeting(here.cohort, cancelled_at=STARTS, cancel_reason="Banjir")
    now = STARTS + 5 * MINUTE
    page = browser(here, here.ani)
    assert "another cohort or group" in text_of(page.get(f"/attend/scan?m={other.id}&c={code_of(here, now, other)}", follow_redirects=True))
    assert "has changed since" in text_of(page.get(f"/attend/scan?m={off.id}&c={code_of(here, now, off)}", follow_redirects=True))
    for entry in (other, off):
        assert page.post("/attend", data={"code": code_of(here, now, entry)}).status_code == 422
    assert db.session.scalar(sa.select(sa.func.count()).select_from(AttendanceNote)) == 0


# -- offline --------------------------------------------------------------------------------------------------------------------------------


def operation(code, moment, *, received=None, steady=True, earliest=None, number=1):
    seen = Moment(moment, earliest or moment - dt.timedelta(days=1), received or moment + dt.timedelta(days=2), steady)
    return Operation(f"abcdefgh.{number}", "abcdefgh", "lms:attend", {"code": code}, seen)


def test_a_code_that_arrives_two_days_later_is_judged_by_its_moment(here):
    now = STARTS + 5 * MINUTE
    with at(now + dt.timedelta(days=2)):
        taken = operation(code_of(here, now), now)
        assert attend(learner(here, here.ani), taken) == {"attendance": "present"}
        commit()
        assert attend(learner(here, here.ani), taken) == {"attendance": "present"}, "twice is once"
        commit()
    row = db.session.get_one(Attendance, (here.ani.id, here.entry.id))
    assert (row.state, row.moment) == ("present", now)
    with pytest.raises(Refused, match=r"None of your meetings|does not hold|has not begun"):
        attend(learner(here, here.budi), operation(code_of(here, now), now + dt.timedelta(hours=2)))


def test_a_clock_that_was_moved_leaves_it_to_a_person(here):
    now = STARTS + 5 * MINUTE
    strange = operation(code_of(here, now), now + dt.timedelta(hours=9), steady=False, earliest=STARTS - dt.timedelta(hours=1))
    with at(now + dt.timedelta(days=1)):
        assert attend(learner(here, here.ani), strange) == {"attendance": "undecided"}
        commit()
    assert state_of(here, here.ani) is None, "nothing is claimed"
    with at(STARTS + 2 * dt.timedelta(hours=1)):
        page = here.browser.get(f"{here.url}/attendance")
        assert "cannot be believed. Please decide: Ani" in text_of(page)
        here.browser.post(f"{here.url}/attendance", data={f"state_{here.ani.id}": "present"})
    assert state_of(here, here.ani) == "present"
    with pytest.raises(Refused):
        attend(learner(here, here.budi), operation("000000", now, steady=False))


def test_a_person_marked_by_code_can_be_corrected(here):
    now = STARTS + 5 * MINUTE
    browser(here, here.ani).post("/attend", data={"code": code_of(here, now)})
    with at(STARTS + 30 * MINUTE):
        here.browser.post(f"{here.url}/attendance", data={f"state_{here.ani.id}": "absent", "reason": "Pulang setelah memindai"})
    assert state_of(here, here.ani) == "absent"
    with at(STARTS + 31 * MINUTE):
        answer = browser(here, here.ani).post("/attend", data={"code": code_of(here, STARTS + 31 * MINUTE)}, follow_redirects=True)
    assert "the roster says otherwise" in text_of(answer)
    assert state_of(here, here.ani) == "absent", "a correction holds against a code"
    page = text_of(here.browser.get(f"{here.url}/attendance/{here.ani.id}"))
    assert "Pulang setelah memindai" in page
    assert "code on the screen" in page


# -- the roster of two phones ---------------------------------------------------------------------------------------------------------------


def marked(here, user, enrolment, state, minutes, number, **more):
    moment = STARTS + minutes * MINUTE
    body = {"meeting": here.entry.id, "enrolment": enrolment.id, "state": state, **more}
    seen = Moment(moment, moment, moment + dt.timedelta(hours=5), steady=True)
    done = note(here.actor(user), Operation(f"phone{user.name}.{number}", "phonephone", "lms:note", body, seen))
    commit()
    return done


@pytest.mark.parametrize("turned", [False, True])
def test_the_later_moment_wins_whichever_phone_delivers_first(here, turned):
    calls = [(here.organizer, "absent", 10, 1), (here.instructor, "late", 25, 2)]
    for user, state, minutes, number in reversed(calls) if turned else calls:
        marked(here, user, here.ani, state, minutes, number)
        marked(here, user, here.ani, state, minutes, number)  # sent again
    assert state_of(here, here.ani) == "late"
    notes = db.session.scalars(sa.select(AttendanceNote)).all()
    assert sorted(one.state for one in notes) == ["absent", "late"], "both are kept, each once"
    assert all(one.received_at > one.moment for one in notes)


def test_operations_of_others_are_refused(here, make_user, make_cohort, make_enrolment):
    stranger = make_user("Orang luar", roles=["instructor"])
    with pytest.raises(NotFound):
        marked(here, stranger, here.ani, "present", 5, 1)
    elsewhere = make_enrolment(make_cohort())
    with pytest.raises(NotFound):
        marked(here, here.organizer, elsewhere, "present", 5, 1)
    for wrong in ({"state": "ill"}, {"meeting": "x"}):
        with pytest.raises(Refused):
            marked(here, here.organizer, here.ani, wrong.get("state", "late"), 5, 1, **({"meeting": "x"} if "meeting" in wrong else {}))
    with pytest.raises(Refused, match="Say why"):
        marked(here, here.organizer, here.ani, "excused", 5, 1)


def test_both_sides_over_the_sync_address(here):
    page = browser(here, here.ani)
    hello = page.get("/api/v1/sync").get_json()
    now = STARTS + 5 * MINUTE
    stamp = round(now.timestamp() * 1000)
    op = {"n": 1, "at": stamp, "kind": "lms:attend", "body": {"doc": "attend", "code": code_of(here, now)}}
    sent = {"user": hello["user"], "now": stamp, "device": "abcdefghij", "tick": hello["tick"], "seen": stamp, "ops": [op]}
    answers = page.post("/api/v1/sync", json=sent).get_json()["answers"]
    assert answers["1"]["state"] == "taken"
    assert answers["1"]["attendance"] == "present"
    assert page.post("/api/v1/sync", json=sent).get_json()["answers"] == answers


# -- evidence -------------------------------------------------------------------------------------------------------------------------------


def test_being_there_completes_the_part_that_asks_for_it(here, make_module, make_cohort, make_enrolment, meeting):
    lens = [{"key": "apa", "title": "Apa?", "prompt": "?"}]
    visit = {"checklist": [{"key": "izin", "text": "Izin ada."}], "lenses": lens, "questions": []}
    module = make_module({"type": "field_visit", "key": "sesi", "settings": visit, "rule": "attended"})
    cohort = make_cohort(module)
    enrolment = make_enrolment(cohort)
    entry = meeting(cohort, module_id=module.id, activity_key="sesi")
    services.note(actor=here.actor(here.organizer), entry=entry, marks=[services.Mark(enrolment.id, "absent")])
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Evidence)) == 0
    with at(STARTS + 20 * MINUTE):
        for _again in range(2):
            services.note(actor=here.actor(here.organizer), entry=entry, marks=[services.Mark(enrolment.id, "late")])
    commit()
    evidence = db.session.scalars(sa.select(Evidence).where(Evidence.kind != EvidenceKind.FINISHED)).all()
    assert [(one.kind, one.activity_key, one.id) for one in evidence] == [
        (EvidenceKind.ATTENDED, "sesi", uuid.uuid5(entry.uid, f"attended/{enrolment.id}/{module.id}/sesi"))
    ]


def test_hours_and_counts_follow_in_the_same_transaction(here):
    here.entry.jp = Decimal(3)
    commit()

    def stands(enrolment):
        db.session.expire_all()
        row = db.session.get_one(Enrolment, enrolment.id)
        hours = db.session.scalar(sa.select(sa.func.sum(JpEntry.recognized)).where(JpEntry.enrolment_id == enrolment.id))
        return row.sessions_held, row.sessions_attended, hours or 0

    with at(STARTS + 10 * MINUTE):
        here.browser.post(f"{here.url}/attendance", data={f"state_{here.ani.id}": "present", "rest": "absent"})
    assert [stands(here.ani), stands(here.budi)] == [(1, 1, 3), (1, 0, 0)]
    with at(STARTS + 11 * MINUTE):
        here.browser.post(f"{here.url}/attendance", data={f"state_{here.ani.id}": "absent", f"state_{here.budi.id}": "absent"})
    assert [stands(here.ani), stands(here.budi)] == [(1, 0, 0), (1, 0, 0)]


# -- guessing -------------------------------------------------------------------------------------------------------------------------------


def test_who_guesses_codes_has_to_wait(here):
    now = STARTS + 5 * MINUTE
    wrong = "000000" if code_of(here, now) != "000000" else "000001"
    page = browser(here, here.ani)
    for _number in range(throttle.MISSES - 1):
        assert page.post("/attend", data={"code": wrong}).status_code == 422
    moment = Moment(now, now, now, steady=True)
    with pytest.raises(Refused):
        attend(learner(here, here.ani), Operation("abcdefgh.99", "abcdefgh", "lms:attend", {"code": wrong}, moment))
    answer = page.post("/attend", data={"code": code_of(here, now)})
    assert answer.status_code == 422
    assert "Too many attempts" in text_of(answer)
    assert state_of(here, here.ani) is None
    assert browser(here, here.budi).post("/attend", data={"code": code_of(here, now)}).status_code == 302, "the others in the room go on"


def test_the_link_of_a_meeting_cannot_be_guessed_either(here, client, monkeypatch):
    monkeypatch.setattr("lms.attendance.views_learner.MANY", 3)
    good = f"/attend/scan?m={here.entry.id}&c={code_of(here, STARTS + 5 * MINUTE)}"
    assert client.get(good).location != "/attend?scan="
    for _number in range(3):
        client.get(f"/attend/scan?m={here.entry.id}&c=12345x")
    assert client.get(good).location == "/attend?scan="
