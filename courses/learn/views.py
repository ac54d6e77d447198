"""Home, course page and player."""

from __future__ import annotations

import re
from dataclasses import replace

from flask import abort, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response

from courses.assignments.handing import handed_in, keep_unfinished
from courses.base import plugin
from courses.learn import queries, services
from courses.learn.pieces import module_row, page_head, page_sources, rail
from lms.api import (
    LEARN,
    Context,
    EvidenceKind,
    Item,
    Place,
    Refused,
    Submittable,
    absence_of,
    activity_type,
    answer_once,
    body,
    closed_sentence,
    commit,
    context_of,
    find_place,
    gettext,
    helpers_of,
    jp_of_year,
    local_day,
    progress_sentence,
    record,
    requires,
    sentence,
    utcnow,
    why,
    with_attempts,
    words_of,
)

ANCHOR = re.compile(r"[a-z0-9-]{1,60}")


@plugin.get("/learn")
@requires(LEARN, on="self")
def home() -> str:
    """Show where to continue, my courses, what comes next and my hours."""
    courses = services.courses_of(current_user)
    ids = [course.enrolment.id for course in courses]
    now = utcnow()
    year = local_day(now, current_user.time_zone).year
    nominal, recognized, target = jp_of_year(current_user.id, year)
    return render_template(
        "courses/home.html",
        courses=courses,
        schedule=queries.schedule_of(ids, now) if ids else [],
        appointments=services.appointments(current_user, now) if ids else [],
        rule_sentence=services.rule_sentence,
        module_row=module_row,
        jp={"year": year, "nominal": nominal, "recognized": recognized, "target": target},
    )


@plugin.get("/learn/<int:cohort_id>")
@requires(LEARN, on="self")
def course(cohort_id: int) -> str:
    """Show one of my courses: modules, schedule, why something is missing."""
    courses = services.courses_of(current_user, cohort_id)
    if not courses:
        abort(404)
    enrolment = courses[0].enrolment
    schedule = queries.schedule_of([enrolment.id], utcnow(), 20)
    guides, organizers = helpers_of(enrolment.id, cohort_id, local_day(utcnow(), enrolment.time_zone))
    absence = absence_of(enrolment.id)
    return render_template(
        "courses/course.html",
        course=courses[0],
        schedule=schedule,
        appointments=services.appointments(current_user, utcnow(), cohort_id),
        module_row=module_row,
        guides=guides,
        organizers=organizers,
        absence=absence,
    )


@plugin.get("/learn/<int:cohort_id>/<module_key>")
@requires(LEARN, on="self")
def enter_module(cohort_id: int, module_key: str) -> Response:
    """Lead to what comes next in a module, or to its first page."""
    place = find_place(current_user, cohort_id, module_key)
    item = place.next_item or place.outline.items[0]
    return redirect(place.url(item.key))


@plugin.get("/learn/<int:cohort_id>/<module_key>/<activity_key>")
@requires(LEARN, on="self")
def activity(cohort_id: int, module_key: str, activity_key: str) -> ResponseReturnValue:
    """Show an activity in the player."""
    place = find_place(current_user, cohort_id, module_key, activity_key)
    return _page(place, place.outline.item(activity_key))


def _page(place: Place, item: Item, ctx: Context | None = None, status: int = 200, content: str = "") -> ResponseReturnValue:
    """Draw the player around an activity; ctx or content come along when a form has errors to show."""
    missing = place.missing(item)
    kind = activity_type(item.type)
    if not content and not missing and kind.key != "missing":
        content = kind.render(ctx or _context(place, item))
    before, after = place.outline.around(item.key)
    return render_template(
        "courses/player.html",
        place=place,
        item=item,
        kind=kind,
        content=content,
        before=before,
        after=after,
        text=body(place.outline.revision_id, item.key),
        missing=missing,
        closed=closed_sentence(missing) if missing else "",
        why=why(place, item),
        rule=sentence(item.rule),
        rail=rail,
        page_head=page_head,
        page_sources=page_sources,
        progress_sentence=progress_sentence,
        by_reading="viewed" in words_of(item.rule),
    ), status


