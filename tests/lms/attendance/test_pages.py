"""The organizer's pages of attendance: roster, corrections, signed list, absence; and what learners see."""

import datetime as dt
import io
import re

import pytest
import sqlalchemy as sa

from lms.attendance import sheet
from lms.attendance.models import Attendance, AttendanceNote, NoteSource
from lms.db import at, commit, db
from lms.learning.models import Enrolment, EnrolmentState
from lms.messages.models import Notice
from lms.people.models import User
from lms.privacy.models import AuditEntry
from lms.testing.client import text_of

from .conftest import STARTS

HOUR = dt.timedelta(hours=1)


def states(here):
    db.session.expire_all()
    rows = db.session.scalars(sa.select(Attendance).where(Attendance.entry_id == here.entry.id))
    return {row.enrolment_id: row.state.value for row in rows}


def field(enrolment):
    return f"state_{enrolment.id}"


def test_the_roster_is_a_form(here):
    page = f"{here.url}/attendance"
    with at(STARTS + HOUR):
        assert "Ani" in text_of(here.browser.get(page))
        assert here.browser.post(page, data={field(here.ani): "late", "rest": "present"}).status_code == 302
        assert states(here) == {here.ani.id: "late", here.budi.id: "present"}
        assert 'value="late"' in here.browser.get(page).get_data(as_text=True)
        here.browser.post(page, data={field(here.ani): "late", field(here.budi): "present"})
    assert db.session.scalar(sa.select(sa.func.count()).select_from(AttendanceNote)) == 2, "what does not change leaves no note"


def test_an_excuse_needs_a_reason_and_what_was_chosen_comes_back(here):
    page = f"{here.url}/attendance"
    with at(STARTS + HOUR):
        answer = here.browser.post(page, data={field(here.ani): "excused", field(here.budi): "late"})
        assert answer.status_code == 422
        assert "Say why somebody is excused" in text_of(answer)
        assert re.search(r'<option selected value="excused">', answer.get_data(as_text=True))
        assert states(here) == {}, "all or nothing"
        here.browser.post(page, data={field(here.ani): "excused", "reason": "Surat tugas 12"})
    assert states(here) == {here.ani.id: "excused"}


def test_what_others_noted_since_the_page_was_shown_stays(here):
    page, was = f"{here.url}/attendance", {one.id: f"was_{one.id}" for one in (here.ani, here.budi)}
    with at(STARTS + HOUR):
        here.browser.post(page, data={field(here.budi): "absent"})
        assert f'name="{was[here.budi.id]}" type="hidden" value="absent"' in here.browser.get(page).get_data(as_text=True)
    shown = {field(here.ani): "", was[here.ani.id]: "", field(here.budi): "absent", was[here.budi.id]: "absent"}
    with at(STARTS + 2 * HOUR):
        here.browser.post(page, data={**shown, field(here.budi): "present"})
    with at(STARTS + 3 * HOUR):
        for reason in ("", "Terlambat dicatat"):
            here.browser.post(page, data={**shown, field(here.ani): "present", "reason": reason})
        assert states(here) == {here.ani.id: "present", here.budi.id: "present"}
        answer = here.browser.post(page, data={**shown, field(here.budi): "late"}, follow_redirects=True)
    assert "Others have noted them meanwhile, and that stays: Budi" in text_of(answer)
    assert states(here)[here.budi.id] == "present"


def test_a_reason_stands_with_those_who_need_it(here):
    with at(STARTS + HOUR):
        sent = {field(here.ani): "present", field(here.budi): "excused", "reason": "Surat tugas 12"}
        here.browser.post(f"{here.url}/attendance", data=sent)
    reasons = {note.enrolment_id: note.reason for note in db.session.scalars(sa.select(AttendanceNote))}
    assert reasons == {here.ani.id: "", here.budi.id: "Surat tugas 12"}


def test_nobody_notes_themselves(here, make_enrolment):
    own = make_enrolment(here.cohort, db.session.get_one(User, here.organizer.id))
    with at(STARTS + HOUR):
        page = here.browser.get(f"{here.url}/attendance").get_data(as_text=True)
        assert field(own) not in page
        assert f"[{own.id}, " not in page, "nor on the phone"
        here.browser.post(f"{here.url}/attendance", data={"rest": "present", field(own): "present"})
        answer = here.browser.post(f"{here.url}/sheet", data={"day": "2026-11-21", "signed": [own.id]})
        assert answer.status_code == 422
        assert "Nobody notes themselves" in text_of(answer)
        here.browser.post(f"{here.url}/sheet", data={"day": "2026-11-21", "rest_absent": "y"})
    assert states(here) == {here.ani.id: "present", here.budi.id: "present"}


