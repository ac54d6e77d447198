"""Bringing a planned cohort up to date with its course: what differs, and doing exactly what was shown."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from lms.db import db, utcnow
from lms.errors import Refused
from lms.i18n import choose, format_date, format_number, local_day
from lms.i18n import gettext as _
from lms.learning import services as learning
from lms.learning.models import Cohort, CohortModule, Course, CourseModule, Enrolment, Module
from lms.people.access import Actor
from lms.privacy.services import audit
from lms.progress import services as progress
from lms.progress.models import Completion, Evidence, ModuleProgress

PACED = ("opens_on", "due_on")


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs in one module, or (module_id None) in grades and limits: `added`, `removed` or the fields as {name: (is, would be)}."""

    module_id: int | None
    kind: str
    fields: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Line:
    """A difference in words. `begun` is how many people have begun a module that is no longer in the course: such a module stays."""

    title: str
    kind: str
    changes: list[str]
    begun: int = 0


@dataclass(frozen=True, slots=True)
class RefreshPage:
    """The dry run: what would change, and a fingerprint of it that the request to do it must bring along."""

    lines: list[Line]
    seen: str


def differences(course: Course, cohort: Cohort, places: Sequence[CourseModule], pins: Sequence[CohortModule]) -> list[Difference]:
    """Return what a cohort would get from its course if it began anew, in the order of the course. Pure.

    Days that only the cohort has stay: a course without pacing takes none away.
    """
    own = {pin.module_id: pin for pin in pins}
    numbers = {place.module_id for place in places}
    found = []
    for place in places:
        pin = own.get(place.module_id)
        if pin is None:
            found.append(Difference(place.module_id, "added"))
            continue
        wanted = {"required": place.required, "weight": place.weight, "requires": list(place.requires), **_days(place, cohort)}
        changes = {name: (getattr(pin, name), value) for name, value in wanted.items() if getattr(pin, name) != value}
        if changes:
            found.append(Difference(place.module_id, "changed", changes))
    found += [Difference(pin.module_id, "removed") for pin in pins if pin.module_id not in numbers]
    order = [place.module_id for place in places if place.module_id in own]
    present = [pin.module_id for pin in pins if pin.module_id in numbers]
    passing: dict[str, tuple[Any, Any]] = {"order": (present, order)} if order != present else {}
    for name in ("grade_scale", "absence_limits"):
        if getattr(course, name) != getattr(cohort, name):
            passing[name] = (getattr(cohort, name), getattr(course, name))
    return [*found, *([Difference(None, "changed", passing)] if passing else [])]


def _days(place: CourseModule, cohort: Cohort) -> dict[str, dt.date]:
    return {name: day for name, day in learning.paced(place, cohort.starts_on).items() if day is not None}


def _read(cohort: Cohort) -> tuple[Course, list[CourseModule], list[CohortModule]]:
    course = db.session.get_one(Course, cohort.course_id)
    places = db.session.scalars(sa.select(CourseModule).where(CourseModule.course_id == course.id).order_by(CourseModule.position))
    pins = db.session.scalars(sa.select(CohortModule).where(CohortModule.cohort_id == cohort.id).order_by(CohortModule.position))
    return course, list(places), list(pins)


def refresh_page(cohort: Cohort) -> RefreshPage:
    """Return what bringing the cohort up to date would change: five statements."""
    course, places, pins = _read(cohort)
    found = differences(course, cohort, places, pins)
    rows = db.session.execute(
        sa.select(Module.id, Module.about).where(Module.id.in_([*(pin.module_id for pin in pins), *(place.module_id for place in places)]))
    )
    titles = {row.id: choose(row.about["title"]) for row in rows}
    begun = _begun(cohort, [one.module_id for one in found if one.kind == "removed"])
    return RefreshPage([_line(one, titles, begun) for one in found], _fingerprint(found, begun))


def _begun(cohort: Cohort, module_ids: Sequence[int | None]) -> dict[int, int]:
    """Return how many people have left evidence in each module."""
    rows = db.session.execute(
        sa.select(Evidence.module_id, sa.func.count(sa.distinct(Evidence.enrolment_id)))
        .join(Enrolment, Enrolment.id == Evidence.enrolment_id)
        .where(Enrolment.cohort_id == cohort.id, Evidence.module_id.in_(module_ids))
        .group_by(Evidence.module_id)
    )
    return {module_id: people for module_id, people in rows if module_id}


