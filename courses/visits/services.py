"""Visits: their sheet, who goes along, how far they are, and what is told afterwards."""

from __future__ import annotations

import datetime as dt
import secrets
import uuid
from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Any

import sqlalchemy as sa

from courses.visits import notices, queries
from courses.visits.models import MOST_MEMBERS, CheckInNote, Visit, VisitMember, VisitRole, VisitState
from courses.visits.notices import News
from lms.api import Actor, Cohort, Enrolment, EnrolmentState, NotFound, Refused, audit, db, gettext, local_day

TELL_WITHIN = dt.timedelta(days=14)
QUESTIONS = ("surprise", "works", "next")  # of the talk afterwards
ROLE_ORDER = (VisitRole.INTERVIEWER, VisitRole.NOTE_TAKER, VisitRole.COMPANION, VisitRole.LIAISON, VisitRole.OBSERVER)
# What members are told of at once: they would be at the wrong place, or at the wrong time.
TOLD = ("starts_at", "ends_at", "meeting_point")
# What a host's agreement and a safe day need; a visit is confirmed only with all of it.
NEEDED = (
    "agreement",
    "agreed_on",
    "contact_phone",
    "limits",
    "meeting_point",
    "clinic",
    "escort",
    "escort_phone",
    "support",
    "support_phone",
)
SHEET = (
    "schedule_entry_id", "host", "contact_role", "contact_phone", "purpose", "limits", "agreement", "agreed_on", "meeting_point", "starts_at",
    "ends_at", "transport", "language_help", "risks", "clinic", "clinic_phone", "emergency_phone", "escort", "escort_phone", "support",
    "support_phone", "tell_by",
)  # fmt: skip


def visit_to_lead(actor: Actor, visit_id: uuid.UUID) -> Visit:
    """Return a visit that the person leads. Raises NotFound."""
    found = db.session.scalar(queries.led_by(actor, visit_id))
    if found is None:
        raise NotFound("no such visit for this person")
    return found


def visit_to_join(actor: Actor, visit_id: uuid.UUID) -> tuple[Visit, VisitMember, Enrolment]:
    """Return a visit to which the person goes, with their part in it. Raises NotFound."""
    found = db.session.execute(queries.joined_by(actor.id, visit_id)).one_or_none()
    if found is None:
        raise NotFound("no such visit of this person")
    return found[0], found[1], found[2]


def visit_of_cohort(cohort: Cohort, visit_id: uuid.UUID) -> Visit:
    """Return a visit of a cohort. Raises NotFound."""
    found = db.session.get(Visit, visit_id)
    if found is None or found.cohort_id != cohort.id:
        raise NotFound("no such visit in the cohort")
    return found


def save_visit(*, actor: Actor, cohort: Cohort, visit: Visit | None, module_id: int, activity_key: str, sheet: Mapping[str, Any]) -> Visit:
    """Add a visit or change its sheet (the names of SHEET). A visit that has members stays with its activity.

    `tell_by` None is two weeks after the visit. One that was confirmed and lacks something now is planned again. Raises Refused when it ends before it begins, or when somebody would lose their activity.
    """
    if sheet["ends_at"] <= sheet["starts_at"]:
        raise Refused(gettext("The visit ends before it begins."))
    moved = visit is not None and any(getattr(visit, name) != sheet[name] for name in TOLD)
    if visit is None:
        visit = Visit(id=uuid.uuid4(), cohort_id=cohort.id, module_id=module_id, activity_key=activity_key, members=[])
        db.session.add(visit)
    elif (visit.module_id, visit.activity_key) != (module_id, activity_key):
        if db.session.scalar(sa.select(VisitMember.id).where(VisitMember.visit_id == visit.id).limit(1)):
            raise Refused(gettext("People go along already; make another visit for the other activity."))
        visit.module_id, visit.activity_key = module_id, activity_key
    for name in SHEET:
        setattr(visit, name, sheet[name])
    visit.tell_by = sheet["tell_by"] or local_day(visit.ends_at, cohort.time_zone) + TELL_WITHIN
    db.session.flush()
    audit(actor.id, "visit:save", "visit", visit.id, cohort=cohort.id)
    if moved and visit.state in {VisitState.PLANNED, VisitState.CONFIRMED}:
        visit.sequence += 1
        notices.tell(visit, News.MOVED)
    _plan_anew(actor, visit)
    return visit


