"""Noting who was there, by roster, code or sheet, and correcting it. Notes are only ever added; what they amount to is kept beside them."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from flask import current_app

from lms.attendance import absence, queries, rules
from lms.attendance.models import THERE, Attendance, AttendanceNote, AttendanceState, NoteSource
from lms.db import db, upsert, utcnow
from lms.errors import NotFound, Refused
from lms.i18n import gettext as _
from lms.learning.models import CohortModule, Enrolment, ScheduleEntry
from lms.people.access import Actor
from lms.privacy.services import audit
from lms.progress.jp import credit_meeting, uncredit_meeting
from lms.progress.models import EvidenceKind
from lms.progress.services import lock_all, record

SOON = dt.timedelta(hours=12)  # nobody is noted earlier at a meeting: a slip of the finger on next week's roster


@dataclass(frozen=True, slots=True)
class Settled:
    """What has changed for one person at one meeting, told in the same transaction. `before` None: nothing was noted."""

    enrolment_id: int
    entry_id: int
    before: AttendanceState | None
    after: AttendanceState

    @property
    def there(self) -> bool:
        """Tell whether the person was there, as it stands now."""
        return self.after in THERE


@dataclass(frozen=True, slots=True)
class Mark:
    """One word about one person. `note_id` is made by whoever noted it."""

    enrolment_id: int
    state: AttendanceState
    reason: str = ""
    note_id: uuid.UUID | None = None


def secret_of(entry: ScheduleEntry) -> bytes:
    """Return the secret of a meeting's codes."""
    key = current_app.secret_key or b""
    return rules.meeting_secret(key if isinstance(key, bytes) else key.encode(), entry.uid)


def note(
    *,
    actor: Actor,
    entry: ScheduleEntry,
    marks: Iterable[Mark],
    source: NoteSource = NoteSource.ROSTER,
    moment: dt.datetime | None = None,
    received_at: dt.datetime | None = None,
) -> int:
    """Note people at a meeting; return for how many something changed. A note that is known already changes nothing.

    moment is that of the act (default: now). A mark that changes what was noted before, and comes more than a day after the end or with a
    reason, is a correction: it is audited, and holds against any later note that is none. Raises Refused for a meeting that was cancelled or
    is still to come, an excuse or a late change without a reason, and a mark about oneself; NotFound for somebody else's learner.
    """
    wanted = {mark.enrolment_id: mark for mark in marks}
    moment = moment or utcnow()
    _refuse_wrong_days(entry, moment)
    people: dict[int, uuid.UUID] = {row.id: row.user_id for row in db.session.execute(queries.who_is_in(entry.cohort_id))}
    if wanted.keys() - people.keys():
        raise NotFound("nobody with this number in the cohort")
    if any(people[number] == actor.id for number in wanted):
        raise Refused(_("Nobody notes themselves. Check in with the code, or ask somebody else who keeps the roster."))
    lock_all(wanted)
    known, closed = _states(entry.id, wanted), moment > entry.ends_at + rules.ROSTER_OPEN
    corrected = {
        number
        for number, mark in wanted.items()
        if source is NoteSource.ROSTER and known.get(number) not in {None, mark.state} and (closed or bool(mark.reason))
    }
    _demand_reasons(wanted.values(), corrected)
    words = [(mark, NoteSource.CORRECTION if number in corrected else source) for number, mark in wanted.items()]
    settled = _keep(actor, entry, words, moment, received_at)
    for number in sorted(corrected):
        audit(actor.id, "attendance:correct", "enrolment", number, meeting=entry.id, state=wanted[number].state.value)
    _tell(entry, settled)
    return len(settled)


def _demand_reasons(marks: Iterable[Mark], corrected: Collection[int]) -> None:
    for mark in marks:
        if len(mark.reason.strip()) < 3 and mark.enrolment_id in corrected:
            raise Refused(_("Say why: a change after the day needs a reason."))
        if len(mark.reason.strip()) < 3 and mark.state is AttendanceState.EXCUSED:
            raise Refused(_("Say why somebody is excused, for instance: letter of assignment. Nothing about health."))


def _refuse_wrong_days(entry: ScheduleEntry, moment: dt.datetime) -> None:
    if entry.cancelled_at is not None:
        raise Refused(_("This meeting was cancelled."))
    now = utcnow()
    if min(moment, now) < entry.starts_at - SOON or moment > now + SOON:
        raise Refused(_("This meeting is still to come. Attendance can be noted on its day."))


def _states(entry_id: int, enrolments: Collection[int]) -> dict[int, AttendanceState]:
    """Return {enrolment id: state} of those of these people who are noted at a meeting."""
    where = (Attendance.entry_id == entry_id, Attendance.enrolment_id.in_(enrolments))
    return {row.enrolment_id: row.state for row in db.session.execute(sa.select(Attendance.enrolment_id, Attendance.state).where(*where))}


