"""The reflective journal: three prompts, an autosaved draft that only its author can open, one instructor who answers."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any, ClassVar

from wtforms import IntegerField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange

from courses.base import plugin
from courses.entries.pages import fields_of, writing_page
from courses.entries.rehearsal import write
from courses.entries.services import PROMISED_DAYS
from courses.entries.settings import CriterionRow, PromptRow, Unique, WholeRubric, prepared_prompts
from lms.api import ActivityType, Actor, Context, Draft, Form, Rows, nothing, prepared, render_markdown
from lms.api import lazy_gettext as _

MINIMUM_WORDS = 150


class JournalSettings(Form):
    """Prompts, length and rubric of a journal."""

    intro = TextAreaField(_("Introduction"), description=_("Markdown, shown above the prompts."))
    minimum_words = IntegerField(_("Minimum words"), [InputRequired(), NumberRange(1, 2000)], default=MINIMUM_WORDS)
    promised_days = IntegerField(_("Answered within days"), [InputRequired(), NumberRange(1, 60)], default=PROMISED_DAYS)
    visit = StringField(_("Key of the visit whose flash note is shown beside"), [Length(max=60)])
    prompts = Rows(PromptRow, _("Prompts"), least=1, validators=[Unique()])
    rubric = Rows(CriterionRow, _("Rubric"), validators=[Unique(), WholeRubric()])


@plugin.activity
class Journal(ActivityType):
    """What? So what? Now what?"""

    key, title, icon = "journal", _("Journal"), "notebook-pen"
    summary = _("Private reflection on prompts, answered by one instructor; supervisors never see it.")
    counted = nothing("%(num)s journal", "%(num)s journals")
    settings = JournalSettings
    completion = ("submitted", "minimum_words", "accepted")
    scripts = ("courses/writing.js",)
    example: ClassVar[dict[str, Any]] = {
        "minimum_words": 30,
        "prompts": [
            {"key": "apa", "title": "Apa?", "prompt": "Ceritakan satu kejadian."},
            {"key": "lalu-apa", "title": "Lalu apa?", "prompt": "Apa artinya bagi Anda?"},
        ],
    }

    def default_rule(self, settings: Mapping[str, Any]) -> Any:
        """Complete by handing in enough words, without anybody reading."""
        return {"all": ["submitted", {"minimum_words": settings["minimum_words"]}]}

    def prepare(self, settings: Mapping[str, Any], draft: Draft) -> dict[str, Any]:
        """Render introduction and prompts."""
        return prepared(intro=render_markdown(settings["intro"] or "", draft.files), fields=prepared_prompts(settings["prompts"]))

    def render(self, ctx: Context) -> str:
        """Draw the writing page."""
        return writing_page(ctx)

    def rehearse(self, ctx: Context, learner: Actor, chance: Random, skill: float) -> None:
        """Write and hand in."""
        write(ctx, learner, chance, fields_of(ctx))
