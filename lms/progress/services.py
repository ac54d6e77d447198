"""Evidence comes in, completion and roll-ups follow in the same transaction."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from lms import i18n
from lms.db import db, keep, read, utcnow
from lms.errors import NotFound, Refused
from lms.learning.models import CohortModule, Enrolment, EnrolmentState, RevisionActivity
from lms.people.access import Actor
from lms.plugin import announce, signal
from lms.privacy.services import audit
from lms.progress import jp, queries
from lms.progress.models import Completion, CompletionState, Evidence, EvidenceKind, Extension, ModuleProgress
from lms.progress.rules import Fact, Outcome, evaluate
from lms.supervision.marks import mark

activity_completed = signal("lms:activity-completed")
course_completed = signal("lms:course-completed")


def record(
    *,
    enrolment_id: int,
    module_id: int,
    activity_key: str,
    kind: EvidenceKind,
    value: Any = None,
    evidence_id: uuid.UUID | None = None,
    actor_id: uuid.UUID | None = None,
    occurred_at: dt.datetime | None = None,
    note: str = "",
    source: str = "web",
    device: str = "",
) -> CompletionState:
    """Add a piece of evidence and return the state of its activity. Adding the same id twice changes nothing.

    occurred_at is the moment at which it happened (default: now), in UTC. Raises NotFound when the enrolment's cohort does not have the
    module.
    """
    where: dict[str, Any] = {"enrolment_id": enrolment_id, "module_id": module_id, "activity_key": activity_key}
    lock(enrolment_id)
    target = read(queries.TARGET, where).one_or_none()
    learner = target or _learner(enrolment_id, module_id)
    moment = occurred_at or utcnow()
    added = add_evidence(
        **where,
        kind=kind,
        value=value,
        evidence_id=evidence_id,
        actor_id=actor_id,
        occurred_at=moment,
        note=note,
        source=source,
        device=device,
    )
    if added and actor_id == learner.user_id:
        _note_day(enrolment_id, learner, i18n.local_day(moment, learner.user_zone or learner.cohort_zone))
    if target is None:
        return CompletionState.NOT_STARTED
    return _project(where, target, touched=moment) if added else target.before or CompletionState.NOT_STARTED


def add_evidence(
    *,
    enrolment_id: int,
    module_id: int | None,
    activity_key: str,
    kind: EvidenceKind,
    value: Any = None,
    evidence_id: uuid.UUID | None = None,
    actor_id: uuid.UUID | None = None,
    occurred_at: dt.datetime | None = None,
    note: str = "",
    source: str = "web",
    device: str = "",
) -> bool:
    """Append a row and tell whether it is new. The caller holds the enrolment's lock and brings the projections up to date."""
    now = utcnow()
    row = {
        "id": evidence_id or uuid.uuid4(),
        "enrolment_id": enrolment_id,
        "module_id": module_id,
        "activity_key": activity_key,
        "kind": kind,
        "value": value,
        "note": note,
        "actor_id": actor_id,
        "occurred_at": occurred_at or now,
        "received_at": now,
        "source": source,
        "device": device,
    }
    return keep(Evidence, row, key=("id",), update=False)


def lock(enrolment_id: int) -> None:
    """Let one writer at a time touch an enrolment's evidence, so that order of arrival is one order (SQLite has one writer anyway)."""
    if read(queries.LOCK, {"enrolment_id": enrolment_id}).one_or_none() is None:
        raise NotFound(f"no enrolment {enrolment_id}")


def lock_all(enrolment_ids: Collection[int]) -> None:
    """Let one writer at a time touch the evidence of these enrolments; always in one order, so that nobody waits in a circle."""
    db.session.execute(sa.select(Enrolment.id).where(Enrolment.id.in_(enrolment_ids)).order_by(Enrolment.id).with_for_update())


