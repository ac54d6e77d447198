"""Reads of the organizer's pages: each one statement, whatever the number of people."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from lms.cohorts.models import CohortImport, ColumnMapping, ImportLine
from lms.learning.models import (
    Cohort,
    CohortModule,
    Course,
    CourseModule,
    Enrolment,
    EnrolmentState,
    Group,
    Module,
    Revision,
    ScheduleEntry,
)
from lms.people.access import Actor, cohorts_for, valid_on
from lms.people.models import RoleAssignment, Unit, User
from lms.people.permissions import MANAGE_COHORTS, VIEW_COHORTS
from lms.people.roles import Role, ScopeKind
from lms.progress.models import Completion, Evidence, EvidenceKind, ModuleProgress

Select = sa.Select[*tuple[Any, ...]]

# What can be asked for in the list of cohorts and in the list of people.
STATES = ("running", "planned", "over")
STATUSES = ("late", "not_begun", "on_the_way", "waiting", "finished", "withdrawn")

_active = Enrolment.state == EnrolmentState.ACTIVE
_finished = Enrolment.completed_at.is_not(None)
_begun = Enrolment.started_on.is_not(None)


def _count(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)


def _late(today: dt.date) -> sa.ColumnElement[bool]:
    return sa.and_(Enrolment.completed_at.is_(None), Enrolment.next_due_on < today)


def _of_cohort(figure: sa.ColumnElement[int]) -> sa.ScalarSelect[int]:
    """Return a figure over the active people of one cohort: counted for the cohorts of a page, not for all there are."""
    return sa.select(figure).where(Enrolment.cohort_id == Cohort.id, _active).correlate(Cohort).scalar_subquery()


# -- cohorts -------------------------------------------------------------------------------------------------------------------------


def cohorts_of(actor: Actor, today: dt.date, state: str = "", words: str = "") -> Select:
    """Return the cohorts that a person may see with course, unit and counts, the latest first."""
    statement = (
        sa.select(
            Cohort.id,
            Cohort.title,
            Cohort.number,
            Cohort.year,
            Cohort.starts_on,
            Cohort.ends_on,
            Course.title.label("course_title"),
            Unit.name.label("unit_name"),
            _of_cohort(sa.func.count()).label("people"),
            _of_cohort(_count(_finished)).label("finished"),
            _of_cohort(sa.func.coalesce(sa.func.sum(Enrolment.waiting_count), 0)).label("waiting"),
        )
        .join(Course, Course.id == Cohort.course_id)
        .join(Unit, Unit.id == Cohort.organizer_unit_id)
        .where(cohorts_for(actor, VIEW_COHORTS))
        .order_by(Cohort.starts_on.desc(), Cohort.id.desc())
    )
    conditions = {"running": sa.and_(Cohort.starts_on <= today, Cohort.ends_on >= today), "planned": Cohort.starts_on > today}
    conditions["over"] = Cohort.ends_on < today
    if state in conditions:
        statement = statement.where(conditions[state])
    if words:
        statement = statement.where(sa.or_(Cohort.title.icontains(words, autoescape=True), Unit.name.icontains(words, autoescape=True)))
    return statement


def header(actor: Actor, cohort_id: int, permissions: Sequence[str]) -> Select:
    """Return what stands at the head of every page of a cohort: course, unit, and for each permission whether the person holds it here."""
    held = [sa.case((cohorts_for(actor, name), True), else_=False) for name in permissions]
    return (
        sa.select(Course.title, Unit.name, *held)
        .select_from(Cohort)
        .join(Course, Course.id == Cohort.course_id)
        .join(Unit, Unit.id == Cohort.organizer_unit_id)
        .where(Cohort.id == cohort_id)
    )


def courses() -> Select:
    """Return all courses with the number of their modules, the newest first."""
    number = sa.select(sa.func.count()).where(CourseModule.course_id == Course.id).scalar_subquery()
    return sa.select(Course.id, Course.title, Course.summary, number.label("modules")).order_by(Course.id.desc())


def organizer_units(actor: Actor) -> sa.Select[Unit]:
    """Return the units in whose name a person may run cohorts, from the root down."""
    conditions: list[sa.ColumnElement[bool]] = []
    for grant in actor.grants_of(MANAGE_COHORTS):
        if grant.kind is ScopeKind.SITE:
            conditions.append(sa.true())
        elif grant.kind is ScopeKind.UNIT and grant.path:
            conditions.append(Unit.path.startswith(grant.path, autoescape=True))
    return sa.select(Unit).where(sa.or_(sa.false(), *conditions)).order_by(Unit.path)


def published_modules() -> sa.Select[Module, int]:
    """Return every published module with its newest revision's id, by code."""
    newest = (
        sa.select(Revision.module_id, sa.func.max(Revision.id).label("id"), sa.func.max(Revision.number).label("number"))
        .group_by(Revision.module_id)
        .subquery()
    )
    return sa.select(Module, newest.c.id).join(newest, newest.c.module_id == Module.id).order_by(Module.code, Module.key)


