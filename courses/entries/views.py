"""Saving, handing in and revising what a learner writes; the list of one's own journals."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from flask import flash, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response

from courses.base import OWN_JOURNAL, plugin
from courses.entries import pages, queries, services
from courses.entries.models import Entry, EntryKind
from courses.entries.services import Saved, Splice, Texts
from courses.learn.views import player_page
from lms.api import (
    Context,
    NotFound,
    commit,
    count_words,
    db,
    format_time,
    gettext,
    ngettext,
    open_activity,
    page_number,
    paginate,
    requires,
    wants_json,
)

KINDS = {kind.value for kind in EntryKind}
AT = "/learn/<int:cohort_id>/<module_key>/<activity_key>"


def _context(cohort_id: int, module_key: str, activity_key: str) -> Context:
    ctx = open_activity(current_user, cohort_id, module_key, activity_key)
    if ctx.type not in KINDS:
        raise NotFound("nothing is written here")
    return ctx


def _entry(ctx: Context, entry_id: str) -> Entry:
    try:
        made = uuid.UUID(entry_id)
    except ValueError:
        made = uuid.uuid4()
    return services.ensure_entry(actor=current_user, ctx=ctx, kind=EntryKind(ctx.type), entry_id=made)


def _typed(ctx: Context) -> Texts:
    """Return what the form holds for the fields of this entry."""
    return {field["key"]: request.form.get(f"text-{field['key']}", "").replace("\r\n", "\n") for field in pages.fields_of(ctx)}


def _base() -> int:
    return request.form.get("base", 0, int)


@plugin.post(f"{AT}/draft")
@requires(OWN_JOURNAL, on="self")
def save_draft(cohort_id: int, module_key: str, activity_key: str) -> ResponseReturnValue:
    """Save a draft: from the form's button, or what changed, from the script."""
    ctx = _context(cohort_id, module_key, activity_key)
    if wants_json():
        return _autosave(ctx, request.get_json())
    entry = _entry(ctx, request.form.get("entry", ""))
    saved = services.save_draft(actor=current_user, entry=entry, texts=_typed(ctx), base=_base())
    if "join" in request.form:
        services.drop_branches(entry)
    commit()
    if saved.conflict:
        flash(gettext("This was edited in two places. Both texts are kept; you find them side by side."), "careful")
    else:
        flash(gettext("Draft saved at %(time)s.", time=format_time(saved.saved_at, seconds=True)), "done")
    return redirect(ctx.url)


def _autosave(ctx: Context, sent: dict[str, Any]) -> ResponseReturnValue:
    entry = _entry(ctx, str(sent.get("entry", "")))
    known = {field["key"] for field in pages.fields_of(ctx)}
    base, device = int(sent.get("base", 0)), str(sent.get("device", ""))[:60]
    try:
        if "texts" in sent:
            texts = {key: str(text) for key, text in dict(sent["texts"]).items() if key in known}
            saved = services.save_draft(actor=current_user, entry=entry, texts=texts, base=base, device=device)
        else:
            splice = Splice(str(sent["field"]), int(sent["start"]), int(sent["drop"]), str(sent["insert"]), int(sent["length"]))
            if splice.field not in known:
                raise services.OutOfStepError
            saved = services.splice_draft(actor=current_user, entry=entry, splice=splice, base=base, device=device)
    except services.OutOfStepError:
        db.session.rollback()
        return jsonify(error="out-of-step"), 409
    commit()
    return jsonify(_acknowledged(saved))


def _acknowledged(saved: Saved) -> dict[str, Any]:
    return {
        "entry": str(saved.entry_id),
        "version": saved.version,
        "at": format_time(saved.saved_at, seconds=True),
        "code": saved.code,
        "conflict": saved.conflict,
    }


@plugin.post(f"{AT}/tick")
@requires(OWN_JOURNAL, on="self")
def tick(cohort_id: int, module_key: str, activity_key: str) -> Response:
    """Keep which points of the ethics checklist are ticked; all of them open the record."""
    ctx = _context(cohort_id, module_key, activity_key)
    entry = _entry(ctx, request.form.get("entry", ""))
    known = {row["key"] for row in ctx.prepared.get("checklist", [])}
    ticked = [key for key in request.form.getlist("tick") if key in known]
    services.tick(entry=entry, keys=ticked, happened_on=_day(request.form.get("happened_on", "")))
    commit()
    left = len(known) - len(ticked)
    if left:
        flash(ngettext("Saved. %(num)s point is still open.", "Saved. %(num)s points are still open.", left), "careful")
    else:
        flash(gettext("All points are ticked. The record is open; have a good visit."), "done")
    return redirect(ctx.url)


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


@plugin.post(f"{AT}/hand-in")
@requires(OWN_JOURNAL, on="self")
def hand_in(cohort_id: int, module_key: str, activity_key: str) -> ResponseReturnValue:
    """Hand in to the assigned instructor. Too short is no error: it is saved as a draft and says what is missing."""
    ctx = _context(cohort_id, module_key, activity_key)
    entry, texts = _entry(ctx, request.form.get("entry", "")), _typed(ctx)
    problem = _not_yet(ctx, entry, texts)
    if problem:
        services.save_draft(actor=current_user, entry=entry, texts=texts, base=_base())
        commit()
        return player_page(cohort_id, module_key, activity_key, pages.writing_page(ctx, problem=problem), 422)
    version = services.hand_in(
        actor=current_user, ctx=ctx, entry=entry, texts=texts, promised_days=ctx.settings.get("promised_days") or services.PROMISED_DAYS
    )
    commit()
    moment = format_time(version.handed_in_at, seconds=True)
    flash(gettext("Received at %(time)s. Your receipt: %(code)s", time=moment, code=version.receipt), "done")
    return redirect(ctx.url)


def _not_yet(ctx: Context, entry: Entry, texts: Texts) -> str:
    """Say why a text cannot be handed in yet, or nothing."""
    if not _gate_open(ctx, entry):
        return gettext("Tick the points of the checklist first; your text is saved.")
    have = sum(count_words(text) for key, text in texts.items() if key != services.FLASH)
    missing = (ctx.settings.get("minimum_words") or 1) - have
    if missing <= 0:
        return ""
    return ngettext(
        "Saved as a draft. To hand it in, write %(num)s word more.", "Saved as a draft. To hand it in, write %(num)s words more.", missing
    )


def _gate_open(ctx: Context, entry: Entry) -> bool:
    return {row["key"] for row in ctx.prepared.get("checklist", [])} <= set(entry.ticks)


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


@plugin.get("/journals")
@requires(OWN_JOURNAL, on="self")
def journals() -> str:
    """List what one has written, in all cohorts."""
    page = paginate(queries.entries_of(current_user.id), page_number(), 30, scalars=True)
    return render_template("courses/journals.html", page=page, titles=queries.titles_of(page.items))


@plugin.get("/journals/<uuid:entry_id>")
@requires(OWN_JOURNAL, on="self")
def journal(entry_id: uuid.UUID) -> ResponseReturnValue:
    """Lead to one's own entry in the player."""
    return redirect(queries.address_of(services.entry_of(current_user, entry_id)))


@plugin.personal_data
def export_entries(user_id: uuid.UUID) -> list[dict[str, Any]]:
    """Return everything the author wrote here, with answers, in the clear: for the author alone."""
    return queries.export(current_user, user_id)
