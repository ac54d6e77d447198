"""Who goes along: five at most whatever happens at once, one visit for each activity, groups divided; and how far a visit is."""

import datetime as dt
import threading

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from courses.visits import pages, services, tasks
from courses.visits.models import MOST_MEMBERS, Visit, VisitMember, VisitRole, VisitState
from lms.db import at, commit, db, set_transaction_mode
from lms.errors import NotFound, Refused
from lms.people.access import load_actor

TODAY = dt.date(2026, 11, 21)


def test_a_sixth_is_refused(trip, make_enrolment):
    here = trip(5)
    more = make_enrolment(here.cohort)
    with pytest.raises(Refused):
        services.add_member(actor=here.leader, visit=here.visit, enrolment_id=more.id, role=VisitRole.OBSERVER)


def test_twelve_at_once_are_five(app, trip, make_enrolment):
    here = trip(0)
    waiting = [make_enrolment(here.cohort).id for _number in range(12)]
    commit()
    db.session.remove()
    start, refused = threading.Barrier(len(waiting), timeout=60), []

    def join(enrolment_id):
        with app.app_context():
            set_transaction_mode("write")
            start.wait()
            try:
                visit = db.session.get_one(Visit, here.visit.id)
                actor = load_actor(here.instructor.id, TODAY)
                services.add_member(actor=actor, visit=visit, enrolment_id=enrolment_id, role=VisitRole.OBSERVER)
                commit()
            except Refused:
                refused.append(enrolment_id)
                db.session.rollback()
            finally:
                db.session.remove()

    threads = [threading.Thread(target=join, args=(number,)) for number in waiting]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(db.session.scalars(sa.select(VisitMember.seat))) == [1, 2, 3, 4, 5]
    assert len(refused) == 7


def test_one_visit_for_each_activity_and_nobody_of_another_cohort(trip):
    here = trip(1)
    other, elsewhere = trip(0, again=here), trip(1)
    for visit, enrolment_id, error in (
        (other.visit, here.members[0].enrolment_id, Refused),
        (here.visit, elsewhere.members[0].enrolment_id, NotFound),
    ):
        with pytest.raises(error):
            services.add_member(actor=here.leader, visit=visit, enrolment_id=enrolment_id, role=VisitRole.OBSERVER)


