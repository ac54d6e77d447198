"""A lesson: a page of Markdown, rendered once when it is saved."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any, ClassVar

from wtforms import TextAreaField
from wtforms.validators import InputRequired

from courses.base import plugin
from lms.api import ActivityType, Actor, Context, Draft, EvidenceKind, Form, nothing, prepared, record, render_markdown
from lms.api import lazy_gettext as _


class LessonSettings(Form):
    """The text of a lesson."""

    source = TextAreaField(_("Text"), [InputRequired()], description=_('Markdown: ## heading, **bold**, lists, tables, !!! task "Title".'))


@plugin.activity
class Lesson(ActivityType):
    """A page to read."""

    key, title, icon = "lesson", _("Lesson"), "file-text"
    summary = _("A page of text with pictures, examples and things to do.")
    counted = nothing("%(num)s lesson", "%(num)s lessons")
    settings = LessonSettings
    completion = ("viewed",)
    example: ClassVar[dict[str, Any]] = {"source": "## Mendengar dahulu\n\nTunggu **tiga detik** sebelum menjawab.\n"}

    def prepare(self, settings: Mapping[str, Any], draft: Draft) -> dict[str, Any]:
        """Render the text."""
        return prepared(html=render_markdown(settings["source"], draft.files))

    def render(self, ctx: Context) -> str:
        """Return the rendered text."""
        return f'<div class="prose" lang="{ctx.language}">{ctx.prepared["html"]}</div>'

    def offline(self, ctx: Context) -> str | None:
        """Return the same text: there is nothing of anybody in it."""
        return self.render(ctx)

    def rehearse(self, ctx: Context, learner: Actor, chance: Random, skill: float) -> None:
        """Read the page."""
        record(**ctx.where, kind=EvidenceKind.VIEWED, actor_id=learner.id, source="demo")
