"""Saving, handing in and revising what a learner writes."""

from __future__ import annotations

import re
import uuid
from typing import Any

from flask import flash, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response

from courses.base import OWN_JOURNAL, plugin
from courses.entries import drafts, pages, services
from courses.entries.drafts import Texts, Written
from courses.entries.export import export
from courses.entries.models import Entry, EntryKind
from courses.learn.views import player_page
from courses.visits import carry
from lms.api import Context, NotFound, commit, find_place, format_time, gettext, ngettext, open_activity, requires, utcnow

KINDS = {kind.value for kind in EntryKind}
AT = "/learn/<int:cohort_id>/<module_key>/<activity_key>"
CHANGE = re.compile(r"[a-z0-9]{8,20}\.\d{1,10}")


def _context(cohort_id: int, module_key: str, activity_key: str) -> Context:
    ctx = open_activity(current_user, cohort_id, module_key, activity_key)
    if ctx.type not in KINDS:
        raise NotFound("nothing is written here")
    return ctx


def _entry(ctx: Context) -> Entry:
    return services.ensure_entry(actor=current_user, where=services.where_of(ctx), kind=EntryKind(ctx.type))


def _write(ctx: Context, entry: Entry) -> tuple[str, Texts]:
    """Take what the form holds in as a change; return its name and the text. The form names it, so that two presses are one change."""
    services.choose_audiences(entry=entry, audiences=pages.chosen_audiences(pages.fields_of(ctx), request.form))
    named = request.form.get("change", "")
    change = Written(
        id=named if CHANGE.fullmatch(named) else pages.new_change(),
        on=(*request.form.getlist("on"), *(request.form.getlist("other") if "join" in request.form else ())),
        whole={field["key"]: request.form.get(f"text-{field['key']}", "").replace("\r\n", "\n") for field in pages.fields_of(ctx)},
    )
    return change.id, drafts.write(actor=current_user, entry=entry, change=change)


@plugin.post(f"{AT}/draft")
@requires(OWN_JOURNAL, on="self")
def save_draft(cohort_id: int, module_key: str, activity_key: str) -> Response:
    """Save what was typed, from the form's button."""
    ctx = _context(cohort_id, module_key, activity_key)
    entry = _entry(ctx)
    _write(ctx, entry)
    commit()
    if len(entry.drafts) > 1:
        flash(gettext("This was edited in two places. Both texts are kept; you find them side by side."), "careful")
    else:
        flash(gettext("Draft saved at %(time)s.", time=format_time(utcnow(), seconds=True)), "done")
    return redirect(ctx.url)


@plugin.post(f"{AT}/tick")
@requires(OWN_JOURNAL, on="self")
def tick(cohort_id: int, module_key: str, activity_key: str) -> Response:
    """Keep which points of the ethics checklist are ticked; all of them open the record."""
    ctx = _context(cohort_id, module_key, activity_key)
    known = {row["key"] for row in ctx.prepared.get("checklist", [])}
    ticked = [key for key in request.form.getlist("tick") if key in known]
    services.tick(entry=_entry(ctx), keys=ticked, happened_on=services.day(request.form.get("happened_on", "")))
    commit()
    left = len(known) - len(ticked)
    if left:
        flash(ngettext("Saved. %(num)s point is still open.", "Saved. %(num)s points are still open.", left), "careful")
    else:
        flash(gettext("All points are ticked. The record is open; have a good visit."), "done")
    return redirect(ctx.url)


@plugin.post(f"{AT}/hand-in")
@requires(OWN_JOURNAL, on="self")
def hand_in(cohort_id: int, module_key: str, activity_key: str) -> ResponseReturnValue:
    """Hand in to the assigned instructor. What cannot be is no error: it is saved as a draft, and the page says why."""
    ctx = _context(cohort_id, module_key, activity_key)
    entry = _entry(ctx)
    head, texts = _write(ctx, entry)
    problem = services.closed(entry, head) or services.not_yet(ctx, entry, texts)
    if problem:
        commit()
        return player_page(cohort_id, module_key, activity_key, pages.writing_page(ctx, problem=problem), 422)
    version = services.hand_in(
        actor=current_user, ctx=ctx, entry=entry, head=head, promised_days=ctx.settings.get("promised_days") or services.PROMISED_DAYS
    )
    commit()
    moment = format_time(version.handed_in_at, seconds=True)
    flash(gettext("Received at %(time)s. Your receipt: %(code)s", time=moment, code=version.receipt), "done")
    return redirect(ctx.url)


@plugin.post(f"{AT}/revise")
@requires(OWN_JOURNAL, on="self")
def revise(cohort_id: int, module_key: str, activity_key: str) -> Response:
    """Begin the one free revision."""
    ctx = _context(cohort_id, module_key, activity_key)
    entry = services.find_entry(ctx)
    if entry is None:
        raise NotFound("nothing to revise")
    services.reopen(entry=entry, actor=current_user)
    commit()
    return redirect(ctx.url)


@plugin.get(f"{AT}/history")
@requires(OWN_JOURNAL, on="self")
def history(cohort_id: int, module_key: str, activity_key: str) -> str:
    """Show one's own text as it was before."""
    ctx = _context(cohort_id, module_key, activity_key)
    entry = services.find_entry(ctx)
    if entry is None:
        raise NotFound("nothing is written here")
    steps = [(change, pages.titled(pages.fields_of(ctx), texts)) for change, texts in drafts.history(current_user, entry)]
    return render_template("courses/history.html", ctx=ctx, steps=steps)


@plugin.get("/learn/<int:cohort_id>/<module_key>/drafts.json")
@requires(OWN_JOURNAL, on="self")
def drafts_of_module(cohort_id: int, module_key: str) -> ResponseReturnValue:
    """Give a device of mine what it needs without a connection: my drafts of a module, my visit, and the key to lock them with."""
    place = find_place(current_user, cohort_id, module_key)
    visits = carry.of_module(current_user, place.enrolment_id, place.outline.module_id)
    response = jsonify(carry.told(*pages.carried(place), *visits))
    response.headers["Cache-Control"] = "no-store"
    return response


@plugin.personal_data
def export_entries(user_id: uuid.UUID) -> list[dict[str, Any]]:
    """Return everything the author wrote here, with answers, in the clear: for the author alone."""
    return export(current_user, user_id)
