"""Pages of a draft as the next revision would show them."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import render_template

from lms.api import (
    Activity,
    ActivityType,
    Actor,
    ContentError,
    Context,
    Module,
    NotFound,
    Submittable,
    activity_type,
    choose,
    draft_of,
    gettext,
    utcnow,
)

LINK = re.compile(r"(<a\b[^>]*?\s)href=")
NOBODY = uuid.UUID(int=0)
COVER = ""  # stands where an activity's key stands, for the module's first page


@dataclass(frozen=True, slots=True)
class Shown:
    """What stands around an activity on its page."""

    title: str
    kind: str
    minutes: int | None
    sources: Sequence[str]
    checked_on: dt.date | None
    offline: bool = False


@dataclass(frozen=True, slots=True)
class Around:
    """Where a page stands in the module: it and its neighbours, which are None at the ends."""

    here: Activity | None
    before: str | None
    after: str | None


def around(activities: Sequence[Activity], key: str) -> Around:
    """Return a page of a draft, the cover for an empty key, and what comes before and after; what is hidden has no neighbours but a page.

    Raises NotFound for an activity that is not there.
    """
    here = next((activity for activity in activities if activity.key == key), None)
    if here is None and key != COVER:
        raise NotFound(f"no activity {key!r} in the draft")
    keys = [COVER, *(activity.key for activity in activities if not activity.hidden or activity is here)]
    place = keys.index(key)
    return Around(here, keys[place - 1] if place else None, keys[place + 1] if place + 1 < len(keys) else None)


def page(content: str | None, shown: Shown, *, paper: bool = False) -> str:
    """Return a whole page around the content of an activity; None: it needs a connection. Its links lead nowhere and stay to be seen."""
    return LINK.sub(r"\1data-href=", render_template("courses/studio_preview.html", page=shown, content=content, paper=paper))


def cover(module: Module, activities: Sequence[Activity], *, paper: bool = False) -> str:
    """Return the module's first page: what it says about itself, and its activities without what is hidden."""
    lines = [activity for activity in activities if not activity.hidden]
    content = render_template("courses/studio_cover.html", about=module.about, lines=lines, kinds=activity_type)
    return page(content, Shown(choose(module.about["title"]), module.code or gettext("Module"), None, (), None), paper=paper)


def drawn(actor: Actor, module: Module, activity: Activity, *, offline: bool = False, paper: bool = False) -> str:
    """Return the page of an activity as publishing would freeze it now. Raises ContentError when it cannot be published as it is."""
    kind = _kind(activity)
    ctx = _context(actor, module, activity, kind.freeze(activity.settings, draft_of(module, activity.key, actor.id)))
    content = _without_a_connection(kind, ctx) if offline else kind.render(_with_form(kind, ctx))
    return page(content, _shown(activity, kind, offline), paper=paper)


def sketched(actor: Actor, module: Module, activity: Activity) -> str:
    """Return the page of an activity as it is saved, without asking the database which versions publishing would take. Raises ContentError."""
    kind = _kind(activity)
    return page(kind.render(_with_form(kind, _context(actor, module, activity, activity.settings))), _shown(activity, kind))


def _kind(activity: Activity) -> ActivityType:
    """Return the type. Raises ContentError when its plugin is away."""
    kind = activity_type(activity.type)
    if kind.key == "missing":
        raise ContentError(gettext("This activity needs a plugin that is not installed."))
    return kind


def _shown(activity: Activity, kind: ActivityType, offline: bool = False) -> Shown:
    return Shown(activity.title, str(kind.title), activity.minutes, activity.sources, activity.checked_on, offline)


def _context(actor: Actor, module: Module, activity: Activity, settings: Mapping[str, Any]) -> Context:
    return Context(
        user_id=actor.id,
        enrolment_id=None,
        cohort_id=None,
        module_id=module.id,
        module_key=module.key,
        revision_id=None,
        key=activity.key,
        type=activity.type,
        title=activity.title,
        settings=settings,
        prepared=activity.prepared,
        state="not_started",
        url=f"/studio/{module.key}/{activity.key}",
        now=utcnow(),
        time_zone=actor.time_zone,
        language=module.about.get("language") or "id",
    )


def _without_a_connection(kind: ActivityType, ctx: Context) -> str | None:
    """Return what a pack would hold, which is nobody's; None: the activity needs a connection."""
    return kind.offline(replace(ctx, user_id=NOBODY, cohort_id=0, revision_id=0))


def _with_form(kind: ActivityType, ctx: Context) -> Context:
    return replace(ctx, form=kind.answer_form(ctx)(formdata=None)) if isinstance(kind, Submittable) else ctx
