"""What the pages of a course show, put together from a few reads."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from lms.cohorts import refresh
from lms.curriculum import queries
from lms.db import db
from lms.learning.gates import shares
from lms.learning.models import Cohort, CohortModule, Course, CourseModule, Module
from lms.people.access import Actor


@dataclass(frozen=True, slots=True)
class CourseCohort:
    """A cohort of the course that is not over, and how many things in it differ from the course."""

    cohort: Cohort
    is_planned: bool
    differs: int


@dataclass(frozen=True, slots=True)
class CoursePage:
    """The modules of a course, what can be added, and its cohorts."""

    course: Course
    rows: Sequence[tuple[CourseModule, Module]]
    addable: Sequence[Module]
    cohorts: list[CourseCohort]
    shares: dict[int, Decimal]


def course_page(actor: Actor, course: Course, today: dt.date) -> CoursePage:
    """Return the page of a course: four statements."""
    rows = [(place, module) for place, module in db.session.execute(queries.places_of(course.id))]
    cohorts = db.session.scalars(queries.cohorts_of(actor, course.id, today)).all()
    pins: dict[int, list[CohortModule]] = {}
    for pin in db.session.scalars(queries.pins_of([cohort.id for cohort in cohorts])):
        pins.setdefault(pin.cohort_id, []).append(pin)
    places = [place for place, _module in rows]
    return CoursePage(
        course=course,
        rows=rows,
        addable=db.session.scalars(queries.addable(course.id)).all(),
        cohorts=[
            CourseCohort(cohort, cohort.starts_on > today, len(refresh.differences(course, cohort, places, pins.get(cohort.id, []))))
            for cohort in cohorts
        ],
        shares=shares({place.module_id: place.weight for place in places if place.required}),
    )