def _keep(
    actor: Actor,
    entry: ScheduleEntry,
    words: Iterable[tuple[Mark, NoteSource]],
    moment: dt.datetime,
    received_at: dt.datetime | None = None,
    *,
    undecided: bool = False,
) -> list[Settled]:
    """Add notes, each once, and bring the projection up to date; return what has changed. The caller has locked the enrolments."""
    rows = [
        {
            "id": mark.note_id or uuid.uuid4(),
            "enrolment_id": mark.enrolment_id,
            "entry_id": entry.id,
            "state": None if undecided else mark.state,
            "source": source,
            "reason": mark.reason.strip()[:300],
            "actor_id": actor.id,
            "moment": moment,
            "received_at": received_at or utcnow(),
        }
        for mark, source in words
    ]
    if not rows:
        return []
    added = upsert(AttendanceNote).values(rows).on_conflict_do_nothing(index_elements=["id"]).returning(AttendanceNote.enrolment_id)
    return project(entry, db.session.scalars(added).all())


def project(entry: ScheduleEntry, enrolments: Collection[int]) -> list[Settled]:
    """Rebuild what is known of people at one meeting from the notes; return what has changed."""
    said: dict[int, list[rules.Word]] = {}
    for row in db.session.execute(queries.words_about(entry.id, enrolments)) if enrolments else ():
        said.setdefault(row.enrolment_id, []).append(rules.Word(row.id, row.state, row.source, row.moment, row.received_at))
    holding = {number: holds for number, words in sorted(said.items()) if (holds := rules.settle(words)) is not None}
    if not holding:
        return []
    before = _states(entry.id, holding)
    statement = upsert(Attendance).values(
        [
            {"enrolment_id": number, "entry_id": entry.id, "state": holds.state, "moment": holds.moment, "source": holds.source}
            for number, holds in holding.items()
        ]
    )
    fresh = {name: statement.excluded[name] for name in ("state", "moment", "source")}
    db.session.execute(statement.on_conflict_do_update(index_elements=["enrolment_id", "entry_id"], set_=fresh))
    _leave_evidence(entry, {number: holds for number, holds in holding.items() if holds.state in THERE})
    return [
        Settled(number, entry.id, before.get(number), holds.state)
        for number, holds in holding.items()
        if holds.state is not None and before.get(number) != holds.state
    ]


def _leave_evidence(entry: ScheduleEntry, there: Mapping[int, rules.Word]) -> None:
    """Leave the evidence that rules ask for with "attended"; one for each person, meeting and activity, however it is known."""
    module_id = entry.module_id
    if not there or module_id is None or db.session.get(CohortModule, (entry.cohort_id, module_id)) is None:
        return  # the module has left the cohort since
    for number, user_id in db.session.execute(queries.who_is_in(entry.cohort_id).where(Enrolment.id.in_(there))).all():
        record(
            enrolment_id=number,
            module_id=module_id,
            activity_key=entry.activity_key,
            kind=EvidenceKind.ATTENDED,
            evidence_id=uuid.uuid5(entry.uid, f"attended/{number}/{module_id}/{entry.activity_key}"),
            actor_id=user_id,
            occurred_at=there[number].moment,
            source=there[number].source.value,
        )


def _tell(entry: ScheduleEntry, changed: Sequence[Settled]) -> None:
    """Count sessions and hours in this transaction, and warn kindly who comes near a limit."""
    if not changed:
        return
    away = [settled.enrolment_id for settled in changed if not settled.there]
    credit_meeting(enrolment_ids=[settled.enrolment_id for settled in changed if settled.there], entry_id=entry.id)
    uncredit_meeting(enrolment_ids=away, entry_id=entry.id)
    db.session.execute(queries.count_sessions([settled.enrolment_id for settled in changed]))
    absence.warn(entry.cohort_id, away)


def count_anew(entry: ScheduleEntry) -> None:
    """Bring hours, evidence and counts of those who were noted up to date after their meeting was cancelled, or counts for something else."""
    noted = db.session.scalars(sa.select(Attendance.enrolment_id).where(Attendance.entry_id == entry.id)).all()
    lock_all(noted)
    states = _states(entry.id, noted)
    counts = entry.cancelled_at is None and entry.jp > 0
    there = [number for number, state in states.items() if state in THERE]
    (credit_meeting if counts else uncredit_meeting)(enrolment_ids=there, entry_id=entry.id)
    if entry.cancelled_at is None:
        project(entry, there)
    db.session.execute(queries.count_sessions(noted))


