"""Reads of visits: each one statement. Who may see a visit stands in the query."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from courses.base import LEAD_VISITS
from courses.visits.models import CheckInNote, Consent, Photo, Visit, VisitMember, VisitState
from lms.api import (
    Actor,
    Cohort,
    CohortModule,
    Enrolment,
    EnrolmentState,
    Group,
    JsonObject,
    ScheduleEntry,
    ScheduleKind,
    User,
    cohorts_for,
    read,
)

Select = sa.Select[*tuple[Any, ...]]

_mine = sa.and_(Enrolment.id == VisitMember.enrolment_id, Enrolment.state == EnrolmentState.ACTIVE)


# -- one visit --------------------------------------------------------------------------------------------------------------------------


def led_by(actor: Actor, visit_id: uuid.UUID) -> sa.Select[Visit]:
    """Return the visit if the person leads visits of its cohort."""
    return sa.select(Visit).join(Cohort, Cohort.id == Visit.cohort_id).where(Visit.id == visit_id, cohorts_for(actor, LEAD_VISITS))


def joined_by(user_id: uuid.UUID, visit_id: uuid.UUID) -> Select:
    """Return (visit, member, enrolment) if the person goes along."""
    return (
        sa.select(Visit, VisitMember, Enrolment)
        .join(VisitMember, VisitMember.visit_id == Visit.id)
        .join(Enrolment, _mine)
        .where(Visit.id == visit_id, Enrolment.user_id == user_id)
    )


_APPOINTMENTS = (
    sa.select(
        Visit.id,
        Visit.cohort_id,
        Visit.host,
        Visit.meeting_point,
        Visit.starts_at,
        Visit.ends_at,
        Visit.sequence,
        Visit.state,
        Visit.schedule_entry_id,
        Enrolment.user_id,
        Cohort.time_zone,
    )
    .join(VisitMember, VisitMember.visit_id == Visit.id)
    .join(Enrolment, _mine)
    .join(Cohort, Cohort.id == Visit.cohort_id)
    .where(Enrolment.user_id.in_(sa.bindparam("users", expanding=True)), Visit.ends_at > sa.bindparam("since"))
    .order_by(Visit.starts_at, Visit.id)
)


def visits_for(user_ids: Collection[uuid.UUID], since: dt.datetime) -> sa.Result[Any]:
    """Return the visits of people that end after a moment, each with who goes and the zone of its cohort."""
    return read(_APPOINTMENTS, {"users": list(user_ids), "since": since})


def _untold(today: dt.date) -> sa.ColumnElement[bool]:
    return sa.and_(Visit.told_on.is_(None), Visit.tell_by < today, Visit.state != VisitState.CANCELLED)


def untold_by(today: dt.date) -> Select:
    """Return (visit id, cohort id) of visits whose hosts were to hear before a day and have not."""
    return sa.select(Visit.id, Visit.cohort_id).where(_untold(today)).order_by(Visit.tell_by, Visit.id)


def untold_in(cohort_id: int, today: dt.date) -> Select:
    """Return how many of these there are in a cohort."""
    return sa.select(sa.func.count(Visit.id)).where(_untold(today), Visit.cohort_id == cohort_id)


def joined_in(enrolment_id: int, module_id: int) -> Select:
    """Return (visit, member) of a learner for the activities of a module."""
    return (
        sa.select(Visit, VisitMember)
        .join(VisitMember, VisitMember.visit_id == Visit.id)
        .where(VisitMember.enrolment_id == enrolment_id, VisitMember.module_id == module_id)
        .order_by(Visit.starts_at)
    )


def members_of(visit_id: uuid.UUID) -> Select:
    """Return (member, person's name, person's id) in order of seats."""
    return (
        sa.select(VisitMember, User.name, User.id.label("user_id"))
        .join(Enrolment, Enrolment.id == VisitMember.enrolment_id)
        .join(User, User.id == Enrolment.user_id)
        .where(VisitMember.visit_id == visit_id)
        .order_by(VisitMember.seat)
    )


def notes_of(visit_id: uuid.UUID) -> sa.Select[CheckInNote]:
    """Return what both sides have said about the members of a visit."""
    return sa.select(CheckInNote).join(VisitMember, VisitMember.id == CheckInNote.member_id).where(VisitMember.visit_id == visit_id)


def consents_of(visit_id: uuid.UUID) -> sa.Select[Consent]:
    """Return the consents of a visit, the latest first."""
    return sa.select(Consent).where(Consent.visit_id == visit_id).order_by(Consent.given_on.desc(), Consent.paper_number, Consent.kind)


def holds_on(day: dt.date) -> sa.ColumnElement[bool]:
    """Return the condition on Consent that it holds on a day."""
    return sa.and_(Consent.withdrawn_on.is_(None), sa.or_(Consent.expires_on.is_(None), Consent.expires_on >= day))


# -- the learner's card -------------------------------------------------------------------------------------------------------------------


def card(user_id: uuid.UUID, enrolment_id: int, module_id: int, activity_key: str) -> Select:
    """Return a learner's visit for an activity with all that its card shows, as one statement.

    Columns: Visit, VisitMember; `people` {seat: "role name"} of all members, `notes` {"side code": side} about this one, `consents`
    {id: "kind expires withdrawn number"}, `photos` the number of their own.
    """
    other = sa.orm.aliased(VisitMember)
    people = (
        sa.select(JsonObject(sa.cast(other.seat, sa.String), sa.type_coerce(other.role, sa.String) + " " + User.name))
        .join(Enrolment, Enrolment.id == other.enrolment_id)
        .join(User, User.id == Enrolment.user_id)
        .where(other.visit_id == Visit.id)
        .correlate(Visit)
    )
    said = sa.type_coerce(CheckInNote.side, sa.String)
    notes = sa.select(JsonObject(said + " " + CheckInNote.code, said)).where(CheckInNote.member_id == VisitMember.id).correlate(VisitMember)
    consents = sa.select(JsonObject(sa.cast(Consent.id, sa.String), _in_words())).where(Consent.visit_id == Visit.id).correlate(Visit)
    photos = sa.select(sa.func.count(Photo.id)).where(Photo.visit_id == Visit.id, Photo.author_id == user_id).correlate(Visit)
    return (
        sa.select(
            Visit,
            VisitMember,
            people.scalar_subquery().label("people"),
            notes.scalar_subquery().label("notes"),
            consents.scalar_subquery().label("consents"),
            photos.scalar_subquery().label("photos"),
        )
        .join(VisitMember, VisitMember.visit_id == Visit.id)
        .where(VisitMember.enrolment_id == enrolment_id, VisitMember.module_id == module_id, VisitMember.activity_key == activity_key)
    )


def _in_words() -> sa.ColumnElement[str]:
    """Return a consent as "kind expires withdrawn number", a dash for a day that is none."""

    def day(column: Any) -> sa.ColumnElement[str]:
        return sa.func.coalesce(sa.cast(column, sa.String), "-")

    parts = (sa.type_coerce(Consent.kind, sa.String), day(Consent.expires_on), day(Consent.withdrawn_on), Consent.paper_number)
    return sa.func.coalesce(parts[0], "") + " " + parts[1] + " " + parts[2] + " " + parts[3]


# -- lists for who leads ---------------------------------------------------------------------------------------------------------------------


def visits_of(cohort_id: int) -> Select:
    """Return the visits of a cohort with the number of their `members`, in order of time."""
    members = sa.select(sa.func.count()).where(VisitMember.visit_id == Visit.id).correlate(Visit).scalar_subquery()
    return sa.select(Visit, members.label("members")).where(Visit.cohort_id == cohort_id).order_by(Visit.starts_at, Visit.host, Visit.id)


def notes_of_cohort(cohort_id: int) -> Select:
    """Return (visit id, note) of all visits of a cohort."""
    return (
        sa.select(VisitMember.visit_id, CheckInNote)
        .join(VisitMember, VisitMember.id == CheckInNote.member_id)
        .join(Visit, Visit.id == VisitMember.visit_id)
        .where(Visit.cohort_id == cohort_id)
    )


def pins_of(cohort_id: int) -> Select:
    """Return (module id, pinned revision id) of a cohort, in order."""
    return (
        sa.select(CohortModule.module_id, CohortModule.revision_id)
        .where(CohortModule.cohort_id == cohort_id)
        .order_by(CohortModule.position)
    )


def meetings_of(cohort_id: int) -> sa.Select[ScheduleEntry]:
    """Return the field visits of a cohort's schedule."""
    return (
        sa.select(ScheduleEntry)
        .where(ScheduleEntry.cohort_id == cohort_id, ScheduleEntry.kind == ScheduleKind.FIELD_VISIT)
        .order_by(ScheduleEntry.starts_at)
    )


