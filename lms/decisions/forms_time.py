"""Forms of requests for more time."""

from __future__ import annotations

from wtforms import DateField, SelectField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from lms.cohorts.forms import plausible
from lms.forms import Form
from lms.i18n import lazy_gettext as _


class AskForm(Form):
    """A learner's request."""

    module_id = SelectField(_("Module"), coerce=int)
    wished_on = DateField(_("Until when would you like to have time?"), [InputRequired(), plausible])
    reason = TextAreaField(
        _("Reason"),
        [InputRequired(), Length(min=5, max=500)],
        description=_("One sentence is enough. Write nothing about health or family."),
    )


class AnswerForm(Form):
    """An organizer's answer."""

    due_on = DateField(_("New due day"), [Optional(), plausible])
    words = TextAreaField(_("A sentence to the learner"), [Length(max=500)], description=_("Needed when you decline."))
