"""What organizers change: courses, dates, staff, who takes part again, people's passwords."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from lms.cohorts import queries
from lms.db import db, utcnow
from lms.errors import Refused
from lms.guidance import services as guidance
from lms.i18n import gettext as _
from lms.i18n import local_day
from lms.joining import services as joining
from lms.learning import services as learning
from lms.learning.grades import GRADE_SCALE
from lms.learning.models import Cohort, CohortModule, Course, CourseModule, Enrolment
from lms.people import services as people
from lms.people.access import Actor
from lms.people.models import RoleAssignment, User
from lms.people.roles import Role, ScopeKind
from lms.privacy.services import audit
from lms.progress.services import renew_due_days

STAFF_ROLES = (Role.ORGANIZER, Role.INSTRUCTOR, Role.COACH, Role.MENTOR, Role.EXAMINER, Role.SUPERVISOR)


def create_course(*, actor: Actor, title: Mapping[str, str], summary: Mapping[str, str], modules: Iterable[tuple[int, bool]]) -> Course:
    """Make a course of modules, given as (module id, required) in order, with the usual grade scale."""
    course = Course(key=_free_key(title["id"]), title=dict(title), summary=dict(summary), grade_scale=GRADE_SCALE)
    db.session.add(course)
    db.session.flush()
    db.session.add_all(
        CourseModule(course_id=course.id, module_id=module_id, position=position, required=required)
        for position, (module_id, required) in enumerate(modules, start=1)
    )
    audit(actor.id, "course:create", "course", course.id)
    db.session.flush()
    return course


def _free_key(title: str) -> str:
    """Return a key made of a title that no course has yet."""
    base = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:50] or "course"
    taken = set(db.session.scalars(sa.select(Course.key).where(Course.key.startswith(base, autoescape=True))))
    number = 2
    key = base
    while key in taken:
        key, number = f"{base}-{number}", number + 1
    return key


# -- dates -----------------------------------------------------------------------------------------------------------------------------


def change_dates(
    *, actor: Actor, cohort: Cohort, starts_on: dt.date, ends_on: dt.date, modules: Mapping[int, tuple[dt.date | None, dt.date | None]]
) -> None:
    """Set the dates of a cohort, and of its modules as {module id: (opens, due)}; what is due next follows for everybody at once."""
    cohort.starts_on, cohort.ends_on = starts_on, ends_on
    for pin in db.session.scalars(sa.select(CohortModule).where(CohortModule.cohort_id == cohort.id)):
        pin.opens_on, pin.due_on = modules.get(pin.module_id, (pin.opens_on, pin.due_on))
    db.session.flush()
    renew_due_days(cohort.id)
    audit(actor.id, "cohort:dates", "cohort", cohort.id)


# -- staff ----------------------------------------------------------------------------------------------------------------------------


def give_role(
    *, actor: Actor, cohort: Cohort, user_id: uuid.UUID, role: Role, valid_from: dt.date, valid_to: dt.date | None
) -> RoleAssignment:
    """Give somebody a role on this cohort alone. Raises Refused for a role that cohorts do not have."""
    if role not in STAFF_ROLES:
        raise Refused(_("This role cannot be held there."))
    return people.grant_role(
        actor_id=actor.id, user_id=user_id, role=role, kind=ScopeKind.COHORT, scope_id=cohort.id, valid_from=valid_from, valid_to=valid_to
    )


def end_role(*, actor: Actor, cohort: Cohort, grant: RoleAssignment) -> None:
    """End somebody's role on the cohort: yesterday was its last day. One that had not begun by then is taken away."""
    today = local_day(utcnow(), cohort.time_zone)
    guidance.end_all(cohort_id=cohort.id, user_id=grant.user_id, role=grant.role, since=today)
    if grant.valid_from >= today:
        people.revoke_role(actor=actor, grant=grant)
        return
    grant.valid_to = today - dt.timedelta(days=1)
    audit(actor.id, "people:revoke", "user", grant.user_id, role=grant.role.value, scope=grant.scope_kind.value, number=grant.scope_id)
    db.session.flush()


# -- people ---------------------------------------------------------------------------------------------------------------------------


def bring_back(*, actor: Actor, enrolment: Enrolment) -> None:
    """Let somebody who had withdrawn take part again, with everything they had done."""
    learning.enrol(actor_id=actor.id, cohort_id=enrolment.cohort_id, user_id=enrolment.user_id)
    joining.enrolled(actor=actor, cohort_id=enrolment.cohort_id, user_ids=[enrolment.user_id])


def one_time_password(*, actor: Actor, cohort: Cohort, user: User) -> str:
    """Give a learner a new password, tell them by mail that it happened, and return it; it is kept nowhere.

    Raises Refused for people with rights of their own (their account would lend these rights to whoever holds the password), and for people
    without an e-mail address, who could not sign in with it.
    """
    if db.session.scalar(queries.holds_rights(user.id, utcnow().date())):
        raise Refused(_("%(name)s has staff rights. Ask an administrator for a new password.", name=user.name))
    if not user.email:
        raise Refused(_("%(name)s has no e-mail address, and people sign in with it. Ask an administrator to add one.", name=user.name))
    password = people.issue_password(actor=actor, user=user)
    audit(actor.id, "cohort:password", "user", user.id, cohort=cohort.id)
    return password
