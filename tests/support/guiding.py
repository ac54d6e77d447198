"""What the addresses of courses and guidance name."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from lms.db import db
from lms.guidance.models import Guidance
from lms.learning.models import Cohort, Course, CourseModule, Group
from lms.people.models import User
from lms.people.roles import Role


def guide(world: Any) -> None:
    """Let the coach guide the colleague whom addresses name; make a course without cohorts."""
    cohort = db.session.get_one(Cohort, world.values["cohort_id"])
    coach = db.session.scalars(sa.select(User.id).where(User.name == "Pembina")).one()
    first = cohort.starts_on
    db.session.add(Guidance(enrolment_id=world.values["enrolment_id"], user_id=coach, role=Role.COACH, valid_from=first, first_on=first))
    title = {"id": "Pelatihan tanpa angkatan", "en": "Course without cohorts"}
    course = Course(key="tanpa-angkatan", title=title, summary=title, grade_scale=[])
    db.session.add(course)
    db.session.flush()
    db.session.add(CourseModule(course_id=course.id, module_id=world.values["module_id"], position=1))
    world.values["course_id"] = course.id
    world.forms["cohorts.add_groups"] = {"count": "1"}
    world.forms["cohorts.group_people"] = {
        "people": world.values["enrolment_id"],
        "group_id": db.session.scalars(sa.select(Group.id)).first(),
    }
