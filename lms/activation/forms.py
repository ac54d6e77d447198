"""Forms of activation."""

from __future__ import annotations

from wtforms import EmailField, PasswordField, RadioField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from lms.forms import Form, choices
from lms.i18n import lazy_gettext as _
from lms.people.forms import email_address
from lms.people.passwords import MINIMUM_LENGTH


class ActivateForm(Form):
    """Account and code from the letter, and a password; the address only of accounts that have none."""

    who = StringField(_("E-mail or NIP"), [InputRequired(), Length(max=200)], description=_("As it stands in your letter."))
    code = StringField(
        _("Code"), [InputRequired(), Length(max=40)], description=_("Ten letters and digits. Capitals and the hyphen do not matter.")
    )
    password = PasswordField(
        _("New password"),
        [InputRequired(), Length(min=MINIMUM_LENGTH, max=200)],
        description=_("At least 10 characters. A sentence that only you know is best."),
    )
    email = EmailField(_("Your e-mail address"), [Optional(), email_address, Length(max=200)], description=_("You will sign in with it."))


class LettersForm(Form):
    """For whom letters are made, and in how many files."""

    whom = RadioField(
        _("For whom"),
        choices=choices(
            ("without", _("people without a letter that works")),
            ("all", _("everybody who has not activated the account: letters that are out end")),
        ),
        default="without",
    )
    agency = SelectMultipleField(_("Agencies"), widget=ListWidget(prefix_label=False), option_widget=CheckboxInput())
    files = RadioField(
        _("Files"),
        choices=choices(("one", _("one PDF, sorted by agency")), ("agency", _("a PDF for each agency, in one ZIP archive"))),
        default="one",
    )
