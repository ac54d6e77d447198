"""What organizers change in a course. Cohorts keep what they copied when they began."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from lms.curriculum import queries
from lms.db import db
from lms.errors import NotFound, Refused
from lms.i18n import choose
from lms.i18n import gettext as _
from lms.learning.gates import circle
from lms.learning.grades import check_scale
from lms.learning.models import Course, CourseModule, Module
from lms.people.access import Actor
from lms.privacy.services import audit

LIMITS = ("sessions", "jp", "days")


@dataclass(frozen=True, slots=True)
class ModulePlan:
    """A module as it is to be in a course. Days are counted from the cohort's first day, which is 0."""

    module_id: int
    required: bool = True
    weight: Decimal = Decimal(1)
    requires: tuple[int, ...] = ()
    opens_after: int | None = None
    due_after: int | None = None


def find_course(actor: Actor, course_id: int) -> Course:
    """Return a course that the actor may change. Raises NotFound."""
    course = db.session.scalar(queries.course_of(actor, course_id))
    if course is None:
        raise NotFound("no such course for this person")
    return course


def change_about(*, actor: Actor, course: Course, title: Mapping[str, str], summary: Mapping[str, str]) -> None:
    """Change title and summary, each in both languages."""
    course.title, course.summary = dict(title), dict(summary)
    audit(actor.id, "course:about", "course", course.id)
    db.session.flush()


def change_modules(*, actor: Actor, course: Course, plans: Sequence[ModulePlan]) -> None:
    """Let a course have exactly these modules in this order.

    Raises Refused when modules wait for each other in a circle, when one waits for a module that the course does not have or that people may
    skip, when one is due before it opens, and for a course without modules.
    """
    numbers = [plan.module_id for plan in plans]
    titles = _titles(numbers)
    known = {place.module_id: place for place, _module in db.session.execute(queries.places_of(course.id))}
    addable = {module.id for module in db.session.scalars(queries.addable(course.id))}
    if len(set(numbers)) < len(numbers) or set(numbers) - set(known) - addable:
        raise Refused(_("One of these modules is not published, or is in the course already."))
    check_plans(plans, titles)
    for number in set(known) - set(numbers):
        db.session.delete(known[number])
    for position, plan in enumerate(plans, start=1):
        place = known.get(plan.module_id)
        if place is None:
            place = CourseModule(course_id=course.id, module_id=plan.module_id)
            db.session.add(place)
        place.position, place.required, place.weight = position, plan.required, float(plan.weight)
        place.requires, place.opens_after, place.due_after = list(plan.requires), plan.opens_after, plan.due_after
    audit(actor.id, "course:modules", "course", course.id, modules=len(plans))
    db.session.flush()


def check_plans(plans: Sequence[ModulePlan], titles: Mapping[int, str]) -> None:
    """Raise Refused, with a sentence that names the modules, when nobody could complete such a course."""
    if not plans:
        raise Refused(_("A course needs one module at least."))
    required = {plan.module_id: plan.required for plan in plans}
    for plan in plans:
        title = titles[plan.module_id]
        for number in plan.requires:
            if number not in required:
                raise Refused(_("“%(title)s” needs a module that the course would not have. Take that away first.", title=title))
            if plan.required and not required[number]:
                raise Refused(
                    _(
                        "“%(title)s” is required, so it cannot wait for “%(other)s”, which people may skip.",
                        title=title,
                        other=titles[number],
                    )
                )
        if plan.opens_after is not None and plan.due_after is not None and plan.due_after < plan.opens_after:
            raise Refused(_("“%(title)s” would be due before it opens.", title=title))
    round_and_round = circle({plan.module_id: plan.requires for plan in plans})
    if round_and_round:
        names = " → ".join(f"“{titles[number]}”" for number in [*round_and_round, round_and_round[0]])
        raise Refused(_("These modules wait for each other, so nobody could begin: %(names)s. Take one of them away.", names=names))


def _titles(numbers: Sequence[int]) -> dict[int, str]:
    rows = db.session.execute(sa.select(Module.id, Module.about).where(Module.id.in_(numbers)))
    return {row.id: choose(row.about["title"]) for row in rows}


def change_passing(*, actor: Actor, course: Course, grade_scale: Sequence[Mapping[str, Any]], absence_limits: Mapping[str, float]) -> None:
    """Change the bands of grades, from best to worst, and how much one may be absent. Raises Refused for bands out of order."""
    check_scale(grade_scale)
    course.grade_scale = [dict(band) for band in grade_scale]
    course.absence_limits = {name: absence_limits[name] for name in LIMITS if name in absence_limits}
    audit(actor.id, "course:passing", "course", course.id)
    db.session.flush()


def remove_course(*, actor: Actor, course: Course) -> None:
    """Remove a course that has no cohort. Raises Refused."""
    if db.session.scalar(queries.in_use(course.id)):
        raise Refused(_("This course has cohorts. It stays, so that what people did can be understood."))
    for place, _module in db.session.execute(queries.places_of(course.id)):
        db.session.delete(place)
    db.session.flush()
    audit(actor.id, "course:remove", "course", course.id)
    db.session.delete(course)
    db.session.flush()
