"""The tabs of a cohort's pages: each leads somewhere for whoever sees it."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from lms.db import at, db
from lms.people.models import User


@pytest.fixture(autouse=True)
def _noon(app):
    with at(dt.datetime(2026, 11, 21, 5, tzinfo=dt.UTC)):
        yield


def tabs_of(browser, cohort):
    """Return the addresses that the tabs of the board's four pages lead to."""
    seen, left = set(), {f"/cohorts/{cohort.id}"}
    while left:
        path = left.pop()
        seen.add(path)
        answer = browser.get(path)
        assert answer.status_code == 200, path
        left |= {
            url for part in re.findall(r'<ul class="tabs.*?</ul>', answer.text, re.DOTALL) for url in re.findall(r'href="([^"]+)"', part)
        } - seen
    return {path.removeprefix(f"/cohorts/{cohort.id}") for path in seen}


def test_who_instructs_here_and_organizes_elsewhere_has_no_dead_tab(client, place, make_cohort, make_user):
    here = make_cohort()
    person = make_user("Dua Peran", roles=[("instructor", "cohort", here.id), ("organizer", "cohort", place.cohort.id)])
    browser = client.as_(person)
    assert tabs_of(browser, here) == {"", "/people", "/attendance", "/visits", "/reports", "/surveys", "/discussions"}
    assert {"/results", "/guidance", "/joining", "/reminders", "/reports"} <= tabs_of(browser, place.cohort)


def test_letters_and_reports_are_reached(place):
    found = tabs_of(place.browser, place.cohort)
    assert {"/letters", "/reports", "/certificates"} <= found
    page = place.browser.get(f"/cohorts/{place.cohort.id}/reports").text
    assert f'href="/reports/progress?when=all&amp;cohort={place.cohort.id}"' in page


def test_reports_stand_in_the_navigation_of_everybody_who_holds_them(client, place, make_user):
    for person in (make_user(roles=["admin"]), place.organizer):
        assert 'href="/reports"' in client.as_(person).get("/profile").text
    assert 'href="/reports"' in client.as_(db.session.get_one(User, place.cohort.assessor_id)).get("/cohorts").text
    assert 'href="/reports"' not in client.as_(make_user()).get("/profile").text


def test_a_planned_cohort_leads_to_what_its_course_says(place, make_cohort):
    later = make_cohort(unit=place.unit, starts_on=dt.date(2027, 1, 4), ends_on=dt.date(2027, 3, 1))
    assert f'href="/cohorts/{later.id}/course"' in place.browser.get(f"/cohorts/{later.id}").text
    assert f'href="/cohorts/{place.cohort.id}/course"' not in place.browser.get(f"/cohorts/{place.cohort.id}").text
