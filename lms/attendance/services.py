"""Noting who was there, by roster, code or sheet, and correcting it. Notes are only ever added; what they amount to is kept beside them."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from flask import current_app

from lms.attendance import absence, queries, rules
from lms.attendance.models import THERE, Attendance, AttendanceNote, AttendanceState, NoteSource
from lms.db import db, keep, upsert, utcnow
from lms.errors import NotFound, Refused
from lms.i18n import gettext as _
from lms.learning.models import CohortModule, Enrolment, ScheduleEntry
from lms.people.access import Actor
from lms.privacy.services import audit
from lms.progress.jp import credit_meeting, uncredit_meeting
from lms.progress.models import EvidenceKind
from lms.progress.services import lock, record

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
    is still to come, an excuse or a late change without a reason; NotFound for somebody else's learner.
    """
    wanted = list(marks)
    moment = moment or utcnow()
    _refuse_wrong_days(entry, moment)
    people = set(db.session.scalars(sa.select(Enrolment.id).where(Enrolment.cohort_id == entry.cohort_id)))
    if {mark.enrolment_id for mark in wanted} - people:
        raise NotFound("nobody with this number in the cohort")
    known = {row.enrolment_id: row.state for row in db.session.execute(_states(entry.id))}
    closed = moment > entry.ends_at + rules.ROSTER_OPEN
    changed = []
    for mark in sorted(wanted, key=lambda mark: mark.enrolment_id):  # one order for all, so that nobody waits in a circle
        before = known.get(mark.enrolment_id)
        corrects = source is NoteSource.ROSTER and before not in {None, mark.state} and (closed or bool(mark.reason))
        if (mark.state is AttendanceState.EXCUSED or corrects) and len(mark.reason.strip()) < 3:
            raise Refused(
                _("Say why: a change after the day needs a reason.")
                if corrects
                else _("Say why somebody is excused, for instance: letter of assignment. Nothing about health.")
            )
        kind = NoteSource.CORRECTION if corrects else source
        settled = _keep(actor, entry, mark, kind, moment, received_at)
        if corrects:
            audit(actor.id, "attendance:correct", "enrolment", mark.enrolment_id, meeting=entry.id, state=mark.state.value)
        if settled:
            changed.append(settled)
    _tell(entry, changed)
    return len(changed)


def _refuse_wrong_days(entry: ScheduleEntry, moment: dt.datetime) -> None:
    if entry.cancelled_at is not None:
        raise Refused(_("This meeting was cancelled."))
    if moment < entry.starts_at - SOON:
        raise Refused(_("This meeting is still to come. Attendance can be noted on its day."))


def _states(entry_id: int) -> sa.Select[int, AttendanceState]:
    return sa.select(Attendance.enrolment_id, Attendance.state).where(Attendance.entry_id == entry_id)


def _keep(
    actor: Actor,
    entry: ScheduleEntry,
    mark: Mark,
    source: NoteSource,
    moment: dt.datetime,
    received_at: dt.datetime | None,
    state: AttendanceState | None = None,
    *,
    undecided: bool = False,
) -> Settled | None:
    """Add a note, once, and bring the projection up to date; return what has changed, if anything."""
    lock(mark.enrolment_id)
    row = {
        "id": mark.note_id or uuid.uuid4(),
        "enrolment_id": mark.enrolment_id,
        "entry_id": entry.id,
        "state": None if undecided else state or mark.state,
        "source": source,
        "reason": mark.reason.strip()[:300],
        "actor_id": actor.id,
        "moment": moment,
        "received_at": received_at or utcnow(),
    }
    if not keep(AttendanceNote, row, key=("id",), update=False):
        return None
    return project(entry, mark.enrolment_id)


