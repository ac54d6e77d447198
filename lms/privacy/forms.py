"""Forms of emergencies and of destroying a key. None of them takes a sentence about anybody."""

from __future__ import annotations

import re

from wtforms import BooleanField, RadioField, StringField
from wtforms.validators import InputRequired, Length, ValidationError

from lms.forms import Form, choices
from lms.i18n import gettext
from lms.i18n import lazy_gettext as _
from lms.people.models import User
from lms.privacy.glass import GROUNDS
from lms.privacy.models import REFERENCE, Ground

CASE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9./-]{0,38}[A-Za-z0-9])?")


class PersonForm(Form):
    """A person, named exactly: there is no search that could be leafed through."""

    person = StringField(_("E-mail or NIP"), [InputRequired(), Length(max=200)], description=_("Exactly as it is written in the account."))


class AskForm(PersonForm):
    """A request to open one text."""

    reference = StringField(
        _("Reference of the text"),
        [InputRequired(), Length(max=REFERENCE)],
        description=_("As the instructor sees it, for instance J-014."),
    )
    ground = RadioField(_("Ground"), [InputRequired()], choices=choices(*GROUNDS.items()), coerce=Ground)
    case_number = StringField(
        _("Number of the paper file"),
        [InputRequired(), Length(max=40)],
        description=_("The reasons stand in that file, not here. Letters, digits, dots, slashes and hyphens."),
    )

    def validate_case_number(self, field: StringField) -> None:
        """Refuse sentences and names: what stands here is seen by others."""
        if not CASE.fullmatch(field.data or "") or not any(letter.isdigit() for letter in field.data or ""):
            raise ValidationError(gettext("A number looks like DPO/2026/014: no spaces, at least one digit."))


class DestroyForm(Form):
    """The second step before a key is destroyed: the person's address or number again, and that one has understood."""

    again = StringField(_("Write the person's e-mail or NIP once more"), [InputRequired(), Length(max=200)])
    understood = BooleanField(_("I know that nobody, not even the person, can open these texts afterwards."), [InputRequired()])

    def __init__(self, *, user: User) -> None:
        """Ask about this person."""
        super().__init__()
        self.user = user

    def validate_again(self, field: StringField) -> None:
        """Ask for the same person as the page."""
        typed = "".join((field.data or "").split()).lower()
        if not typed or typed not in {self.user.email, self.user.employee_number}:
            raise ValidationError(gettext("This is not the person of this page."))