# -- the board ----------------------------------------------------------------------------------------------------------------------


def figures(cohort_id: int, today: dt.date) -> Select:
    """Return the counts of a cohort's people by group: a row each, and one for those without (group_id None)."""
    return (
        sa.select(
            Enrolment.group_id,
            sa.func.count().label("people"),
            _count(_finished).label("finished"),
            _count(sa.and_(_begun, sa.not_(_finished))).label("on_the_way"),
            _count(sa.not_(_begun)).label("not_begun"),
            _count(_late(today)).label("late"),
            sa.func.coalesce(sa.func.sum(Enrolment.done_count), 0).label("done"),
            sa.func.coalesce(sa.func.sum(Enrolment.waiting_count), 0).label("waiting"),
            sa.func.coalesce(sa.func.sum(Enrolment.required_count), 0).label("required"),
        )
        .where(Enrolment.cohort_id == cohort_id, _active)
        .group_by(Enrolment.group_id)
    )


def groups_of(cohort_id: int) -> sa.Select[Group]:
    """Return the groups of a cohort in order."""
    return sa.select(Group).where(Group.cohort_id == cohort_id).order_by(Group.position, Group.id)


def groups_with_assessors(cohort_id: int) -> Select:
    """Return (group, name of who answers its journals) in order."""
    return (
        sa.select(Group, User.name)
        .outerjoin(User, User.id == Group.assessor_id)
        .where(Group.cohort_id == cohort_id)
        .order_by(Group.position, Group.id)
    )


def modules_of(cohort_id: int) -> Select:
    """Return the modules of a cohort in order: pin, number of the pinned and of the newest revision, people who have finished each."""
    newest = (
        sa.select(sa.func.max(Revision.number))
        .where(Revision.module_id == CohortModule.module_id)
        .correlate(CohortModule)
        .scalar_subquery()
    )
    done = (
        sa.select(sa.func.count())
        .select_from(ModuleProgress)
        .join(Enrolment, Enrolment.id == ModuleProgress.enrolment_id)
        .where(
            ModuleProgress.module_id == CohortModule.module_id,
            Enrolment.cohort_id == CohortModule.cohort_id,
            _active,
            ModuleProgress.required_count > 0,
            ModuleProgress.done_count == ModuleProgress.required_count,
        )
        .correlate(CohortModule)
        .scalar_subquery()
    )
    return (
        sa.select(
            CohortModule.module_id,
            CohortModule.revision_id,
            CohortModule.required,
            CohortModule.opens_on,
            CohortModule.due_on,
            Revision.number,
            newest.label("newest"),
            done.label("people_done"),
        )
        .join(Revision, Revision.id == CohortModule.revision_id)
        .where(CohortModule.cohort_id == cohort_id)
        .order_by(CohortModule.position, CohortModule.module_id)
    )


def newest_revisions(cohort_id: int) -> sa.Select[CohortModule, int]:
    """Return (pin, id of the module's newest revision) of a cohort's modules in order."""
    numbers = (
        sa.select(sa.func.max(Revision.number))
        .where(Revision.module_id == CohortModule.module_id)
        .correlate(CohortModule)
        .scalar_subquery()
    )
    return (
        sa.select(CohortModule, Revision.id)
        .join(Revision, sa.and_(Revision.module_id == CohortModule.module_id, Revision.number == numbers))
        .where(CohortModule.cohort_id == cohort_id)
        .order_by(CohortModule.position, CohortModule.module_id)
    )


def schedule_of(cohort_id: int, since: dt.datetime | None = None) -> Select:
    """Return (meeting, name of its group or None) in order of time; with `since` those that end later."""
    statement = (
        sa.select(ScheduleEntry, Group.name)
        .outerjoin(Group, Group.id == ScheduleEntry.group_id)
        .where(ScheduleEntry.cohort_id == cohort_id)
        .order_by(ScheduleEntry.starts_at, ScheduleEntry.id)
    )
    return statement.where(ScheduleEntry.ends_at > since) if since else statement


def staff_of(cohort_id: int) -> sa.Select[RoleAssignment, User]:
    """Return (role, person) of everybody who holds or held a role on the cohort itself, by role and name."""
    return (
        sa.select(RoleAssignment, User)
        .join(User, User.id == RoleAssignment.user_id)
        .where(RoleAssignment.scope_kind == ScopeKind.COHORT, RoleAssignment.scope_id == cohort_id)
        .order_by(RoleAssignment.role, User.name, RoleAssignment.valid_from)
    )


