"""Dates, groups, staff, and moving to a newer revision."""

import datetime as dt
from collections import Counter
from random import Random

import pytest
import sqlalchemy as sa

from lms.cohorts import services
from lms.db import at, commit, db
from lms.learning import services as learning
from lms.learning.models import CohortModule, Enrolment, EnrolmentState, Group
from lms.people.access import load_actor
from lms.people.models import RoleAssignment, Unit, User
from lms.people.roles import Role
from lms.progress import recompute
from lms.progress import services as progress
from lms.progress.models import EvidenceKind
from lms.testing.client import text_of

TODAY = dt.date(2026, 11, 21)
NOON = dt.datetime(2026, 11, 21, 5, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _on_that_day(place):
    with at(NOON):
        db.session.get_one(User, place.organizer.id).language = "en"
        commit()
        yield


def lessons(*keys):
    return [{"type": "lesson", "key": key, "settings": {"source": "Halo."}} for key in keys]


def read(enrolment, module, key):
    progress.record(enrolment_id=enrolment.id, module_id=module.id, activity_key=key, kind=EvidenceKind.VIEWED, actor_id=enrolment.user_id)


def pin_of(cohort, module):
    return db.session.get_one(CohortModule, (cohort.id, module.id), populate_existing=True)


# -- dates --------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(8))
def test_new_dates_reach_everybody_as_a_rebuild_would(place, make_module, make_cohort, make_enrolment, seed):
    chance = Random(seed)
    modules = [make_module(*lessons("satu", "dua")) for _number in range(3)]
    cohort = make_cohort(*modules, unit=place.unit)
    pin_of(cohort, modules[0]).required = bool(seed % 2)
    enrolments = [make_enrolment(cohort) for _number in range(5)]
    for enrolment in enrolments:
        for module in modules:
            for key in ("satu", "dua"):
                if chance.random() < 0.6:
                    read(enrolment, module, key)
    enrolments[0].state = EnrolmentState.WITHDRAWN
    commit()
    days = {module.id: (None, chance.choice([None, TODAY - dt.timedelta(days=3), TODAY + dt.timedelta(days=9)])) for module in modules}
    services.change_dates(
        actor=load_actor(place.organizer.id, TODAY), cohort=cohort, starts_on=cohort.starts_on, ends_on=cohort.ends_on, modules=days
    )
    commit()
    assert [difference for enrolment in enrolments for difference in recompute.recompute(enrolment.id)] == []


def test_dates_are_set_on_one_page(place, make_enrolment):
    (pin,) = db.session.scalars(sa.select(CohortModule).where(CohortModule.cohort_id == place.cohort.id)).all()
    enrolment = make_enrolment(place.cohort)
    page = f"/cohorts/{place.cohort.id}/dates"
    form = {
        "starts_on": "2026-10-01",
        "ends_on": "2026-12-31",
        f"opens_{pin.module_id}": "2026-10-05",
        f"due_{pin.module_id}": "2026-11-30",
    }
    assert place.browser.post(page, data=form).status_code == 302
    db.session.expire_all()
    assert (pin.opens_on, pin.due_on) == (dt.date(2026, 10, 5), dt.date(2026, 11, 30))
    assert db.session.get_one(Enrolment, enrolment.id).next_due_on == dt.date(2026, 11, 30)
    for wrong in ({"ends_on": "2026-09-01"}, {f"due_{pin.module_id}": "2026-10-01"}, {"starts_on": "besok"}, {"ends_on": "9999-12-31"}):
        answer = place.browser.post(page, data={**form, **wrong})
        assert answer.status_code == 422, wrong
        assert 'value="2026-10-05"' in answer.get_data(as_text=True)
    place.browser.post(page, data={**form, f"opens_{pin.module_id}": "", f"due_{pin.module_id}": ""})
    db.session.expire_all()
    assert (pin.opens_on, pin.due_on, db.session.get_one(Enrolment, enrolment.id).next_due_on) == (None, None, None)


# -- groups -------------------------------------------------------------------------------------------------------------------------------


def groups_of(cohort):
    db.session.expire_all()
    return db.session.scalars(sa.select(Group).where(Group.cohort_id == cohort.id).order_by(Group.position)).all()


def group_form(cohort, **values):
    found = {}
    for group in groups_of(cohort):
        found |= {f"name_{group.id}": group.name, f"assessor_{group.id}": str(group.assessor_id or "")}
    return {**found, "new_name": "", "new_assessor": "", "assessor": "", **values}


def test_groups_are_added_renamed_and_given_an_instructor(place):
    page = f"/cohorts/{place.cohort.id}/groups"
    (first,) = groups_of(place.cohort)
    assert place.browser.post(page, data=group_form(place.cohort, new_name="Kelompok 2")).status_code == 302
    first, second = groups_of(place.cohort)
    assert (second.name, second.position, second.assessor_id) == ("Kelompok 2", 2, None)
    swapped = group_form(
        place.cohort, **{f"name_{first.id}": "Kelompok 2", f"name_{second.id}": "Kelompok 1", "assessor": str(first.assessor_id)}
    )
    swapped[f"assessor_{second.id}"] = str(first.assessor_id)
    assert place.browser.post(page, data=swapped).status_code == 302
    first, second = groups_of(place.cohort)
    assert (first.name, second.name, second.assessor_id) == ("Kelompok 2", "Kelompok 1", first.assessor_id)
    for wrong in ({"new_name": "kelompok  2"}, {f"name_{first.id}": ""}, {f"name_{first.id}": "kelompok 1"}):
        answer = place.browser.post(page, data=group_form(place.cohort, **wrong))
        assert answer.status_code == 422, wrong
    assert [group.name for group in groups_of(place.cohort)] == ["Kelompok 2", "Kelompok 1"]


def test_only_instructors_of_the_cohort_answer_its_journals(place, make_user):
    stranger = make_user("Orang Luar", roles=["instructor"])
    answer = place.browser.post(f"/cohorts/{place.cohort.id}/groups", data=group_form(place.cohort, assessor=str(stranger.id)))
    assert answer.status_code == 422
    assert "Orang Luar" not in answer.get_data(as_text=True)


def test_an_empty_group_can_be_removed_and_a_used_one_not(place, make_enrolment):
    page = f"/cohorts/{place.cohort.id}/groups"
    place.browser.post(page, data=group_form(place.cohort, new_name="Sisa"))
    first, spare = groups_of(place.cohort)
    make_enrolment(place.cohort)
    assert place.browser.post(f"{page}/{first.id}/delete").status_code == 409
    gone = f"{page}/{spare.id}/delete"
    assert place.browser.post(gone).status_code == 302
    assert [group.id for group in groups_of(place.cohort)] == [first.id]
    assert place.browser.post(gone).status_code == 404


def test_people_are_divided_so_that_agencies_are_mixed(place, make_unit, make_user, make_enrolment):
    page = f"/cohorts/{place.cohort.id}/groups"
    region = make_unit("Kabupaten")
    agencies = [make_unit(f"Dinas {name}", parent=region) for name in "ABC"]
    for number in range(10):
        # a part of an agency counts as the agency
        unit = make_unit(f"Bidang {number}", parent=agencies[number % 3]) if number % 2 else agencies[number % 3]
        make_enrolment(place.cohort, make_user(unit_id=unit.id))
    place.browser.post(page, data=group_form(place.cohort, new_name="Kelompok 2"))
    assert place.browser.post(f"{page}/split", data={"who": "rest"}).status_code == 302
    assert _sizes(place.cohort) == [10, 0]
    answer = place.browser.post(f"{page}/split", data={"who": "all"}, follow_redirects=True)
    assert "people have a new group" in text_of(answer)
    assert _sizes(place.cohort) == [5, 5]
    rows = db.session.execute(
        sa.select(Unit.path, Enrolment.group_id).join(User, User.unit_id == Unit.id).join(Enrolment, Enrolment.user_id == User.id)
    )
    spread = Counter((path.split("/")[2], group_id) for path, group_id in rows)
    assert max(spread.values()) <= 2


def _sizes(cohort):
    db.session.expire_all()
    counts = dict(
        db.session.execute(
            sa.select(Enrolment.group_id, sa.func.count()).where(Enrolment.cohort_id == cohort.id).group_by(Enrolment.group_id)
        ).all()
    )
    return [counts.get(group.id, 0) for group in groups_of(cohort)]


def test_without_a_group_there_is_nothing_to_divide_over(place):
    db.session.execute(sa.delete(Group).where(Group.cohort_id == place.cohort.id))
    commit()
    assert place.browser.post(f"/cohorts/{place.cohort.id}/groups/split", data={"who": "all"}).status_code == 409
    assert place.browser.get(f"/cohorts/{place.cohort.id}/groups").status_code == 200


# -- staff --------------------------------------------------------------------------------------------------------------------------------

ROLE = {"role": "instructor", "valid_from": "2026-11-21", "valid_to": ""}


def roles_on(cohort):
    db.session.expire_all()
    return {
        (grant.user_id, grant.role): grant
        for grant in db.session.scalars(
            sa.select(RoleAssignment).where(RoleAssignment.scope_kind == "cohort", RoleAssignment.scope_id == cohort.id)
        )
    }


def test_a_role_is_given_by_address_and_ended(place, make_user, client):
    helper = make_user("Matius Gerang", email="matius@contoh.test")
    page, board = f"/cohorts/{place.cohort.id}/staff", f"/cohorts/{place.cohort.id}"
    theirs = client.as_(helper)
    assert theirs.get(board).status_code == 403
    assert place.browser.post(page, data={**ROLE, "who": " Matius@Contoh.test "}).location == page
    assert theirs.get(board).status_code == 200
    grant = roles_on(place.cohort)[helper.id, Role.INSTRUCTOR]
    assert (grant.valid_from, grant.valid_to) == (TODAY, None)
    assert "Matius Gerang" in text_of(place.browser.get(page))
    assert place.browser.post(f"{page}/{grant.id}/end").status_code == 302
    assert theirs.get(board).status_code == 403


def test_who_has_helped_stays_in_the_list_after_the_end(place, make_user):
    (grant,) = roles_on(place.cohort).values()
    place.browser.post(f"/cohorts/{place.cohort.id}/staff/{grant.id}/end")
    db.session.expire_all()
    assert db.session.get_one(RoleAssignment, grant.id).valid_to == TODAY - dt.timedelta(days=1)
    words = text_of(place.browser.get(f"/cohorts/{place.cohort.id}/staff"))
    assert "Pembimbing" in words
    assert "ended" in words


def test_where_several_people_fit_one_is_asked_for(place, make_user):
    first, second = make_user("Ani Lestari"), make_user("Ani Lestari Putri")
    page = f"/cohorts/{place.cohort.id}/staff"
    asked = place.browser.post(page, data={**ROLE, "who": "ani les"})
    assert asked.status_code == 422
    assert str(second.id) in asked.get_data(as_text=True)
    assert 'value="ani les"' in asked.get_data(as_text=True)
    assert place.browser.post(page, data={**ROLE, "who": "ani les", "user_id": str(second.id)}).status_code == 302
    assert (second.id, Role.INSTRUCTOR) in roles_on(place.cohort)
    assert place.browser.post(page, data={**ROLE, "who": "Ani Lestari"}).status_code == 302  # the whole name of one of them
    assert (first.id, Role.INSTRUCTOR) in roles_on(place.cohort)


@pytest.mark.parametrize(
    "wrong", [{"who": "tidak ada"}, {"who": "x"}, {"role": "admin"}, {"role": ""}, {"valid_to": "2026-01-01"}, {"valid_from": ""}]
)
def test_what_is_no_role_comes_back(place, make_user, wrong):
    make_user("Matius Gerang")
    before = len(roles_on(place.cohort))
    answer = place.browser.post(f"/cohorts/{place.cohort.id}/staff", data={**ROLE, "who": "Matius Gerang", **wrong})
    assert answer.status_code == 422
    assert len(roles_on(place.cohort)) == before


def test_a_role_on_another_cohort_is_not_ended_here(place, make_cohort):
    other = make_cohort()
    (grant,) = roles_on(other).values()
    assert place.browser.post(f"/cohorts/{place.cohort.id}/staff/{grant.id}/end").status_code == 404


# -- moving to a newer revision -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def moving(place, make_module, make_cohort, make_enrolment, make_user):
    """Return a cohort whose module has a newer revision: `satu` is harder, `dua` is gone, `tiga` is new."""
    module = make_module(*lessons("satu", "dua"))
    cohort = make_cohort(module, unit=place.unit)
    ani, budi = make_enrolment(cohort, make_user("Ani")), make_enrolment(cohort, make_user("Budi"))
    for key in ("satu", "dua"):
        read(ani, module, key)
    first, second = learning.draft_activities(module.id)
    first.rule = {"all": ["viewed", {"before": "2020-01-01"}]}
    first.title = "Satu yang baru"
    second.key, second.title = "tiga", "Bagian ketiga"
    db.session.flush()
    learning.publish(actor_id=None, module=module)
    commit()
    return cohort, module, ani, budi


def test_a_dry_run_says_who_would_lose_and_changes_nothing(place, moving):
    cohort, module, ani, _budi = moving
    words = text_of(place.browser.get(f"/cohorts/{cohort.id}/modules/{module.id}/move"))
    assert "From revision 1 to revision 2" in words
    assert "New parts Bagian ketiga" in words
    assert "Parts that are gone dua judul" in words
    assert "Satu yang baru · 1 person Ani" in words
    assert progress.state_of(ani.id, module.id, "satu") == "complete"
    assert "There is revision 2" in text_of(place.browser.get(f"/cohorts/{cohort.id}"))


@pytest.mark.parametrize("take_away", [False, True])
def test_nobody_loses_anything_unless_the_box_is_ticked(place, moving, take_away):
    cohort, module, ani, budi = moving
    page = f"/cohorts/{cohort.id}/modules/{module.id}/move"
    answer = place.browser.post(page, data={"revision": "2", **({"take_away": "y"} if take_away else {})})
    assert answer.location == f"/cohorts/{cohort.id}"
    db.session.expire_all()
    assert progress.state_of(ani.id, module.id, "satu") == ("in_progress" if take_away else "complete")
    assert progress.state_of(budi.id, module.id, "satu") == "not_started"
    assert db.session.get_one(Enrolment, ani.id).required_count == 2
    assert "newest revision already" in text_of(place.browser.get(page))


def test_what_is_moved_to_is_what_was_shown(place, moving):
    cohort, module, _ani, _budi = moving
    module.about = {**module.about, "summary": {"id": "lain", "en": "other"}}
    learning.publish(actor_id=None, module=module)
    commit()
    page = f"/cohorts/{cohort.id}/modules/{module.id}/move"
    place.browser.post(page, data={"revision": "2"})  # 3 has been published while 2 was looked at
    assert "From revision 2 to revision 3" in text_of(place.browser.get(page))
    for nonsense, code in (("9", 404), ("", 404), ("x", 404), ("2", 409), ("1", 409)):  # pressed twice, or an old page
        assert place.browser.post(page, data={"revision": nonsense}).status_code == code


def test_who_has_done_enough_for_the_new_rule_gains(place, make_module, make_cohort, make_enrolment, make_user):
    module = make_module({"type": "lesson", "key": "satu", "settings": {"source": "Halo."}, "rule": {"all": ["viewed", "accepted"]}})
    cohort = make_cohort(module, unit=place.unit)
    enrolment = make_enrolment(cohort, make_user("Cici"))
    read(enrolment, module, "satu")
    learning.draft_activities(module.id)[0].rule = "viewed"
    db.session.flush()
    learning.publish(actor_id=None, module=module)
    commit()
    page = f"/cohorts/{cohort.id}/modules/{module.id}/move"
    words = text_of(place.browser.get(page))
    assert "become complete: satu judul · 1 person Cici" in words
    place.browser.post(page, data={"revision": "2"})
    assert progress.state_of(enrolment.id, module.id, "satu") == "complete"