def test_a_change_after_the_day_is_a_correction_with_a_reason(here):
    page = f"{here.url}/attendance"
    with at(STARTS + HOUR):
        here.browser.post(page, data={"rest": "absent"})
    with at(STARTS + 80 * HOUR):
        both = {field(here.ani): "present", field(here.budi): "present"}
        answer = here.browser.post(page, data=both)
        assert answer.status_code == 422
        assert "needs a reason" in text_of(answer)
        assert here.browser.post(page, data={**both, "reason": "Daftar tertukar"}).status_code == 302
    assert set(states(here).values()) == {"present"}
    notes = db.session.scalars(sa.select(AttendanceNote).where(AttendanceNote.source == NoteSource.CORRECTION)).all()
    assert {note.reason for note in notes} == {"Daftar tertukar"}
    trail = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "attendance:correct")).all()
    assert len(trail) == 2
    assert "Daftar" not in str([line.detail for line in trail])


def test_nobody_is_noted_at_what_is_to_come_or_was_cancelled(here, meeting):
    ahead = meeting(here.cohort, STARTS + 72 * HOUR)
    off = meeting(here.cohort, cancelled_at=STARTS, cancel_reason="Banjir")
    for entry, words in ((ahead, "still to come"), (off, "was cancelled")):
        page = f"/cohorts/{here.cohort.id}/meetings/{entry.id}/attendance"
        assert words in text_of(here.browser.get(page))
        answer = here.browser.post(page, data={field(here.ani): "present"})
        assert answer.status_code == 422
        assert words in text_of(answer)


def test_who_has_left_stays_on_the_roster_where_they_were_noted(here):
    with at(STARTS + HOUR):
        here.browser.post(f"{here.url}/attendance", data={field(here.ani): "present"})
        for enrolment in (here.ani, here.budi):
            db.session.get_one(Enrolment, enrolment.id).state = EnrolmentState.WITHDRAWN
        commit()
        page = text_of(here.browser.get(f"{here.url}/attendance"))
    assert "Ani" in page
    assert "Budi" not in page


# -- the signed list ------------------------------------------------------------------------------------------------------------------------


def rows_of(here):
    return {enrolment.id: sheet.row_code(here.entry, enrolment.id) for enrolment in (here.ani, here.budi)}


def test_the_list_to_sign_is_a_pdf_that_can_be_read_aloud(here):
    answer = here.browser.get(f"{here.url}/sheet.pdf")
    assert answer.status_code == 200
    assert answer.data.startswith(b"%PDF-")
    assert b"/StructTreeRoot" in answer.data or b"/ObjStm" in answer.data
    assert len(answer.data) < 120_000


def test_codes_of_signed_rows_count_from_the_day_of_the_meeting(here):
    codes = rows_of(here)
    with at(STARTS + 100 * HOUR):
        sent = {"day": "2026-11-21", "codes": f"{codes[here.ani.id][:2]} {codes[here.ani.id][2:]}\n\n", "rest_absent": "y"}
        assert here.browser.post(f"{here.url}/sheet", data=sent).status_code == 302
        assert here.browser.post(f"{here.url}/sheet", data=sent).status_code == 302
    assert states(here) == {here.ani.id: "present", here.budi.id: "absent"}
    note = db.session.scalars(sa.select(AttendanceNote).where(AttendanceNote.enrolment_id == here.ani.id)).one()
    assert (note.moment, note.source) == (STARTS, NoteSource.SHEET)
    assert note.received_at > STARTS + 99 * HOUR


def test_the_list_of_what_is_to_come_or_was_cancelled_keeps_what_was_typed(here, meeting):
    ahead = meeting(here.cohort, STARTS + 72 * HOUR)
    off = meeting(here.cohort, cancelled_at=STARTS, cancel_reason="Banjir")
    for entry, day, words in ((ahead, "2026-11-24", "still to come"), (off, "2026-11-21", "was cancelled")):
        code = sheet.row_code(entry, here.ani.id)
        answer = here.browser.post(
            f"/cohorts/{here.cohort.id}/meetings/{entry.id}/sheet", data={"day": day, "codes": code, "signed": [here.budi.id]}
        )
        assert answer.status_code == 422
        assert words in text_of(answer)
        page = answer.get_data(as_text=True)
        assert code in page
        assert f'value="{here.budi.id}" checked' in page
    assert db.session.scalar(sa.select(sa.func.count()).select_from(AttendanceNote)) == 0


def test_names_can_be_ticked_instead_and_a_later_absence_is_shown(here):
    with at(STARTS + HOUR):
        here.browser.post(f"{here.url}/attendance", data={field(here.budi): "absent"})
    with at(STARTS + 5 * HOUR):
        answer = here.browser.post(
            f"{here.url}/sheet", data={"day": "2026-11-21", "signed": [here.ani.id, here.budi.id]}, follow_redirects=True
        )
    assert "Signed, but noted as absent later: Budi" in text_of(answer)
    assert states(here) == {here.ani.id: "present", here.budi.id: "absent"}


