"""An assignment: text in parts, handed in to an instructor who marks it with a rubric. Not confidential: the kernel keeps it as an attempt."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any, ClassVar

from wtforms import BooleanField, TextAreaField
from wtforms.validators import InputRequired, Length, ValidationError

from courses.assignments import handing, pages
from courses.assignments.drafts import MOST_CHARACTERS, PART, drafts_of
from courses.assignments.handing import WritingForm
from courses.assignments.queries import TYPE
from courses.assignments.rehearsal import mark_later
from courses.assignments.settings import AssignmentSettings
from courses.base import plugin
from lms.api import (
    ActivityType,
    Actor,
    Context,
    Draft,
    Form,
    Gradable,
    Score,
    Submittable,
    answer_once,
    count_words,
    ngettext,
    nothing,
    prepared,
    render_line,
    render_markdown,
)
from lms.api import lazy_gettext as _


class WordCount:
    """Ask for a length in words."""

    def __init__(self, least: int | None, most: int | None) -> None:
        """Remember the bounds; None is no bound."""
        self.least, self.most = least, most

    def __call__(self, form: Form, field: TextAreaField) -> None:
        """Count."""
        words = count_words(field.data or "")
        if self.least and words < self.least:
            raise ValidationError(ngettext("Write %(num)s word more.", "Write %(num)s words more.", self.least - words))
        if self.most and words > self.most:
            raise ValidationError(ngettext("Cut %(num)s word.", "Cut %(num)s words.", words - self.most))


@plugin.activity
class Assignment(ActivityType, Submittable, Gradable):
    """Write, hand in, be answered, improve."""

    key, title, icon = TYPE, _("Assignment"), "clipboard-list"
    summary = _("A text in parts, handed in to an instructor and marked with a rubric.")
    counted = nothing("%(num)s assignment", "%(num)s assignments")
    settings = AssignmentSettings
    completion = ("submitted", "accepted", "passed")
    scripts = ("courses/drafting.js",)
    example: ClassVar[dict[str, Any]] = {
        "brief": "Tulis **kabar singkat** tentang satu layanan di kantor Anda.\n",
        "parts": [{"key": "kabar", "title": "Kabar", "prompt": "Siapa melakukan apa, kapan, untuk siapa?", "maximum_words": 60}],
        "checklist": [{"key": "nama", "text": "Tidak ada nama warga di dalam teks."}],
        "rubric": [
            {"key": "jelas", "title": "Kejelasan", "weight": 100, "levels": ["Samar.", "Sebagian jelas.", "Jelas.", "Jelas dan ringkas."]},
            {"key": "etika", "title": "Etika", "gate": True, "prompt": "Tidak ada orang yang dapat dikenali."},
        ],
    }
    example_answer: ClassVar[dict[str, Any]] = {"part-kabar": "Loket buka lebih pagi setiap Senin.", "check-nama": True}

    def prepare(self, settings: Mapping[str, Any], draft: Draft) -> dict[str, Any]:
        """Render the task."""
        return prepared(
            brief=render_markdown(settings["brief"], draft.files),
            checklist=[{"key": row["key"], "html": render_line(row["text"])} for row in settings["checklist"]],
        )

    def answer_form(self, ctx: Context) -> type[Form]:
        """Return one field a part, holding what was saved or handed in before, and the checklist, to be ticked anew."""
        kept = [] if ctx.preview else drafts_of(ctx.where)
        draft = handing.current(ctx, kept)
        before = ctx.last.answer if ctx.last else {}
        texts = draft.texts if draft else {row["key"]: before.get(f"{PART}{row['key']}") for row in ctx.settings["parts"]}
        fields: dict[str, Any] = {
            f"{PART}{row['key']}": TextAreaField(
                row["title"],
                [InputRequired(), Length(max=MOST_CHARACTERS), WordCount(row["minimum_words"], row["maximum_words"])],
                description=row["prompt"],
                default=texts.get(row["key"]),
            )
            for row in ctx.settings["parts"]
        }
        for row in ctx.settings["checklist"]:
            fields[f"check-{row['key']}"] = BooleanField(row["text"], [InputRequired()])
        made: type[WritingForm] = type("AnswerForm", (WritingForm,), fields)
        made.kept = kept
        return made

    def render(self, ctx: Context) -> str:
        """Draw the task, what was handed in and how it was answered, and the form."""
        return pages.writing_page(ctx)

    def grade(self, settings: Mapping[str, Any], answer: Mapping[str, Any]) -> Score | None:
        """Leave it to a person."""
        return None

    def rehearse(self, ctx: Context, learner: Actor, chance: Random, skill: float) -> None:
        """Hand in an invented text of the right length, and be answered some days later."""
        answer: dict[str, Any] = {f"check-{row['key']}": True for row in ctx.settings["checklist"]}
        for row in ctx.settings["parts"]:
            words = (row["minimum_words"] or min(30, row["maximum_words"] or 30)) + 3
            answer[f"part-{row['key']}"] = " ".join(chance.choice(("contoh", "naskah", "latihan", "peserta")) for _word in range(words))
        answer_once(
            actor=learner, **ctx.where, revision_id=int(ctx.revision_id or 0), type_key=ctx.type, settings=ctx.settings, answer=answer
        )
        mark_later(ctx)