def instructors_of(cohort_id: int, today: dt.date) -> Select:
    """Return (id, name) of the cohort's instructors of today."""
    return (
        sa.select(User.id, User.name)
        .join(RoleAssignment, RoleAssignment.user_id == User.id)
        .where(
            RoleAssignment.role == Role.INSTRUCTOR,
            RoleAssignment.scope_kind == ScopeKind.COHORT,
            RoleAssignment.scope_id == cohort_id,
            valid_on(RoleAssignment, today),
        )
        .order_by(User.name)
        .distinct()
    )


def grant_of(cohort_id: int, grant_id: int) -> sa.Select[RoleAssignment]:
    """Return a role that is held on the cohort."""
    return sa.select(RoleAssignment).where(
        RoleAssignment.id == grant_id, RoleAssignment.scope_kind == ScopeKind.COHORT, RoleAssignment.scope_id == cohort_id
    )


def people_like(words: str, most: int = 10) -> sa.Select[User, Unit]:
    """Return (person, unit) of those whose address is the words, or whose name holds them."""
    return (
        sa.select(User, Unit)
        .outerjoin(Unit, Unit.id == User.unit_id)
        .where(User.is_active, sa.or_(User.email == words.lower(), User.name.icontains(words, autoescape=True)))
        .order_by(User.name, User.email)
        .limit(most)
    )


# -- people ---------------------------------------------------------------------------------------------------------------------------


def roster(cohort_id: int, today: dt.date, *, words: str = "", group_id: int | None = None, status: str = "") -> Select:
    """Return the people of a cohort by name with unit, group and roll-up; group_id 0 keeps to those without a group."""
    statement = (
        sa.select(
            Enrolment.id,
            Enrolment.group_id,
            Enrolment.state,
            Enrolment.required_count,
            Enrolment.done_count,
            Enrolment.waiting_count,
            Enrolment.next_due_on,
            Enrolment.started_on,
            Enrolment.active_on,
            Enrolment.completed_at,
            User.id.label("user_id"),
            User.title_before,
            User.name,
            User.title_after,
            User.institution,
            Unit.name.label("unit_name"),
            Unit.short_name.label("unit_short"),
            Group.name.label("group_name"),
        )
        .join(User, User.id == Enrolment.user_id)
        .outerjoin(Unit, Unit.id == User.unit_id)
        .outerjoin(Group, Group.id == Enrolment.group_id)
        .where(Enrolment.cohort_id == cohort_id, _in_status(status, today))
        .order_by(User.name, Enrolment.id)
    )
    if words:
        places = (User.name, Unit.name, Unit.short_name, User.institution)
        statement = statement.where(sa.or_(*(place.icontains(words, autoescape=True) for place in places)))
    if group_id is not None:
        statement = statement.where(Enrolment.group_id == group_id if group_id else Enrolment.group_id.is_(None))
    return statement


def _in_status(status: str, today: dt.date) -> sa.ColumnElement[bool]:
    conditions = {
        "late": _late(today),
        "not_begun": sa.not_(_begun),
        "on_the_way": sa.and_(_begun, sa.not_(_finished)),
        "waiting": Enrolment.waiting_count > 0,
        "finished": _finished,
    }
    if status == "withdrawn":
        return Enrolment.state == EnrolmentState.WITHDRAWN
    return sa.and_(_active, conditions.get(status, sa.true()))


def for_export(cohort_id: int, today: dt.date) -> Select:
    """Return the roster with what an organizer's own files hold besides: number, address, telephone, position, kind."""
    return roster(cohort_id, today).add_columns(
        User.employee_number,
        User.email,
        User.phone,
        User.position,
        User.category,
        User.grade,
        User.birth_place,
        User.birth_date,
        User.identity_type,
    )


def enrolment_of(cohort_id: int, enrolment_id: int) -> Select:
    """Return (enrolment, person, unit, group) of somebody in the cohort."""
    return (
        sa.select(Enrolment, User, Unit, Group)
        .join(User, User.id == Enrolment.user_id)
        .outerjoin(Unit, Unit.id == User.unit_id)
        .outerjoin(Group, Group.id == Enrolment.group_id)
        .where(Enrolment.cohort_id == cohort_id, Enrolment.id == enrolment_id)
    )


def progress_of(enrolment_id: int) -> Select:
    """Return where somebody is with each activity: state, since when, best score, and the rule annotated."""
    return sa.select(
        Completion.module_id, Completion.activity_key, Completion.state, Completion.score, Completion.first_completed_at, Completion.reasons
    ).where(Completion.enrolment_id == enrolment_id)


