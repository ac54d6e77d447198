"""A new cohort from an earlier one: modules, groups, staff and meetings; never people, absences or decisions."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from lms.cohorts import queries
from lms.db import db, utcnow
from lms.errors import Refused
from lms.i18n import gettext as _
from lms.i18n import local_day, zone
from lms.learning import services as learning
from lms.learning.models import Cohort, CohortModule, Group, Module, Revision, ScheduleEntry
from lms.people import services as people
from lms.people.access import Actor
from lms.people.models import RoleAssignment, User
from lms.people.roles import Role, ScopeKind
from lms.privacy.services import audit

# Supervisors and mentors belong to the people of the earlier cohort, so they stay behind.
COPIED_ROLES = (Role.ORGANIZER, Role.INSTRUCTOR, Role.COACH, Role.EXAMINER)


@dataclass(frozen=True, slots=True)
class ModuleCopy:
    """A module of the new cohort: which revision, and its days."""

    pin: CohortModule
    title: dict[str, str]
    revision_id: int
    number: int
    opens_on: dt.date | None
    due_on: dt.date | None


@dataclass(frozen=True, slots=True)
class MeetingCopy:
    """A meeting of the new cohort, at the same time of day."""

    entry: ScheduleEntry
    starts_at: dt.datetime
    ends_at: dt.datetime


@dataclass(frozen=True, slots=True)
class CopyPlan:
    """What a copy would hold."""

    starts_on: dt.date
    ends_on: dt.date
    modules: list[ModuleCopy]
    groups: Sequence[Group]
    staff: list[tuple[RoleAssignment, User]]
    meetings: list[MeetingCopy]


def moved(entry_starts: dt.datetime, entry_ends: dt.datetime, days: int, time_zone: str) -> tuple[dt.datetime, dt.datetime]:
    """Return beginning and end of a meeting some days later at the same local times, also across a change of clocks. Pure.

    Where clocks would turn the end before the beginning, the meeting lasts as long as it did.
    """
    here, later = zone(time_zone), dt.timedelta(days=days)
    starts, ends = (
        (moment.astimezone(here).replace(tzinfo=None, fold=0) + later).replace(tzinfo=here).astimezone(dt.UTC)
        for moment in (entry_starts, entry_ends)
    )
    return starts, ends if ends > starts else starts + (entry_ends - entry_starts)


def plan_copy(
    *, cohort: Cohort, starts_on: dt.date, revisions: str = "newest", groups: bool = True, staff: bool = True, schedule: bool = True
) -> CopyPlan:
    """Return what a copy that begins on a day would hold: four statements. revisions is `newest` or `same`. Changes nothing."""
    days = starts_on - cohort.starts_on
    today = local_day(utcnow(), cohort.time_zone)
    until = min(today, cohort.ends_on)
    meetings = db.session.execute(queries.schedule_of(cohort.id)) if schedule else ()
    return CopyPlan(
        starts_on=starts_on,
        ends_on=cohort.ends_on + days,
        modules=_modules(cohort, days, newest=revisions == "newest"),
        groups=db.session.scalars(queries.groups_of(cohort.id)).all() if groups else [],
        staff=[
            (grant, user)
            for grant, user in (db.session.execute(queries.staff_of(cohort.id)) if staff else ())
            if grant.role in COPIED_ROLES and user.is_active and (grant.valid_to is None or grant.valid_to >= until)
        ],
        meetings=[
            MeetingCopy(entry, *moved(entry.starts_at, entry.ends_at, days.days, entry.time_zone or cohort.time_zone))
            for entry, _group in meetings
            if entry.cancelled_at is None
        ],
    )


def _modules(cohort: Cohort, days: dt.timedelta, *, newest: bool) -> list[ModuleCopy]:
    known: dict[int, Any] = {pin.module_id: (pin, number) for pin, number in db.session.execute(queries.newest_revisions(cohort.id))}
    wanted = {number: newest_id if newest else pin.revision_id for number, (pin, newest_id) in known.items()}
    rows = db.session.execute(
        sa.select(Revision.id, Revision.module_id, Revision.number, Module.about)
        .join(Module, Module.id == Revision.module_id)
        .where(Revision.id.in_(wanted.values()))
    )
    found = {row.module_id: row for row in rows}
    return [
        ModuleCopy(
            pin,
            found[number].about["title"],
            found[number].id,
            found[number].number,
            pin.opens_on and pin.opens_on + days,
            pin.due_on and pin.due_on + days,
        )
        for number, (pin, _newest) in known.items()
    ]


def copy_cohort(
    *,
    actor: Actor,
    cohort: Cohort,
    title: str,
    number: int,
    year: int,
    wave: str,
    organizer_unit_id: int,
    starts_on: dt.date,
    revisions: str,
    groups: bool,
    staff: bool,
    schedule: bool,
) -> Cohort:
    """Make a cohort like an earlier one, as `plan_copy` shows it. Roles begin today, and end as long after the first day as they did.

    Raises Refused for a number that is taken and for a unit that is not the actor's.
    """
    if organizer_unit_id not in {unit.id for unit in db.session.scalars(queries.organizer_units(actor))}:
        raise Refused(_("You cannot begin a cohort in the name of this unit."))
    learning.refuse_taken_number(course_id=cohort.course_id, year=year, organizer_unit_id=organizer_unit_id, number=number)
    plan = plan_copy(cohort=cohort, starts_on=starts_on, revisions=revisions, groups=groups, staff=staff, schedule=schedule)
    copy = Cohort(
        course_id=cohort.course_id,
        title=title,
        number=number,
        year=year,
        wave=wave,
        organizer_unit_id=organizer_unit_id,
        starts_on=plan.starts_on,
        ends_on=plan.ends_on,
        time_zone=cohort.time_zone,
        grade_scale=cohort.grade_scale,
        absence_limits=cohort.absence_limits,
    )
    db.session.add(copy)
    db.session.flush()
    for one in plan.modules:
        shared = {name: getattr(one.pin, name) for name in ("module_id", "position", "required", "weight", "requires")}
        db.session.add(CohortModule(cohort_id=copy.id, revision_id=one.revision_id, opens_on=one.opens_on, due_on=one.due_on, **shared))
    answering = _copy_staff(actor, plan, cohort, copy)
    copy.assessor_id = cohort.assessor_id if cohort.assessor_id in answering else None
    own = _copy_groups(plan, copy, answering)
    for meeting in plan.meetings:
        db.session.add(_meeting(meeting, copy, own))
    audit(actor.id, "cohort:copy", "cohort", copy.id, earlier=cohort.id)
    db.session.flush()
    return copy


def _copy_groups(plan: CopyPlan, copy: Cohort, answering: Collection[uuid.UUID]) -> dict[int, int]:
    """Make the groups anew, with the instructors who can answer in the copy; return {old id: new id}."""
    made = {}
    for group in plan.groups:
        assessor_id = group.assessor_id if group.assessor_id in answering else None
        made[group.id] = Group(cohort_id=copy.id, name=group.name, position=group.position, assessor_id=assessor_id)
    db.session.add_all(made.values())
    db.session.flush()
    return {old: group.id for old, group in made.items()}


def _copy_staff(actor: Actor, plan: CopyPlan, cohort: Cohort, copy: Cohort) -> set[uuid.UUID]:
    """Give the roles of the plan that do not end before today; return who is an instructor of the copy."""
    answering = set()
    today = local_day(utcnow(), copy.time_zone)
    days = copy.starts_on - cohort.starts_on
    for grant, user in plan.staff:
        last = grant.valid_to and grant.valid_to + days
        if last is None or last >= today:
            answering |= {user.id} if grant.role is Role.INSTRUCTOR else set()
            people.grant_role(
                actor_id=actor.id,
                user_id=user.id,
                role=grant.role,
                kind=ScopeKind.COHORT,
                scope_id=copy.id,
                valid_from=today,
                valid_to=last,
            )
    return answering


def _meeting(one: MeetingCopy, copy: Cohort, groups: dict[int, int]) -> ScheduleEntry:
    """Make a meeting anew. A meeting of one group is everybody's where groups are not copied."""
    same = {name: getattr(one.entry, name) for name in ("kind", "title", "place", "link", "time_zone", "capacity", "jp")}
    group_id = groups.get(one.entry.group_id) if one.entry.group_id else None
    return ScheduleEntry(cohort_id=copy.id, group_id=group_id, starts_at=one.starts_at, ends_at=one.ends_at, **same)
