"""Giving and taking roles, line managers."""

import datetime as dt

import pytest
import sqlalchemy as sa

from lms.db import db, utcnow
from lms.errors import Refused
from lms.i18n import local_day
from lms.people import services
from lms.people.models import ReportingLine, RoleAssignment
from lms.people.roles import SCOPES, Role, ScopeKind
from lms.testing.client import text_of


@pytest.fixture
def admin(make_user):
    return make_user("Yopi", roles=["admin"], language="en")


@pytest.fixture
def browser(client, admin):
    return client.as_(admin)


@pytest.fixture
def ani(make_user):
    return make_user("Ani Lestari")


def held(user):
    db.session.rollback()
    db.session.expire_all()
    rows = db.session.scalars(sa.select(RoleAssignment).where(RoleAssignment.user_id == user.id).order_by(RoleAssignment.id))
    return [(row.role.value, row.scope_kind.value, row.scope_id, row.valid_from, row.valid_to) for row in rows]


def today():
    return local_day(utcnow(), "Asia/Pontianak")


# -- roles -------------------------------------------------------------------------------------------------------------------------


def test_every_role_is_offered_where_it_can_be_held(browser, ani):
    html = browser.get(f"/admin/people/{ani.id}/roles/new").get_data(as_text=True)
    for role, kinds in SCOPES.items():
        for kind in ScopeKind:
            assert (f"role={role}-{kind}" in html) is (kind in kinds), f"{role} {kind}"


def test_a_role_on_the_site(browser, ani):
    path = f"/admin/people/{ani.id}/roles/new"
    page = browser.get(f"{path}?role=instructor-site")
    assert "It holds on the whole site." in text_of(page)
    assert f'value="{today()}"' in page.get_data(as_text=True)
    assert browser.post(path, data={"role": "instructor-site", "valid_from": "2026-01-01"}).location == f"/admin/people/{ani.id}#roles"
    assert held(ani) == [("instructor", "site", 0, dt.date(2026, 1, 1), None)]


def test_a_role_in_a_unit_found_by_any_of_its_names(browser, ani, make_unit):
    unit = make_unit("Dinas Kesehatan dan Keluarga Berencana", short_name="Dinkes KB", aliases=("Dinas Kesehatan Kab.",))
    make_unit("Dinas Perikanan")
    path = f"/admin/people/{ani.id}/roles/new"
    for words in ("keluarga", "dinkes kb", "DINAS KESEHATAN KAB"):
        page = browser.get(path, query_string={"role": "supervisor-unit", "q": words})
        assert "Dinas Kesehatan dan Keluarga Berencana" in text_of(page), words
        assert "Perikanan" not in text_of(page)
    assert "Nothing is called so" in text_of(browser.get(f"{path}?role=supervisor-unit&q=zzz"))
    fields = {"role": "supervisor-unit", "q": "dinas", "scope_id": unit.id, "valid_from": "2026-01-01", "valid_to": "2026-06-30"}
    assert browser.post(path, data=fields).status_code == 302
    assert held(ani) == [("supervisor", "unit", unit.id, dt.date(2026, 1, 1), dt.date(2026, 6, 30))]
    assert "over" in text_of(browser.get(f"/admin/people/{ani.id}"))


def test_a_role_in_a_cohort_and_for_a_module(browser, ani, make_module, make_cohort):
    module = make_module(key="empati")
    cohort = make_cohort(module, title="PKTBT", number=14, year=2026)
    path = f"/admin/people/{ani.id}/roles/new"
    for words in ("", "pktbt", "xiv", "14 2026"):
        page = browser.get(path, query_string={"role": "organizer-cohort", "q": words})
        assert f'value="{cohort.id}"' in page.get_data(as_text=True), words
    assert f'name="scope_id" value="{cohort.id}"' not in browser.get(f"{path}?role=organizer-cohort&q=latsar").get_data(as_text=True)
    assert "Modul empati" in text_of(browser.get(f"{path}?role=instructor-module&q=EMP")) or "Module empati" in text_of(
        browser.get(f"{path}?role=instructor-module&q=EMP")
    )
    browser.post(path, data={"role": "organizer-cohort", "scope_id": cohort.id, "valid_from": "2026-01-01"})
    browser.post(path, data={"role": "instructor-module", "scope_id": module.id, "valid_from": "2026-01-01"})
    assert [row[:3] for row in held(ani)] == [("organizer", "cohort", cohort.id), ("instructor", "module", module.id)]
    text = text_of(browser.get(f"/admin/people/{ani.id}"))
    assert "XIV" in text
    assert "empati" in text


def test_mistakes_are_explained_and_what_was_chosen_is_kept(browser, ani, make_unit):
    unit = make_unit("Dinas Kesehatan")
    path = f"/admin/people/{ani.id}/roles/new"
    none = browser.post(path, data={"role": "organizer-unit", "q": "kesehatan", "valid_from": "2026-01-01"})
    assert none.status_code == 422
    assert "Choose one of the places found." in text_of(none)
    fields = {"role": "organizer-unit", "q": "kesehatan", "scope_id": unit.id, "valid_from": "2026-02-01", "valid_to": "2026-01-01"}
    wrong = browser.post(path, data=fields)
    assert wrong.status_code == 422
    assert "The end is before the beginning." in text_of(wrong)
    html = wrong.get_data(as_text=True)
    assert 'value="kesehatan"' in html
    assert f'value="{unit.id}" checked' in html
    assert 'value="2026-01-01"' in html
    assert browser.post(path, data={**fields, "valid_from": ""}).status_code == 422
    assert browser.post(path, data={**fields, "scope_id": "x"}).status_code == 422
    assert not held(ani)


