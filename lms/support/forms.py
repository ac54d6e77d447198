"""The form of a support service."""

from __future__ import annotations

import re

from wtforms import DateField, IntegerField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from lms.forms import Form
from lms.i18n import gettext
from lms.i18n import lazy_gettext as _


class ServiceForm(Form):
    """One service, as people will read it when they need it."""

    name = StringField(_("Name"), [InputRequired(), Length(max=120)])
    purpose = StringField(_("For what"), [InputRequired(), Length(max=300)], description=_("In words of somebody who needs it."))
    phone = StringField(_("Telephone"), [Optional(), Length(max=40)], description=_("As one dials it from here, for instance 129."))
    extension = StringField(_("After dialling"), [Length(max=60)], description=_("For instance: then press 8."))
    hours = StringField(_("Hours"), [Length(max=120)])
    confidentiality = StringField(
        _("What stays confidential"), [InputRequired(), Length(max=300)], description=_("One sentence that is true. People rely on it.")
    )
    run_by = StringField(_("Who runs it"), [InputRequired(), Length(max=160)])
    checked_on = DateField(
        _("Number called and found right on"), [Optional()], description=_("Empty: people are told that it is unchecked.")
    )
    position = IntegerField(_("Place in the list"), [InputRequired(), NumberRange(1, 99)], default=9)

    def validate_phone(self, field: StringField) -> None:
        """Refuse what a telephone cannot dial."""
        if field.data and not re.fullmatch(r"\+?[0-9][0-9 ()-]*", field.data.strip()):
            raise ValidationError(gettext("A telephone number has digits, spaces and hyphens only."))
