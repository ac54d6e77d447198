"""What /-/design needs to show every component in each state: a form with and without errors, pages of a list, colours, icons."""

from __future__ import annotations

from typing import Any

from wtforms import (
    BooleanField,
    DateField,
    EmailField,
    FileField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.widgets import CheckboxInput, ListWidget

from lms.db import Page
from lms.forms import Form, choices
from lms.i18n import gettext
from lms.i18n import lazy_gettext as _
from lms.web import palette

_CHOICES = choices(
    ("a", _("The first choice")),
    ("b", _("The second, which is chosen")),
    ("c", _("A third, with a longer text that goes on over a second line on a telephone")),
)


class Sample(Form):
    """One field of each kind."""

    name = StringField(_("Name"))
    email = EmailField(_("E-mail"), description=_("A hint says what is expected, before anybody can be wrong."))
    wrong = StringField(_("NIP or NI PPPK"), description=_("18 digits; may stay empty."))
    password = PasswordField(_("Password"))
    when = DateField(_("Since"))
    choice = SelectField(_("Kind"), choices=_CHOICES)
    text = TextAreaField(_("Your text"), description=_("It grows with what is written."))
    file = FileField(_("File"))
    one = RadioField(_("One of several"), choices=_CHOICES)
    some = SelectMultipleField(_("Some of several"), choices=_CHOICES, widget=ListWidget(prefix_label=False), option_widget=CheckboxInput())
    agree = BooleanField(_("One thing, yes or no"), description=_("What follows from it stands here."))


# A chapter of the page: its anchor and its title.
CHAPTERS = (
    ("colours", _("Colours")),
    ("type", _("Type")),
    ("icons", _("Icons")),
    ("buttons", _("Buttons")),
    ("fields", _("Fields")),
    ("choices", _("Choices")),
    ("saved", _("Saved or not")),
    ("badges", _("Badges and chips")),
    ("notices", _("Notices")),
    ("empty", _("Nothing there")),
    ("cards", _("Cards")),
    ("lists", _("Lists")),
    ("tables", _("Tables")),
    ("progress", _("Progress")),
    ("ways", _("Finding the way")),
    ("quiz", _("Questions")),
    ("lesson", _("Lesson text")),
    ("cohort", _("A cohort at a glance")),
    ("layout", _("Layout")),
)


def design_page() -> dict[str, Any]:
    """Return what the template shows."""
    form = Sample(
        formdata=None,
        data={"email": "siti@dinkes.go.id", "wrong": "19800229 202321 2", "choice": "b", "one": "b", "some": ["b", "c"], "agree": True},
    )
    form.wrong.errors = [gettext("A NIP has 18 digits; this has %(count)s.", count=15)]
    return {
        "form": form,
        "chapters": CHAPTERS,
        "titles": dict(CHAPTERS),
        "pairs": palette.pairs(),
        "icons": palette.icon_names(),
        "middle": Page((), 2, 5, 210),
    }