def _learner(enrolment_id: int, module_id: int) -> Any:
    """Return whose evidence it is. Raises NotFound when its cohort does not have the module.

    Evidence of an activity that the pinned revision has no more is kept all the same: a phone may have been without signal for a week.
    """
    learner = read(queries.LEARNER, {"enrolment_id": enrolment_id, "module_id": module_id}).one_or_none()
    if learner is None:
        raise NotFound(f"no module {module_id} for enrolment {enrolment_id}")
    return learner


def _target(where: Mapping[str, Any]) -> Any:
    target = read(queries.TARGET, where).one_or_none()
    if target is None:
        raise NotFound(f"no such activity for this enrolment: {dict(where)}")
    return target


def project_activity(enrolment_id: int, module_id: int, activity_key: str) -> CompletionState:
    """Rebuild completion of one activity and the roll-ups above it from evidence; return its state. Announces nothing."""
    where = {"enrolment_id": enrolment_id, "module_id": module_id, "activity_key": activity_key}
    return _project(where, _target(where), touched=None)


def _project(where: Mapping[str, Any], target: Any, *, touched: dt.datetime | None) -> CompletionState:
    """Bring completion and roll-ups up to date. touched is the moment of new evidence; None when a projection is rebuilt."""
    zone = target.user_zone or target.cohort_zone
    outcome = evaluate(target.rule, facts(**where, zone=zone))
    _save_completion(where, target.revision_id, outcome)
    if outcome.state != target.before or touched is None:
        project_module(where["enrolment_id"], where["module_id"], target.revision_id)
        project_enrolment(where["enrolment_id"], target.cohort_id, touched=touched)
        if outcome.state is CompletionState.COMPLETE:
            jp.credit_section(
                enrolment_id=where["enrolment_id"],
                user_id=target.user_id,
                module_id=where["module_id"],
                revision_id=target.revision_id,
                section=target.section,
                zone=zone,
            )
            if touched is not None:
                announce(activity_completed, **where)
    return outcome.state


def facts(enrolment_id: int, module_id: int, activity_key: str, zone: str) -> list[Fact]:
    """Return the evidence of one activity in order of arrival, with local days."""
    rows = read(queries.FACTS, {"enrolment_id": enrolment_id, "module_id": module_id, "activity_key": activity_key})
    return [Fact(row.id, row.kind, row.value, row.occurred_at, i18n.local_day(row.occurred_at, zone)) for row in rows]


def _save_completion(where: Mapping[str, Any], revision_id: int, outcome: Outcome) -> None:
    row = {
        **where,
        "state": outcome.state,
        "score": outcome.score,
        "first_completed_at": outcome.first_completed_at,
        "revision_id": revision_id,
        "reasons": outcome.reasons,
    }
    keep(Completion, row, key=("enrolment_id", "module_id", "activity_key"))


def project_module(enrolment_id: int, module_id: int, revision_id: int) -> None:
    """Bring the roll-up of one module up to date."""
    where = {"enrolment_id": enrolment_id, "module_id": module_id}
    counts = read(queries.MODULE_COUNTS, {**where, "revision_id": revision_id}).one()
    row = {
        **where,
        "required_count": counts.required,
        "done_count": counts.done,
        "waiting_count": counts.waiting,
        "completed_at": counts.last if counts.required and counts.done == counts.required else None,
    }
    keep(ModuleProgress, row, key=("enrolment_id", "module_id"))


_ROLL_UP = sa.update(Enrolment).where(Enrolment.id == sa.bindparam("enrolment_id"))