@pytest.mark.parametrize("wrong", [{"codes": "99999"}, {"day": "2026-11-22"}, {"day": "besok"}])
def test_what_is_no_code_or_day_enters_nothing(here, wrong):
    good = rows_of(here)[here.ani.id]
    sent = {"day": "2026-11-21", "codes": good, **wrong}
    with at(STARTS + HOUR):
        answer = here.browser.post(f"{here.url}/sheet", data={**sent, "codes": f"{good}\n{wrong['codes']}"} if "codes" in wrong else sent)
    assert answer.status_code == 422
    assert good in answer.get_data(as_text=True)
    assert states(here) == {}


# -- absence --------------------------------------------------------------------------------------------------------------------------------


def test_warnings_are_kind_and_come_once(here, meeting):
    addresses = db.session.get_one(User, here.ani.user_id).email
    assert addresses
    for day in range(1, 5):  # 16 of 18 JP
        entry = meeting(here.cohort, STARTS + day * 24 * HOUR)
        for minutes, state in enumerate(("absent", "late", "absent")):  # a slip, put right: no second mail
            with at(entry.starts_at + dt.timedelta(minutes=minutes)):
                here.browser.post(
                    f"/cohorts/{here.cohort.id}/meetings/{entry.id}/attendance", data={field(here.ani): state, "reason": "Salah ketuk"}
                )
    notices = db.session.scalars(sa.select(Notice).order_by(Notice.created_at)).all()
    assert [notice.object for notice in notices] == [f"absence/{here.ani.id}/{mark}" for mark in (50, 80)]
    assert "bantuan" in notices[0].body.lower() or "help" in notices[0].body
    now = STARTS + 110 * HOUR
    with at(now):
        page = text_of(here.browser.get(f"/cohorts/{here.cohort.id}/absence"))
        assert "Ani" in page
        assert "88 %" in page
        assert "over 80 % of a limit" in page
        assert "Budi" not in page
        assert "over 80 % of a limit" in text_of(here.browser.get(f"/cohorts/{here.cohort.id}/people/{here.ani.id}"))
        learner = here.client.as_(db.session.get_one(User, here.ani.user_id))
        assert "Most of the absence that this course allows" in text_of(learner.get(f"/learn/{here.cohort.id}"))
        own = text_of(learner.get(f"/attend/{here.cohort.id}"))
        assert "16 of 18 JP missed" in own
        assert "Budi" not in own
        other = here.client.as_(here.organizer)
        assert other.get(f"/attend/{here.cohort.id}").status_code == 404


def test_the_cost_does_not_grow_with_people(here, make_enrolment, queries):
    pages = [f"/cohorts/{here.cohort.id}/{rest}" for rest in ("attendance", "absence", f"meetings/{here.entry.id}/attendance")]

    def cost():
        with at(STARTS + HOUR):
            here.browser.post(f"{here.url}/attendance", data={"rest": "absent"})
            seen = []
            for page in pages:
                with queries() as found:
                    assert here.browser.get(page).status_code == 200
                seen.append(len(found))
        return seen

    before = cost()
    for _number in range(12):
        make_enrolment(here.cohort)
    assert cost() == before
    assert max(before) <= 12


def test_noting_many_costs_what_noting_two_does(here, make_enrolment, meeting, queries):
    def cost():
        entry = meeting(here.cohort, STARTS)
        with at(STARTS + HOUR), queries() as found:
            assert (
                here.browser.post(f"/cohorts/{here.cohort.id}/meetings/{entry.id}/attendance", data={"rest": "present"}).status_code == 302
            )
        return len(found)

    before = cost()
    for _number in range(18):
        make_enrolment(here.cohort)
    assert cost() == before <= 30


# -- the code on the screen -----------------------------------------------------------------------------------------------------------------


def test_the_screen_shows_a_code_while_check_in_is_open(here):
    page = here.browser.get(f"{here.url}/code")
    assert re.search(r"<code data-code>\d{6}</code>", page.get_data(as_text=True))
    assert "<svg" in page.get_data(as_text=True)
    assert page.headers["Cache-Control"] == "no-store"
    with at(STARTS + 9 * HOUR):
        assert "data-code" not in here.browser.get(f"{here.url}/code").get_data(as_text=True)


def test_learners_and_others_do_not_see_codes(here, make_user):
    learner = here.client.as_(db.session.get_one(User, here.ani.user_id))
    stranger = here.client.as_(make_user("Orang luar", roles=["instructor"]))
    for rest in ("code", "attendance", "sheet", "sheet.pdf", f"attendance/{here.ani.id}"):
        assert learner.get(f"{here.url}/{rest}").status_code == 403
        assert stranger.get(f"{here.url}/{rest}").status_code == 404


def test_data_of_a_person_holds_their_attendance(here):
    with at(STARTS + HOUR):
        here.browser.post(f"{here.url}/attendance", data={"rest": "present"})
    learner = here.client.as_(db.session.get_one(User, here.ani.user_id))
    text = io.StringIO(learner.get("/profile/data.json").get_data(as_text=True)).read()
    assert '"attendance_notes"' in text
    assert '"attendances"' in text
