"""A cohort with a meeting today, its organizer, two learners and the browsers of all."""

from __future__ import annotations

import datetime as dt
import functools
from typing import Any, NamedTuple

import pytest

from lms import throttle
from lms.db import at, commit, db
from lms.i18n import use
from lms.learning.models import ScheduleEntry, ScheduleKind
from lms.people.access import load_actor

STARTS = dt.datetime(2026, 11, 21, 1, tzinfo=dt.UTC)  # 08.00 WIB
TODAY = STARTS.date()


@pytest.fixture(autouse=True)
def _in_english(app):
    use("en")
    throttle.forget()


@pytest.fixture
def make_user(make_user):
    """Return a function that makes people who read English."""
    return functools.partial(make_user, language="en")


class Here(NamedTuple):
    """What a test of attendance needs; `roster` is the address of the roster."""

    cohort: Any
    entry: Any
    organizer: Any
    instructor: Any
    ani: Any
    budi: Any
    browser: Any
    client: Any

    @property
    def url(self):
        return f"/cohorts/{self.cohort.id}/meetings/{self.entry.id}"

    def actor(self, user):
        return load_actor(user.id, TODAY)


@pytest.fixture
def meeting():
    """Return a function that adds a meeting to a cohort."""

    def make(cohort, starts_at=STARTS, hours=3, **values):
        entry = ScheduleEntry(
            **{"cohort_id": cohort.id, "kind": ScheduleKind.CLASSROOM, "title": "Kelas", "place": "Aula", "jp": 4, **values},
            starts_at=starts_at,
            ends_at=starts_at + dt.timedelta(hours=hours),
        )
        db.session.add(entry)
        commit()
        return entry

    return make


@pytest.fixture
def here(client, make_unit, make_user, make_cohort, make_enrolment, meeting):
    """Return the place; it is five past eight."""
    with at(STARTS + dt.timedelta(minutes=5)):
        unit = make_unit()
        organizer = make_user("Ratna", roles=[("organizer", "unit", unit.id)])
        instructor = make_user("Helena")
        cohort = make_cohort(unit=unit, assessor=instructor)
        cohort.absence_limits = {"sessions": 6, "jp": 18, "days": 5}
        ani, budi = (make_enrolment(cohort, make_user(name)) for name in ("Ani", "Budi"))
        yield Here(cohort, meeting(cohort), organizer, instructor, ani, budi, client.as_(organizer), client)
