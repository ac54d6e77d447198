"""What a careful reader would say of a draft before it is published, what its links lead to, and what its author leaves as it is."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from courses.base import WRITE, plugin
from courses.checks import aside
from courses.checks.load import of_draft
from courses.links import services as links
from courses.studio.checks import look_at
from lms.api import Refused, commit, draft_activities, gettext, requires, rows

HOME = "/studio/<module_key>/checks"


@plugin.get(HOME)
@requires(WRITE, on="module")
def studio_checks(module_key: str) -> ResponseReturnValue:
    """Show everything that the rules find in the draft, worst first, what was set aside, and its figures."""
    return _page()


def _page(status: int = 200, problem: str = "", mark: str = "", reason: str = "") -> ResponseReturnValue:
    activities = draft_activities(g.module.id)
    page = render_template(
        "courses/studio_checks.html",
        module=g.module,
        looked=look_at(g.module, activities),
        titles={activity.key: activity.title for activity in activities},
        every="all" in request.args,
        typed={mark: reason} if mark else {},
        problem=problem,
    )
    return page, status


@plugin.post(f"{HOME}/aside")
@requires(WRITE, on="module")
def studio_set_aside(module_key: str) -> ResponseReturnValue:
    """Set a warning aside with a sentence why; without one the page comes back as it was typed."""
    fields = rows.posted()
    mark, reason = fields.get("mark", ""), fields.get("reason", "").strip()
    found = look_at(g.module, draft_activities(g.module.id)).marked
    try:
        aside.set_aside(actor=current_user, module=g.module, warnings=found, mark=mark, reason=reason)
    except Refused as refusal:
        return _page(422, str(refusal), mark, reason)
    commit()
    flash(gettext("Set aside. It comes back when the text changes."), "done")
    return redirect(f"/studio/{module_key}/checks")


@plugin.post(f"{HOME}/back")
@requires(WRITE, on="module")
def studio_bring_back(module_key: str) -> AnyResponse:
    """Let a warning stand again."""
    aside.bring_back(module=g.module, mark=rows.posted().get("mark", ""))
    commit()
    return redirect(f"/studio/{module_key}/checks")


@plugin.post(f"{HOME}/links")
@requires(WRITE, on="module")
def studio_check_links(module_key: str) -> ResponseReturnValue:
    """Let a worker ask for the links of the draft."""
    try:
        batch = links.begin(actor=current_user, module=g.module, subject=of_draft(g.module, draft_activities(g.module.id), whole=False))
    except Refused as refusal:
        return _page(422, str(refusal))
    commit()
    return redirect(f"/tasks/{batch.id}")
