"""A discussion: a prompt, one's own answer, and only then the answers of the others."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any, ClassVar

from flask import render_template
from wtforms import IntegerField, SelectField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from courses.base import plugin
from courses.discussions import services
from courses.discussions.models import MOST_CHARACTERS
from courses.discussions.queries import COHORT, GROUP
from lms.api import ActivityType, Actor, Context, Draft, Form, choices, count_words, gettext, ngettext, nothing, prepared, render_markdown
from lms.api import lazy_gettext as _

FEW_WORDS = 8


class DiscussionSettings(Form):
    """What to answer, and who reads it."""

    prompt = TextAreaField(_("Question"), [InputRequired()], description=_("Markdown. One that has more than one good answer."))
    circle = SelectField(
        _("Who reads the answers"), choices=choices((COHORT, _("The whole cohort")), (GROUP, _("One's own group"))), default=COHORT
    )
    minimum_words = IntegerField(_("Minimum words"), [Optional(), NumberRange(1, 500)])


class PostForm(Form):
    """A text of one's own; `least` says how many words it needs."""

    text = TextAreaField(_("My answer"), [InputRequired(), Length(max=MOST_CHARACTERS)])
    least = 0

    def validate_text(self, field: TextAreaField) -> None:
        """Count the words."""
        field.data = (field.data or "").strip()
        missing = self.least - count_words(field.data)
        if not field.data:
            raise ValidationError(gettext("Write something first."))
        if missing > 0:
            raise ValidationError(ngettext("Write %(num)s word more.", "Write %(num)s words more.", missing))


@plugin.activity
class Discussion(ActivityType):
    """Answer, then read, then reply."""

    key, title, icon = services.TYPE, _("Discussion"), "messages-square"
    summary = _("A question to the cohort: everybody answers first and reads the others afterwards.")
    counted = nothing("%(num)s discussion", "%(num)s discussions")
    settings = DiscussionSettings
    completion = ("submitted",)
    scripts = ("courses/keeping.js",)
    example: ClassVar[dict[str, Any]] = {
        "prompt": "Satu hal apa di loket Anda yang bisa lebih mudah bagi warga **minggu ini juga**?\n",
        "minimum_words": 5,
    }

    def prepare(self, settings: Mapping[str, Any], draft: Draft) -> dict[str, Any]:
        """Render the question."""
        return prepared(prompt=render_markdown(settings["prompt"], draft.files))

    def render(self, ctx: Context) -> str:
        """Draw the question, one's own answer, and the others' behind it."""
        return discussion_page(ctx)

    def offline(self, ctx: Context) -> str | None:
        """Draw the question: answering and reading need a connection."""
        return render_template("courses/discussion.html", ctx=ctx, offline=True)

    def check(self, settings: Mapping[str, Any]) -> list[str]:
        """Warn about a prompt that is no question to think about."""
        short = count_words(settings.get("prompt") or "") < FEW_WORDS
        return [gettext("The question is very short. Say what about, and what a good answer holds.")] if short else []

    def rehearse(self, ctx: Context, learner: Actor, chance: Random, skill: float) -> None:
        """Answer with an invented text, and reply to somebody now and then."""
        least = ctx.settings["minimum_words"] or 0
        text = chance.choice(ANSWERS)
        while count_words(text) < least:
            text += " " + chance.choice(ANSWERS)
        services.write_answer(actor=learner, ctx=ctx, text=text)
        others = services.discussion_of(ctx, 1).others
        there = [post for post in others.items if not post.withdrawn and not post.hidden] if others else []
        if there and chance.random() < 0.3:
            answer = services.find_post(ctx, chance.choice(there).id).Post
            services.write_reply(actor=learner, ctx=ctx, answer=answer, text=chance.choice(REPLIES))


ANSWERS = (
    "Menaruh satu kursi di depan loket, supaya lansia tidak berdiri menunggu.",
    "Menulis syarat berkas dengan huruf besar di pintu masuk, bukan di dalam.",
    "Menyapa lebih dulu dan bertanya sudah berapa kali warga datang untuk hal yang sama.",
    "Memberi tahu perkiraan waktu tunggu, juga ketika jawabannya tidak menyenangkan.",
)
REPLIES = (
    "Kami mencobanya bulan lalu. Yang sulit ternyata menjaganya setelah minggu pertama.",
    "Menarik. Siapa di kantor Anda yang perlu setuju lebih dulu?",
)


def post_form(least: int = 0, **values: Any) -> Any:
    """Return the form for a text, bound to what was posted."""
    form = PostForm(**values)
    form.least = least
    return form


def discussion_page(ctx: Context, form: Form | None = None, page: int = 1) -> str:
    """Return the page of a discussion; `form` comes along when it has something to say."""
    seen = services.Discussion([], None) if ctx.preview else services.discussion_of(ctx, page)
    blank = form or (None if seen.answered else post_form(formdata=None))
    return render_template("courses/discussion.html", ctx=ctx, seen=seen, form=blank, round=len(seen.own))