def project_enrolment(enrolment_id: int, cohort_id: int, *, touched: dt.datetime | None = None) -> None:
    """Bring the roll-up on the enrolment row up to date. Who has finished stays finished, whatever is added to the course later.

    touched is the moment of what has just changed; None when the projection is rebuilt, which adds no evidence.
    """
    counts = read(queries.ENROLMENT_COUNTS, {"enrolment_id": enrolment_id, "cohort_id": cohort_id}).one()
    finished = counts.finished
    if finished is None and touched is not None and counts.required and counts.done == counts.required:
        finished = touched
        add_evidence(
            enrolment_id=enrolment_id, module_id=None, activity_key="", kind=EvidenceKind.FINISHED, occurred_at=touched, source="kernel"
        )
        announce(course_completed, enrolment_id=enrolment_id)
    db.session.connection().execute(
        _ROLL_UP.values(
            required_count=counts.required,
            done_count=counts.done,
            waiting_count=counts.waiting,
            next_due_on=counts.next_due_on,
            completed_at=finished,
        ),
        {"enrolment_id": enrolment_id},
    )
    mark(cohort_id)


def _note_day(enrolment_id: int, target: Any, day: dt.date) -> None:
    """Remember on which days the learner began and was last active; days only, supervisors see no times."""
    started, active = min(target.started_on or day, day), max(target.active_on or day, day)
    if (started, active) != (target.started_on, target.active_on):
        db.session.connection().execute(_ROLL_UP.values(started_on=started, active_on=active), {"enrolment_id": enrolment_id})


def override(
    *, actor: Actor, enrolment_id: int, module_id: int, activity_key: str, state: str, reason: str, until: dt.date | None = None
) -> CompletionState:
    """Set an activity complete or incomplete for one learner, by a person who says why; the learner sees it.

    state is `complete`, `incomplete` (starts anew) or `lifted` (an earlier override no longer holds). The caller has checked that the
    actor may manage the cohort.
    """
    new = record(
        enrolment_id=enrolment_id,
        module_id=module_id,
        activity_key=activity_key,
        kind=EvidenceKind.OVERRIDE,
        value={"state": state, "until": until.isoformat() if until else None},
        note=reason,
        actor_id=actor.id,
    )
    audit(actor.id, "progress:override", "enrolment", enrolment_id, activity=activity_key, state=state)
    return new


def end_overrides(today: dt.date) -> int:
    """Lift overrides whose last day is over; return how many. The end is evidence too, so that rebuilding needs no clock."""
    latest = (
        sa.select(sa.func.max(Evidence.sequence))
        .where(Evidence.kind == EvidenceKind.OVERRIDE)
        .group_by(Evidence.enrolment_id, Evidence.module_id, Evidence.activity_key)
    )
    ended = 0
    for row in db.session.scalars(sa.select(Evidence).where(Evidence.sequence.in_(latest))):
        value = row.value or {}
        until = value.get("until")
        if value["state"] == "complete" and until and dt.date.fromisoformat(until) < today and row.module_id:
            record(
                enrolment_id=row.enrolment_id,
                module_id=row.module_id,
                activity_key=row.activity_key,
                kind=EvidenceKind.OVERRIDE,
                value={"state": "lifted", "until": None},
                note=f"{until}",
                source="kernel",
            )
            ended += 1
    return ended


def start_progress(enrolment_ids: Iterable[int]) -> None:
    """Lay out the roll-ups of new enrolments, so that "0 of 61" is there before the first act."""
    for enrolment_id in enrolment_ids:
        enrolment = db.session.get_one(Enrolment, enrolment_id)
        for module_id, revision_id in pins(enrolment.cohort_id):
            project_module(enrolment_id, module_id, revision_id)
        project_enrolment(enrolment_id, enrolment.cohort_id)


def reproject(enrolment_id: int, module_id: int, revision_id: int) -> None:
    """Bring one module of one enrolment up to date after its pinned revision has changed."""
    keys = [activity.key for activity in activities_of(revision_id)]
    db.session.execute(
        sa.delete(Completion).where(
            Completion.enrolment_id == enrolment_id, Completion.module_id == module_id, Completion.activity_key.not_in(keys)
        )
    )
    project_module(enrolment_id, module_id, revision_id)
    with_evidence = (
        sa.select(Evidence.activity_key)
        .distinct()
        .where(Evidence.enrolment_id == enrolment_id, Evidence.module_id == module_id, Evidence.activity_key.in_(keys))
    )
    for key in list(db.session.scalars(with_evidence)):
        project_activity(enrolment_id, module_id, key)
    cohort_id = db.session.get_one(Enrolment, enrolment_id).cohort_id
    project_enrolment(enrolment_id, cohort_id, touched=utcnow())


