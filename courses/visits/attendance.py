"""Check-in: two notes about the same code make somebody present; a signed list does too, entered by hand."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from courses.visits import codes
from courses.visits.codes import Attendance, Note, Side
from courses.visits.models import CheckInNote, Visit, VisitMember, VisitState
from courses.visits.services import visit_to_join, visit_to_lead
from lms.api import Actor, Enrolment, EvidenceKind, NotFound, Refused, audit, db, gettext, record, seen_at_visit, upsert, utcnow

MARGIN = dt.timedelta(hours=12)  # a boat may be late, and nobody out there can change the hour


@dataclass(frozen=True, slots=True)
class Mark:
    """The facilitator's word about one member: the answer that their phone showed, and when."""

    member_id: uuid.UUID
    answer: str
    moment: dt.datetime
    code: str = ""  # empty: the server finds the code that the answer belongs to


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one side's word. `answer` is the number that the learner shows; `refused` says why nothing was kept."""

    member_id: uuid.UUID
    state: Attendance
    answer: str = ""
    refused: str = ""


def take_check_in(
    *, actor: Actor, visit_id: uuid.UUID, code: str, answer: str, moment: dt.datetime, received_at: dt.datetime | None = None
) -> Taken:
    """Take a learner's word that they typed the facilitator's code at a moment (judged, not merely said by the device).

    answer is what their phone made of the code; empty when the server shall make it, for pages without a script. Sending it again changes
    nothing. Raises NotFound for who does not go along, Refused for a code that did not hold then or an answer that is another's.
    """
    visit, member, _enrolment = visit_to_join(actor, visit_id)
    _refuse_other_days(visit, moment)
    if not codes.code_holds(visit.secret, visit.id, code, moment):
        raise Refused(gettext("This code does not hold. Type the code that the facilitator's phone shows now."))
    own = codes.answer_to(codes.member_key(visit.secret, member.id), visit.id, code)
    if answer and answer != own:
        raise Refused(gettext("This answer belongs to somebody else."))
    return Taken(member.id, _keep(visit, member, Note(Side.MEMBER, code, moment), actor, received_at), own)


def take_roll(*, actor: Actor, visit_id: uuid.UUID, marks: Iterable[Mark], received_at: dt.datetime | None = None) -> list[Taken]:
    """Take the facilitator's word about members; one that is refused does not keep the others back. Raises NotFound for who does not lead."""
    visit = visit_to_lead(actor, visit_id)
    members = {member.id: member for member in db.session.scalars(sa.select(VisitMember).where(VisitMember.visit_id == visit.id))}
    return [_take_mark(actor, visit, members, mark, received_at) for mark in marks]


def _take_mark(actor: Actor, visit: Visit, members: dict[uuid.UUID, VisitMember], mark: Mark, received_at: dt.datetime | None) -> Taken:
    member = members.get(mark.member_id)
    try:
        if member is None:
            raise Refused(gettext("This person does not go along."))
        _refuse_other_days(visit, mark.moment)
        code = codes.code_answered(visit.secret, visit.id, member.id, mark.answer, mark.moment)
        if mark.code and mark.code != code:
            code = mark.code if _belongs(visit, member, mark) else None
        if code is None:
            raise Refused(gettext("The number does not fit. Ask for the four digits on their phone, and type them anew."))
        return Taken(member.id, _keep(visit, member, Note(Side.FACILITATOR, code, mark.moment), actor, received_at))
    except Refused as reason:
        return Taken(mark.member_id, Attendance.NONE, refused=str(reason))


def _belongs(visit: Visit, member: VisitMember, mark: Mark) -> bool:
    """Tell whether a named code held then and the answer is this member's."""
    own = codes.answer_to(codes.member_key(visit.secret, member.id), visit.id, mark.code)
    return mark.answer == own and codes.code_holds(visit.secret, visit.id, mark.code, mark.moment)


