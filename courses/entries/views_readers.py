"""Who may read what was handed in: changed by its author, and read by the group that it is for."""

from __future__ import annotations

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from courses.base import OWN_JOURNAL, plugin
from courses.entries import pages, services, sharing
from courses.entries.audience import Audience
from courses.entries.models import EntryKind
from lms.api import Context, NotFound, commit, gettext, open_activity, page_number, requires

AT = "/learn/<int:cohort_id>/<module_key>/<activity_key>"


def _context(cohort_id: int, module_key: str, activity_key: str) -> Context:
    ctx = open_activity(current_user, cohort_id, module_key, activity_key)
    if ctx.type not in set(EntryKind):
        raise NotFound("nothing is written here")
    return ctx


@plugin.post(f"{AT}/audience")
@requires(OWN_JOURNAL, on="self")
def change_audience(cohort_id: int, module_key: str, activity_key: str) -> ResponseReturnValue:
    """Change who may read a section of mine that was handed in."""
    ctx = _context(cohort_id, module_key, activity_key)
    entry, value = services.find_entry(ctx), request.form.get("audience", "")
    if entry is None or value not in set(Audience):
        raise NotFound("no such section")
    services.change_audience(
        ctx=ctx,
        entry=entry,
        number=request.form.get("version", 0, int),
        key=request.form.get("section", ""),
        audience=Audience(value),
        promised_days=ctx.settings.get("promised_days") or services.PROMISED_DAYS,
    )
    commit()
    flash(gettext("Changed. From now on only those may read the section whom you have chosen."), "done")
    return redirect(ctx.url)


@plugin.post(f"{AT}/pass-on")
@requires(OWN_JOURNAL, on="self")
def pass_on(cohort_id: int, module_key: str, activity_key: str) -> ResponseReturnValue:
    """Let who answers in my group now read and answer what waits for somebody else, or for nobody."""
    ctx = _context(cohort_id, module_key, activity_key)
    entry = services.find_entry(ctx)
    if entry is None:
        raise NotFound("nothing was handed in")
    services.pass_on(actor=current_user, ctx=ctx, entry=entry, promised_days=ctx.settings.get("promised_days") or services.PROMISED_DAYS)
    commit()
    flash(gettext("Passed on. You see here when it has been read."), "done")
    return redirect(ctx.url)


@plugin.get(f"{AT}/group")
@requires(OWN_JOURNAL, on="self", writes=True)
def from_my_group(cohort_id: int, module_key: str, activity_key: str) -> str:
    """Show what my group has shared without names; each author sees that the group has read it."""
    ctx = _context(cohort_id, module_key, activity_key)
    shared = sharing.shared_with(current_user, ctx, page_number())
    commit()
    return render_template("courses/group.html", ctx=ctx, shared=shared, fields=pages.fields_of(ctx), titled=pages.titled)
