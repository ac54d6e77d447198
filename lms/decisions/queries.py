"""Reads of passing rules and decisions: each one statement, whatever the number of people."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from lms.decisions.facts import ACTS
from lms.decisions.models import Decision, Minutes, Outcome, PassingRule
from lms.i18n import nothing
from lms.learning.models import Cohort, CohortModule, Course, CourseModule, Enrolment, EnrolmentState, Group, Revision
from lms.people.models import Unit, User
from lms.progress.models import Completion, Evidence, Extension, ModuleProgress
from lms.waits import Waits

Select = sa.Select[*tuple[Any, ...]]

_active = Enrolment.state == EnrolmentState.ACTIVE


def head_of_programme(cohort_id: int, user_id: uuid.UUID | None = None) -> Select:
    """Return (cohort, title of the course, grade scale, limits of absence, own enrolment, rule or None): the rule that holds in the cohort.

    It is the cohort's own latest version; without one, the course's as it was when the cohort was begun. The enrolment is the active one of the
    person with this id, if any.
    """
    own = sa.select(Enrolment.id).where(Enrolment.user_id == user_id, Enrolment.cohort_id == cohort_id, _active).scalar_subquery()
    of_course = sa.and_(PassingRule.course_id == Cohort.course_id, PassingRule.made_at <= Cohort.created_at)
    return (
        sa.select(Cohort, Course.title.label("course_title"), Cohort.grade_scale, Cohort.absence_limits, own.label("own"), PassingRule)
        .join(Course, Course.id == Cohort.course_id)
        .outerjoin(PassingRule, sa.or_(PassingRule.cohort_id == Cohort.id, of_course))
        .where(Cohort.id == cohort_id)
        .order_by(PassingRule.cohort_id.is_(None), PassingRule.version.desc())
        .limit(1)
    )


def pins_of(cohort_id: int) -> Select:
    """Return the modules of a cohort: module, pinned revision, whether required, weight; in order."""
    return (
        sa.select(CohortModule.module_id, CohortModule.revision_id, CohortModule.required, CohortModule.weight)
        .where(CohortModule.cohort_id == cohort_id)
        .order_by(CohortModule.position)
    )


def newest_pins(course_id: int) -> Select:
    """Return the modules of a course with their newest revisions, as `pins_of` does for a cohort."""
    newest = (
        sa.select(sa.func.max(Revision.number))
        .where(Revision.module_id == CourseModule.module_id)
        .correlate(CourseModule)
        .scalar_subquery()
    )
    return (
        sa.select(CourseModule.module_id, Revision.id.label("revision_id"), CourseModule.required, CourseModule.weight)
        .join(Revision, sa.and_(Revision.module_id == CourseModule.module_id, Revision.number == newest))
        .where(CourseModule.course_id == course_id)
        .order_by(CourseModule.position)
    )


def _of(statement: Select, cohort_id: int, enrolment_id: int | None) -> Select:
    """Keep to one enrolment, or to the active ones of a cohort."""
    if enrolment_id is not None:
        return statement.where(Enrolment.id == enrolment_id)
    return statement.where(Enrolment.cohort_id == cohort_id, _active)


def module_states(cohort_id: int, enrolment_id: int | None = None) -> Select:
    """Return the roll-ups of all modules of everybody in a cohort, or of one enrolment."""
    statement = sa.select(
        ModuleProgress.enrolment_id,
        ModuleProgress.module_id,
        ModuleProgress.required_count,
        ModuleProgress.done_count,
        ModuleProgress.waiting_count,
        ModuleProgress.completed_at,
    ).join(Enrolment, Enrolment.id == ModuleProgress.enrolment_id)
    return _of(statement, cohort_id, enrolment_id)


def part_states(cohort_id: int, keys: Collection[str], enrolment_id: int | None = None) -> Select:
    """Return state, best score and moment of the activities with these keys."""
    statement = sa.select(
        Completion.enrolment_id,
        Completion.module_id,
        Completion.activity_key,
        Completion.state,
        Completion.score,
        Completion.first_completed_at,
    ).join(Enrolment, Enrolment.id == Completion.enrolment_id)
    return _of(statement, cohort_id, enrolment_id).where(Completion.activity_key.in_(keys))


def acts_of(cohort_id: int, keys: Collection[str], enrolment_id: int | None = None) -> Select:
    """Return the evidence that says how far journals and field visits are, in order of arrival."""
    statement = sa.select(
        Evidence.enrolment_id, Evidence.module_id, Evidence.activity_key, Evidence.kind, Evidence.value, Evidence.occurred_at
    ).join(Enrolment, Enrolment.id == Evidence.enrolment_id)
    return (
        _of(statement, cohort_id, enrolment_id)
        .where(Evidence.activity_key.in_(keys), Evidence.kind.in_(ACTS))
        .order_by(Evidence.enrolment_id, Evidence.sequence)
    )


def people_of(cohort_id: int) -> Select:
    """Return who takes part in a cohort: enrolment, person, names, unit, group; by name."""
    return (
        sa.select(
            Enrolment.id,
            Enrolment.user_id,
            User.name,
            User.title_before,
            User.title_after,
            User.employee_number,
            User.institution,
            sa.func.coalesce(Unit.short_name, Unit.name, User.institution).label("unit_name"),
            Group.name.label("group_name"),
        )
        .join(User, User.id == Enrolment.user_id)
        .outerjoin(Unit, Unit.id == User.unit_id)
        .outerjoin(Group, Group.id == Enrolment.group_id)
        .where(Enrolment.cohort_id == cohort_id, _active)
        .order_by(User.name, Enrolment.id)
    )


def latest_decisions(cohort_id: int) -> Select:
    """Return the decision that holds for each enrolment of a cohort that has one."""
    latest = (
        sa.select(sa.func.max(Decision.id))
        .join(Enrolment, Enrolment.id == Decision.enrolment_id)
        .where(Enrolment.cohort_id == cohort_id)
        .group_by(Decision.enrolment_id)
    )
    return sa.select(Decision).where(Decision.id.in_(latest))


def decisions_of(enrolment_id: int) -> Select:
    """Return every decision about an enrolment with the name of who made it, latest first."""
    return (
        sa.select(Decision, User.name)
        .outerjoin(User, User.id == Decision.decided_by_id)
        .where(Decision.enrolment_id == enrolment_id)
        .order_by(Decision.id.desc())
    )


def person_of(cohort_id: int, enrolment_id: int) -> Select:
    """Return somebody of a cohort as `people_of` does."""
    return people_of(cohort_id).where(Enrolment.id == enrolment_id)


def versions_of(*, cohort_id: int | None = None, course_id: int | None = None) -> Select:
    """Return every version of a rule with the name of who made it, latest first."""
    return (
        sa.select(PassingRule, User.name)
        .outerjoin(User, User.id == PassingRule.made_by_id)
        .where(PassingRule.cohort_id == cohort_id if cohort_id is not None else PassingRule.course_id == course_id)
        .order_by(PassingRule.version.desc())
    )


def minutes_of(cohort_id: int) -> Select:
    """Return the minutes of a cohort with the name of who wrote them, latest first."""
    return (
        sa.select(Minutes, User.name)
        .outerjoin(User, User.id == Minutes.made_by_id)
        .where(Minutes.cohort_id == cohort_id)
        .order_by(Minutes.id.desc())
    )


def postponed_until(first: dt.date, last: dt.date) -> Select:
    """Return (decision, user id, cohort id) of who is postponed to a day from first to last, where that decision still holds."""
    later = sa.orm.aliased(Decision)
    return (
        sa.select(Decision, Enrolment.user_id, Enrolment.cohort_id)
        .join(Enrolment, Enrolment.id == Decision.enrolment_id)
        .where(
            Decision.outcome == Outcome.POSTPONED,
            Decision.due_on.between(first, last),
            ~sa.exists().where(later.enrolment_id == Decision.enrolment_id, later.id > Decision.id),
            _active,
        )
        .order_by(Decision.id)
    )


def day_has_come(cohort_id: int, today: dt.date) -> Select:
    """Return how many people of a cohort are postponed to a day that has come, where that decision still holds."""
    due = postponed_until(dt.date.min, today).where(Enrolment.cohort_id == cohort_id).order_by(None)
    return due.with_only_columns(sa.func.count(Decision.id))


WAITS = Waits(nothing("%(num)s postponed task whose day has come", "%(num)s postponed tasks whose day has come"), day_has_come)


def extensions_of(cohort_id: int) -> Select:
    """Return the extensions of a cohort: (extension, name, module id), latest first."""
    return (
        sa.select(Extension, User.name)
        .join(Enrolment, Enrolment.id == Extension.enrolment_id)
        .join(User, User.id == Enrolment.user_id)
        .where(Enrolment.cohort_id == cohort_id)
        .order_by(Extension.given_at.desc(), User.name)
    )