def project(entry: ScheduleEntry, enrolment_id: int) -> Settled | None:
    """Rebuild what is known of one person at one meeting from the notes; return what has changed, if anything."""
    columns = (AttendanceNote.id, AttendanceNote.state, AttendanceNote.source, AttendanceNote.moment, AttendanceNote.received_at)
    where = (AttendanceNote.entry_id == entry.id, AttendanceNote.enrolment_id == enrolment_id)
    holds = rules.settle(rules.Word(*row) for row in db.session.execute(sa.select(*columns).where(*where)))
    if holds is None or holds.state is None:
        return None
    before = db.session.scalar(_states(entry.id).with_only_columns(Attendance.state).where(Attendance.enrolment_id == enrolment_id))
    row = {"enrolment_id": enrolment_id, "entry_id": entry.id, "state": holds.state, "moment": holds.moment, "source": holds.source}
    fresh = {name: row[name] for name in ("state", "moment", "source")}
    db.session.execute(upsert(Attendance).values(row).on_conflict_do_update(index_elements=["enrolment_id", "entry_id"], set_=fresh))
    if holds.state in THERE and entry.module_id is not None:
        _leave_evidence(entry, enrolment_id, holds.moment, holds.source)
    return None if before == holds.state else Settled(enrolment_id, entry.id, before, holds.state)


def _leave_evidence(entry: ScheduleEntry, enrolment_id: int, moment: dt.datetime, source: NoteSource) -> None:
    """Leave the evidence that rules ask for with "attended"; one for each person and meeting, however it is known."""
    module_id = entry.module_id
    if module_id is None or db.session.get(CohortModule, (entry.cohort_id, module_id)) is None:
        return  # the module has left the cohort since
    record(
        enrolment_id=enrolment_id,
        module_id=module_id,
        activity_key=entry.activity_key,
        kind=EvidenceKind.ATTENDED,
        evidence_id=uuid.uuid5(entry.uid, f"attended/{enrolment_id}"),
        actor_id=db.session.scalar(sa.select(Enrolment.user_id).where(Enrolment.id == enrolment_id)),
        occurred_at=moment,
        source=source.value,
    )


def _tell(entry: ScheduleEntry, changed: Sequence[Settled]) -> None:
    """Count sessions and hours in this transaction, and warn kindly who comes near a limit."""
    for settled in changed:
        (credit_meeting if settled.there else uncredit_meeting)(enrolment_id=settled.enrolment_id, entry_id=settled.entry_id)
    if changed:
        db.session.execute(queries.count_sessions({settled.enrolment_id for settled in changed}))
    absence.warn(entry.cohort_id, [settled.enrolment_id for settled in changed if not settled.there])


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
            settled = _keep(actor, entry, mark, NoteSource.CODE, moment, None, undecided=True)
            return CheckedIn(entry, settled.after if settled else None)
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
    known = db.session.scalar(_states(entry.id).with_only_columns(Attendance.state).where(Attendance.enrolment_id == enrolment_id))
    if known in THERE:
        return CheckedIn(entry, known)
    state = rules.state_at(entry.starts_at, moment)
    settled = _keep(actor, entry, Mark(enrolment_id, state, note_id=note_id), NoteSource.CODE, moment, None)
    if settled:
        _tell(entry, [settled])
    now = db.session.scalar(_states(entry.id).with_only_columns(Attendance.state).where(Attendance.enrolment_id == enrolment_id))
    return CheckedIn(entry, now)


def seen_at_visit(*, actor: Actor, enrolment_id: int, entry_id: int, moment: dt.datetime) -> None:
    """Note somebody whom the check-in of a field visit has confirmed at the meeting of the schedule that the visit belongs to; once."""
    entry = db.session.get(ScheduleEntry, entry_id)
    if entry is None or entry.cancelled_at is not None:
        return
    mark = Mark(enrolment_id, AttendanceState.PRESENT, note_id=uuid.uuid5(entry.uid, f"visit/{enrolment_id}"))
    settled = _keep(actor, entry, mark, NoteSource.VISIT, moment, None)
    if settled:
        _tell(entry, [settled])


def _why_not(meetings: Sequence[ScheduleEntry], moment: dt.datetime) -> str:
    """Return what to tell somebody whose code fits no meeting."""
    if any(rules.is_open(entry.starts_at, entry.ends_at, moment) for entry in meetings):
        return _("This code does not hold. Type the code that the screen shows now; it changes every minute.")
    ahead = next((entry for entry in meetings if entry.starts_at > moment), None)
    if ahead is not None:
        return _("“%(title)s” has not begun. You can check in from half an hour before.", title=ahead.title)
    return _("None of your meetings takes place at this time. Ask who leads it to note you on the roster.")
