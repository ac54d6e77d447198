"""The pages of hours: one's own transcript and its files, corrections by organizers, the rules."""

import datetime as dt
from decimal import Decimal

import pytest

from lms.db import commit, db
from lms.learning.models import ScheduleEntry, ScheduleKind
from lms.people import services as people
from lms.people.models import Category, User
from lms.people.roles import Role, ScopeKind
from lms.privacy.models import AuditEntry
from lms.progress import jp

START = dt.datetime(2026, 10, 5, 2, tzinfo=dt.UTC)


@pytest.fixture
def learner(make_user, make_unit, make_module, make_cohort, make_enrolment):
    """Return (person, enrolment, organizer): a classroom session of 4 JP was attended."""
    unit = make_unit()
    cohort = make_cohort(make_module(), unit=unit)
    person = make_user("Ani =cmd", unit_id=unit.id)
    enrolment = make_enrolment(cohort, person)
    hours = {"starts_at": START, "ends_at": START + dt.timedelta(hours=3), "jp": Decimal(4)}
    entry = ScheduleEntry(cohort_id=cohort.id, kind=ScheduleKind.CLASSROOM, title="=Pembukaan", **hours)
    db.session.add(entry)
    db.session.flush()
    jp.credit_meeting(enrolment_ids=[enrolment.id], entry_id=entry.id)
    commit()
    return person, enrolment, make_user("Panitia", roles=[("organizer", "unit", unit.id)])


def test_transcript_and_files(client, learner):
    person, _enrolment, _organizer = learner
    browser = client.as_(person)
    page = browser.get("/profile/transcript?year=2026").get_data(as_text=True)
    assert "=Pembukaan" in page
    assert "4 JP" in page
    rows = browser.get("/profile/transcript/2026.csv").get_data(as_text=True).splitlines()
    assert "'=Pembukaan" in rows[1], "no formula leaves"
    assert rows[-1].split(",")[4:6] == ["4.0", "4.0"]
    answer = browser.get("/profile/transcript/2026.pdf")
    assert answer.data.startswith(b"%PDF-")
    assert browser.get("/profile/transcript/1.pdf").status_code == 404
    assert "=Pembukaan" not in browser.get("/profile/transcript?year=2025").get_data(as_text=True)


def test_who_has_no_yearly_target_reads_hours_without_one(client, learner):
    person, _enrolment, _organizer = learner
    browser, pages = client.as_(person), ("/profile/transcript?year=2026", "/learn")
    assert all("dari 20 JP" in browser.get(page).get_data(as_text=True) for page in pages)
    assert "20 JP" not in browser.get("/profile/transcript?year=2016").get_data(as_text=True)
    db.session.rollback()
    db.session.get_one(User, person.id).category = Category.PPPK
    commit()
    for page in pages:
        text = browser.get(page).get_data(as_text=True)
        assert "20 JP" not in text
        assert "<meter" not in text or page == "/learn"
    assert browser.get("/profile/transcript/2026.pdf").data.startswith(b"%PDF-")


def test_an_organizer_corrects_and_the_learner_reads_why(client, learner):
    person, enrolment, organizer = learner
    (line,) = jp.year_of(person.id, 2026)
    url = f"/cohorts/{enrolment.cohort_id}/people/{enrolment.id}/hours"
    staff = client.as_(organizer)
    assert "4 JP" in staff.get(f"{url}?line={line.id}").get_data(as_text=True)
    bad = staff.post(url, data={"line": line.id, "hours": "3"})
    assert bad.status_code == 422
    assert 'value="3"' in bad.get_data(as_text=True)
    same = staff.post(url, data={"line": line.id, "hours": "4", "reason": "Tidak ada."})
    assert same.status_code == 422
    assert staff.post(url, data={"line": line.id, "hours": "3", "reason": "Pulang lebih awal."}).status_code == 302
    page = client.as_(person).get("/profile/transcript?year=2026").get_data(as_text=True)
    assert "Pulang lebih awal." in page
    assert "Panitia" in page
    db.session.rollback()
    assert "jp:correct" in {row.action for row in db.session.query(AuditEntry)}


def test_nobody_corrects_their_own(client, learner, make_user):
    person, enrolment, _organizer = learner
    line = jp.year_of(person.id, 2026)[0].id
    people.grant_role(
        actor_id=None,
        user_id=person.id,
        role=Role.ORGANIZER,
        kind=ScopeKind.COHORT,
        scope_id=enrolment.cohort_id,
        valid_from=dt.date(2020, 1, 1),
    )
    commit()
    url = f"/cohorts/{enrolment.cohort_id}/people/{enrolment.id}/hours"
    assert client.as_(person).post(url, data={"line": line, "hours": "9", "reason": "Untuk saya."}).status_code == 403


def test_rules(client, make_user):
    browser = client.as_(make_user("Admin", roles=["admin"]))
    assert "PerLAN" in browser.get("/admin/hours").get_data(as_text=True)
    rule = {"form": "seminar", "valid_from": "2020-01-01", "per_day": "6", "source": "Keputusan contoh"}
    assert browser.post("/admin/hours/new", data=rule).status_code == 422
    assert browser.post("/admin/hours/new", data={**rule, "valid_from": "2199-01-01"}).status_code == 302
    page = browser.get("/admin/hours").get_data(as_text=True)
    assert "Keputusan contoh" in page
    assert "31 Desember 2198" in page