def take_paper(*, actor: Actor, visit: Visit, member_ids: Iterable[uuid.UUID], moment: dt.datetime) -> int:
    """Enter who signed the printed list; return how many are new. Each is audited. Raises NotFound for who does not go along."""
    members = {member.id: member for member in db.session.scalars(sa.select(VisitMember).where(VisitMember.visit_id == visit.id))}
    new = 0
    for member_id in member_ids:
        if member_id not in members:
            raise NotFound("no such member of the visit")
        member = members[member_id]
        before = _state(member.id)[0]
        _keep(visit, member, Note(Side.PAPER, "", moment), actor, None)
        if before is not Attendance.CONFIRMED:
            new += 1
            audit(actor.id, "visit:paper", "visit", visit.id, enrolment=member.enrolment_id)
    return new


def _refuse_other_days(visit: Visit, moment: dt.datetime) -> None:
    if visit.state is VisitState.CANCELLED:
        raise Refused(gettext("This visit was cancelled."))
    if not visit.starts_at - MARGIN <= moment <= visit.ends_at + MARGIN:
        raise Refused(gettext("The visit is not at this time."))


def _keep(visit: Visit, member: VisitMember, note: Note, actor: Actor, received_at: dt.datetime | None) -> Attendance:
    """Keep a note, once; with the other half there is evidence, at the moment of the act. Halves that arrive together wait for each other."""
    db.session.execute(sa.select(VisitMember.id).where(VisitMember.id == member.id).with_for_update()).one()
    learner = db.session.scalar(sa.select(Enrolment.user_id).where(Enrolment.id == member.enrolment_id))
    if note.side is not Side.MEMBER and learner == actor.id:
        raise Refused(gettext("Nobody notes themselves. Ask somebody else who leads the visit."))
    values = {
        "id": uuid.uuid5(member.id, f"{note.side.value}/{note.code}"),
        "member_id": member.id,
        "side": note.side,
        "code": note.code,
        "moment": note.moment,
        "received_at": received_at or utcnow(),
        "actor_id": actor.id,
    }
    statement = upsert(CheckInNote).values(values)
    earlier = sa.case((statement.excluded.moment < CheckInNote.moment, statement.excluded.moment), else_=CheckInNote.moment)
    db.session.execute(statement.on_conflict_do_update(index_elements=["id"], set_={"moment": earlier}))
    state, since = _state(member.id)
    if state is Attendance.CONFIRMED and since is not None:
        _record(member, since)
        if visit.schedule_entry_id is not None:
            seen_at_visit(actor=actor, enrolment_id=member.enrolment_id, entry_id=visit.schedule_entry_id, moment=since)
    return state


def _state(member_id: uuid.UUID) -> tuple[Attendance, dt.datetime | None]:
    rows = db.session.execute(sa.select(CheckInNote.side, CheckInNote.code, CheckInNote.moment).where(CheckInNote.member_id == member_id))
    return codes.attendance(Note(row.side, row.code, row.moment) for row in rows)


def _record(member: VisitMember, since: dt.datetime) -> None:
    """Leave the evidence that completion asks for; its id is the member's, so that there is one however it is known."""
    author = db.session.scalar(sa.select(Enrolment.user_id).where(Enrolment.id == member.enrolment_id))
    by_hand = db.session.scalar(
        sa.select(CheckInNote.id).where(CheckInNote.member_id == member.id, CheckInNote.side == Side.PAPER).limit(1)
    )
    record(
        enrolment_id=member.enrolment_id,
        module_id=member.module_id,
        activity_key=member.activity_key,
        kind=EvidenceKind.ATTENDED,
        evidence_id=uuid.uuid5(member.id, "attended"),
        actor_id=author,
        occurred_at=since,
        source="paper" if by_hand else "check-in",
    )


def roster(notes: Iterable[CheckInNote]) -> dict[uuid.UUID, tuple[Attendance, dt.datetime | None]]:
    """Return {member id: state and moment} of those about whom something is known."""
    said: dict[uuid.UUID, list[Note]] = {}
    for note in notes:
        said.setdefault(note.member_id, []).append(Note(note.side, note.code, note.moment))
    return {member_id: codes.attendance(found) for member_id, found in said.items()}
