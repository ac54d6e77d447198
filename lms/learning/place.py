"""Where a learner is: an activity of a module of one of their cohorts. The query itself keeps everybody to their own."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from lms.activity import AttemptView, Context
from lms.attempts import services as attempts
from lms.db import JsonObject, read, utcnow
from lms.errors import NotFound, Refused
from lms.i18n import gettext as _
from lms.i18n import local_day
from lms.learning.gates import SETTLED_MODULES, begun, closed_because
from lms.learning.models import Cohort, CohortModule, Enrolment, EnrolmentState, Group, Module
from lms.learning.outline import Body, Item, Outline, body, outline
from lms.learning.words import title_of
from lms.people.access import Actor
from lms.progress.models import Completion, CompletionState
from lms.progress.queries import DUE_ON, extension_of
from lms.progress.rules import explain

NOBODY = uuid.UUID(int=0)
SETTLED = frozenset({CompletionState.COMPLETE, CompletionState.WAITING})

_MINE = sa.and_(Completion.enrolment_id == Enrolment.id, Completion.module_id == Module.id)
_HERE = sa.and_(_MINE, Completion.activity_key == sa.bindparam("activity_key"))
_STATES = sa.select(JsonObject(Completion.activity_key, Completion.state)).where(_MINE).correlate(Enrolment, Module).scalar_subquery()

# One statement: enrolment, pin, the states of all activities of the module as an object, the reasons of one of them.
_PLACE = (
    sa.select(
        Enrolment.id,
        sa.func.coalesce(Group.assessor_id, Cohort.assessor_id, type_=sa.Uuid()).label("assessor_id"),
        Cohort.title,
        Cohort.number,
        Cohort.year,
        Cohort.time_zone,
        CohortModule.revision_id,
        CohortModule.opens_on,
        DUE_ON.label("due_on"),
        CohortModule.requires,
        SETTLED_MODULES.label("settled"),
        _STATES.label("states"),
        sa.select(Completion.reasons).where(_HERE).correlate(Enrolment, Module).scalar_subquery().label("reasons"),
    )
    .join(Cohort, Cohort.id == Enrolment.cohort_id)
    .join(CohortModule, CohortModule.cohort_id == Cohort.id)
    .join(Module, Module.id == CohortModule.module_id)
    .outerjoin(*extension_of(Enrolment.id))
    .outerjoin(Group, Group.id == Enrolment.group_id)
    .where(
        Enrolment.user_id == sa.bindparam("user_id"),
        Enrolment.cohort_id == sa.bindparam("cohort_id"),
        Enrolment.state == EnrolmentState.ACTIVE,
        Module.key == sa.bindparam("module_key"),
    )
)

_ENTRANCES = (
    sa.select(
        Cohort.id.label("cohort_id"),
        Cohort.title,
        Cohort.number,
        Cohort.year,
        Cohort.time_zone,
        CohortModule.opens_on,
        CohortModule.requires,
        SETTLED_MODULES.label("settled"),
        _STATES.label("states"),
    )
    .select_from(Enrolment)
    .join(Cohort, Cohort.id == Enrolment.cohort_id)
    .join(CohortModule, CohortModule.cohort_id == Cohort.id)
    .join(Module, Module.id == CohortModule.module_id)
    .where(Enrolment.user_id == sa.bindparam("user_id"), Enrolment.state == EnrolmentState.ACTIVE, Module.key == sa.bindparam("module_key"))
    .order_by(Cohort.id.desc())
)


@dataclass(frozen=True, slots=True)
class Place:
    """A learner's module: which enrolment, which revision, how far."""

    user_id: uuid.UUID
    enrolment_id: int
    cohort_id: int
    cohort_title: str
    time_zone: str
    assessor_id: uuid.UUID | None
    outline: Outline
    opens_on: dt.date | None
    due_on: dt.date | None
    states: Mapping[str, CompletionState]
    reasons: Mapping[str, Any] | None = None

    def state(self, key: str) -> CompletionState:
        """Return the state of an activity."""
        return self.states.get(key, CompletionState.NOT_STARTED)

    def missing(self, item: Item) -> list[Item]:
        """Return what must be done before an activity opens. What waits for an instructor is done by the learner: it closes nothing."""
        return [other for other in self.outline.items if other.key in item.requires and self.state(other.key) not in SETTLED]

    def url(self, key: str) -> str:
        """Return the address of an activity in the player."""
        return f"/learn/{self.cohort_id}/{self.outline.module_key}/{key}"

    @property
    def next_item(self) -> Item | None:
        """Return the first required activity that is neither complete, waiting for a person, nor closed; else any that is open."""
        todo = [item for item in self.outline.items if self.state(item.key) not in SETTLED and not self.missing(item)]
        return next((item for item in todo if item.required), todo[0] if todo else None)

    @property
    def done(self) -> int:
        """Return how many required activities are complete."""
        return sum(item.required and self.state(item.key) is CompletionState.COMPLETE for item in self.outline.items)

    @property
    def required(self) -> int:
        """Return how many activities are required."""
        return sum(item.required for item in self.outline.items)