def player_page(cohort_id: int, module_key: str, activity_key: str, content: str, status: int) -> ResponseReturnValue:
    """Draw the player around a page that an activity's own view has made."""
    place = find_place(current_user, cohort_id, module_key, activity_key)
    return _page(place, place.outline.item(activity_key), status=status, content=content)


def _context(place: Place, item: Item) -> Context:
    """Return what the type may know: with the attempts, and with a form unless they are used up."""
    kind = activity_type(item.type)
    ctx = context_of(place, item, body(place.outline.revision_id, item.key))
    if isinstance(kind, Submittable):
        ctx = with_attempts(ctx)
        allowed = kind.attempts_allowed(ctx.settings)
        if not allowed or sum(attempt.submitted_at is not None for attempt in ctx.attempts) < allowed:
            ctx = replace(ctx, form=kind.answer_form(ctx)())
    return ctx


@plugin.post("/learn/<int:cohort_id>/<module_key>/<activity_key>/read")
@requires(LEARN, on="self")
def mark_read(cohort_id: int, module_key: str, activity_key: str) -> ResponseReturnValue:
    """Take the learner's word that they have read a page, and go on to the next."""
    place = find_place(current_user, cohort_id, module_key, activity_key)
    item = place.outline.item(activity_key)
    if not place.missing(item) and activity_type(item.type).key != "missing":
        state = record(
            enrolment_id=place.enrolment_id,
            module_id=place.outline.module_id,
            activity_key=item.key,
            kind=EvidenceKind.VIEWED,
            actor_id=current_user.id,
        )
        flash(gettext("“%(title)s” is complete.", title=item.title) if state == "complete" else gettext("Noted."), "done")
    _before, after = place.outline.around(item.key)
    target = after or item
    services.remember_place(actor=current_user, cohort_id=cohort_id, module_key=module_key, activity_key=target.key)
    commit()
    return redirect(place.url(target.key) if after else f"/learn/{cohort_id}")


@plugin.post("/learn/<int:cohort_id>/<module_key>/<activity_key>")
@requires(LEARN, on="self")
def take_answer(cohort_id: int, module_key: str, activity_key: str) -> ResponseReturnValue:
    """Take an answer to a submittable activity; errors come back with everything that was typed."""
    place = find_place(current_user, cohort_id, module_key, activity_key)
    item = place.outline.item(activity_key)
    kind = activity_type(item.type)
    if not isinstance(kind, Submittable) or place.missing(item):
        abort(404)
    ctx = _context(place, item)
    if ctx.form is None:
        raise Refused(gettext("All attempts are used up."))
    if not ctx.form.validate():
        keep_unfinished(ctx, request.form)
        commit()
        return _page(place, item, ctx, 422)
    answer_once(
        actor=current_user,
        **ctx.where,
        revision_id=place.outline.revision_id,
        type_key=item.type,
        settings=ctx.settings,
        answer=ctx.form.data,
    )
    handed_in(ctx, request.form)
    commit()
    flash(gettext("Handed in and saved."), "done")
    return redirect(place.url(item.key))


@plugin.post("/learn/<int:cohort_id>/place")
@requires(LEARN, on="self")
def remember(cohort_id: int) -> ResponseReturnValue:
    """Remember where in a page the learner is; sent by the browser when the page is left."""
    place = find_place(current_user, cohort_id, request.form.get("module", ""))
    item = place.outline.item(request.form.get("activity", ""))
    anchor = request.form.get("anchor", "")
    services.remember_place(
        actor=current_user,
        cohort_id=cohort_id,
        module_key=place.outline.module_key,
        activity_key=item.key,
        anchor=anchor if ANCHOR.fullmatch(anchor) else "",
    )
    commit()
    return "", 204
