"""The field visit: an ethics checklist as a gate, three lenses, a flash note made on the spot."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any, ClassVar

from wtforms import IntegerField, TextAreaField
from wtforms.validators import InputRequired, NumberRange

from courses.base import plugin
from courses.entries.pages import fields_of, offline_page, writing_page
from courses.entries.rehearsal import write
from courses.entries.services import PROMISED_DAYS
from courses.entries.settings import CheckRow, PromptRow, Unique, prepared_prompts
from courses.visits.pages import visit_card
from lms.api import ActivityType, Actor, Context, Draft, Form, Rows, nothing, prepared, render_line, render_markdown
from lms.api import lazy_gettext as _


class VisitSettings(Form):
    """Checklist, lenses and questions of a visit."""

    intro = TextAreaField(_("Introduction"), description=_("Markdown: what to do, how, with whom."))
    alternative = TextAreaField(_("Alternative"), description=_("Markdown, for who cannot travel."))
    promised_days = IntegerField(_("Answered within days"), [InputRequired(), NumberRange(1, 60)], default=PROMISED_DAYS)
    checklist = Rows(CheckRow, _("Ethics checklist"), least=1, validators=[Unique()])
    lenses = Rows(PromptRow, _("Lenses"), least=1, validators=[Unique()])
    questions = Rows(PromptRow, _("Further questions"), validators=[Unique()])


@plugin.activity
class FieldVisit(ActivityType):
    """A visit to people whom a service is for."""

    key, title, icon = "field_visit", _("Field visit"), "footprints"
    summary = _("Checklist, observation through lenses, a flash note; opens after the ethics points are ticked.")
    component = "field"
    counted = nothing("%(num)s field visit", "%(num)s field visits")
    settings = VisitSettings
    completion = ("submitted", "accepted", "attended")
    scripts = ("courses/writing.js",)
    example: ClassVar[dict[str, Any]] = {
        "intro": "Datang berdua, duduk di ruang tunggu, **dengarkan**.\n",
        "checklist": [{"key": "izin", "text": "Tuan rumah setuju secara tertulis."}],
        "lenses": [{"key": "sosial", "title": "Sosial", "prompt": "Siapa yang datang bersama siapa?"}],
        "questions": [{"key": "suara", "title": "Satu suara warga", "prompt": "Tulis ulang dengan kata-kata Anda."}],
    }

    def prepare(self, settings: Mapping[str, Any], draft: Draft) -> dict[str, Any]:
        """Render the texts."""
        return prepared(
            intro=render_markdown(settings["intro"] or "", draft.files),
            alternative=render_markdown(settings["alternative"] or "", draft.files),
            checklist=[{"key": row["key"], "html": render_line(row["text"])} for row in settings["checklist"]],
            fields=prepared_prompts([*settings["lenses"], *settings["questions"]]),
        )

    def render(self, ctx: Context) -> str:
        """Draw the checklist, then the record."""
        return f"{visit_card(ctx)}{writing_page(ctx)}"

    def offline(self, ctx: Context) -> str:
        """Draw the form for places without a signal."""
        return offline_page(ctx)

    def rehearse(self, ctx: Context, learner: Actor, chance: Random, skill: float) -> None:
        """Write and hand in."""
        write(ctx, learner, chance, fields_of(ctx))
