"""An activity of a side as learners would see it: of a revision, or of what somebody reviews. Nothing can be handed in there."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from courses.studio.compare import Part, Side
from lms.api import Context, Page, Submittable, activity_type, draft_of, utcnow

NOBODY = uuid.UUID(int=0)
AT_ONCE = 8  # of what stands behind a page: a quiz has thirty questions, and a long one is half a kilobyte


def drawn_page(side: Side, part: Part, *, time_zone: str, url: str = "") -> str:
    """Return the HTML of an activity; empty when its plugin is not installed."""
    kind = activity_type(part.type)
    if kind.key == "missing":
        return ""
    ctx = Context(
        user_id=NOBODY,
        enrolment_id=None,
        cohort_id=None,
        module_id=side.module.id,
        module_key=side.module.key,
        revision_id=None,
        key=part.key,
        type=part.type,
        title=part.title,
        settings=part.settings,
        prepared=part.prepared,
        state="not_started",
        url=url,
        now=utcnow(),
        time_zone=time_zone,
        language=side.about.get("language") or "id",
    )
    return kind.render(replace(ctx, form=kind.answer_form(ctx)(formdata=None)) if isinstance(kind, Submittable) else ctx)


def behind(side: Side, part: Part) -> list[tuple[str, str]]:
    """Return (label, text) of what the page itself does not show: questions with answers, rubrics, settings. Of a page that is all text, nothing."""
    kind = activity_type(part.type)
    fields = [field.type for field in kind.settings(formdata=None)]
    if kind.key == "missing" or fields == ["TextAreaField"]:
        return []
    return [(label, text) for _name, label, text in kind.describe(part.settings, draft_of(side.module, part.key))]


def some(texts: Sequence[Any], number: int) -> Page:
    """Return one page of what stands behind an activity; the nearest when there are not so many."""
    pages = max(1, -(-len(texts) // AT_ONCE))
    number = min(max(number, 1), pages)
    return Page(texts[(number - 1) * AT_ONCE : number * AT_ONCE], number, pages, len(texts))