def groups_of(cohort_id: int) -> sa.Select[Group]:
    """Return the groups of a cohort in order."""
    return sa.select(Group).where(Group.cohort_id == cohort_id).order_by(Group.position)


def without_visit(visit: Visit, group_id: int | None = None) -> Select:
    """Return (enrolment id, name, unit id, group id) of active people of the cohort who have no visit yet for this activity."""
    taken = sa.select(VisitMember.enrolment_id).where(
        VisitMember.module_id == visit.module_id, VisitMember.activity_key == visit.activity_key
    )
    statement = (
        sa.select(Enrolment.id, User.name, Enrolment.unit_id, Enrolment.group_id)
        .join(User, User.id == Enrolment.user_id)
        .where(Enrolment.cohort_id == visit.cohort_id, Enrolment.state == EnrolmentState.ACTIVE, Enrolment.id.not_in(taken))
        .order_by(User.name, Enrolment.id)
    )
    return statement if group_id is None else statement.where(Enrolment.group_id == group_id)


# -- photos -----------------------------------------------------------------------------------------------------------------------------------


_assessor: sa.ColumnElement[uuid.UUID] = sa.func.coalesce(Group.assessor_id, Cohort.assessor_id, type_=sa.Uuid())


def photos_of(visit_id: uuid.UUID, author_id: uuid.UUID) -> sa.Select[Photo]:
    """Return a person's own photos of a visit, in the order in which they were added."""
    return sa.select(Photo).where(Photo.visit_id == visit_id, Photo.author_id == author_id).order_by(Photo.added_at, Photo.id)


