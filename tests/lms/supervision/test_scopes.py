"""Whom a supervisor sees: exactly the people of a scope, as long as it holds, and nobody else's."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import sqlalchemy as sa
from support.crawl import words_of

from lms.db import commit, db
from lms.learning.models import EnrolmentState
from lms.people import services as people
from lms.people.models import ReportingLine, RoleAssignment, Unit
from lms.people.roles import Role, ScopeKind
from lms.supervision import rollups
from lms.supervision.queries import Scope, Wanted
from lms.supervision.services import people as list_people

TODAY = dt.date(2026, 11, 21)
YESTERDAY, TOMORROW = TODAY - dt.timedelta(days=1), TODAY + dt.timedelta(days=1)


def names(response) -> list[str]:
    """Return the names of a list, sorted."""
    assert response.status_code == 200
    return sorted(re.findall(r'<th scope="row">(?:<label[^>]*><input[^>]*>)?([^<]+)<', response.get_data(as_text=True)))


@pytest.fixture
def cohort(make_cohort):
    return make_cohort()


@pytest.fixture
def enrol(cohort, make_user, make_enrolment):
    """Return a function that makes a person in the cohort."""

    def make(name, **values):
        person = make_user(name, **values)
        make_enrolment(cohort, person)
        return person

    return make


@pytest.fixture
def line(database):
    """Return a function that makes a reporting line, valid from … to …."""

    def make(person, supervisor, start=dt.date(2026, 1, 1), end=None):
        db.session.add(ReportingLine(user_id=person.id, supervisor_id=supervisor.id, valid_from=start, valid_to=end))
        role = {"user_id": supervisor.id, "role": Role.SUPERVISOR, "scope_kind": ScopeKind.REPORTS, "scope_id": 0}
        if db.session.scalar(sa.select(RoleAssignment.id).filter_by(**role)) is None:
            db.session.add(RoleAssignment(**role, valid_from=start))
        commit()

    return make


def test_reports_are_those_of_today(client, make_user, enrol, line):
    boss, other = make_user("Zulkifli"), make_user("Helena")
    line(enrol("Ani"), boss)
    line(enrol("Budi"), boss, end=TODAY)
    line(enrol("Citra"), boss, start=TODAY)
    line(enrol("Dewi"), boss, end=YESTERDAY)
    line(enrol("Eko"), boss, start=TOMORROW)
    line(enrol("Fajar"), other)
    enrol("Gita")

    page = client.as_(boss).get("/team/people?scope=reports")
    assert names(page) == ["Ani", "Budi", "Citra"]
    assert names(client.as_(other).get("/team/people?scope=reports")) == ["Fajar"]


def test_a_unit_means_everything_below_it_and_nothing_beside_it(client, make_user, make_unit, enrol, cohort):
    units = [make_unit() for _number in range(11)]  # so that there are units 1 and 10: /1/ is no beginning of /10/
    inner = make_unit(parent=units[0])
    innermost = make_unit(parent=inner)
    for unit, number in ((units[0], 5), (inner, 6), (innermost, 7), (units[1], 8), (units[9], 9)):
        for place in range(number):
            enrol(f"orang {unit.id} {place}", unit_id=unit.id)
    rollups.roll_up([cohort.id], TODAY)
    commit()
    boss = make_user(language="en", roles=[("supervisor", "unit", units[0].id)])
    deputy = make_user(language="en", roles=[("supervisor", "unit", inner.id)])

    def people(user, key, unit=""):
        answer = client.as_(user).get(f"/team/units/{key}?unit={unit}")
        return answer.status_code, re.findall(r"<b>([^<]+)</b>people", answer.get_data(as_text=True))

    assert people(boss, f"unit-{units[0].id}") == (200, ["18"])
    assert people(boss, f"unit-{units[0].id}", inner.id) == (200, ["13"])
    assert people(deputy, f"unit-{inner.id}") == (200, ["13"])
    for user, key, unit in (
        (deputy, f"unit-{units[0].id}", ""),
        (deputy, f"unit-{inner.id}", units[0].id),
        (boss, f"unit-{units[0].id}", units[9].id),
    ):
        assert people(user, key, unit) == (404, [])


def test_of_a_unit_there_is_no_list(client, make_user, make_unit, enrol, cohort):
    unit = make_unit()
    enrol("Ani", unit_id=unit.id)
    boss = make_user(roles=[("supervisor", "unit", unit.id)])
    rollups.roll_up([cohort.id], TODAY)
    commit()
    browser = client.as_(boss)
    for path in ("people", "picture", "people.csv", "people.xlsx", "people.pdf", "picture.pdf", "schedules/new"):
        assert browser.get(f"/team/{path}?scope=unit-{unit.id}").status_code == 404
    for path in ("", "/figures.csv", "/figures.xlsx", "/figures.pdf"):
        page = browser.get(f"/team/units/unit-{unit.id}{path}")
        assert page.status_code == 200
        assert "Ani" not in words_of(page)


def test_a_cohort_means_its_active_people(client, cohort, make_user, make_cohort, make_enrolment, enrol):
    enrol("Ani")
    gone = make_enrolment(cohort, make_user("Budi"))
    gone.state = EnrolmentState.WITHDRAWN
    make_enrolment(make_cohort(), make_user("Citra"))
    boss = make_user(roles=[("supervisor", "cohort", cohort.id)])
    commit()

    assert names(client.as_(boss).get(f"/team/people?scope=cohort-{cohort.id}")) == ["Ani"]


def test_somebody_in_two_cohorts_stands_there_twice(client, cohort, make_user, make_cohort, make_enrolment, enrol, line):
    boss = make_user()
    ani = enrol("Ani")
    make_enrolment(make_cohort(), ani)
    line(ani, boss)
    line(ani, boss)  # a line that was entered twice doubles nothing

    assert names(client.as_(boss).get("/team/people?scope=reports")) == ["Ani", "Ani"]


@pytest.mark.parametrize("path", ["/team/people", "/team/picture", "/team/people.csv", "/team/people.xlsx"])
def test_scopes_of_others_do_not_exist(client, cohort, make_user, make_unit, enrol, line, path):
    unit = make_unit()
    enrol("Ani", unit_id=unit.id)
    make_user(roles=[("supervisor", "cohort", cohort.id), ("supervisor", "unit", unit.id)])
    organizer = make_user(roles=[("organizer", "site", 0), ("organizer", "unit", unit.id), ("organizer", "cohort", cohort.id)])
    instructor = make_user(roles=[("instructor", "site", 0), ("instructor", "cohort", cohort.id)])
    admin = make_user(roles=[("admin", "site", 0)])
    leader = make_user()
    line(make_user(), leader)
    for user in (make_user(), organizer, instructor, admin):
        assert client.as_(user).get(path, query_string={"scope": f"cohort-{cohort.id}"}).status_code == 403
    for user in (leader, make_user(roles=[("supervisor", "unit", make_unit().id)])):
        browser = client.as_(user)
        for key in (f"cohort-{cohort.id}", f"unit-{unit.id}", "unit-0", "cohort-", "unit", "nobody", "reports-1", f"unit-{unit.id}'"):
            answer = browser.get(path, query_string={"scope": key})
            assert answer.status_code == 404, key
            assert "Ani" not in answer.get_data(as_text=True)
    mine = client.as_(leader).get(path, query_string={"scope": "reports"})
    assert mine.status_code == 200
    assert "Ani" not in words_of(mine)


@pytest.mark.parametrize(("start", "end"), [(dt.date(2020, 1, 1), YESTERDAY), (TOMORROW, None)])
def test_a_role_holds_from_its_first_day_to_its_last(client, cohort, make_user, make_unit, enrol, start, end):
    unit = make_unit()
    enrol("Ani", unit_id=unit.id)
    boss = make_user()
    for kind, number in ((ScopeKind.UNIT, unit.id), (ScopeKind.COHORT, cohort.id)):
        db.session.add(
            RoleAssignment(user_id=boss.id, role=Role.SUPERVISOR, scope_kind=kind, scope_id=number, valid_from=start, valid_to=end)
        )
    commit()
    for key in (f"unit-{unit.id}", f"cohort-{cohort.id}"):
        assert client.as_(boss).get(f"/team/people?scope={key}").status_code == 403

    db.session.execute(sa.update(RoleAssignment).values(valid_from=TODAY, valid_to=TODAY))
    commit()
    assert names(client.as_(boss).get(f"/team/people?scope=cohort-{cohort.id}")) == ["Ani"]
    assert client.as_(boss).get(f"/team/units/unit-{unit.id}").status_code == 200


def test_a_unit_that_is_gone_is_not_the_root_of_everything(client, make_user, make_unit, enrol):
    """A grant refers to its unit by number only; without the unit there is no path, and an empty path would fit everybody."""
    gone, other = make_unit(), make_unit()
    enrol("Ani", unit_id=other.id)
    boss = make_user(roles=[("supervisor", "unit", gone.id)])
    db.session.execute(sa.delete(Unit).where(Unit.id == gone.id))
    commit()

    browser = client.as_(boss)
    for path in (
        f"people?scope=unit-{gone.id}",
        f"people.csv?scope=unit-{gone.id}",
        f"units/unit-{gone.id}",
        f"units/unit-{gone.id}/figures.csv",
    ):
        answer = browser.get(f"/team/{path}")
        assert answer.status_code == 404
        assert b"Ani" not in answer.data


def test_a_filter_cannot_widen_a_scope(client, cohort, make_user, make_cohort, make_enrolment, enrol):
    enrol("Ani")
    other = make_cohort()
    make_enrolment(other, make_user("Budi"))
    boss = make_user(roles=[("supervisor", "cohort", cohort.id)])
    browser = client.as_(boss)
    for query in (f"cohort={other.id}", "cohort=all", "q=budi", "q=%25", "unit=0", "group=2", "status=help"):
        for path in ("people", "picture", "people.csv"):
            assert b"Budi" not in browser.get(f"/team/{path}?scope=cohort-{cohort.id}&{query}").data, query


def test_signs_of_patterns_in_a_search_are_letters(client, cohort, make_user, enrol):
    enrol("Ani 50%")
    enrol("Budi_Santoso")
    enrol("Citra/Dewi")
    boss = make_user(roles=[("supervisor", "cohort", cohort.id)])
    browser = client.as_(boss)
    for q, found in (("%", ["Ani 50%"]), ("_", ["Budi_Santoso"]), ("/", ["Citra/Dewi"]), ("BUDI_s", ["Budi_Santoso"]), ("'; --", [])):
        assert names(browser.get("/team/people", query_string={"scope": f"cohort-{cohort.id}", "q": q})) == found


def test_nobody_signed_in_sees_nothing(client, cohort, enrol):
    enrol("Ani")
    for path in ("/team", f"/team/people?scope=cohort-{cohort.id}", "/team/picture?scope=reports", "/team/people.csv?scope=reports"):
        answer = client.get(path)
        assert answer.status_code == 302
        assert answer.location.startswith("/sign-in")


def test_the_start_leads_on_when_there_is_one_scope_and_lists_several(client, cohort, make_user, make_unit, enrol, line):
    unit = make_unit("Dinas Perhubungan")
    ani = enrol("Ani", unit_id=unit.id)
    enrol("Budi")
    one = make_user(roles=[("supervisor", "cohort", cohort.id)])
    assert client.as_(one).get("/team").location == f"/team/people?scope=cohort-{cohort.id}"
    assert client.as_(one).get("/team/people").location == "/team"

    above = make_user(roles=[("supervisor", "unit", unit.id)])
    assert client.as_(above).get("/team").location == f"/team/units/unit-{unit.id}"
    assert client.as_(above).get("/team/delegations").status_code == 200

    many = make_user(language="en", roles=[("supervisor", "cohort", cohort.id), ("supervisor", "unit", unit.id)])
    line(ani, many)
    page = client.as_(many).get("/team").get_data(as_text=True)
    assert re.findall(r'href="/team/(?:people\?scope=|units/)([a-z0-9-]+)"', page) == ["reports", f"unit-{unit.id}", f"cohort-{cohort.id}"]
    assert re.findall(r"(\d+) (?:person|people) ·", page) == ["1", "2"]
    assert "Dinas Perhubungan" in page


def test_nobody_in_the_team_is_said_kindly(client, make_user, make_unit):
    boss = make_user(language="en", roles=[("supervisor", "unit", make_unit().id)])
    page = client.as_(boss).get("/team/units/unit-1")
    assert page.status_code == 200
    assert "Nobody is counted here yet" in page.get_data(as_text=True)


def test_reports_end_with_a_new_line_manager(make_user, enrol, database):
    old, new = make_user(), make_user()
    ani = enrol("Ani")
    people.report_to(actor_id=None, user_id=ani.id, supervisor_id=old.id, since=dt.date(2026, 1, 1))
    people.report_to(actor_id=None, user_id=ani.id, supervisor_id=new.id, since=TODAY)
    commit()

    def seen(supervisor, day):
        return list_people(scope=Scope("reports", supervisor_id=supervisor.id), today=day, wanted=Wanted(cohort="all")).page.total

    assert [seen(old, YESTERDAY), seen(new, YESTERDAY)] == [1, 0]
    assert [seen(old, TODAY), seen(new, TODAY)] == [0, 1]
