"""A poll: one question, one choice. Everybody who votes has all the points."""

from typing import ClassVar

from flask import render_template
from wtforms import RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired, ValidationError

from lms.api import ActivityType, Form, Gradable, Plugin, Score, Submittable, gettext, nothing
from lms.api import lazy_gettext as _

plugin = Plugin("poll", __name__, title=_("Poll"))


class PollSettings(Form):
    """What an author writes; the form is the settings page and decides what is valid, on the page and in a module's text."""

    question = StringField(_("Question"), [InputRequired()])
    options = TextAreaField(_("Options, one a line"), [InputRequired()])

    def validate_options(self, field):
        options = field.data.splitlines()
        if len(options) < 2 or len(set(options)) < len(options) or "" in options:
            raise ValidationError(gettext("Write at least two options, each once, on a line of its own."))


@plugin.activity
class Poll(ActivityType, Submittable, Gradable):
    """A question to a cohort."""

    key, title, icon = "poll", _("Poll"), "chart-no-axes-column"
    summary = _("One question, one choice, one vote.")
    counted = nothing("%(num)s poll", "%(num)s polls")
    settings = PollSettings
    completion = ("submitted", "viewed")
    example: ClassVar = {"question": "Kopi atau teh?", "options": "Kopi\nTeh"}
    example_answer: ClassVar = {"choice": "Teh"}

    def answer_form(self, ctx):
        options = ctx.settings["options"].splitlines()
        return Form.of(choice=RadioField(_("Your choice"), [InputRequired()], choices=options))

    def attempts_allowed(self, settings):
        return 1

    def grade(self, settings, answer):
        return Score(1, 1, gettext("Thank you for your vote."))

    def render(self, ctx):
        return render_template("lms_poll/poll.html", ctx=ctx)