def _with_assessor(*columns: Any) -> Select:
    return (
        sa.select(*columns)
        .join(Enrolment, Enrolment.id == Photo.enrolment_id)
        .join(Cohort, Cohort.id == Enrolment.cohort_id)
        .outerjoin(Group, Group.id == Enrolment.group_id)
    )


def photos_for(assessor_id: uuid.UUID, visit_id: uuid.UUID) -> sa.Select[Photo]:
    """Return the photos of a visit whose authors this instructor answers."""
    return _with_assessor(Photo).where(Photo.visit_id == visit_id, _assessor == assessor_id).order_by(Photo.added_at, Photo.id)


def readable_photo(actor_id: uuid.UUID, photo_id: uuid.UUID, today: dt.date) -> sa.Select[Photo]:
    """Return a photo for its author, or for the instructor who answers them, while its consent holds."""
    return (
        _with_assessor(Photo)
        .join(Consent, Consent.id == Photo.consent_id)
        .where(Photo.id == photo_id, sa.or_(Photo.author_id == actor_id, _assessor == actor_id), Photo.expires_on >= today, holds_on(today))
    )


def parts_of(user_id: uuid.UUID) -> Select:
    """Return a person's visits with their role and what was noted of their being there: for "download my data"."""
    return (
        sa.select(Visit.id, Visit.host, Visit.starts_at, VisitMember.role, CheckInNote.side, CheckInNote.moment, CheckInNote.received_at)
        .join(VisitMember, VisitMember.visit_id == Visit.id)
        .join(Enrolment, Enrolment.id == VisitMember.enrolment_id)
        .outerjoin(CheckInNote, CheckInNote.member_id == VisitMember.id)
        .where(Enrolment.user_id == user_id)
        .order_by(Visit.starts_at, CheckInNote.moment)
    )
