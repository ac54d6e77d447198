"""Forms of reviews."""

from __future__ import annotations

from wtforms import BooleanField, HiddenField, RadioField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError

from courses.reviews.models import Verdict
from courses.studio.forms import MultiCheckboxField
from lms.api import Form, choices
from lms.api import gettext as __
from lms.api import lazy_gettext as _


class AskForm(Form):
    """Whom to ask, and what to look at."""

    colleagues = MultiCheckboxField(_("Colleagues"))
    note = TextAreaField(
        _("What should they look at?"), [Length(max=1000)], description=_("May stay empty. Everybody who is asked reads it.")
    )


class LinkForm(Form):
    """An expert without an account."""

    label = StringField(
        _("For whom is the link?"), [DataRequired(), Length(max=120)], description=_("A name or an agency, so that you know it again.")
    )


class RuleForm(Form):
    """Whether the module needs an approval."""

    demanded = BooleanField(_("Publish only after an approval of exactly this text"))


class SettleForm(Form):
    """What the author says to a comment."""

    answer = TextAreaField(_("Answer"), [Length(max=4000)])
    done = BooleanField(_("Done"))


class Named(Form):
    """Somebody without an account says who she is, once."""

    name = StringField(_("Your name and agency"), [Length(max=120)])

    # Whether it is asked for: colleagues and those who have said it are known.
    asked = False

    def validate_name(self, field: StringField) -> None:
        """Ask for the name of somebody who has not said it."""
        field.data = (field.data or "").strip()
        if self.asked and not field.data:
            raise ValidationError(__("Write your name, so that the author knows who says this."))


class CommentForm(Named):
    """A comment on a paragraph, or on the whole page when there is no anchor."""

    anchor = HiddenField(validators=[Length(max=20)])
    text = TextAreaField(_("Your comment"), [DataRequired(), Length(max=4000)])


class VerdictForm(Named):
    """What is to happen with the text."""

    verdict = RadioField(
        _("Your decision"),
        [InputRequired()],
        choices=choices(
            (Verdict.APPROVED.value, _("I approve it: it can be published as it is")),
            (Verdict.RETURNED.value, _("I return it: something must change first")),
        ),
    )
    sentence = TextAreaField(
        _("In one or two sentences"), [Length(max=1000)], description=_("Needed when you return it: what must change?")
    )

    def validate_sentence(self, field: TextAreaField) -> None:
        """Ask for a reason of who returns a text."""
        field.data = (field.data or "").strip()
        if self.verdict.data == Verdict.RETURNED.value and not field.data:
            raise ValidationError(__("Say in a sentence what must change."))
