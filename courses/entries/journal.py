"""The reflective journal: prompts, an autosaved draft that only its author can open, one instructor who answers."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any, ClassVar

from wtforms import BooleanField, IntegerField, RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange

from courses.base import plugin
from courses.entries.pages import fields_of, offline_page, writing_page
from courses.entries.presets import GIBBS, OWN, PROMPTS, THREE
from courses.entries.rehearsal import write
from courses.entries.services import PROMISED_DAYS
from courses.entries.settings import AnchorRow, CriterionRow, PromptRow, PromptsOfOne, Unique, WholeRubric, prepared_prompts
from lms.api import ActivityType, Actor, Context, Draft, Form, Rows, choices, gettext, nothing, prepared, render_markdown
from lms.api import lazy_gettext as _

MINIMUM_WORDS = 150
ANCHORS = 3


class JournalSettings(Form):
    """Prompts, length, rubric and anchor texts of a journal."""

    intro = TextAreaField(_("Introduction"), description=_("Markdown, shown above the prompts."))
    form = RadioField(
        _("Prompts"),
        choices=choices(
            (THREE, _("Three questions: What happened? So what does it mean? Now what is the step?")),
            (GIBBS, _("Gibbs' six: description, feelings, evaluation, analysis, conclusion, action plan")),
            (OWN, _("Own prompts, written below")),
        ),
        default=THREE,
    )
    minimum_words = IntegerField(_("Minimum words"), [InputRequired(), NumberRange(1, 2000)], default=MINIMUM_WORDS)
    promised_days = IntegerField(_("Answered within days"), [InputRequired(), NumberRange(1, 60)], default=PROMISED_DAYS)
    visit = StringField(_("Key of the visit whose flash note is shown beside"), [Length(max=60)])
    prompts = Rows(PromptRow, _("Own prompts"), validators=[PromptsOfOne(), Unique()])
    field_rubric = BooleanField(_("Answer by the rubric for field journals: observation, the citizen's view, depth, link, step, ethics"))
    rubric = Rows(CriterionRow, _("Own rubric, or rows beside that for field journals"), validators=[Unique(), WholeRubric()])
    anchors = Rows(
        AnchorRow,
        _("Anchor texts for instructors"),
        description=_(
            "Three invented texts with the level on which you have agreed. With them, a second instructor also reads one text in ten; "
            "the writing page tells learners so."
        ),
    )


@plugin.activity
class Journal(ActivityType):
    """What? So what? Now what?"""

    key, title, icon = "journal", _("Journal"), "notebook-pen"
    summary = _("Private reflection on prompts, answered by one instructor; supervisors never see it.")
    component = "journal"
    counted = nothing("%(num)s journal", "%(num)s journals")
    settings = JournalSettings
    completion = ("submitted", "minimum_words", "accepted", "passed")
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

    def load(self, data: Mapping[str, Any], draft: Draft) -> dict[str, Any]:
        """Return settings; who writes prompts and names no form means these prompts."""
        return super().load({"form": _implied(data), **data}, draft)

    def dump(self, settings: Mapping[str, Any], draft: Draft) -> dict[str, Any]:
        """Return plain data without a form that goes without saying."""
        data = super().dump(settings, draft)
        return {name: value for name, value in data.items() if name != "form" or value != _implied(data)}

    def edit(self, settings: Mapping[str, Any], draft: Draft) -> dict[str, Any]:
        """Return settings for the studio, where the chosen form is shown."""
        return super().dump(settings, draft)

    def check(self, settings: Mapping[str, Any]) -> list[str]:
        """Warn about anchors of which there are too few to compare with."""
        found = len(settings.get("anchors") or [])
        return [gettext("There are %(count)s anchor texts; three let instructors compare.", count=found)] if 0 < found < ANCHORS else []

    def prepare(self, settings: Mapping[str, Any], draft: Draft) -> dict[str, Any]:
        """Render introduction and own prompts; the words of the others are in the language of the module."""
        own = prepared_prompts(settings["prompts"]) if settings.get("form", OWN) not in PROMPTS else []
        return prepared(intro=render_markdown(settings["intro"] or "", draft.files), fields=own)

    def render(self, ctx: Context) -> str:
        """Draw the writing page."""
        return writing_page(ctx)

    def offline(self, ctx: Context) -> str:
        """Draw the form for places without a signal."""
        return offline_page(ctx)

    def rehearse(self, ctx: Context, learner: Actor, chance: Random, skill: float) -> None:
        """Write and hand in."""
        write(ctx, learner, chance, fields_of(ctx), skill)


def _implied(data: Mapping[str, Any]) -> str:
    return OWN if data.get("prompts") else THREE
