"""A session: a part of a module for which a cohort meets. Its day and place are the cohort's schedule; being there completes it."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any, ClassVar

import sqlalchemy as sa
from flask import render_template
from wtforms import TextAreaField
from wtforms.validators import InputRequired

from courses.base import plugin
from lms.api import (
    ActivityType,
    Actor,
    Context,
    Draft,
    Enrolment,
    EvidenceKind,
    Form,
    ScheduleEntry,
    db,
    nothing,
    prepared,
    record,
    render_markdown,
)
from lms.api import lazy_gettext as _


class SessionSettings(Form):
    """What happens when one meets, and what to do before."""

    plan = TextAreaField(_("What we do when we meet"), [InputRequired()], description=_("Markdown."))
    before = TextAreaField(_("What to prepare and bring"), description=_("Markdown."))


@plugin.activity
class Session(ActivityType):
    """A meeting."""

    key, title, icon = "session", _("Session"), "users"
    summary = _("A meeting of the cohort, in a room or online. Its organizer sets day and place in the schedule.")
    counted = nothing("%(num)s session", "%(num)s sessions")
    settings = SessionSettings
    completion = ("attended",)
    example: ClassVar[dict[str, Any]] = {
        "plan": "Bermain peran di loket: **petugas**, **warga**, **pengamat**, bergantian.\n",
        "before": "- Catatan tentang satu percakapan yang sulit, tanpa nama\n",
    }

    def prepare(self, settings: Mapping[str, Any], draft: Draft) -> dict[str, Any]:
        """Render both texts."""
        before = render_markdown(settings["before"], draft.files) if settings["before"] else ""
        return prepared(plan=render_markdown(settings["plan"], draft.files), before=before)

    def render(self, ctx: Context) -> str:
        """Draw when and where the learner's cohort or group meets, and what happens."""
        return render_template(
            "courses/session.html", ctx=ctx, meetings=db.session.scalars(meetings_of(ctx)).all() if ctx.cohort_id else []
        )

    def offline(self, ctx: Context) -> str | None:
        """Draw what happens and what to bring; the schedule keeps days and places by itself."""
        return render_template("courses/session.html", ctx=ctx, meetings=[])

    def rehearse(self, ctx: Context, learner: Actor, chance: Random, skill: float) -> None:
        """Be there."""
        record(**ctx.where, kind=EvidenceKind.ATTENDED, actor_id=learner.id, source="demo")


def meetings_of(ctx: Context) -> sa.Select[ScheduleEntry]:
    """Return the meetings of a learner's cohort or group that count for this session, the next ones first in time."""
    group = sa.select(Enrolment.group_id).where(Enrolment.id == ctx.enrolment_id).scalar_subquery()
    return (
        sa.select(ScheduleEntry)
        .where(
            ScheduleEntry.cohort_id == ctx.cohort_id,
            ScheduleEntry.module_id == ctx.module_id,
            ScheduleEntry.activity_key == ctx.key,
            sa.or_(ScheduleEntry.group_id.is_(None), ScheduleEntry.group_id == group),
        )
        .order_by(ScheduleEntry.starts_at, ScheduleEntry.id)
    )
