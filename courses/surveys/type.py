"""A survey: questions without right answers. With names, or counted without them and shown only five at a time."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any, ClassVar

from flask import render_template
from wtforms import BooleanField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from courses.base import plugin
from courses.entries.settings import KEY_LENGTH, Unique
from courses.surveys import services
from courses.surveys.tally import CHOICE, SCALE, STEP, TEXT, options_of
from lms.api import (
    ActivityType,
    Actor,
    Attempt,
    Context,
    Draft,
    Form,
    Rows,
    attempts_of,
    choices,
    gettext,
    nothing,
    prepared,
    render_markdown,
)
from lms.api import lazy_gettext as _

MOST_OPTIONS = 10
MOST_CHARACTERS = 4000
MANY_QUESTIONS = 12
PREFIX = "q-"


class QuestionRow(Form):
    """A question: a scale of five steps, one of several options, or free text."""

    key = StringField(_("Key"), [InputRequired(), Length(max=KEY_LENGTH)])
    text = TextAreaField(_("Question"), [InputRequired(), Length(max=500)])
    kind = SelectField(
        _("How it is answered"),
        choices=choices((SCALE, _("Five steps")), (CHOICE, _("One of several options")), (TEXT, _("In one's own words"))),
        default=SCALE,
    )
    options = TextAreaField(
        _("Options, one a line"), description=_("For five steps: what the first and the last one mean, or nothing. For own words: nothing.")
    )
    optional = BooleanField(_("May be left out"))

    def validate_options(self, field: TextAreaField) -> None:
        """Ask for as many lines as the kind of question takes."""
        lines = [line.strip() for line in (field.data or "").splitlines() if line.strip()]
        if len(set(lines)) < len(lines):
            raise ValidationError(gettext("Write each option once."))
        if self.kind.data == CHOICE and not 2 <= len(lines) <= MOST_OPTIONS:
            raise ValidationError(gettext("Write two to %(most)s options, each on a line of its own.", most=MOST_OPTIONS))
        if self.kind.data == SCALE and len(lines) not in {0, 2}:
            raise ValidationError(gettext("Write two lines, what the first and the last step mean, or none."))
        if self.kind.data == TEXT and lines:
            raise ValidationError(gettext("What is answered in own words has no options."))


class SurveySettings(Form):
    """Introduction, questions, and whether names go with the answers."""

    intro = TextAreaField(_("Introduction"), description=_("Markdown, shown above the questions: what for, and what comes of it."))
    anonymous = BooleanField(
        _("Without names"),
        default=True,
        description=_(
            "Answers are counted and shown only in fives; nobody can tell whose they are. Answers with names are seen with them."
        ),
    )
    questions = Rows(QuestionRow, _("What is asked"), least=1, validators=[Unique()])


@plugin.activity
class Survey(ActivityType):
    """Ask a cohort."""

    key, title, icon = services.TYPE, _("Survey"), "chart-no-axes-column"
    summary = _("Questions without right answers: with names, or counted without them.")
    counted = nothing("%(num)s survey", "%(num)s surveys")
    settings = SurveySettings
    completion = ("submitted",)
    scripts = ("courses/keeping.js",)
    example: ClassVar[dict[str, Any]] = {
        "intro": "Tiga pertanyaan. Jawaban Anda memperbaiki modul ini untuk angkatan berikut.\n",
        "questions": [
            {"key": "berguna", "text": "Seberapa berguna modul ini untuk pekerjaan Anda?", "options": "tidak berguna\nsangat berguna"},
            {"key": "panjang", "text": "Bagaimana panjangnya?", "kind": "choice", "options": "terlalu singkat\npas\nterlalu panjang"},
            {"key": "saran", "text": "Apa yang perlu kami ubah?", "kind": "text", "optional": True},
        ],
    }

    def load(self, data: Mapping[str, Any], draft: Draft) -> dict[str, Any]:
        """Return settings; names go with the answers only where the author says so."""
        return super().load({"anonymous": True, **data}, draft)

    def dump(self, settings: Mapping[str, Any], draft: Draft) -> dict[str, Any]:
        """Return plain data; without names goes without saying."""
        data = super().dump(settings, draft)
        return {name: value for name, value in data.items() if name != "anonymous"} | (
            {} if settings["anonymous"] else {"anonymous": False}
        )

    def edit(self, settings: Mapping[str, Any], draft: Draft) -> dict[str, Any]:
        """Return settings for the studio, where the box says whether names go with the answers."""
        return {**super().dump(settings, draft), "anonymous": bool(settings["anonymous"])}

    def prepare(self, settings: Mapping[str, Any], draft: Draft) -> dict[str, Any]:
        """Render the introduction."""
        return prepared(intro=render_markdown(settings["intro"] or "", draft.files))

    def render(self, ctx: Context) -> str:
        """Draw the questions, or thanks."""
        return survey_page(ctx)

    def offline(self, ctx: Context) -> str | None:
        """Draw the introduction: answering needs a connection."""
        return render_template("courses/survey.html", ctx=ctx, form=None, answer=None, offline=True)

    def check(self, settings: Mapping[str, Any]) -> list[str]:
        """Warn about a survey that nobody finishes."""
        count = len(settings.get("questions") or [])
        if count <= MANY_QUESTIONS:
            return []
        return [
            gettext("There are %(count)s questions. With more than %(most)s many people stop halfway.", count=count, most=MANY_QUESTIONS)
        ]

    def rehearse(self, ctx: Context, learner: Actor, chance: Random, skill: float) -> None:
        """Answer something."""
        if services.has_answered(ctx):
            return
        answer = {}
        for row in ctx.settings["questions"]:
            values = [value for value, _label in options_of(row)] or list(REMARKS)
            if row["kind"] != TEXT or chance.random() < 0.4:
                answer[row["key"]] = chance.choice(values[len(values) // 2 :] if chance.random() < 0.7 else values)
            elif not row["optional"]:
                answer[row["key"]] = chance.choice(REMARKS)
        services.take(actor=learner, ctx=ctx, answer=answer)


REMARKS = (
    "Contoh percakapannya dekat dengan loket kami.",
    "Tambahkan satu contoh dari desa.",
    "Waktunya pas untuk dibaca saat jam istirahat.",
)


def answer_form(ctx: Context) -> type[Form]:
    """Return the form of a survey: a field for each question."""
    return Form.of(**{f"{PREFIX}{row['key']}": _field(row) for row in ctx.settings["questions"]})


def _field(row: Mapping[str, Any]) -> Any:
    needed = Optional() if row["optional"] else InputRequired()
    if row["kind"] == TEXT:
        return TextAreaField(row["text"], [needed, Length(max=MOST_CHARACTERS)])
    return RadioField(row["text"], [needed], choices=choices(*options_of(row)))


def answer_of(form: Form) -> dict[str, str]:
    """Return what a filled form says, by the keys of the questions."""
    said = {name.removeprefix(PREFIX): (text or "").strip() for name, text in form.data.items()}
    return {key: text for key, text in said.items() if text}


def survey_page(ctx: Context, form: Form | None = None, *, changed: bool = False) -> str:
    """Return the page of a survey: its form, the one given when it has something to say, or what was answered with one's name.

    `changed`: it promises something else about names than the page that was sent.
    """
    done = not ctx.preview and services.has_answered(ctx)
    attempt = _own(ctx) if done else None
    shown = None if done else form or answer_form(ctx)(formdata=None)
    said = {"done": done, "answer": attempt.answer if attempt else None, "changed": changed, "promised": services.promised(ctx)}
    return render_template("courses/survey.html", ctx=ctx, form=shown, step=STEP, **said)


def _own(ctx: Context) -> Attempt | None:
    """Return the answers that a learner has given with their name."""
    return next((attempt for attempt in attempts_of(**ctx.where) if attempt.submitted_at), None)
