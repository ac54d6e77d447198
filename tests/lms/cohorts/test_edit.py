"""A cohort itself: number and unit, several newer revisions at once, and another cohort like it."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from support.forms import form_of

from lms.cohorts.copies import moved
from lms.db import at, commit, db
from lms.learning import services as learning
from lms.learning.models import Cohort, CohortModule, Enrolment, Group, ScheduleEntry, ScheduleKind
from lms.people import services as people
from lms.people.models import RoleAssignment
from lms.people.roles import Role, ScopeKind
from lms.progress import services as progress
from lms.progress.models import EvidenceKind

NOON = dt.datetime(2026, 11, 21, 5, tzinfo=dt.UTC)


def text_of(answer):
    return answer.get_data(as_text=True)


def meeting(cohort, **values):
    starts = dt.datetime(2026, 12, 1, 1, tzinfo=dt.UTC)  # 08.00 WIB
    row = ScheduleEntry(
        cohort_id=cohort.id,
        kind=ScheduleKind.ONLINE,
        **{"title": "Sesi", "starts_at": starts, "ends_at": starts + dt.timedelta(hours=2), "place": "Aula", **values},
    )
    db.session.add(row)
    commit()
    return row


# -- number, name, unit -------------------------------------------------------------------------------------------------------------------


def test_number_name_wave_and_unit_are_changed(place, make_unit, make_cohort):
    below = make_unit("Bidang", parent=place.unit)
    url = f"/cohorts/{place.cohort.id}/details"
    form = form_of(place.browser.get(url))
    wanted = {**form, "number": "12", "year": "2027", "wave": " Gelombang 2 ", "title": "Latsar", "organizer_unit_id": below.id}
    assert place.browser.post(url, data=wanted).status_code == 302
    page = text_of(place.browser.get(f"/cohorts/{place.cohort.id}"))
    assert "Latsar Angkatan XII Tahun 2027" in page
    assert "Gelombang 2" in page
    elsewhere = make_unit("Kota")
    assert place.browser.post(url, data={**wanted, "organizer_unit_id": elsewhere.id}).status_code == 422
    for wrong in ({"number": "0"}, {"number": "4000"}, {"title": ""}, {"year": "1999"}, {"time_zone": "Mars/Utara"}):
        assert place.browser.post(url, data={**wanted, **wrong}).status_code == 422, wrong


def test_a_number_that_is_taken_is_said_with_the_name(place):
    db.session.expire_all()
    first = db.session.get_one(Cohort, place.cohort.id)
    names = ("course_id", "year", "organizer_unit_id", "starts_on", "ends_on", "time_zone")
    other = Cohort(title="Lain", number=77, **{name: getattr(first, name) for name in names})
    db.session.add(other)
    commit()
    url = f"/cohorts/{first.id}/details"
    answer = place.browser.post(url, data={**form_of(place.browser.get(url)), "number": "77"})
    assert answer.status_code == 422
    assert "Lain Angkatan LXXVII" in text_of(answer)
    assert 'value="77"' in text_of(answer)


def test_the_zone_changes_until_somebody_has_learned_and_meetings_keep_their_hour(place, make_enrolment):
    entry = meeting(place.cohort)
    url = f"/cohorts/{place.cohort.id}/details"
    form = form_of(place.browser.get(url))
    with at(NOON):
        assert place.browser.post(url, data={**form, "time_zone": "Asia/Jayapura"}).status_code == 302
    db.session.expire_all()
    entry = db.session.get_one(ScheduleEntry, entry.id)
    assert entry.starts_at.astimezone(ZoneInfo("Asia/Jayapura")).hour == 8
    assert entry.sequence == 1
    assert entry.changed_at == NOON
    enrolment = make_enrolment(place.cohort)
    module = db.session.scalars(sa.select(CohortModule.module_id)).first()
    progress.record(
        enrolment_id=enrolment.id, module_id=module, activity_key="lesson-1", kind=EvidenceKind.VIEWED, actor_id=enrolment.user_id
    )
    commit()
    assert place.browser.post(url, data={**form, "time_zone": "Asia/Makassar"}).status_code == 422


def test_the_course_changes_until_somebody_is_enrolled(place, make_course, make_module, make_enrolment):
    module = make_module(key="baru")
    other, third = make_course(module), make_course(make_module())
    url = f"/cohorts/{place.cohort.id}/details"
    form = form_of(place.browser.get(url))
    assert place.browser.post(url, data={**form, "course_id": other.id}).status_code == 302
    assert db.session.scalars(sa.select(CohortModule.module_id).where(CohortModule.cohort_id == place.cohort.id)).all() == [module.id]
    make_enrolment(place.cohort)
    assert place.browser.post(url, data={**form, "course_id": third.id}).status_code == 422


# -- newer revisions ----------------------------------------------------------------------------------------------------------------------


def test_several_modules_move_together_and_cost_the_same_however_many(place, make_module, make_cohort, make_enrolment, queries):
    modules = [make_module(key=f"modul-{letter}") for letter in "abcd"]
    cohort = make_cohort(*modules, unit=place.unit)
    enrolment = make_enrolment(cohort)
    where = {"enrolment_id": enrolment.id, "activity_key": "lesson-1", "actor_id": enrolment.user_id}
    progress.record(module_id=modules[0].id, kind=EvidenceKind.VIEWED, **where)
    url = f"/cohorts/{cohort.id}/upgrade"
    assert 'name="module"' not in text_of(place.browser.get(url))
    for module in modules[:3]:
        module.about = {**module.about, "summary": {"id": "Lain", "en": "Other"}}
        learning.publish(actor_id=None, module=module)
    commit()
    with queries() as seen:
        page = place.browser.get(url)
    assert len(seen) <= 10, len(seen)
    assert url in text_of(place.browser.get(f"/cohorts/{cohort.id}"))
    form = form_of(page)
    assert form["module"] == [f"{module.id}-2" for module in modules[:3]]
    chosen = {**form, "module": [*form["module"][:2], "999-1", "x"]}
    assert place.browser.post(url, data=chosen).status_code == 302
    pins = db.session.scalars(sa.select(CohortModule).where(CohortModule.cohort_id == cohort.id).order_by(CohortModule.position)).all()
    newest = [learning.latest_revision(module.id).id for module in modules]
    db.session.expire_all()
    assert [pin.revision_id == number for pin, number in zip(pins, newest, strict=True)] == [True, True, False, True]
    assert db.session.get_one(Enrolment, enrolment.id).done_count == 1
    assert place.browser.post(url, data={"module": f"{modules[2].id}-1"}).status_code == 409, "only forward"


# -- another cohort like it ---------------------------------------------------------------------------------------------------------------

MOMENTS = st.integers(26_297_280, 31_025_280).map(  # minutes: 2020 to 2029
    lambda minutes: dt.datetime.fromtimestamp(60 * minutes, dt.UTC).replace(tzinfo=None)
)
ZONES = st.sampled_from(["Asia/Pontianak", "Asia/Jayapura", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "UTC"])


@pytest.mark.sqlite
@given(MOMENTS, st.integers(1, 60 * 30), st.integers(-800, 800), ZONES)
def test_a_moved_meeting_keeps_its_time_of_day_and_never_ends_before_it_begins(local, minutes, days, name):
    here = ZoneInfo(name)
    starts = local.replace(tzinfo=here).astimezone(dt.UTC)
    ends = starts + dt.timedelta(minutes=minutes)
    new_starts, new_ends = moved(starts, ends, days, name)
    assert new_ends > new_starts
    wanted = starts.astimezone(here).replace(tzinfo=None) + dt.timedelta(days=days)
    found = new_starts.astimezone(here).replace(tzinfo=None)
    exists = wanted.replace(tzinfo=here).astimezone(dt.UTC).astimezone(here).replace(tzinfo=None) == wanted.replace(fold=0)
    assert not exists or found == wanted.replace(fold=0)
    if name in {"Asia/Pontianak", "Asia/Jayapura", "UTC"}:
        assert new_ends - new_starts == ends - starts


def test_a_copy_holds_what_was_shown_and_never_people(place, make_enrolment, make_user, make_module):
    cohort = db.session.get_one(Cohort, place.cohort.id)
    cohort.grade_scale, cohort.absence_limits = [{"label": {"id": "L", "en": "P"}, "minimum": 0, "passes": True}], {"jp": 18}
    pin = db.session.scalars(sa.select(CohortModule)).one()
    pin.opens_on, pin.due_on, pin.weight, pin.required = cohort.starts_on, cohort.starts_on + dt.timedelta(days=6), 3.0, False
    group = db.session.scalars(sa.select(Group)).one()
    meeting(cohort, group_id=group.id, link="https://rapat.example/1", capacity=40, place="Aula")
    meeting(cohort, title="Batal", cancelled_at=NOON)
    make_enrolment(cohort)
    for name, role in (("Pelatih", Role.COACH), ("Atasan", Role.SUPERVISOR), ("Mentor", Role.MENTOR)):
        people.grant_role(
            actor_id=None, user_id=make_user(name).id, role=role, kind=ScopeKind.COHORT, scope_id=cohort.id, valid_from=cohort.starts_on
        )
    commit()
    url = f"/cohorts/{cohort.id}/copy"
    with at(NOON):
        form = {**form_of(place.browser.get(url)), "starts_on": "2027-03-01", "number": "9", "year": "2027"}
        shown = text_of(place.browser.post(url, data={**form, "do": "show"}))
        assert "Pelatih" in shown
        assert "Atasan" not in shown
        assert len(db.session.scalars(sa.select(Cohort)).all()) == 1, "showing changes nothing"
        answer = place.browser.post(url, data={**form, "do": "make"})
        assert place.browser.post(url, data={**form, "do": "make"}).status_code == 422, "the number is taken now"
        assert place.browser.post(url, data={**form, "do": "show"}).status_code == 422
    made = db.session.get_one(Cohort, int(answer.location.rpartition("/")[2]))
    days = dt.date(2027, 3, 1) - cohort.starts_on
    assert (made.number, made.year, made.starts_on, made.ends_on) == (9, 2027, dt.date(2027, 3, 1), cohort.ends_on + days)
    assert (made.grade_scale, made.absence_limits) == (cohort.grade_scale, {"jp": 18})
    copied = db.session.get_one(CohortModule, (made.id, pin.module_id))
    assert (copied.opens_on, copied.due_on, copied.weight, copied.required) == (
        made.starts_on,
        made.starts_on + dt.timedelta(days=6),
        3.0,
        False,
    )
    entry = db.session.scalars(sa.select(ScheduleEntry).where(ScheduleEntry.cohort_id == made.id)).one()
    own = db.session.scalars(sa.select(Group).where(Group.cohort_id == made.id)).one()
    assert (entry.group_id, entry.link, entry.capacity, own.name) == (own.id, "https://rapat.example/1", 40, "Kelompok 1")
    assert entry.starts_at.astimezone(ZoneInfo("Asia/Pontianak")) == dt.datetime(2026, 12, 1, 8, tzinfo=ZoneInfo("Asia/Pontianak")) + days
    roles = db.session.scalars(
        sa.select(RoleAssignment.role).where(RoleAssignment.scope_kind == ScopeKind.COHORT, RoleAssignment.scope_id == made.id)
    )
    assert set(roles) == {Role.INSTRUCTOR, Role.COACH}
    assert not db.session.scalars(sa.select(Enrolment).where(Enrolment.cohort_id == made.id)).all()


def test_a_copy_has_no_instructor_who_cannot_answer_there(place, make_user):
    cohort = db.session.get_one(Cohort, place.cohort.id)
    group = db.session.scalars(sa.select(Group)).one()
    stays = group.assessor_id
    left = make_user("Purna")
    grant = {"actor_id": None, "user_id": left.id, "role": Role.INSTRUCTOR, "kind": ScopeKind.COHORT, "scope_id": cohort.id}
    people.grant_role(**grant, valid_from=cohort.starts_on, valid_to=cohort.starts_on + dt.timedelta(days=9))
    second = Group(cohort_id=cohort.id, name="Kelompok 2", position=2, assessor_id=left.id)
    db.session.add(second)
    cohort.assessor_id = left.id
    commit()
    url = f"/cohorts/{cohort.id}/copy"
    with at(NOON):
        form = {**form_of(place.browser.get(url)), "starts_on": "2027-03-01", "number": "9", "year": "2027", "do": "make"}
        made = db.session.get_one(Cohort, int(place.browser.post(url, data=form).location.rpartition("/")[2]))
    answering = db.session.scalars(sa.select(Group.assessor_id).where(Group.cohort_id == made.id).order_by(Group.position)).all()
    assert (made.assessor_id, answering) == (None, [stays, None])


def test_a_copy_with_the_same_revisions_and_nothing_else(place, make_module, queries):
    pin = db.session.scalars(sa.select(CohortModule)).one()
    module = db.session.get_one(type(make_module()), pin.module_id)
    module.about = {**module.about, "summary": {"id": "Lain", "en": "Other"}}
    newest = learning.publish(actor_id=None, module=module).id
    meeting(place.cohort)
    commit()
    url = f"/cohorts/{place.cohort.id}/copy"
    form = {name: value for name, value in form_of(place.browser.get(url)).items() if name not in {"groups", "staff", "schedule"}}
    with queries() as seen:
        place.browser.post(url, data={**form, "do": "show"})
    assert len(seen) <= 12
    found = {}
    for number, revisions in ((50, "same"), (51, "newest")):
        answer = place.browser.post(url, data={**form, "number": number, "revisions": revisions, "do": "make"})
        made = int(answer.location.rpartition("/")[2])
        found[revisions] = db.session.get_one(CohortModule, (made, pin.module_id)).revision_id
        assert not db.session.scalars(sa.select(Group).where(Group.cohort_id == made)).all()
        assert not db.session.scalars(sa.select(ScheduleEntry).where(ScheduleEntry.cohort_id == made)).all()
    assert found == {"same": pin.revision_id, "newest": newest}


def test_whoever_runs_only_a_cohort_cannot_copy_it_into_a_unit(place, make_user, client):
    theirs = client.as_(make_user(roles=[("organizer", "cohort", place.cohort.id)]))
    url = f"/cohorts/{place.cohort.id}/copy"
    form = {**form_of(theirs.get(url)), "organizer_unit_id": place.unit.id, "number": "60", "do": "make"}
    assert theirs.post(url, data=form).status_code == 422
    assert (
        theirs.post(f"/cohorts/{place.cohort.id}/details", data=form_of(theirs.get(f"/cohorts/{place.cohort.id}/details"))).status_code
        == 302
    )
