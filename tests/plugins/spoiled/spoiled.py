"""Activity types with one fault each, and a sound one: the contract suite must find each fault. `FAULTS` says which test does."""

from itertools import count
from typing import Any, ClassVar

import sqlalchemy as sa
from flask import render_template_string
from wtforms import RadioField, StringField
from wtforms.validators import InputRequired

from lms.api import ActivityType, Form, Gradable, Plugin, Score, Submittable, db

plugin = Plugin("spoiled", __name__, title="Spoiled")
numbers = count()
FAULTS: dict[str, set[str]] = {}
FORM = '<form method="post">{{ csrf_field() }}{{ ctx.form.word }}</form>{{ ctx.last.answer.word if ctx.last }}'


class Settings(Form):
    """A word."""

    word = StringField("Word", [InputRequired()])
    hint = StringField("Hint")


class Sound(ActivityType, Submittable, Gradable):
    """Does everything right."""

    title, icon, summary = "Sound", "square", "Nothing is wrong with it."
    settings = Settings
    completion = ("submitted", "passed")
    example: ClassVar[dict[str, Any]] = {"word": "yes", "hint": "three letters"}
    example_answer: ClassVar[dict[str, Any]] = {"word": "yes"}

    def answer_form(self, ctx):
        return Form.of(word=RadioField("Word", [InputRequired()], choices=["yes", "no"]))

    def grade(self, settings, answer):
        return Score(1, 1)

    def render(self, ctx):
        return render_template_string(FORM, ctx=ctx)


def fault(*tests):
    """Register a type that these tests must find."""

    def register(cls):
        cls.key = cls.__name__.lower()
        FAULTS[cls.key] = set(tests)
        return plugin.activity(cls)

    return register


@fault()
class Fine(Sound):
    """Nothing to find."""


@fault("test_declares_itself")
class NoSummary(Sound):
    """Authors would not know what it is."""

    summary = ""


@fault("test_declares_itself")
class NoIcon(Sound):
    """An empty picture."""

    icon = "no-such-icon"


@fault("test_settings_round_trip")
class Forgets(Sound):
    """An export would lose the hint."""

    def dump(self, settings, draft):
        return {"word": settings["word"]}


@fault("test_unknown_setting_is_refused")
class Lenient(Sound):
    """A typing error in a module's text would be swallowed."""

    def load(self, data, draft):
        return {name: data.get(name, "") for name in ("word", "hint")}


@fault("test_default_rule")
class StrangeRule(Sound):
    """The default is not among what authors may choose."""

    def default_rule(self, settings):
        return "viewed"


@fault("test_publishing_again_changes_nothing")
class Restless(Sound):
    """Every publishing would make a revision."""

    def freeze(self, settings, draft):
        return {**settings, "hint": str(next(numbers))}


@fault("test_advice_is_sentences")
class Mumbles(Sound):
    """Advice without a word."""

    def check(self, settings):
        return [""]


@fault("test_preview")
class Blank(Sound):
    """Authors would see nothing."""

    def render(self, ctx):
        return "" if ctx.preview else super().render(ctx)


@fault("test_preview", "test_learner_page", "test_answer")
class Styled(Sound):
    """The content security policy would stop it."""

    def render(self, ctx):
        return super().render(ctx) + '<p style="color: red">!</p>'


@fault("test_preview", "test_learner_page", "test_answer")
class Forged(Sound):
    """Its form would be taken for forged."""

    def render(self, ctx):
        return super().render(ctx).replace("csrf_token", "token")


@fault("test_learner_page_is_cheap")
class Greedy(Sound):
    """One statement for everybody in the cohort, and the next."""

    def render(self, ctx):
        for _number in range(8):
            db.session.execute(sa.text("SELECT 1"))
        return super().render(ctx)


@fault("test_answer", "test_grade_is_pure")
class Contrary(Sound):
    """Its own example is no answer."""

    example_answer: ClassVar[dict[str, Any]] = {"word": "perhaps"}


@fault("test_grade_is_pure")
class Moody(Sound):
    """Another score every time."""

    def grade(self, settings, answer):
        return Score(next(numbers) % 2, 1)


@fault("test_grade_is_pure")
class Curious(Sound):
    """Looks things up while it grades."""

    def grade(self, settings, answer):
        db.session.execute(sa.text("SELECT 1"))
        return Score(1, 1)


@fault("test_rehearsal_completes")
class Idle(Sound):
    """The demonstration would stop here."""

    def rehearse(self, ctx, learner, chance, skill):
        return None