def renew_due_days(cohort_id: int) -> None:
    """Bring what is due next up to date for everybody in a cohort, after its days have changed: one statement, however many they are."""
    next_due = (
        sa.select(sa.func.min(queries.DUE_FROM_LEARNER))
        .select_from(CohortModule)
        .join(ModuleProgress, ModuleProgress.module_id == CohortModule.module_id)
        .outerjoin(*queries.extension_of(ModuleProgress.enrolment_id))
        .where(CohortModule.cohort_id == Enrolment.cohort_id, CohortModule.required, ModuleProgress.enrolment_id == Enrolment.id)
        .correlate(Enrolment)
        .scalar_subquery()
    )
    db.session.execute(sa.update(Enrolment).where(Enrolment.cohort_id == cohort_id).values(next_due_on=next_due))
    mark(cohort_id)


def extend(*, actor: Actor, cohort_id: int, enrolment_ids: Iterable[int], module_id: int, due_on: dt.date, reason: str) -> int:
    """Give people of a cohort a later due day for one of its modules, with the reason; return how many.

    A person who has one already gets the new one instead; the actor is left out. Raises NotFound when the cohort has no such module, and Refused unless the day is
    later than that of the cohort. The caller has checked that the actor may manage the cohort.
    """
    pin = db.session.get(CohortModule, (cohort_id, module_id))
    if pin is None:
        raise NotFound("no such module in the cohort")
    if pin.due_on is None or due_on <= pin.due_on:
        raise Refused(i18n.gettext("Choose a day after %(date)s, the due day of this module.", date=i18n.format_date(pin.due_on)))
    own = set(db.session.scalars(sa.select(Enrolment.id).where(Enrolment.cohort_id == cohort_id, Enrolment.user_id == actor.id)))
    numbers = sorted(set(enrolment_ids).intersection(active_enrolments(cohort_id)) - own)
    for number in numbers:
        row = {"enrolment_id": number, "module_id": module_id, "due_on": due_on, "reason": reason}
        keep(Extension, {**row, "given_by_id": actor.id, "given_at": utcnow()}, key=("enrolment_id", "module_id"))
        audit(actor.id, "progress:extend", "enrolment", number, module=module_id, due=due_on.isoformat())
    renew_due_days(cohort_id)
    return len(numbers)


def pins(cohort_id: int) -> list[tuple[int, int]]:
    """Return (module id, pinned revision id) of a cohort's modules, in order."""
    rows = db.session.execute(
        sa.select(CohortModule.module_id, CohortModule.revision_id)
        .where(CohortModule.cohort_id == cohort_id)
        .order_by(CohortModule.position)
    )
    return [(module_id, revision_id) for module_id, revision_id in rows]


def active_enrolments(cohort_id: int) -> list[int]:
    """Return the ids of the active enrolments of a cohort."""
    return list(
        db.session.scalars(
            sa.select(Enrolment.id).where(Enrolment.cohort_id == cohort_id, Enrolment.state == EnrolmentState.ACTIVE).order_by(Enrolment.id)
        )
    )


def activities_of(revision_id: int) -> list[RevisionActivity]:
    """Return the activities of a revision in order."""
    return list(
        db.session.scalars(
            sa.select(RevisionActivity).where(RevisionActivity.revision_id == revision_id).order_by(RevisionActivity.position)
        )
    )


def state_of(enrolment_id: int, module_id: int, activity_key: str) -> CompletionState:
    """Return the state of one activity."""
    found = db.session.scalar(queries.completion_of(enrolment_id, module_id, activity_key))
    return found.state if found else CompletionState.NOT_STARTED
