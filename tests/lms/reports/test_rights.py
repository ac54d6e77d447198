"""Who sees what: every report, every kind of person; and no figure about fewer than five."""

from __future__ import annotations

from collections import defaultdict

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.reports import TODAY, Person

from lms.db import commit, db
from lms.decisions.models import Decision
from lms.learning.models import Enrolment
from lms.people.models import Category, User
from lms.reports import services
from lms.reports.catalogue import REPORTS
from lms.reports.contract import Wanted
from lms.reports.small import LEAST, without_small
from lms.testing import count_queries

KEYS = [report.key for report in REPORTS]
NAMING = {report.key for report in REPORTS if report.names}
DONE = [["complete"] * 3, ["waiting"] * 3]


@pytest.fixture
def filled(ground):
    ground.fill([Person(DONE, group=number % 2, name=f"Rahasia{number:02d}", hours=150) for number in range(12)])
    return ground


@pytest.fixture
def folk(filled, make_user, make_unit):
    """Return people by who they are."""
    cohort, elsewhere = filled.cohort, make_unit("Dinas Lain")
    return {
        "organizer": filled.organizer,
        "instructor": make_user("Pengajar", roles=[("instructor", "cohort", cohort.id)]),
        "admin": make_user("Admin", roles=["admin"]),
        "both": make_user("Admin dan panitia", roles=["admin", ("organizer", "unit", cohort.organizer_unit_id)]),
        "organizer elsewhere": make_user("Panitia lain", roles=[("organizer", "unit", elsewhere.id)]),
        "instructor of the site": make_user("Pengajar situs", roles=["instructor"]),
        "supervisor": make_user("Atasan", roles=[("supervisor", "unit", cohort.organizer_unit_id)]),
        "learner": make_user("Peserta"),
        "coach": make_user("Coach", roles=[("coach", "cohort", cohort.id)]),
    }


@pytest.mark.sqlite
def test_every_report_for_everybody(client, filled, folk):
    chosen = f"?cohort={filled.cohort.id}"
    for who, user in folk.items():
        browser = client.as_(user)
        for key in KEYS:
            answer, narrowed = browser.get(f"/reports/{key}?when=all"), browser.get(f"/reports/{key}{chosen}")
            text = answer.text + narrowed.text
            names = "Rahasia" in text
            if who in {"supervisor", "learner", "coach"}:
                assert (answer.status_code, narrowed.status_code, names) == (403, 403, False), (who, key)
            elif who in {"organizer elsewhere", "instructor of the site"}:
                assert (answer.status_code, narrowed.status_code, names) == (200, 404, False), (who, key)
                assert "PKTBT" not in text, (who, key)
            elif who == "admin" and key in NAMING:
                assert (answer.status_code, narrowed.status_code, names) == (404, 404, False), (who, key)
            else:
                assert (answer.status_code, narrowed.status_code) == (200, 200), (who, key)
                assert names == (key in NAMING and key != "help"), (who, key)
            post = browser.post(f"/reports/{key}/export{chosen}", data={"kind": "csv"})
            assert (post.status_code == 302) == (narrowed.status_code == 200), (who, key)


def test_who_may_not_see_names_sees_no_small_group(ground, make_user):
    admin = make_user("Admin", roles=["admin"])
    ground.fill([Person(DONE, group=0 if number < 8 else 1, unit=number % 2) for number in range(11)])
    assert [row.people for row in ground.rows("progress")] == [8, 3]
    assert ground.rows("progress", admin) == [], "the small group could be worked out from the cohort's sum and the other one"
    assert [row.people for row in ground.rows("hours", admin)] == [6, 5]
    assert ground.rows("progress", admin, group=ground.groups[1].id) == ground.rows("progress", admin), "no smaller choice than a cohort"
    assert "5" in ground.shown("progress", admin).sentence
    assert ground.shown("progress", admin).hides_small


def test_only_those_with_a_yearly_target_can_have_reached_it(ground):
    ground.fill([Person(DONE, unit=0, hours=2000) for _number in range(3)])
    learner = sa.select(Enrolment.user_id).order_by(Enrolment.id).limit(1)
    db.session.execute(sa.update(User).where(User.id.in_(learner)).values(category=Category.PPPK))
    commit()
    (row,) = ground.rows("hours")
    assert (row.people, row.asked, row.reached, row.reached_share) == (3, 2, 2, 100)