def _fingerprint(found: Sequence[Difference], begun: Mapping[int, int]) -> str:
    text = json.dumps([[one.module_id, one.kind, one.fields] for one in found] + [sorted(begun)], default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _line(one: Difference, titles: Mapping[int, str], begun: Mapping[int, int]) -> Line:
    title = _("Whole course") if one.module_id is None else titles[one.module_id]
    changes = [_words(name, *values, titles) for name, values in one.fields.items()]
    return Line(title, one.kind, changes, begun.get(one.module_id or 0, 0))


def _words(name: str, before: Any, after: Any, titles: Mapping[int, str]) -> str:
    if name == "required":
        return _("becomes required") if after else _("becomes optional")
    if name == "weight":
        return _("weight: %(before)s, then %(after)s", before=format_number(before), after=format_number(after))
    if name == "requires":
        needed = ", ".join(titles[number] for number in after if number in titles)
        return _("opens after: %(titles)s", titles=needed) if needed else _("waits for no other module any more")
    if name in PACED:
        days = {"before": format_date(before) if before else _("none"), "after": format_date(after)}
        return _("opens on: %(before)s, then %(after)s", **days) if name == "opens_on" else _("due on: %(before)s, then %(after)s", **days)
    if name == "order":
        return _("modules in this order: %(titles)s", titles=", ".join(titles[number] for number in after))
    return _("other grade bands") if name == "grade_scale" else _("other absence limits")


def bring_up_to_date(*, actor: Actor, cohort: Cohort, seen: str) -> None:
    """Give a planned cohort what its course says now, if that is still what was shown (`seen`).

    A module in which somebody has begun stays. Raises Refused for a cohort that has begun, and when course or cohort changed meanwhile.
    """
    if cohort.starts_on <= local_day(utcnow(), cohort.time_zone):
        raise Refused(_("This cohort has begun. It stays as it is, so that nothing changes for those who are on their way."))
    course, places, pins = _read(cohort)
    found = differences(course, cohort, places, pins)
    begun = _begun(cohort, [one.module_id for one in found if one.kind == "removed"])
    if _fingerprint(found, begun) != seen:
        raise Refused(_("The course has changed meanwhile. Look once more at what would change."))
    own = {pin.module_id: pin for pin in pins}
    removed = [one.module_id for one in found if one.kind == "removed" and one.module_id not in begun]
    for position, place in enumerate(places, start=1):
        pin = own.get(place.module_id) or _pin(cohort, place.module_id)
        pin.position, pin.required, pin.weight, pin.requires = position, place.required, place.weight, list(place.requires)
        for name, day in _days(place, cohort).items():
            setattr(pin, name, day)
    for after, staying in enumerate((number for number in own if number in begun), start=len(places) + 1):
        own[staying].position = after
    for number in removed:
        db.session.delete(own[number or 0])
    cohort.grade_scale, cohort.absence_limits = course.grade_scale, course.absence_limits
    audit(actor.id, "cohort:refresh", "cohort", cohort.id, changes=len(found))
    db.session.flush()
    _renew(cohort, removed)


def _pin(cohort: Cohort, module_id: int) -> CohortModule:
    revision = learning.latest_revision(module_id)
    if revision is None:
        raise Refused(_("One of these modules is not published, or is in the course already."))
    pin = CohortModule(cohort_id=cohort.id, module_id=module_id, revision_id=revision.id)
    db.session.add(pin)
    return pin


def _renew(cohort: Cohort, removed: Sequence[int | None]) -> None:
    """Lay out everybody's roll-ups anew."""
    enrolments = list(db.session.scalars(sa.select(Enrolment.id).where(Enrolment.cohort_id == cohort.id).order_by(Enrolment.id)))
    for model in (Completion, ModuleProgress):
        db.session.execute(sa.delete(model).where(model.enrolment_id.in_(enrolments), model.module_id.in_(removed)))
    progress.start_progress(enrolments)