def overrides_of(enrolment_id: int) -> Select:
    """Return every override of an enrolment with the name of who made it (None: the program ended it), latest first."""
    return (
        sa.select(Evidence.module_id, Evidence.activity_key, Evidence.value, Evidence.note, Evidence.occurred_at, User.name)
        .outerjoin(User, User.id == Evidence.actor_id)
        .where(Evidence.enrolment_id == enrolment_id, Evidence.kind == EvidenceKind.OVERRIDE)
        .order_by(Evidence.sequence.desc())
    )


def names_of(cohort_id: int) -> Select:
    """Return (enrolment id, name) of everybody in a cohort, also those who have left."""
    return sa.select(Enrolment.id, User.name).join(User, User.id == Enrolment.user_id).where(Enrolment.cohort_id == cohort_id)


def to_split(cohort_id: int) -> Select:
    """Return (enrolment, name, path and name of the unit, institution) of the active people of a cohort, by name."""
    return (
        sa.select(Enrolment, User.name, Unit.path, Unit.name.label("unit_name"), User.institution)
        .join(User, User.id == Enrolment.user_id)
        .outerjoin(Unit, Unit.id == User.unit_id)
        .where(Enrolment.cohort_id == cohort_id, _active)
        .order_by(User.name, Enrolment.id)
    )


def unit_names(paths: Collection[str]) -> Select:
    """Return (path, name) of units."""
    return sa.select(Unit.path, Unit.name).where(Unit.path.in_(paths))


# -- import ---------------------------------------------------------------------------------------------------------------------------


def accounts_for_import(
    cohort_id: int, numbers: Collection[str], addresses: Collection[str], names: Collection[str], born: Collection[dt.date]
) -> Select:
    """Return the accounts with one of these numbers or addresses, and those with one of the names (small letters) and days of birth.

    Each with its state in the cohort, if it is in it.
    """
    twins = sa.and_(User.birth_date.in_(born), sa.func.lower(User.name).in_(names))
    return (
        sa.select(User.id, User.name, User.email, User.employee_number, User.is_active, User.birth_date, Enrolment.state)
        .outerjoin(Enrolment, sa.and_(Enrolment.user_id == User.id, Enrolment.cohort_id == cohort_id))
        .where(sa.or_(User.employee_number.in_(numbers), User.email.in_(addresses), twins))
    )


def lines_of(import_id: int) -> sa.Select[ImportLine]:
    """Return what an import made, in the order of its rows."""
    return sa.select(ImportLine).where(ImportLine.import_id == import_id).order_by(ImportLine.row)


def imports_of(cohort_id: int) -> Select:
    """Return (import, name of who made it, name of who took it back), the latest first."""
    other = aliased(User)
    return (
        sa.select(CohortImport, User.name.label("actor"), other.name.label("undoer"))
        .outerjoin(User, User.id == CohortImport.actor_id)
        .outerjoin(other, other.id == CohortImport.undone_by_id)
        .where(CohortImport.cohort_id == cohort_id)
        .order_by(CohortImport.made_at.desc(), CohortImport.id.desc())
    )


def mappings_of(unit_id: int, most: int = 200) -> sa.Select[str, Any]:
    """Return (header, fields) of how a unit reads files, the latest first."""
    statement = sa.select(ColumnMapping.header, ColumnMapping.fields).where(ColumnMapping.unit_id == unit_id)
    return statement.order_by(ColumnMapping.kept_at.desc()).limit(most)


def elsewhere(cohort: Cohort, user_ids: Collection[uuid.UUID]) -> Select:
    """Return in which other cohorts these people take part on days of this one."""
    return (
        sa.select(Enrolment.user_id, Cohort.title, Cohort.number, Cohort.year)
        .join(Cohort, Cohort.id == Enrolment.cohort_id)
        .where(
            Enrolment.user_id.in_(user_ids),
            Enrolment.cohort_id != cohort.id,
            _active,
            Cohort.starts_on <= cohort.ends_on,
            Cohort.ends_on >= cohort.starts_on,
        )
    )


def has_rights(today: dt.date) -> sa.ColumnElement[bool]:
    """Return the condition that a person (`User` of the statement) holds any role at all, now or later."""
    return sa.exists().where(RoleAssignment.user_id == User.id, sa.or_(RoleAssignment.valid_to.is_(None), RoleAssignment.valid_to >= today))


def holds_rights(user_id: uuid.UUID, today: dt.date) -> Select:
    """Return the id of a person who holds any role at all, now or later; no row for others."""
    return sa.select(User.id).where(User.id == user_id, has_rights(today))