def find_place(actor: Actor, cohort_id: int, module_key: str, activity_key: str = "") -> Place:
    """Return the actor's place in a module of one of their cohorts: one statement. Raises NotFound, and Refused before it opens."""
    names = {"user_id": actor.id, "cohort_id": cohort_id, "module_key": module_key, "activity_key": activity_key}
    row = read(_PLACE, names).one_or_none()
    if row is None:
        raise NotFound("no such module for this person")
    closed = _closed(row, cohort_id)
    if closed:
        raise Refused(closed)
    return Place(
        user_id=actor.id,
        enrolment_id=row.id,
        cohort_id=cohort_id,
        cohort_title=title_of(row.title, row.number, row.year),
        time_zone=actor.time_zone or row.time_zone,
        assessor_id=row.assessor_id,
        outline=outline(row.revision_id),
        opens_on=row.opens_on,
        due_on=row.due_on,
        states={key: CompletionState(state) for key, state in (row.states or {}).items()},
        reasons=row.reasons,
    )


def _closed(row: Any, cohort_id: int) -> str:
    today = local_day(utcnow(), row.time_zone)
    gate = {"requires": row.requires, "settled": row.settled or {}, "has_begun": begun(row.states)}
    return closed_because(cohort_id=cohort_id, opens_on=row.opens_on, today=today, **gate)


@dataclass(frozen=True, slots=True)
class Entrance:
    """A cohort of a learner's that has a module: `closed` says why they cannot enter it yet, "" when they can."""

    id: int
    title: str
    number: int
    year: int
    closed: str


def entrances(actor: Actor, module_key: str) -> list[Entrance]:
    """Return the actor's cohorts that have a module, the newest first: one statement, and three where something comes first."""
    rows = read(_ENTRANCES, {"user_id": actor.id, "module_key": module_key}).all()
    return [Entrance(row.cohort_id, row.title, row.number, row.year, _closed(row, row.cohort_id)) for row in rows]


def context_of(place: Place, item: Item, text: Body) -> Context:
    """Return what an activity type may know at a place."""
    return Context(
        user_id=place.user_id,
        enrolment_id=place.enrolment_id,
        cohort_id=place.cohort_id,
        module_id=place.outline.module_id,
        module_key=place.outline.module_key,
        revision_id=place.outline.revision_id,
        key=item.key,
        type=item.type,
        title=item.title,
        settings=text.settings,
        prepared=text.prepared,
        state=place.state(item.key).value,
        url=place.url(item.key),
        now=utcnow(),
        time_zone=place.time_zone,
        language=place.outline.about.get("language") or "id",
        assessor_id=place.assessor_id,
    )


def offline_context(cohort_id: int, time_zone: str, contents: Outline, item: Item, text: Body) -> Context:
    """Return what an activity type may know of an activity that nobody looks at yet: for `ActivityType.offline`, the same for everybody."""
    return Context(
        user_id=NOBODY,
        enrolment_id=None,
        cohort_id=cohort_id,
        module_id=contents.module_id,
        module_key=contents.module_key,
        revision_id=contents.revision_id,
        key=item.key,
        type=item.type,
        title=item.title,
        settings=text.settings,
        prepared=text.prepared,
        state=CompletionState.NOT_STARTED.value,
        url=f"/learn/{cohort_id}/{contents.module_key}/{item.key}",
        now=contents.published_at,
        time_zone=time_zone,
        language=contents.about.get("language") or "id",
    )


def open_activity(actor: Actor, cohort_id: int, module_key: str, activity_key: str, type_key: str | None = None) -> Context:
    """Return the context of an activity that the actor may take now.

    For a plugin's own pages. Raises NotFound when it is not theirs or not of that type, and Refused while it is closed.
    """
    place = find_place(actor, cohort_id, module_key, activity_key)
    item = place.outline.item(activity_key)
    if type_key is not None and item.type != type_key:
        raise NotFound(f"{activity_key!r} is no {type_key}")
    missing = place.missing(item)
    if missing:
        raise Refused(closed_sentence(missing))
    return context_of(place, item, body(place.outline.revision_id, activity_key))


def closed_sentence(missing: list[Item]) -> str:
    """Say what comes first."""
    return _("This opens when you have completed: %(titles)s.", titles=", ".join(item.title for item in missing))


def with_attempts(ctx: Context) -> Context:
    """Add the learner's attempts at a submittable activity, latest first."""
    if ctx.enrolment_id is None:
        return ctx
    views: list[AttemptView] = [attempts.view(row) for row in attempts.attempts_of(ctx.enrolment_id, ctx.module_id, ctx.key)]
    return replace(ctx, attempts=tuple(views))


def why(place: Place, item: Item) -> Mapping[str, Any]:
    """Return the rule of an activity, annotated with what is met."""
    return place.reasons or explain(item.rule, [])
