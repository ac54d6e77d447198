"""The quiz activity type: items with rationale for every option, drawn and shuffled for each attempt; the best attempt counts."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any, ClassVar

from flask import render_template
from wtforms import BooleanField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from lms.api import (
    ActivityType,
    Actor,
    ContentError,
    Context,
    Draft,
    Form,
    Rows,
    choices,
    nothing,
    prepared,
    render_markdown,
    start,
    with_attempts,
    without_empty,
)
from lms.api import gettext as __
from lms.api import lazy_gettext as _
from quizzes.attempts.services import hand_in, make_variant, questions, save_answer
from quizzes.base import plugin
from quizzes.items.kinds import KINDS
from quizzes.items.services import author_row, store_items, versions

PASS = 70.01


class WordList(StringField):
    """Words separated by commas, as a list."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Split what was typed."""
        self.data = [word.strip() for word in (valuelist[0] if valuelist else "").split(",") if word.strip()]

    def _value(self) -> str:
        return ", ".join(self.data or [])


class OptionRow(Form):
    """An option with its rationale."""

    text = TextAreaField(_("Option"), [InputRequired()])
    correct = BooleanField(_("correct"))
    score = IntegerField(_("Score 0 to 3 (situational judgment)"), [Optional(), NumberRange(0, 3)])
    rationale = TextAreaField(_("Rationale"), [InputRequired()])


class ItemRowForm(Form):
    """An item."""

    key = StringField(_("Key"), [InputRequired(), Length(max=80)])
    kind = SelectField(_("Kind"), choices=choices(*((kind.key, kind.title) for kind in KINDS.values())))
    tags = WordList(_("Tags"), description=_("BP1 to KL3, separated by commas"))
    stem = TextAreaField(_("Question"), [InputRequired()], description=_("Markdown."))
    options = Rows(OptionRow, _("Options"), least=1)

    def validate_options(self, field: Rows) -> None:
        """Look at the options as the kind demands."""
        kind = KINDS.get(self.kind.data or "")
        if kind is None:
            return
        if not 2 <= len(field.data) <= 6:
            raise ValidationError(__("An item has two to six options."))
        problem = kind.problem(field.data)
        if problem:
            raise ValidationError(problem)


class QuizSettings(Form):
    """Introduction, drawing, and the pool of items."""

    intro = TextAreaField(_("Introduction"), description=_("Markdown, shown before starting."))
    draw = IntegerField(_("Items drawn for an attempt"), [Optional(), NumberRange(1, 200)], description=_("Empty: all of them."))
    shuffle = BooleanField(_("Options in a new order for every attempt"), default=True)
    items = Rows(ItemRowForm, _("Items"), least=1)

    def validate_items(self, field: Rows) -> None:
        """Refuse a key that stands twice, and a pool smaller than what is drawn."""
        keys = [row["key"] for row in field.data]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise ValidationError(__("The key “%(key)s” stands twice.", key=twice[0]))
        if self.draw.data and self.draw.data > len(keys):
            raise ValidationError(__("The pool has only %(count)s items.", count=len(keys)))


@plugin.activity
class Quiz(ActivityType):
    """Questions with an answer for each answer."""

    key, title, icon = "quiz", _("Quiz"), "list-checks"
    summary = _("Questions with a rationale for every option; every answer is saved with a receipt.")
    counted = nothing("%(num)s quiz", "%(num)s quizzes")
    settings = QuizSettings
    completion = ("passed", "submitted")
    example: ClassVar[dict[str, Any]] = {
        "intro": "Satu soal, boleh diulang.\n",
        "items": [
            {
                "key": "contoh-1",
                "kind": "single_choice",
                "stem": "Warga datang untuk ketiga kalinya. Apa yang Anda lakukan **dahulu**?\n",
                "options": [
                    {"text": "Mendengarkan ceritanya", "correct": True, "rationale": "Tanpa itu, sebabnya tidak diketahui."},
                    {"text": "Membacakan daftar syarat", "rationale": "Daftar yang sama sudah ia dengar dua kali."},
                ],
            }
        ],
    }

    def default_rule(self, settings: Mapping[str, Any]) -> Any:
        """Pass."""
        return {"passed": PASS}

    def store(self, settings: Mapping[str, Any], draft: Draft) -> dict[str, Any]:
        """Keep the items in the bank and refer to their newest versions."""
        rows = [without_empty(row) | {"options": row["options"]} for row in settings["items"]]
        stored = store_items(module_id=draft.module_id, owner_id=draft.actor_id, rows=rows, files=draft.files)
        kept = {name: value for name, value in settings.items() if name != "items"}
        return {**kept, "items": [{"version": version.id} for version in stored]}

    def prepare(self, settings: Mapping[str, Any], draft: Draft) -> dict[str, Any]:
        """Render the introduction."""
        return prepared(intro=render_markdown(settings["intro"] or "", draft.files))

    def dump(self, settings: Mapping[str, Any], draft: Draft) -> dict[str, Any]:
        """Return the items as their author writes them."""
        data: dict[str, Any] = {}
        if settings.get("intro"):
            data["intro"] = settings["intro"]
        if settings.get("draw"):
            data["draw"] = settings["draw"]
        if not settings.get("shuffle", True):
            data["shuffle"] = False
        found = versions(item["version"] for item in settings["items"])
        if len(found) != len(settings["items"]):
            raise ContentError(__("An item of this quiz is not in the bank any more."))
        return {**data, "items": [author_row(version) for version in found]}

    def render(self, ctx: Context) -> str:
        """Draw the start page with earlier attempts."""
        return render_template("quizzes/start.html", ctx=with_attempts(ctx))

    def rehearse(self, ctx: Context, learner: Actor, chance: Random, skill: float) -> None:
        """Take the quiz; who knows more chooses best more often."""
        attempt = start(
            **ctx.where, revision_id=int(ctx.revision_id or 0), variant=lambda number: make_variant(ctx.settings, f"{chance.random()}")
        )
        for question in questions(attempt):
            best = max(option.score for option in question.item.options)
            right = [option.key for option in question.item.options if option.score == best]
            known = chance.random() < skill
            save_answer(
                attempt=attempt,
                version_id=question.item.version_id,
                flagged=False,
                chosen=right if known else [chance.choice(question.order)],
            )
        hand_in(actor=learner, attempt=attempt)
