"""Publishing now, and planning it: what was checked is what is published, so the draft is frozen when the moment is chosen.

Whoever publishes locks the module first and then looks whether the plan is still there: of two workers, one publishes.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa

from courses.base import WRITE, plugin
from courses.checks.model import Finding
from courses.publishing import queries
from courses.publishing.models import Obstacle, PlannedPublishing
from courses.reviews.state import state_for
from courses.studio import services as studio
from courses.studio.changes import Changes, changes_since
from courses.studio.checks import must_be_right
from courses.studio.compare import Side, side_of_revision
from lms.api import (
    Activity,
    Actor,
    ContentError,
    Frozen,
    Module,
    NotFound,
    Refused,
    Revision,
    RevisionActivity,
    audit,
    db,
    draft_activities,
    enqueue,
    freeze,
    gettext,
    latest_revision,
    load_actor,
    modules_for,
    notify,
    publish,
    utcnow,
)
from lms.api import lazy_gettext as _

KIND = "courses:publishing"
TASK = "courses:publish_planned"
LATE = dt.timedelta(hours=1)
FURTHEST = dt.timedelta(days=366)

plugin.notice_kind(
    KIND,
    _("A planned publishing"),
    _("A module was published at the moment that you had chosen, or could not be."),
    frequency="now",
    topic="work",
    icon="send",
)

DONE = _("Your module is published")
DONE_BODY = _("It was published at the moment that you had chosen. Cohorts keep their revision until they are moved.")
FAILED = _("Your module is not published")
WHY = {
    Obstacle.ERRORS: _("It was to be published now, but something in it must be put right first. Its page says what. Nothing is lost."),
    Obstacle.NEWER: _("It was to be published now, but another revision was published after you had planned this. Nothing is lost."),
    Obstacle.REVIEW: _("It was to be published now, but the approval that it needs is not there any more. Nothing is lost."),
    Obstacle.RIGHTS: _("It was to be published now, but whoever planned that may not write the module any more. Nothing is lost."),
    Obstacle.TROUBLE: _("It was to be published an hour ago, and the program did not manage to. Plan it again, or publish it now."),
}


def publish_now(*, actor: Actor, module: Module, note: str) -> Revision | None:
    """Publish the draft and return the new revision, or None when nothing had changed; a plan for an earlier state ends with it.

    Raises Refused while something must be put right first.
    """
    revision = studio.publish_draft(actor=actor, module=module, note=note)
    plan = queries.plan_of(module.id)
    if revision is not None and plan is not None:
        _end(actor.id, plan, "replaced")
    return revision


def plan_publishing(*, actor: Actor, module: Module, due_at: dt.datetime, note: str) -> PlannedPublishing:
    """Freeze the draft as it is now and publish that at a moment to come; an earlier plan gives way.

    Raises Refused for a moment that is over or more than a year away, while something must be put right first or an approval is missing, and when
    nothing has changed.
    """
    studio.lock(module=module)
    if not utcnow() < due_at <= utcnow() + FURTHEST:
        raise Refused(gettext("Choose a moment to come, within a year."))
    waiting = must_be_right(module, draft_activities(module.id))
    if waiting:
        raise Refused(waiting[0].sentence)
    try:
        frozen = freeze(actor_id=actor.id, module=module)
    except ContentError as error:
        raise Refused(error.message) from error
    newest = latest_revision(module.id)
    if newest is not None and newest.digest == frozen.digest:
        raise Refused(gettext("Nothing has changed since the last revision, so there is no new one."))
    if refusal := state_for(module.id, frozen.digest).refusal:
        raise Refused(refusal)
    db.session.execute(sa.delete(PlannedPublishing).where(PlannedPublishing.module_id == module.id))
    plan = PlannedPublishing(
        id=uuid.uuid4(),
        module_id=module.id,
        due_at=due_at,
        note=note,
        content=frozen.as_data(),
        files=dict(module.files or {}),
        after_number=newest.number if newest else 0,
        by_id=actor.id,
    )
    db.session.add(plan)
    enqueue(TASK, key=f"{TASK}/{plan.id}", due_at=due_at, plan_id=str(plan.id))
    audit(actor.id, "module:publish:plan", "module", module.id, due_at=due_at.isoformat())
    db.session.flush()
    return plan


def cancel_plan(*, actor: Actor, module: Module, seen: str = "") -> None:
    """Take a plan back; the draft stays as it is. Raises Refused when there is none any more, or another one than was `seen`."""
    studio.lock(module=module)
    _end(actor.id, _plan(module, seen), "cancelled")


def publish_plan_now(*, actor: Actor, module: Module, seen: str = "") -> Revision:
    """Publish what was frozen for a plan without waiting for its moment.

    Raises Refused when there is none, or another one than was `seen`, and for what stands in its way.
    """
    studio.lock(module=module)
    plan = _plan(module, seen)
    obstacle = _obstacle(plan, module, actor)
    if obstacle is not None:
        raise Refused(str(WHY[obstacle]))
    return _publish(actor, plan, module)


def carry_out(*, plan_id: uuid.UUID) -> None:
    """Publish what was planned, or keep why not; the author is told. What was published or cancelled meanwhile changes nothing."""
    module_id = db.session.scalar(sa.select(PlannedPublishing.module_id).where(PlannedPublishing.id == plan_id))
    module = db.session.get(Module, module_id) if module_id else None
    if module is None:
        return
    studio.lock(module=module)
    plan = db.session.get(PlannedPublishing, plan_id, populate_existing=True)  # another worker may have been here while this one waited
    if plan is None or plan.obstacle is not None:
        return
    author = _author(plan)
    obstacle = _obstacle(plan, module, author)
    if obstacle is None and author is not None:
        _publish(author, plan, module)
        notify(user_id=author.id, kind=KIND, key=f"planned/{plan_id}", subject=DONE, body=DONE_BODY, path=f"/studio/{module.key}")
    else:
        _fail(plan, module, obstacle or Obstacle.RIGHTS)


def give_up_late(now: dt.datetime) -> None:
    """Say of plans that should have been published an hour ago that it did not happen, so that nobody waits for nothing."""
    late = sa.select(PlannedPublishing.id, PlannedPublishing.module_id).where(
        PlannedPublishing.due_at < now - LATE, PlannedPublishing.obstacle.is_(None)
    )
    for plan_id, module_id in db.session.execute(late).all():
        module = studio.lock(module=db.session.get_one(Module, module_id))
        plan = db.session.get(PlannedPublishing, plan_id, populate_existing=True)
        if plan is not None and plan.obstacle is None:
            _fail(plan, module, Obstacle.TROUBLE)


# -- what a plan holds -------------------------------------------------------------------------------------------------------------


def musts_of(plan: PlannedPublishing, module: Module, together: dict[str, Any] | None = None) -> list[Finding]:
    """Return what must be put right in what was frozen before it can be published. `together` is what types have read of the module already."""
    frozen = Frozen.from_data(plan.content)
    held = Module(id=module.id, key=module.key, code=module.code, about=frozen.about, files=plan.files)
    return must_be_right(held, [Activity(hidden=False, **row) for row in frozen.activities], together)


def changed_after(plan: PlannedPublishing, module: Module, now: Side) -> Changes:
    """Return what was changed in the draft, as it is `now`, after it was frozen, and so is not published with it."""
    frozen = Frozen.from_data(plan.content)
    before = side_of_revision(module, Revision(about=frozen.about), [RevisionActivity(**row) for row in frozen.activities])
    return changes_since(before, now)


def _plan(module: Module, seen: str) -> PlannedPublishing:
    plan = queries.plan_of(module.id)
    if plan is None:
        raise Refused(gettext("There is no plan any more: it was cancelled, or published already."))
    if seen and seen != str(plan.id):
        raise Refused(gettext("Somebody has planned something else since you opened this page. Look at it first."))
    return plan


def _author(plan: PlannedPublishing) -> Actor | None:
    if plan.by_id is None:
        return None
    try:
        return load_actor(plan.by_id, utcnow().date())
    except NotFound:
        return None


def _obstacle(plan: PlannedPublishing, module: Module, actor: Actor | None) -> Obstacle | None:
    """Return what stands in the way now, since much may have happened after the draft was checked."""
    if actor is None or db.session.scalar(sa.select(Module.id).where(Module.id == module.id, modules_for(actor, WRITE))) is None:
        return Obstacle.RIGHTS
    newest = latest_revision(module.id)
    if (newest.number if newest else 0) != plan.after_number:
        return Obstacle.NEWER
    if not state_for(module.id, Frozen.from_data(plan.content).digest).may_publish:
        return Obstacle.REVIEW
    return Obstacle.ERRORS if musts_of(plan, module) else None


def _publish(actor: Actor, plan: PlannedPublishing, module: Module) -> Revision:
    revision = publish(actor_id=actor.id, module=module, note=plan.note, frozen=Frozen.from_data(plan.content))
    db.session.delete(plan)
    db.session.flush()
    return revision


def _end(actor_id: uuid.UUID, plan: PlannedPublishing, how: str) -> None:
    audit(actor_id, f"module:publish:{how}", "module", plan.module_id)
    db.session.delete(plan)
    db.session.flush()


def _fail(plan: PlannedPublishing, module: Module, obstacle: Obstacle) -> None:
    plan.obstacle = obstacle
    audit(plan.by_id, "module:publish:fail", "module", module.id, why=obstacle.value)
    # Who may not write it any more cannot do anything about it; the owner can.
    user_id = module.owner_id if obstacle is Obstacle.RIGHTS else plan.by_id
    if user_id is not None:
        path = f"/studio/{module.key}/publish"
        notify(user_id=user_id, kind=KIND, key=f"planned/{plan.id}/{obstacle}", subject=FAILED, body=WHY[obstacle], path=path)
    db.session.flush()
