"""Drafts, revisions, pins: how a module comes to learners, and how a cohort moves to a newer revision."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from lms.activity import Draft
from lms.db import db, utcnow
from lms.errors import Refused
from lms.i18n import gettext as _
from lms.i18n import local_day
from lms.learning.models import (
    ACTIVITY_FIELDS,
    Activity,
    Cohort,
    CohortModule,
    Course,
    CourseModule,
    Enrolment,
    EnrolmentState,
    Module,
    Revision,
    RevisionActivity,
)
from lms.learning.outline import outlines
from lms.learning.words import title_of
from lms.people.access import Actor
from lms.people.models import User
from lms.plugin import announce, signal
from lms.privacy.services import audit
from lms.progress import services as progress
from lms.progress.models import Completion, CompletionState, Evidence, EvidenceKind
from lms.progress.rules import Fact, earned_at, evaluate
from lms.registry import MISSING, activity_type
from lms.supervision.marks import mark

revision_published = signal("lms:revision-published")
learner_enrolled = signal("lms:learner-enrolled")


def touch(module: Module) -> None:
    """Count a change of the draft."""
    module.edition += 1
    module.updated_at = utcnow()


def latest_revision(module_id: int) -> Revision | None:
    """Return the newest revision of a module, or None while it was never published."""
    return db.session.scalar(sa.select(Revision).where(Revision.module_id == module_id).order_by(Revision.number.desc()).limit(1))


def draft_activities(module_id: int) -> list[Activity]:
    """Return the activities of a module's draft in order."""
    return list(db.session.scalars(sa.select(Activity).where(Activity.module_id == module_id).order_by(Activity.position)))


