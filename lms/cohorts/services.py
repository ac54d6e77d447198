"""What organizers change: courses, groups, staff, schedule, dates, people's passwords."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from lms.cohorts import queries
from lms.cohorts.split import balanced
from lms.db import db, utcnow
from lms.errors import Refused
from lms.i18n import gettext as _
from lms.i18n import in_language, local_day, zone
from lms.learning.grades import GRADE_SCALE
from lms.learning.models import Cohort, CohortModule, Course, CourseModule, Enrolment, EnrolmentState, Group, ScheduleEntry, ScheduleKind
from lms.messages.services import notify
from lms.people import services as people
from lms.people.access import Actor
from lms.people.models import RoleAssignment, User
from lms.people.roles import Role, ScopeKind
from lms.privacy.services import audit
from lms.progress.services import renew_due_days

AGENCY_LEVELS = 2  # of the tree of units: the region, and below it the agencies
STAFF_ROLES = (Role.INSTRUCTOR, Role.ORGANIZER, Role.SUPERVISOR)


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


# -- dates and schedule ---------------------------------------------------------------------------------------------------------------


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


def save_meeting(
    *,
    actor: Actor,
    cohort: Cohort,
    entry: ScheduleEntry | None,
    title: str,
    kind: ScheduleKind,
    place: str,
    day: dt.date,
    begins: dt.time,
    ends: dt.time,
    last_day: dt.date | None = None,
    group_id: int | None = None,
) -> ScheduleEntry:
    """Add a meeting or change one; day and times are those of the cohort's zone. Raises Refused when it ends before it begins."""
    here = zone(cohort.time_zone)
    starts_at, ends_at = dt.datetime.combine(day, begins, here), dt.datetime.combine(last_day or day, ends, here)
    if ends_at <= starts_at:
        raise Refused(_("The meeting ends before it begins."))
    if entry is None:
        entry = ScheduleEntry(cohort_id=cohort.id)
        db.session.add(entry)
    entry.title, entry.kind, entry.place, entry.group_id = title, kind, place, group_id
    entry.starts_at, entry.ends_at = starts_at, ends_at
    db.session.flush()
    audit(actor.id, "cohort:meeting", "cohort", cohort.id, meeting=entry.id)
    return entry


def delete_meeting(*, actor: Actor, cohort: Cohort, entry: ScheduleEntry) -> None:
    """Take a meeting off the schedule."""
    audit(actor.id, "cohort:meeting_off", "cohort", cohort.id, meeting=entry.id)
    db.session.delete(entry)
    db.session.flush()


# -- groups ---------------------------------------------------------------------------------------------------------------------------


def change_groups(
    *,
    actor: Actor,
    cohort: Cohort,
    groups: Mapping[int, tuple[str, uuid.UUID | None]],
    added: tuple[str, uuid.UUID | None] | None = None,
    assessor_id: uuid.UUID | None = None,
) -> None:
    """Rename groups and choose who answers their journals, as {group id: (name, instructor)}; `added` is one more.

    assessor_id answers for people without a group. Raises Refused when two groups would have one name.
    """
    present = list(db.session.scalars(queries.groups_of(cohort.id)))
    names = [groups.get(group.id, (group.name, None))[0] for group in present] + ([added[0]] if added else [])
    if len({people.fold(name) or name for name in names}) < len(names):
        raise Refused(_("Two groups have the same name."))
    # A name may move from one group to another: first none has one, then each has its own.
    for group in present:
        group.name = f"#{group.id}"
    db.session.flush()
    for group, name in zip(present, names, strict=False):
        group.name, group.assessor_id = name, groups.get(group.id, ("", group.assessor_id))[1]
    if added:
        position = max((group.position for group in present), default=0) + 1
        db.session.add(Group(cohort_id=cohort.id, name=added[0], position=position, assessor_id=added[1]))
    cohort.assessor_id = assessor_id
    audit(actor.id, "cohort:groups", "cohort", cohort.id)
    db.session.flush()


def remove_group(*, actor: Actor, cohort: Cohort, group: Group) -> None:
    """Remove a group that nobody is in. Raises Refused while it has people or meetings."""
    used = db.session.scalar(
        sa.select(sa.or_(sa.exists().where(Enrolment.group_id == group.id), sa.exists().where(ScheduleEntry.group_id == group.id)))
    )
    if used:
        raise Refused(_("“%(name)s” has people or meetings. Move them first.", name=group.name))
    audit(actor.id, "cohort:group_off", "cohort", cohort.id)
    db.session.delete(group)
    db.session.flush()


def split_groups(*, actor: Actor, cohort: Cohort, everybody: bool) -> int:
    """Divide people over the groups so that sizes differ by at most one and agencies are mixed; return how many have a new group.

    everybody deals all of them anew; else only those without a group. Raises Refused when there is no group.
    """
    groups = [group.id for group in db.session.scalars(queries.groups_of(cohort.id))]
    if not groups:
        raise Refused(_("Add a group first."))
    rows = [(enrolment, _agency(path, institution)) for enrolment, path, institution in db.session.execute(queries.to_split(cohort.id))]
    staying: dict[int, list[str]] = {}
    dealt: list[tuple[Enrolment, str]] = []
    for enrolment, agency in rows:
        if everybody or enrolment.group_id is None:
            dealt.append((enrolment, agency))
        else:
            staying.setdefault(enrolment.group_id, []).append(agency)
    moved = 0
    for enrolment, group_id in balanced(dealt, groups, staying).items():
        moved += enrolment.group_id != group_id
        enrolment.group_id = group_id
    audit(actor.id, "cohort:split", "cohort", cohort.id, moved=moved, everybody=everybody)
    db.session.flush()
    return moved


def _agency(path: str | None, institution: str) -> str:
    """Return what stands for the agency of a person: their unit's place down to the level of agencies, or the institution they name."""
    return "/".join((path or "").strip("/").split("/")[:AGENCY_LEVELS]) or people.fold(institution)


def move_to_group(*, actor: Actor, cohort: Cohort, enrolment: Enrolment, group_id: int | None) -> None:
    """Put somebody into a group of the cohort, or into none. Raises Refused for another cohort's group."""
    if group_id is not None and group_id not in {group.id for group in db.session.scalars(queries.groups_of(cohort.id))}:
        raise Refused(_("This group does not exist any more."))
    enrolment.group_id = group_id
    audit(actor.id, "cohort:group", "enrolment", enrolment.id, group=group_id)
    db.session.flush()


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
    if grant.valid_from >= today:
        people.revoke_role(actor=actor, grant=grant)
        return
    grant.valid_to = today - dt.timedelta(days=1)
    audit(actor.id, "people:revoke", "user", grant.user_id, role=grant.role.value, scope=grant.scope_kind.value, number=grant.scope_id)
    db.session.flush()


# -- people ---------------------------------------------------------------------------------------------------------------------------


def bring_back(*, actor: Actor, enrolment: Enrolment) -> None:
    """Let somebody who had withdrawn take part again, with everything they had done."""
    enrolment.state = EnrolmentState.ACTIVE
    audit(actor.id, "cohort:return", "enrolment", enrolment.id, cohort=enrolment.cohort_id)
    db.session.flush()


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
    subject = in_language(user.language, lambda: _("Your account has a new password"))
    body = in_language(
        user.language,
        lambda: _(
            "An organizer has given your account a new one-time password. Did you not ask for it? Then change it and tell your administrator."
        ),
    )
    notify(user_id=user.id, key=f"password/{uuid.uuid4()}", subject=subject, body=body, path="/profile/security")
    audit(actor.id, "cohort:password", "user", user.id, cohort=cohort.id)
    return password