def test_two_choices_cannot_be_taken_from_one_another(ground, make_user):
    """Who may not see names chooses cohorts where each row is of one, and nothing anywhere else: no course, no day, no week."""
    admin = make_user("Admin", roles=["admin"])
    ground.fill([Person(DONE, days_ago=number) for number in range(9)])
    for report in REPORTS:
        if not report.names:
            ask = {"when": "all", "course": 1, "cohort": ground.cohort.id, "group": 0, "unit": 1, "since": TODAY, "until": TODAY}
            shown = ground.shown(report.key, admin, **ask)
            wanted = {"cohort": ground.cohort.id, "when": "all", "course": 1} if report.by_cohort and not report.one_cohort else {}
            wanted |= {"cohort": ground.cohort.id} if report.one_cohort else {}
            assert shown.asked.wanted == Wanted(**wanted), report.key
            assert services.filters_of(shown.asked, report) <= {"when", "course", "cohort"}


def test_small_cohorts_are_in_no_sum(ground, make_user, make_cohort, make_enrolment):
    """Otherwise "progress" of the large cohort, taken from "drop-off" of both, would tell of three people."""
    admin = make_user("Admin", roles=["admin"])
    ground.fill([Person(DONE) for _number in range(8)])
    small = make_cohort(*ground.modules, unit=ground.units[0])
    for _number in range(3):
        make_enrolment(small)
    assert {row.people for row in ground.rows("drop-off")} == {11}
    assert {row.people for row in ground.rows("drop-off", admin)} == {8}
    make_enrolment(small)
    make_enrolment(small)
    assert {row.people for row in ground.rows("drop-off", admin)} == {13}


def test_who_has_nothing_to_choose_is_not_asked_to(client, ground, make_user):
    ground.fill([Person(DONE) for _number in range(6)])
    for who, told in ((ground.organizer, True), (make_user("Admin", roles=["admin"]), False)):
        page = client.as_(who).get("/reports/drop-off").text
        assert ("Pilih satu angkatan untuk" in page, 'name="cohort"' in page) == (told, told)


def test_no_mark_of_one_person_stands_there_as_an_average(ground, make_user):
    admin = make_user("Admin", roles=["admin"])
    ground.fill([Person(DONE, outcome="passed" if number < 4 else None) for number in range(6)])
    db.session.execute(sa.update(Decision).values(score=80))
    commit()
    assert [row.average for row in ground.rows("results")] == [80]
    assert [(row.people, row.average) for row in ground.rows("results", admin)] == [(6, None)]
    ground.fill([Person(DONE, outcome="passed") for _number in range(5)])
    db.session.execute(sa.update(Decision).values(score=80))
    commit()
    assert [row.average for row in ground.rows("results", admin)] == [80]
    assert "longest" in {column.name for column in ground.shown("answering").columns}
    assert "longest" not in {column.name for column in ground.shown("answering", admin).columns}


ROWS = st.lists(st.tuples(st.integers(1, 3), st.integers(1, 12)), max_size=12)


@pytest.mark.sqlite
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS)
def test_what_is_hidden_cannot_be_worked_out(database, rows):
    values = [
        sa.select(sa.literal(family).label("family"), sa.literal(people).label("people"), sa.literal(n).label("n"))
        for n, (family, people) in enumerate(rows)
    ]
    if not values:
        return
    shown = db.session.execute(without_small(sa.select(sa.union_all(*values).subquery()), "people", "family")).all()
    assert all(row.people >= LEAST for row in shown)
    seen = {row.n for row in shown}
    hidden = defaultdict(list)
    for n, (family, people) in enumerate(rows):
        if n not in seen:
            hidden[family].append(people)
    whole = {family for family, _people in rows} - {row.family for row in shown}
    for family, people in hidden.items():
        assert sum(people) >= LEAST or family in whole
        assert len([one for one in people if one >= LEAST]) <= 1, "no more than is needed"


@pytest.mark.sqlite
def test_as_many_statements_for_twelve_people_as_for_two(client, ground):
    browser = client.as_(ground.organizer)

    def statements():
        found = {}
        for key in KEYS:
            with count_queries() as seen:
                assert browser.get(f"/reports/{key}?cohort={ground.cohort.id}").status_code == 200
            found[key] = len(seen)
        return found

    ground.fill([Person(DONE) for _number in range(2)])
    statements()
    few = statements()
    ground.fill([Person(DONE) for _number in range(12)])
    assert statements() == few
    assert max(few.values()) <= 12
