"""Publishing: what is new, whom it touches, now or at a chosen moment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response

from courses.base import WRITE, plugin
from courses.publishing import queries, services
from courses.publishing.forms import PlanForm
from courses.publishing.services import WHY
from courses.reviews.state import review_state
from courses.studio import services as studio
from courses.studio.changes import changes_since
from courses.studio.checks import hints_of
from courses.studio.compare import side_of_draft, side_of_revision
from courses.studio.forms import add_error
from courses.studio.queries import newest_of
from lms.api import Refused, Revision, commit, draft_activities, format_datetime, gettext, local_day, requires, utcnow, zone_name

PUBLISH = "/studio/<module_key>/publish"


@plugin.get(PUBLISH)
@requires(WRITE, on="module")
def studio_publish(module_key: str) -> ResponseReturnValue:
    """Show what has changed, whom it does not touch, and what is planned."""
    return _page(PlanForm(formdata=None))


@plugin.post(PUBLISH)
@requires(WRITE, on="module")
def studio_publish_now(module_key: str) -> ResponseReturnValue:
    """Publish the draft."""
    form = PlanForm()
    if not form.submitted():
        return _page(form, gettext("Look at the marked fields."))
    try:
        _unchanged()
        revision = services.publish_now(actor=current_user, module=g.module, note=(form.note.data or "").strip())
    except Refused as refusal:
        return _page(form, str(refusal))
    commit()
    return _published(revision)


@plugin.post(f"{PUBLISH}/plan")
@requires(WRITE, on="module")
def studio_publish_plan(module_key: str) -> ResponseReturnValue:
    """Plan to publish the draft as it is now."""
    form = PlanForm()
    due_at = form.due_at(current_user.time_zone) if form.submitted() else None
    if due_at is None:
        if not form.errors:
            add_error(form.due, gettext("Choose a day and a time to come."))
        return _page(form, gettext("Look at the marked fields."))
    try:
        _unchanged()
        services.plan_publishing(actor=current_user, module=g.module, due_at=due_at, note=(form.note.data or "").strip())
    except Refused as refusal:
        return _page(form, str(refusal))
    commit()
    flash(gettext("It will be published on %(when)s, as it is now.", when=format_datetime(due_at)), "done")
    return redirect(f"/studio/{module_key}/publish")


@plugin.post(f"{PUBLISH}/planned")
@requires(WRITE, on="module")
def studio_publish_planned(module_key: str) -> ResponseReturnValue:
    """Publish what was frozen for a plan, without waiting."""
    return _try(lambda: services.publish_plan_now(actor=current_user, module=g.module, seen=request.form.get("plan", "")), _published)


@plugin.post(f"{PUBLISH}/cancel")
@requires(WRITE, on="module")
def studio_publish_cancel(module_key: str) -> ResponseReturnValue:
    """Take a plan back."""
    return _try(lambda: services.cancel_plan(actor=current_user, module=g.module, seen=request.form.get("plan", "")), _cancelled)


def _unchanged() -> None:
    """Raise Refused when the draft is not the one whose changes stood on the page; it stays locked."""
    edition = str(studio.lock(module=g.module).edition)
    if request.form.get("edition", edition) != edition:
        raise Refused(gettext("Somebody has changed the draft since you opened this page. Look again at what is new."))


def _try(service: Callable[[], Any], done: Callable[[Any], Response]) -> ResponseReturnValue:
    """Do something with the plan; when it is refused, the page says why."""
    try:
        made = service()
    except Refused as refusal:
        return _page(PlanForm(formdata=None), str(refusal))
    commit()
    return done(made)


def _published(revision: Revision | None) -> Response:
    if revision is None:
        flash(gettext("Nothing has changed since the last revision, so there is no new one."), "done")
    else:
        words = gettext("Revision %(number)s is published. Cohorts keep their revision until somebody moves them.", number=revision.number)
        flash(words, "done")
    return redirect(f"/studio/{g.module.key}")


def _cancelled(_nothing: None) -> Response:
    flash(gettext("The plan is taken back. The draft stays as it is."), "done")
    return redirect(f"/studio/{g.module.key}/publish")


def _page(form: PlanForm, problem: str = "") -> ResponseReturnValue:
    """Draw the page; with a problem as an answer to a form, and everything that was typed in it."""
    module, zone, together = g.module, current_user.time_zone, dict[str, Any]()
    activities, newest = draft_activities(module.id), newest_of(module.id)
    hints, now = hints_of(module, activities, together), side_of_draft(module, activities, together)
    plan, line = queries.plan_with_author(module.id)
    return render_template(
        "courses/studio_publish.html",
        module=module,
        form=form,
        problem=problem,
        parts_count=sum(not activity.hidden for activity in activities),
        newest=newest[0] if newest else None,
        changes=changes_since(side_of_revision(module, *newest), now) if newest else None,
        musts=[hint for hint in hints if hint.must],
        others=[hint for hint in hints if not hint.must],
        cohorts=queries.cohorts_of(current_user, module.id, local_day(utcnow(), zone)),
        plan=line,
        later=services.changed_after(plan, module, now) if plan else None,
        stopped=services.musts_of(plan, module, together) if plan and plan.obstacle else [],
        WHY=WHY,
        review=review_state(module, now),
        zone=zone_name(zone, utcnow()),
    ), 422 if problem else 200
