"""Forms of the ledger: correct a line, add a rule."""

from __future__ import annotations

from wtforms import DateField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from lms.forms import Form, Number, choices
from lms.hours.words import FORMS
from lms.i18n import lazy_gettext as _


class CorrectionForm(Form):
    """Other hours for something in the ledger, and why."""

    hours = Number(
        _("Hours designed (JP)"),
        [InputRequired(), NumberRange(0, 100)],
        places=2,
        description=_("0 takes the line back. How many of them count, the rules say."),
    )
    reason = TextAreaField(
        _("Reason"), [InputRequired(), Length(min=5, max=300)], description=_("The learner reads it, with your name, in their transcript.")
    )


class RuleForm(Form):
    """A rule that holds from a day on. Empty limits do not limit."""

    form = SelectField(_("Form of learning"), choices=choices(*FORMS.items()))
    valid_from = DateField(_("Holds from"), [InputRequired()])
    per_day = Number(_("At most so many JP a day"), [Optional(), NumberRange(0, 24)], places=2)
    per_event = Number(_("At most so many JP an event"), [Optional(), NumberRange(0, 100)], places=2)
    per_month = IntegerField(_("At most so many events a month"), [Optional(), NumberRange(0, 31)])
    source = StringField(
        _("Where it is written"),
        [InputRequired(), Length(max=300)],
        description=_("The regulation or letter, so that others can check it."),
    )