def missing(visit: Visit, members: int) -> list[str]:
    """Return the names of what a visit lacks before it can be confirmed; `members` when fewer than two go."""
    lacking = [name for name in NEEDED if not getattr(visit, name)]
    return [*lacking, "members"] if members < 2 else lacking


def change_state(*, actor: Actor, visit: Visit, state: VisitState, reason: str = "") -> None:
    """Confirm, finish, cancel or plan a visit anew; its members are told.

    Raises Refused when something is missing for a confirmation, and for a cancellation without a reason.
    """
    if state is visit.state:
        return
    if state is VisitState.CANCELLED and not reason.strip():
        raise Refused(gettext("Say why the visit is cancelled. Its members read it."))
    if state is VisitState.CONFIRMED and missing(visit, _members(visit)):
        raise Refused(gettext("The visit cannot be confirmed yet: the agreement, the safety sheet or the second person is missing."))
    visit.state, visit.sequence = state, visit.sequence + 1
    visit.cancel_reason = reason.strip()[:300] if state is VisitState.CANCELLED else ""
    audit(actor.id, "visit:state", "visit", visit.id, state=state.value)
    if state in notices.BY_STATE:
        notices.tell(visit, notices.BY_STATE[state])


def _members(visit: Visit) -> int:
    return db.session.scalar(sa.select(sa.func.count()).where(VisitMember.visit_id == visit.id)) or 0


def _plan_anew(actor: Actor, visit: Visit) -> None:
    """Take a confirmation back when what it needs is not there any more."""
    if visit.state is VisitState.CONFIRMED and missing(visit, _members(visit)):
        change_state(actor=actor, visit=visit, state=VisitState.PLANNED)


# -- members ----------------------------------------------------------------------------------------------------------------------------


def _lock(visit_id: uuid.UUID) -> None:
    """Let one writer at a time give seats (SQLite has one writer anyway)."""
    db.session.execute(sa.select(Visit.id).where(Visit.id == visit_id).with_for_update()).one()


def _free_seats(visit_id: uuid.UUID) -> list[int]:
    taken = set(db.session.scalars(sa.select(VisitMember.seat).where(VisitMember.visit_id == visit_id)))
    return [seat for seat in range(1, MOST_MEMBERS + 1) if seat not in taken]


def add_member(*, actor: Actor, visit: Visit, enrolment_id: int, role: VisitRole) -> VisitMember:
    """Let a learner of the cohort go along. Raises Refused when five go already or they have a visit for this activity, NotFound for strangers."""
    _lock(visit.id)
    enrolment = db.session.get(Enrolment, enrolment_id)
    if enrolment is None or enrolment.cohort_id != visit.cohort_id or enrolment.state is not EnrolmentState.ACTIVE:
        raise NotFound("nobody with this number in the cohort")
    seats = _free_seats(visit.id)
    if not seats:
        raise Refused(gettext("Five people go already. More would crowd a home; make another visit."))
    other = sa.select(VisitMember.id).where(
        VisitMember.enrolment_id == enrolment_id, VisitMember.module_id == visit.module_id, VisitMember.activity_key == visit.activity_key
    )
    if db.session.scalar(other):
        raise Refused(gettext("This person has a visit for this activity already."))
    member = VisitMember(
        id=uuid.uuid4(),
        visit_id=visit.id,
        enrolment_id=enrolment_id,
        module_id=visit.module_id,
        activity_key=visit.activity_key,
        seat=seats[0],
        role=role,
    )
    db.session.add(member)
    db.session.flush()
    audit(actor.id, "visit:member", "visit", visit.id, enrolment=enrolment_id, role=role.value)
    notices.tell(visit, News.JOINED, [enrolment.user_id], member.id)
    return member