def digest(about: Mapping[str, Any], rows: list[dict[str, Any]]) -> str:
    """Return a fingerprint of what a revision holds, to tell whether a draft differs from it."""
    text = json.dumps([about, rows], sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Frozen:
    """What a revision would hold: what the module says about itself, and its activities as plain columns (ACTIVITY_FIELDS) in order."""

    about: Mapping[str, Any]
    activities: Sequence[Mapping[str, Any]]

    @property
    def digest(self) -> str:
        """Return its fingerprint."""
        return digest(self.about, [dict(row) for row in self.activities])

    def as_data(self) -> dict[str, Any]:
        """Return it as JSON keeps it."""
        rows = [{**row, "checked_on": row["checked_on"] and row["checked_on"].isoformat()} for row in self.activities]
        return {"about": dict(self.about), "activities": rows}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Frozen:
        """Return what `as_data` gave."""
        day = dt.date.fromisoformat
        rows = [{**row, "checked_on": day(row["checked_on"]) if row["checked_on"] else None} for row in data["activities"]]
        return cls(data["about"], rows)


def freeze(*, actor_id: uuid.UUID | None, module: Module) -> Frozen:
    """Return what publishing the draft now would make, without what is hidden. Nothing is changed.

    Raises Refused when there is nothing to publish, or when an activity waits for a hidden one; ContentError when a type refuses its settings.
    """
    draft = draft_activities(module.id)
    activities = [activity for activity in draft if not activity.hidden]
    if not activities:
        raise Refused(_("A module needs at least one activity before it can be published."))
    hidden = {activity.key: activity.title for activity in draft if activity.hidden}
    for activity in activities:
        for key in hidden.keys() & set(activity.requires):
            raise Refused(_("“%(title)s” waits for “%(other)s”, which is hidden.", title=activity.title, other=hidden[key]))
    together: dict[str, Any] = {}
    # Numbered anew, so that a hidden activity that was moved makes no new revision.
    rows = [snapshot(module, activity, actor_id, together) | {"position": place} for place, activity in enumerate(activities, start=1)]
    return Frozen(module.about, rows)


def publish(*, actor_id: uuid.UUID | None, module: Module, note: str = "", frozen: Frozen | None = None) -> Revision:
    """Make an immutable revision of the draft, or of what was frozen of it, and return it; return the newest when that holds the same.

    Raises as `freeze` does. Cohorts keep the revision they have until somebody moves them.
    """
    content = frozen or freeze(actor_id=actor_id, module=module)
    mark, newest = content.digest, latest_revision(module.id)
    if newest is not None and newest.digest == mark:
        return newest
    revision = Revision(
        module_id=module.id,
        number=newest.number + 1 if newest else 1,
        about=content.about,
        note=note,
        digest=mark,
        published_by_id=actor_id,
    )
    db.session.add(revision)
    db.session.flush()
    db.session.add_all(RevisionActivity(revision_id=revision.id, **row) for row in content.activities)
    audit(actor_id, "module:publish", "module", module.id, revision=revision.number)
    db.session.flush()
    announce(revision_published, revision_id=revision.id)
    return revision


def snapshot(module: Module, activity: Activity, actor_id: uuid.UUID | None, together: dict[str, Any]) -> dict[str, Any]:
    """Return an activity as a revision would keep it. `together` is one dictionary for all activities of the draft.

    Raises ContentError when it cannot be published as it is.
    """
    kind = activity_type(activity.type)
    row = {name: getattr(activity, name) for name in ACTIVITY_FIELDS}
    row["settings"] = kind.freeze(activity.settings, draft_of(module, activity.key, actor_id, together=together))
    # The default rule of a type whose plugin is away is known from the revision before alone.
    row["rule"] = activity.rule or (kind is MISSING and _published_rule(module.id, activity.key)) or kind.default_rule(activity.settings)
    return row


def _published_rule(module_id: int, key: str) -> dict[str, Any] | None:
    newest = latest_revision(module_id)
    where = (RevisionActivity.revision_id == (newest and newest.id), RevisionActivity.key == key)
    return db.session.scalar(sa.select(RevisionActivity.rule).where(*where))


def draft_of(
    module: Module,
    key: str,
    actor_id: uuid.UUID | None = None,
    files: Mapping[str, str] | None = None,
    together: dict[str, Any] | None = None,
) -> Draft:
    """Return the place of an activity's settings, for a type's `prepare`, `freeze`, `dump` and `load`."""
    return Draft(module.id, module.key, key, actor_id, files or {}, together={} if together is None else together)


# -- cohorts ---------------------------------------------------------------------------------------------------------------------


def create_cohort(
    *,
    actor: Actor,
    course: Course,
    title: str,
    number: int,
    year: int,
    organizer_unit_id: int,
    starts_on: dt.date,
    ends_on: dt.date,
    time_zone: str,
    wave: str = "",
) -> Cohort:
    """Make a cohort of a course: a copy of what the course says, with the newest revision of each of its modules.

    Raises Refused when a module was never published, or when the course has this number in this year already.
    """
    refuse_taken_number(course_id=course.id, year=year, organizer_unit_id=organizer_unit_id, number=number)
    cohort = Cohort(
        course_id=course.id,
        title=title,
        number=number,
        year=year,
        organizer_unit_id=organizer_unit_id,
        wave=wave,
        starts_on=starts_on,
        ends_on=ends_on,
        time_zone=time_zone,
        grade_scale=course.grade_scale,
        absence_limits=course.absence_limits,
    )
    db.session.add(cohort)
    db.session.flush()
    pin_modules(cohort, course)
    audit(actor.id, "cohort:create", "cohort", cohort.id)
    db.session.flush()
    return cohort


def pin_modules(cohort: Cohort, course: Course) -> None:
    """Copy the modules of a course into a cohort that has none, with their newest revisions. Raises Refused for one that was never published."""
    places = db.session.execute(
        sa.select(CourseModule, Module.key)
        .join(Module, Module.id == CourseModule.module_id)
        .where(CourseModule.course_id == course.id)
        .order_by(CourseModule.position)
    )
    for place, key in places:
        revision = latest_revision(place.module_id)
        if revision is None:
            raise Refused(_("The module “%(key)s” has not been published yet.", key=key))
        db.session.add(
            CohortModule(
                cohort_id=cohort.id,
                module_id=place.module_id,
                revision_id=revision.id,
                position=place.position,
                required=place.required,
                weight=place.weight,
                requires=list(place.requires),
                **paced(place, cohort.starts_on),
            )
        )
    db.session.flush()


def paced(place: CourseModule, starts_on: dt.date) -> dict[str, dt.date | None]:
    """Return the days that a course's pacing gives a module in a cohort that begins on a day: `opens_on` and `due_on`."""
    days = {"opens_on": place.opens_after, "due_on": place.due_after}
    return {name: None if after is None else starts_on + dt.timedelta(days=after) for name, after in days.items()}


def refuse_taken_number(*, course_id: int, year: int, organizer_unit_id: int, number: int, but: int | None = None) -> None:
    """Raise Refused when the unit runs a cohort of the course with this number in this year already; `but` is the cohort that may have it."""
    taken = sa.select(Cohort.title).where(
        Cohort.course_id == course_id,
        Cohort.year == year,
        Cohort.number == number,
        Cohort.organizer_unit_id == organizer_unit_id,
        Cohort.id != (but or 0),
    )
    title = db.session.scalar(taken)
    if title is not None:
        raise Refused(_("This course has a cohort with this number in this year already: %(name)s.", name=title_of(title, number, year)))


def enrol(*, actor_id: uuid.UUID | None, cohort_id: int, user_id: uuid.UUID, group_id: int | None = None) -> Enrolment:
    """Enrol a person in a cohort, or bring back who had withdrawn; enrolling twice changes nothing but the group."""
    enrolment = db.session.scalar(sa.select(Enrolment).where(Enrolment.cohort_id == cohort_id, Enrolment.user_id == user_id))
    if enrolment is None:
        unit_id = db.session.scalar(sa.select(User.unit_id).where(User.id == user_id))
        enrolment = Enrolment(cohort_id=cohort_id, user_id=user_id, group_id=group_id, unit_id=unit_id)
        db.session.add(enrolment)
        db.session.flush()
        progress.start_progress([enrolment.id])
        audit(actor_id, "cohort:enrol", "enrolment", enrolment.id, cohort=cohort_id)
        announce(learner_enrolled, enrolment_id=enrolment.id)
    elif enrolment.state is not EnrolmentState.ACTIVE:
        enrolment.state, enrolment.left_freely = EnrolmentState.ACTIVE, False
        mark(cohort_id)
        audit(actor_id, "cohort:return", "enrolment", enrolment.id, cohort=cohort_id)
    if group_id is not None:
        enrolment.group_id = group_id
    db.session.flush()
    return enrolment


def withdraw(*, actor: Actor, enrolment: Enrolment) -> None:
    """End a person's part in a cohort. Everything they did stays."""
    enrolment.state, enrolment.left_freely = EnrolmentState.WITHDRAWN, actor.id == enrolment.user_id
    mark(enrolment.cohort_id)
    audit(actor.id, "cohort:withdraw", "enrolment", enrolment.id, cohort=enrolment.cohort_id)


# -- moving to a newer revision ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Move:
    """What a newer revision would do to one activity of one learner: they gain a completion, or would lose it."""

    enrolment_id: int
    activity_key: str
    gains: bool


def plan_moves(*, cohort: Cohort, revisions: Mapping[int, int]) -> dict[int, list[Move]]:
    """Return {module id: who would gain and who would lose a completion} if the cohort moved to revisions, given as {module id: revision id}.

    Two statements, and two for outlines that are not known yet. Changes nothing.
    """
    known = outlines(revisions.values())
    rules = {(number, item.key): item.rule for number, revision_id in revisions.items() for item in known[revision_id].items}
    completed = {
        (row.module_id, row.enrolment_id, row.activity_key)
        for row in db.session.execute(
            sa.select(Completion.module_id, Completion.enrolment_id, Completion.activity_key)
            .join(Enrolment, Enrolment.id == Completion.enrolment_id)
            .where(Enrolment.cohort_id == cohort.id, Completion.module_id.in_(revisions), Completion.state == CompletionState.COMPLETE)
        )
    }
    would = {
        (number, enrolment_id, key)
        for (number, enrolment_id, key), found in _facts_of_cohort(cohort, revisions).items()
        if (number, key) in rules and evaluate(rules[number, key], found).state is CompletionState.COMPLETE
    }
    moves: dict[int, list[Move]] = {number: [] for number in revisions}
    for place in sorted(would ^ completed):
        moves[place[0]].append(Move(place[1], place[2], gains=place in would))
    return moves


def _facts_of_cohort(cohort: Cohort, module_ids: Collection[int]) -> dict[tuple[int, int, str], list[Fact]]:
    """Return {(module id, enrolment id, activity key): facts in order of arrival} of everybody in a cohort."""
    rows = db.session.execute(
        sa.select(Evidence, User.time_zone)
        .join(Enrolment, Enrolment.id == Evidence.enrolment_id)
        .join(User, User.id == Enrolment.user_id)
        .where(Enrolment.cohort_id == cohort.id, Evidence.module_id.in_(module_ids))
        .order_by(Evidence.sequence)
    )
    found: dict[tuple[int, int, str], list[Fact]] = {}
    for row, own_zone in rows:
        day = local_day(row.occurred_at, own_zone or cohort.time_zone)
        found.setdefault((row.module_id or 0, row.enrolment_id, row.activity_key), []).append(
            Fact(row.id, row.kind, row.value, row.occurred_at, day)
        )
    return found


def move_cohort(*, actor: Actor, cohort: Cohort, module_id: int, revision: Revision, take_away: bool = False) -> None:
    """Pin a newer revision. Completions are carried over by activity key with their first date, unless `take_away` is ticked.

    Raises Refused when the revision is another module's.
    """
    if revision.module_id != module_id:
        raise Refused(_("This revision belongs to another module."))
    pin = db.session.get_one(CohortModule, (cohort.id, module_id))
    enrolments = list(db.session.scalars(sa.select(Enrolment.id).where(Enrolment.cohort_id == cohort.id).order_by(Enrolment.id)))
    for enrolment_id in enrolments:
        progress.lock(enrolment_id)
    if not take_away:
        _carry(actor, cohort, pin, {activity.key for activity in progress.activities_of(revision.id)})
    pin.revision_id = revision.id
    db.session.flush()
    for enrolment_id in enrolments:
        progress.reproject(enrolment_id, module_id, revision.id)
    audit(actor.id, "cohort:move", "cohort", cohort.id, module=module_id, revision=revision.number, take_away=take_away)


def move_modules(*, actor: Actor, cohort: Cohort, revisions: Mapping[int, Revision], take_away: bool = False) -> None:
    """Pin newer revisions of several modules, given as {module id: revision}. Raises Refused as `move_cohort` does."""
    for module_id, revision in revisions.items():
        move_cohort(actor=actor, cohort=cohort, module_id=module_id, revision=revision, take_away=take_away)


def _carry(actor: Actor, cohort: Cohort, pin: CohortModule, keys: set[str]) -> None:
    """Write down which activities learners have earned under the present revision, and since when."""
    rules = {activity.key: activity.rule for activity in progress.activities_of(pin.revision_id)}
    for (_module_id, enrolment_id, key), found in _facts_of_cohort(cohort, [pin.module_id]).items():
        earned = earned_at(rules[key], found) if key in rules and key in keys else None
        if earned:
            progress.add_evidence(
                enrolment_id=enrolment_id,
                module_id=pin.module_id,
                activity_key=key,
                kind=EvidenceKind.CARRIED,
                value={"first_completed_at": earned.isoformat(), "revision": pin.revision_id},
                actor_id=actor.id,
                source="kernel",
            )