# -- check-in with a code -------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CheckedIn:
    """What a check-in has come to; state None: it is kept, and a person decides."""

    entry: ScheduleEntry
    state: AttendanceState | None


def check_in(
    *,
    actor: Actor,
    code: str,
    moment: dt.datetime,
    note_id: uuid.UUID | None = None,
    bounds: tuple[dt.datetime, dt.datetime] | None = None,
    entry_id: int | None = None,
) -> CheckedIn:
    """Take a learner's word that they saw this code at a moment; the meeting is found by it, or is the one named.

    bounds are given when the device's clock cannot be believed: between them it happened, and a code that held then is kept for a person to
    decide. Raises Refused, with what to do, when no meeting of theirs showed this code then.
    """
    code = "".join(letter for letter in code if letter.isdecimal())
    first, last = bounds or (moment, moment)
    rows = db.session.execute(queries.meetings_for(actor.id, first - rules.OVERTIME, last + SOON)).all()
    chosen = [row for row in rows if entry_id in {None, row[0].id}]
    for entry, enrolment_id, _zone, _state in chosen:
        if rules.is_open(entry.starts_at, entry.ends_at, moment) and rules.code_holds(secret_of(entry), code, moment):
            return _seen(actor, entry, enrolment_id, moment, note_id)
    for entry, enrolment_id, _zone, _state in chosen if bounds else ():
        since, until = max(first, entry.starts_at - rules.EARLY), min(last, entry.ends_at + rules.OVERTIME)
        if since <= until and rules.code_held_between(secret_of(entry), code, since, until):
            mark = Mark(enrolment_id, AttendanceState.PRESENT, note_id=note_id)
            lock_all([enrolment_id])
            settled = _keep(actor, entry, [(mark, NoteSource.CODE)], moment, undecided=True)
            return CheckedIn(entry, settled[0].after if settled else None)
    raise Refused(_why_not([row[0] for row in chosen], moment))


def seen_on_screen(*, actor: Actor, entry_id: int, moment: dt.datetime) -> CheckedIn:
    """Take the word of somebody who opened the link on the screen at a moment that the server has signed. Raises Refused, NotFound."""
    rows = db.session.execute(queries.meetings_for(actor.id, moment - SOON, moment + SOON)).all()
    found = next(((entry, enrolment_id) for entry, enrolment_id, _zone, _state in rows if entry.id == entry_id), None)
    if found is None:
        raise NotFound("not a meeting of this person")
    if not rules.is_open(found[0].starts_at, found[0].ends_at, moment):
        raise Refused(_why_not([found[0]], moment))
    return _seen(actor, *found, moment, None)


def _seen(actor: Actor, entry: ScheduleEntry, enrolment_id: int, moment: dt.datetime, note_id: uuid.UUID | None) -> CheckedIn:
    """Keep a check-in. Who is noted as there already stays as they were: a second scan makes nobody late."""
    lock_all([enrolment_id])
    known = _states(entry.id, [enrolment_id]).get(enrolment_id)
    if known in THERE:
        return CheckedIn(entry, known)
    mark = Mark(enrolment_id, rules.state_at(entry.starts_at, moment), note_id=note_id)
    _tell(entry, _keep(actor, entry, [(mark, NoteSource.CODE)], moment))
    return CheckedIn(entry, _states(entry.id, [enrolment_id]).get(enrolment_id))


def seen_at_visit(*, actor: Actor, enrolment_id: int, entry_id: int, moment: dt.datetime) -> None:
    """Note somebody whom the check-in of a field visit has confirmed at the meeting of the schedule that the visit belongs to; once."""
    entry = db.session.get(ScheduleEntry, entry_id)
    if entry is None or entry.cancelled_at is not None:
        return
    mark = Mark(enrolment_id, AttendanceState.PRESENT, note_id=uuid.uuid5(entry.uid, f"visit/{enrolment_id}"))
    lock_all([enrolment_id])
    _tell(entry, _keep(actor, entry, [(mark, NoteSource.VISIT)], moment))


def _why_not(meetings: Sequence[ScheduleEntry], moment: dt.datetime) -> str:
    """Return what to tell somebody whose code fits no meeting."""
    if any(rules.is_open(entry.starts_at, entry.ends_at, moment) for entry in meetings):
        return _("This code does not hold. Type the code that the screen shows now; it changes every minute.")
    ahead = next((entry for entry in meetings if entry.starts_at > moment), None)
    if ahead is not None:
        return _("“%(title)s” has not begun. You can check in from half an hour before.", title=ahead.title)
    return _("None of your meetings takes place at this time. Ask who leads it to note you on the roster.")