@given(st.integers(0, 60))
def test_groups_are_divided_evenly(number):
    parts = services.parted(list(range(number)))
    assert sorted(person for part in parts for person in part) == list(range(number))
    assert all(1 <= len(part) <= MOST_MEMBERS for part in parts)
    assert max(map(len, parts), default=0) - min(map(len, parts), default=0) <= 1
    assert len(parts) == -(-number // MOST_MEMBERS)


def test_a_group_of_thirteen_goes_in_three_visits(client, trip, make_enrolment):
    here = trip(0)
    for _number in range(13):
        group_id = make_enrolment(here.cohort).group_id
    browser = client.as_(here.instructor)
    assert browser.post(f"{here.led}/propose", data={"group_id": group_id}).status_code == 302
    visits = db.session.execute(sa.select(VisitMember.visit_id, sa.func.count()).group_by(VisitMember.visit_id)).all()
    assert sorted(count for _visit, count in visits) == [4, 4, 5]
    hosts = db.session.scalars(sa.select(Visit)).all()
    assert len({visit.secret for visit in hosts}) == 3
    assert {visit.host for visit in hosts} == {"Puskesmas contoh"}
    browser.post(f"{here.led}/propose", data={"group_id": group_id})
    assert db.session.scalar(sa.select(sa.func.count()).select_from(VisitMember)) == 13


def test_who_was_there_stays_on_the_list(client, trip):
    here = trip(2)
    leader = client.as_(here.instructor)
    leader.post(f"{here.led}/paper", data={"signed": str(here.members[0].id), "begins": "09:00"})
    for member in here.members:
        leader.post(f"{here.led}/members/{member.id}/remove")
    assert db.session.scalars(sa.select(VisitMember.id)).all() == [here.members[0].id]


def test_a_visit_is_confirmed_with_agreement_safety_sheet_and_two_people(trip):
    alone, here = trip(1), trip(2)
    with pytest.raises(Refused):
        services.change_state(actor=alone.leader, visit=alone.visit, state=VisitState.CONFIRMED)
    for name in services.NEEDED:
        kept = getattr(here.visit, name)
        setattr(here.visit, name, None if name == "agreed_on" else "")
        with pytest.raises(Refused):
            services.change_state(actor=here.leader, visit=here.visit, state=VisitState.CONFIRMED)
        setattr(here.visit, name, kept)
    services.change_state(actor=here.leader, visit=here.visit, state=VisitState.CONFIRMED)
    assert here.visit.state is VisitState.CONFIRMED


def test_a_confirmation_ends_with_what_it_needs(client, trip):
    here, pair = trip(2), trip(2)
    for one in (here, pair):
        services.change_state(actor=one.leader, visit=one.visit, state=VisitState.CONFIRMED)
    commit()
    leader = client.as_(here.instructor)
    sheet = {name: getattr(here.visit, name) or "" for name in services.SHEET} | {
        "activity": f"{here.module.id}/kunjungan",
        "schedule_entry_id": "0",
        "day": "2026-11-21",
        "begins": "08:00",
        "ends": "11:30",
        "tell_by": "2026-12-05",
    }
    assert leader.post(f"{here.led}/edit", data=sheet).status_code == 302
    assert db.session.get(Visit, here.visit.id).state is VisitState.CONFIRMED
    assert leader.post(f"{here.led}/edit", data={**sheet, "clinic": ""}).status_code == 302
    db.session.expire_all()
    assert db.session.get(Visit, here.visit.id).state is VisitState.PLANNED
    assert client.as_(pair.instructor).post(f"{pair.led}/members/{pair.members[1].id}/remove").status_code == 302
    db.session.expire_all()
    assert db.session.get(Visit, pair.visit.id).state is VisitState.PLANNED


def test_how_to_reach_people_is_kept_for_a_year(trip):
    here = trip(1)
    for days, left in ((364, "0800 1"), (366, "")):
        with at(here.visit.ends_at + dt.timedelta(days=days)):
            tasks.forget_contacts()
            commit()
        db.session.expire_all()
        assert here.visit.contact_phone == left
    assert (here.visit.escort, here.visit.escort_phone, here.visit.contact_role, here.visit.clinic) == ("", "", "", "Pustu")


def test_hosts_hear_within_two_weeks(client, trip):
    here = trip(2)
    assert here.visit.tell_by == dt.date(2026, 12, 5)
    leader, learner = client.as_(here.instructor), client.as_(here.people[0])
    words = {"told": "Bangku untuk yang menunggu.", "told_by": "Fasilitator", "told_on": "2026-12-10"}
    with at(dt.datetime(2026, 12, 6, 3, tzinfo=dt.UTC)):
        assert services.is_untold(here.visit, dt.date(2026, 12, 6))
        assert pages.lines(here.cohort, {})[0].untold
        assert leader.get(here.led).status_code == 200
        assert leader.post(f"{here.led}/told", data=words).status_code == 302
        assert leader.post(f"{here.led}/debrief", data={"surprise": "Perahu.", "works": "", "next": "Papan."}).status_code == 302
        db.session.expire_all()
        assert not pages.lines(here.cohort, {})[0].untold
        text = learner.get(here.url).get_data(as_text=True)
    assert "Bangku untuk yang menunggu." in text
    assert "Papan." in text


def test_the_sheet_is_written_and_changed(client, trip):
    here = trip(1)
    leader = client.as_(here.instructor)
    sheet = {
        "host": "Dermaga contoh", "activity": f"{here.module.id}/kunjungan", "schedule_entry_id": "0", "day": "2026-11-25", "begins": "08:00", "ends": "11:30",
        "contact_phone": "0812 345", "emergency_phone": "112",
    }  # fmt: skip
    assert leader.post(f"/cohorts/{here.cohort.id}/visits/new", data={**sheet, "ends": "07:00"}).status_code == 422
    assert leader.post(f"/cohorts/{here.cohort.id}/visits/new", data={**sheet, "contact_phone": "Budi"}).status_code == 422
    answer = leader.post(f"/cohorts/{here.cohort.id}/visits/new", data=sheet)
    assert answer.status_code == 302
    made = db.session.scalars(sa.select(Visit).where(Visit.host == "Dermaga contoh")).one()
    assert made.starts_at == dt.datetime(2026, 11, 25, 1, tzinfo=dt.UTC)
    assert made.tell_by == dt.date(2026, 12, 9)
    assert leader.post(f"{here.led}/edit", data={**sheet, "host": "Puskesmas lain"}).status_code == 302
    assert leader.get(f"{here.led}/edit").status_code == 200


def test_the_card_stands_on_the_learners_page_for_one_statement(client, trip, queries):
    here = trip(2)
    browser, url = client.as_(here.people[0]), f"/learn/{here.cohort.id}/{here.module.key}/kunjungan"
    with queries() as seen:
        text = browser.get(url).get_data(as_text=True)
    assert sum("courses_visits" in statement for statement in seen) == 1
    for words in ("Puskesmas contoh", "Dermaga", "Tidak ke ruang periksa.", 'href="tel:112"', "Peserta 1", here.url):
        assert words in text
    printed = client.as_(here.instructor).get(f"{here.led}/print").get_data(as_text=True)
    assert "Izin ada." in printed
    assert "Peserta 1" in printed


def test_who_does_not_go_sees_no_visit(client, trip, make_enrolment, make_user):
    here, stranger = trip(1), make_user("Rekan")
    make_enrolment(here.cohort, stranger)
    browser = client.as_(stranger)
    assert browser.get(here.url).status_code == 404
    assert "Puskesmas contoh" not in browser.get(f"/learn/{here.cohort.id}/{here.module.key}/kunjungan").get_data(as_text=True)