def test_a_role_that_does_not_exist_leads_back_to_the_choice(browser, ani):
    path = f"/admin/people/{ani.id}/roles/new"
    for role in ("", "king-site", "admin-unit", "supervisor-site", "learner-site"):
        page = browser.post(path, data={"role": role, "valid_from": "2026-01-01"})
        assert page.status_code == 200
        assert "supervisor-unit" in page.get_data(as_text=True)
    assert not held(ani)


def test_a_place_that_does_not_exist_is_refused(browser, ani):
    answer = browser.post(
        f"/admin/people/{ani.id}/roles/new", data={"role": "organizer-unit", "scope_id": "99999", "valid_from": "2026-01-01"}
    )
    assert answer.status_code == 409
    assert not held(ani)


def test_a_role_is_taken_away(browser, ani, make_user):
    services.grant_role(actor_id=None, user_id=ani.id, role=Role.INSTRUCTOR, kind=ScopeKind.SITE)
    number = db.session.scalar(sa.select(RoleAssignment.id).where(RoleAssignment.user_id == ani.id))
    other = make_user("Budi")
    assert browser.post(f"/admin/people/{other.id}/roles/{number}/end").status_code == 404, "of this person only"
    assert len(held(ani)) == 1
    assert browser.post(f"/admin/people/{ani.id}/roles/{number}/end").status_code == 302
    assert not held(ani)


def test_the_last_administrator_stays_one(browser, admin, ani):
    number = db.session.scalar(sa.select(RoleAssignment.id).where(RoleAssignment.user_id == admin.id))
    answer = browser.post(f"/admin/people/{admin.id}/roles/{number}/end")
    assert answer.status_code == 409
    assert "one administrator at least" in text_of(answer)
    services.grant_role(
        actor_id=None, user_id=ani.id, role=Role.ADMIN, kind=ScopeKind.SITE, valid_from=dt.date(2020, 1, 1), valid_to=dt.date(2020, 1, 2)
    )
    assert browser.post(f"/admin/people/{admin.id}/roles/{number}/end").status_code == 409, "a role that is over counts for nothing"


def test_giving_a_role_twice_keeps_one(database, ani):
    for first, last in ((dt.date(2026, 1, 1), None), (dt.date(2026, 3, 1), dt.date(2026, 12, 31)), (dt.date(2025, 6, 1), None)):
        services.grant_role(actor_id=None, user_id=ani.id, role=Role.INSTRUCTOR, kind=ScopeKind.SITE, valid_from=first, valid_to=last)
        db.session.commit()
    assert held(ani) == [("instructor", "site", 0, dt.date(2025, 6, 1), None)]


# -- line managers -----------------------------------------------------------------------------------------------------------------


def lines(user):
    db.session.rollback()
    rows = db.session.execute(
        sa.select(ReportingLine.supervisor_id, ReportingLine.valid_from, ReportingLine.valid_to)
        .where(ReportingLine.user_id == user.id)
        .order_by(ReportingLine.valid_from)
    )
    return [tuple(row) for row in rows]


def test_a_line_manager_is_found_and_noted(browser, ani, make_user, make_unit):
    boss = make_user("Zulkifli Anwar", unit_id=make_unit("Dinas Sosial").id)
    path = f"/admin/people/{ani.id}/manager"
    assert "Search for the person first." in text_of(browser.get(path))
    page = browser.get(f"{path}?q=zulkifli")
    assert "Dinas Sosial" in text_of(page)
    assert f'name="supervisor_id" value="{ani.id}"' not in browser.get(f"{path}?q=ani").get_data(as_text=True)
    missing = browser.post(path, data={"q": "zulkifli", "since": "2026-01-01"})
    assert missing.status_code == 422
    assert "Choose one of the people found." in text_of(missing)
    assert browser.post(path, data={"q": "zul", "since": "2026-01-01", "supervisor_id": "x"}).status_code == 422
    assert browser.post(path, data={"supervisor_id": str(boss.id), "since": "2026-01-01"}).status_code == 302
    assert lines(ani) == [(boss.id, dt.date(2026, 1, 1), None)]
    assert "Zulkifli Anwar" in text_of(browser.get(f"/admin/people/{ani.id}"))
    browser.post(f"/admin/people/{ani.id}/manager/end")
    assert lines(ani) == [(boss.id, dt.date(2026, 1, 1), today() - dt.timedelta(days=1))]


def test_the_one_before_ends_the_day_before_and_lines_never_overlap(database, ani, make_user):
    first, second, third = make_user(), make_user(), make_user()
    for boss, day in ((first, dt.date(2026, 1, 1)), (second, dt.date(2026, 6, 1)), (third, dt.date(2026, 3, 1))):
        services.report_to(actor_id=None, user_id=ani.id, supervisor_id=boss.id, since=day)
        db.session.commit()
    assert lines(ani) == [(first.id, dt.date(2026, 1, 1), dt.date(2026, 2, 28)), (third.id, dt.date(2026, 3, 1), None)]
    services.report_to(actor_id=None, user_id=ani.id, supervisor_id=None, since=dt.date(2026, 4, 1))
    services.report_to(actor_id=None, user_id=ani.id, supervisor_id=first.id, since=dt.date(2026, 3, 15))
    db.session.commit()
    assert lines(ani)[1:] == [(third.id, dt.date(2026, 3, 1), dt.date(2026, 3, 14)), (first.id, dt.date(2026, 3, 15), None)]


def test_nobody_is_their_own_line_manager(browser, ani):
    answer = browser.post(f"/admin/people/{ani.id}/manager", data={"supervisor_id": str(ani.id), "since": "2026-01-01"})
    assert answer.status_code == 409
    with pytest.raises(Refused):
        services.report_to(actor_id=None, user_id=ani.id, supervisor_id=ani.id, since=dt.date(2026, 1, 1))
    assert not lines(ani)