def change_role(*, actor: Actor, visit: Visit, member_id: uuid.UUID, role: VisitRole) -> None:
    """Give a member another role. Raises NotFound for who is not in the visit."""
    member = _member(visit, member_id)
    if member.role is not role:
        member.role = role
        audit(actor.id, "visit:role", "visit", visit.id, enrolment=member.enrolment_id, role=role.value)


def _member(visit: Visit, member_id: uuid.UUID) -> VisitMember:
    member = db.session.scalar(sa.select(VisitMember).where(VisitMember.id == member_id, VisitMember.visit_id == visit.id))
    if member is None:
        raise NotFound("no such member of the visit")
    return member


def remove_member(*, actor: Actor, visit: Visit, member_id: uuid.UUID) -> None:
    """Take somebody off a visit; when too few are left, it is planned again. Raises Refused when it is known that they were there, NotFound for who is not in it."""
    member = _member(visit, member_id)
    if db.session.scalar(sa.select(CheckInNote.id).where(CheckInNote.member_id == member_id).limit(1)):
        raise Refused(gettext("This person has checked in; their part in the visit stays."))
    db.session.delete(member)
    db.session.flush()
    audit(actor.id, "visit:member_off", "visit", visit.id, enrolment=member.enrolment_id)
    notices.tell(visit, News.LEFT, [db.session.get_one(Enrolment, member.enrolment_id).user_id], member.id)
    _plan_anew(actor, visit)


def parted(people: Sequence[Any], most: int = MOST_MEMBERS) -> list[list[Any]]:
    """Divide people into as few visits as possible, of nearly equal size; who stands side by side comes into different ones."""
    number = -(-len(people) // most)
    return [list(people[place::number]) for place in range(number)]


def propose(*, actor: Actor, visit: Visit, group_id: int) -> list[Visit]:
    """Let everybody of a group who has no visit yet go: into this one, and into copies of it when they are more than its free seats.

    Agencies are mixed. Returns the visits that people came into.
    """
    _lock(visit.id)
    rows = sorted(db.session.execute(queries.without_visit(visit, group_id)), key=lambda row: (row.unit_id or 0, row.name))
    parts = parted(rows)
    free = len(_free_seats(visit.id))
    filled: list[Visit] = []
    for part in parts:
        fits = len(part) <= free and not filled
        target = visit if fits else _copy(visit)
        for row, role in zip(part, cycle(ROLE_ORDER), strict=False):
            add_member(actor=actor, visit=target, enrolment_id=row.id, role=role)
        filled.append(target)
    return filled


def _copy(visit: Visit) -> Visit:
    """Make another visit with the same sheet, planned, with a secret of its own."""
    twin = Visit(
        id=uuid.uuid4(),
        cohort_id=visit.cohort_id,
        module_id=visit.module_id,
        activity_key=visit.activity_key,
        secret=secrets.token_bytes(32),
        members=[],
        **{name: getattr(visit, name) for name in SHEET},
    )
    db.session.add(twin)
    db.session.flush()
    return twin


# -- afterwards ---------------------------------------------------------------------------------------------------------------------------


def keep_debrief(*, actor: Actor, visit: Visit, minutes: Mapping[str, str]) -> None:
    """Keep the minutes of the talk afterwards, which all members read."""
    visit.debrief = {name: (minutes.get(name) or "").strip() for name in QUESTIONS}
    audit(actor.id, "visit:debrief", "visit", visit.id)


def tell_back(*, actor: Actor, visit: Visit, told: str, told_by: str, told_on: dt.date) -> None:
    """Keep what the host was told, when and by whom."""
    visit.told, visit.told_by, visit.told_on = told.strip(), told_by.strip(), told_on
    audit(actor.id, "visit:told", "visit", visit.id, day=told_on.isoformat())


def is_untold(visit: Visit, today: dt.date) -> bool:
    """Tell whether the host should have heard by now what came of the visit, and has not."""
    return visit.told_on is None and visit.tell_by < today and visit.state is not VisitState.CANCELLED
