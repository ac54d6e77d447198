"""Reads what passing rules look at, for a whole cohort or for one person, in the same number of statements."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lms.db import db, utcnow
from lms.decisions import queries
from lms.decisions.facts import Act, Attendance, ModuleFacts, ModuleState, Part, PartState, Person, Programme, piece
from lms.decisions.models import PassingRule
from lms.decisions.rules import DEFAULT, Clause, Tree, evaluate, named_parts
from lms.decisions.sessions import attendance_of
from lms.errors import NotFound
from lms.i18n import choose
from lms.learning.models import Cohort, Course
from lms.learning.outline import Item, Outline, outlines
from lms.progress.rules import words_of
from lms.registry import activity_type


@dataclass(frozen=True, slots=True)
class Loaded:
    """A cohort's programme, the rule that holds there, and how far people are, by enrolment id."""

    cohort: Cohort
    course_title: Mapping[str, str]
    rule: PassingRule | None
    programme: Programme
    people: Mapping[int, Person]
    own: int | None = None

    @property
    def tree(self) -> Tree:
        """Return the rule; where nobody has written one, that all required modules are complete."""
        return self.rule.tree if self.rule else DEFAULT

    def person(self, enrolment_id: int) -> Person:
        """Return how far somebody is; who has done nothing yet has nothing."""
        return self.people.get(enrolment_id) or Person()

    def clause(self, enrolment_id: int, tree: Tree | None = None) -> Clause:
        """Return the rule (or another one) evaluated for somebody."""
        return evaluate(self.tree if tree is None else tree, self.programme, self.person(enrolment_id))


def load(cohort_id: int, enrolment_id: int | None = None, *, extra: Tree | None = None, user_id: uuid.UUID | None = None) -> Loaded:
    """Return everything for the active people of a cohort, or for one enrolment: six statements, and two for outlines that are not known yet.

    extra is another rule that will be evaluated too; user_id asks for the enrolment of this person instead (`own`). Raises NotFound when there is
    no such cohort, or the person does not take part.
    """
    row = db.session.execute(queries.head_of_programme(cohort_id, user_id)).one_or_none()
    if row is None or (user_id is not None and row.own is None):
        raise NotFound("no such cohort for this person")
    enrolment_id = row.own if user_id is not None else enrolment_id
    cohort, rule = row.Cohort, row.PassingRule
    programme = _programme(db.session.execute(queries.pins_of(cohort_id)).all(), row.grade_scale, row.absence_limits)
    wanted = named_parts(rule.tree if rule else DEFAULT) | (named_parts(extra) if extra else set())
    people = _people(programme, cohort_id, enrolment_id, wanted, attendance_of(cohort, utcnow(), enrolment_id))
    return Loaded(cohort, row.course_title, rule, programme, people, row.own)


def programme_of_course(course: Course) -> Programme:
    """Return what a cohort would have that is begun of a course today."""
    return _programme(db.session.execute(queries.newest_pins(course.id)).all(), course.grade_scale, course.absence_limits)


def _programme(pins: Iterable[Any], scale: list[Any], limits: Mapping[str, Any]) -> Programme:
    rows = list(pins)
    known = outlines(pin.revision_id for pin in rows)
    modules = []
    for pin in rows:
        outline = known[pin.revision_id]
        parts = tuple(_part(outline, item) for item in outline.items)
        modules.append(
            ModuleFacts(pin.module_id, outline.module_key, choose(dict(outline.about["title"])), pin.required, pin.weight, parts)
        )
    return Programme(tuple(modules), scale, {name: value for name, value in (limits or {}).items() if value is not None})


def _part(outline: Outline, item: Item) -> Part:
    return Part(
        outline.module_id,
        outline.module_key,
        item.key,
        item.title,
        activity_type(item.type).component,
        item.required,
        item.required and "passed" in words_of(item.rule),
    )


def _people(
    programme: Programme, cohort_id: int, enrolment_id: int | None, wanted: set[tuple[int, str]], attendance: Mapping[int, Attendance]
) -> dict[int, Person]:
    modules: dict[int, dict[int, ModuleState]] = {}
    for row in db.session.execute(queries.module_states(cohort_id, enrolment_id)):
        state = ModuleState(row.required_count, row.done_count, row.waiting_count, row.completed_at)
        modules.setdefault(row.enrolment_id, {})[row.module_id] = state
    counted = {
        (part.module_id, part.key): part for module in programme.modules for part in module.parts if part.component in {"field", "journal"}
    }
    wanted |= counted.keys() | {(part.module_id, part.key) for module in programme.modules for part in module.parts if part.scored}
    parts: dict[int, dict[tuple[int, str], PartState]] = {}
    for row in db.session.execute(queries.part_states(cohort_id, {key for _number, key in wanted}, enrolment_id)):
        parts.setdefault(row.enrolment_id, {})[row.module_id, row.activity_key] = PartState(row.state, row.score, row.first_completed_at)
    acts: dict[int, dict[tuple[int, str], list[Act]]] = {}
    for row in db.session.execute(queries.acts_of(cohort_id, {key for _number, key in counted}, enrolment_id)):
        place = (row.module_id, row.activity_key)
        if place in counted:
            acts.setdefault(row.enrolment_id, {}).setdefault(place, []).append(Act(row.kind, row.value, row.occurred_at))
    return {
        number: Person(
            modules.get(number, {}),
            parts.get(number, {}),
            {place: piece(counted[place].component, found) for place, found in acts.get(number, {}).items()},
            attendance.get(number) or Attendance(),
        )
        for number in modules.keys() | parts.keys() | acts.keys() | attendance.keys()
    }
