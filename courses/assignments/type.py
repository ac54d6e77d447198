"""An assignment: text in parts, handed in to an instructor who marks it with a rubric. Not confidential: the kernel keeps it as an attempt."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from random import Random
from typing import Any, ClassVar

from flask import render_template
from wtforms import BooleanField, IntegerField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from courses.assignments.queries import TYPE, levels_of
from courses.assignments.rehearsal import mark_later
from courses.base import plugin
from courses.entries.services import PROMISED_DAYS
from courses.entries.settings import KEY_LENGTH, CheckRow, CriterionRow, Unique, WholeRubric
from lms.api import (
    ActivityType,
    Actor,
    AttemptState,
    Context,
    Draft,
    Form,
    Gradable,
    Rows,
    Score,
    Submittable,
    answer_once,
    count_words,
    db,
    local_day,
    ngettext,
    nothing,
    prepared,
    render_line,
    render_markdown,
)
from lms.api import lazy_gettext as _

MOST_CHARACTERS = 30_000


class PartRow(Form):
    """A part of the text to hand in."""

    key = StringField(_("Key"), [InputRequired(), Length(max=KEY_LENGTH)])
    title = StringField(_("Title"), [InputRequired(), Length(max=120)])
    prompt = TextAreaField(_("Question or hint"), [InputRequired()])
    minimum_words = IntegerField(_("Minimum words"), [Optional(), NumberRange(1, 5000)])
    maximum_words = IntegerField(_("Maximum words"), [Optional(), NumberRange(1, 5000)])


class AssignmentSettings(Form):
    """Task, parts, checklist and rubric."""

    brief = TextAreaField(_("Task and material"), [InputRequired()], description=_("Markdown."))
    promised_days = IntegerField(_("Answered within days"), [InputRequired(), NumberRange(1, 60)], default=PROMISED_DAYS)
    parts = Rows(PartRow, _("Parts to hand in"), least=1, validators=[Unique()])
    checklist = Rows(CheckRow, _("Checklist before handing in"), validators=[Unique()])
    rubric = Rows(CriterionRow, _("Rubric"), validators=[Unique(), WholeRubric()])


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
        """Return one field a part, holding what was handed in before, and the checklist, to be ticked anew."""
        before = ctx.last.answer if ctx.last else {}
        fields: dict[str, Any] = {
            f"part-{row['key']}": TextAreaField(
                row["title"],
                [InputRequired(), Length(max=MOST_CHARACTERS), WordCount(row["minimum_words"], row["maximum_words"])],
                description=row["prompt"],
                default=before.get(f"part-{row['key']}"),
            )
            for row in ctx.settings["parts"]
        }
        for row in ctx.settings["checklist"]:
            fields[f"check-{row['key']}"] = BooleanField(row["text"], [InputRequired()])
        return Form.of(**fields)

    def render(self, ctx: Context) -> str:
        """Draw the task, what was handed in and how it was marked, and the form."""
        answered = [attempt.id for attempt in ctx.attempts if attempt.state in {AttemptState.RETURNED, AttemptState.MARKED}]
        levels = {row.attempt_id: row.levels for row in db.session.execute(levels_of(answered))} if answered else {}
        promised_on = None
        if ctx.last and ctx.last.submitted_at and ctx.last.state == AttemptState.SUBMITTED:
            promised_on = local_day(ctx.last.submitted_at, ctx.time_zone) + dt.timedelta(days=ctx.settings["promised_days"])
        return render_template("courses/assignment.html", ctx=ctx, levels=levels, promised_on=promised_on)

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
