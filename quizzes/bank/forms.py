"""Forms of the bank."""

from __future__ import annotations

from collections.abc import Mapping

from werkzeug.datastructures import MultiDict
from wtforms import FileField, SelectField, StringField, TextAreaField
from wtforms.validators import Length, NumberRange, Optional, Regexp

from lms.api import Form, Number, choices
from lms.api import lazy_gettext as _
from quizzes.bank.words import STATES
from quizzes.exchange.base import FORMATS
from quizzes.fields import WordList
from quizzes.items.services import TITLE_LENGTH
from quizzes.kinds.base import KINDS

LONGEST_PASTE = 1_000_000


class About(Form):
    """What an author says of an item beside what its kind asks for."""

    title = StringField(_("Title"), [Length(max=TITLE_LENGTH)], description=_("For lists. Empty: the beginning of the question."))
    category = StringField(_("Category"), [Length(max=200)], description=_("With / for one below another: mendengar/loket."))
    tags = WordList(_("Tags"), [Length(max=800)], description=_("Separated by commas."))
    points = Number(_("Points"), [Optional(), NumberRange(0.01, 1000)], kind=float, description=_("Empty: 1."))


class NewAbout(About):
    """An item that is not in the bank yet has no key either."""

    key = StringField(
        _("Key"),
        [Optional(), Length(max=80), Regexp(r"[a-z0-9][a-z0-9._-]*\Z", message=_("Small letters, digits and -."))],
        description=_("It never changes. Left empty, it is made from the question."),
    )


class SearchForm(Form):
    """What is looked for in a bank."""

    q = StringField(_("Search for"))
    category = StringField(_("Category"))
    tag = StringField(_("Tag"))
    kind = SelectField(_("Kind"), validate_choice=False)
    state = SelectField(
        _("State"),
        choices=choices(("", _("in use")), *((state.value, title) for state, title in STATES.items()), ("all", _("all"))),
        validate_choice=False,
    )
    used = SelectField(
        _("In quizzes"), choices=choices(("", _("used or not")), ("yes", _("used")), ("no", _("not used"))), validate_choice=False
    )

    @classmethod
    def asked(cls, arguments: Mapping[str, str]) -> SearchForm:
        """Return the form with what an address asks for."""
        form = cls(formdata=MultiDict(arguments))
        form.kind.choices = choices(("", _("all kinds")), *((key, kind.title) for key, kind in KINDS.items()))
        return form


class ImportForm(Form):
    """A file of questions, or their text."""

    file = FileField(_("File"), description=_("At most 20 MB. Nothing is saved before you have seen every question."))
    text = TextAreaField(_("Or paste the text"), [Length(max=LONGEST_PASTE)])
    format = SelectField(_("Format"), validate_choice=False)

    def offer(self) -> ImportForm:
        """Offer the formats."""
        self.format.choices = choices(("", _("find out by itself")), *((key, known.title) for key, known in FORMATS.items()))
        return self
