"""The page on which an assignment is written, and what both sides see of its versions."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import render_template

from courses.assignments import drafts, handing
from courses.assignments.drafts import PART
from courses.assignments.models import TextDraft
from courses.assignments.queries import markings_at
from courses.assignments.rubric import Levels
from courses.assignments.steps import steps_of
from courses.checks.limits import LONG_SENTENCE
from courses.checks.prose import SHORT_FORMS
from courses.entries.changes import changed
from courses.peers.pages import panel_of
from lms.api import AttemptState, AttemptView, Context, db, local_day

Parts = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Shown:
    """A version with how it was answered, and the one before it."""

    attempt: AttemptView
    levels: Levels | None
    remarks: Mapping[str, str]
    before: AttemptView | None


def compared(parts: Parts, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return (title, pieces of both texts) of each part of two answers; a part that is there no more is left out."""
    pairs = [(row["title"], old.get(f"{PART}{row['key']}") or "", new.get(f"{PART}{row['key']}") or "") for row in parts]
    return [(title, changed(before, after)) for title, before, after in pairs if before or after]


def versions_of(ctx: Context) -> list[Shown]:
    """Return the versions that were handed in, the newest first, with their answers: one statement at most."""
    handed = [attempt for attempt in ctx.attempts if attempt.submitted_at]
    answered = [attempt.id for attempt in handed if attempt.state in {AttemptState.RETURNED, AttemptState.MARKED}]
    rows = {row.attempt_id: row for row in db.session.execute(markings_at(answered))} if answered else {}
    found = []
    for attempt, before in itertools.zip_longest(handed, handed[1:]):
        row = rows.get(attempt.id)
        found.append(Shown(attempt, row.levels if row else None, (row.remarks if row else None) or {}, before))
    return found


def writing_page(ctx: Context) -> str:
    """Return the page's HTML: steps, task, versions, the form."""
    kept: Sequence[TextDraft] = ctx.form.kept if isinstance(ctx.form, handing.WritingForm) else ()
    draft = handing.current(ctx, list(kept))
    versions = versions_of(ctx)
    latest = versions[0].attempt if versions else None
    promised_on = None
    if latest and latest.submitted_at and latest.state == AttemptState.SUBMITTED:
        promised_on = local_day(latest.submitted_at, ctx.time_zone) + dt.timedelta(days=ctx.settings["promised_days"])
    writes = latest is None or latest.state == AttemptState.RETURNED or (latest.state == AttemptState.MARKED and ctx.state != "complete")
    return render_template(
        "courses/assignment.html",
        ctx=ctx,
        steps=steps_of([shown.attempt.state for shown in versions]),
        versions=versions,
        compared=compared,
        promised_on=promised_on,
        writes=writes or bool(ctx.form and ctx.form.errors),
        draft=draft,
        beside=[other for other in kept if other is not draft and (draft is None or other.texts != draft.texts)],
        mark=drafts.new_mark(),
        peers=panel_of(ctx) if latest else None,
        number=handing.next_version(ctx),
        short_forms=" ".join(sorted(SHORT_FORMS)),
        long_sentence=LONG_SENTENCE,
    )
