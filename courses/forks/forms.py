"""Forms about copies of modules."""

from __future__ import annotations

from wtforms import FileField, RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, ValidationError

from courses.folder.reader import RESERVED_MODULES
from courses.forks.standing import Question
from courses.merging.conflicts import BOTH, OURS, THEIRS
from courses.studio.forms import NewKey
from lms.api import Form, rows
from lms.api import gettext as __
from lms.api import lazy_gettext as _

OWN = "own"
WORDS = {OURS: _("Mine"), THEIRS: _("The original’s"), BOTH: _("Both, one after the other"), OWN: _("What I write here")}


class CopyForm(Form):
    """A copy of a module: what it is called, and its address."""

    title_id = StringField(_("Title in Indonesian"), [InputRequired(), Length(max=120)])
    title_en = StringField(_("Title in English"), [Length(max=120)])
    key = StringField(
        _("Key"), [NewKey(RESERVED_MODULES)], description=_("Part of the address. It never changes. Left empty, it is made from the title.")
    )

    def validate_key(self, field: StringField) -> None:
        """Make the key of the title when none was written."""
        field.data = field.data or rows.key_from(self.title_id.data or "")
        if not field.data or field.data in RESERVED_MODULES:
            raise ValidationError(__("Write a key of small letters, digits and dashes."))

    @property
    def title(self) -> dict[str, str]:
        """Return the title in the languages in which it was written."""
        found = {"id": (self.title_id.data or "").strip(), "en": (self.title_en.data or "").strip()}
        return {language: text for language, text in found.items() if text}


class NewerForm(Form):
    """A newer version of the original, from another installation."""

    zip = FileField(_("Zip of the newer version"), description=_("As “Download as a zip” writes it, at most 10 MB."))
    note = StringField(_("What is new in it, in a line"), [Length(max=500)])


class OriginForm(Form):
    """Where a module was copied from, when that was another installation."""

    origin = StringField(
        _("Whose module is it a copy of?"),
        [InputRequired(), Length(max=200)],
        description=_("For instance: Empati dalam Pelayanan Publik, BKD Provinsi."),
    )
    zip = FileField(
        _("Zip of the version that was copied"),
        description=_("Leave it empty when nothing in your draft has been changed since you brought it in."),
    )


class AnswerForm(Form):
    """The answer to a conflict."""

    choice = RadioField(_("What stands here from now on?"), validators=[InputRequired()])
    text = TextAreaField(_("Your own text"))


def answer_form(question: Question, answer: object) -> AnswerForm:
    """Return the form of a question, with the answer given so far."""
    chosen, text = (OWN, answer["text"]) if isinstance(answer, dict) else (answer, question.own)
    form = AnswerForm(data={"choice": chosen, "text": text})
    form.choice.choices = [(value, WORDS[value]) for value in [*question.choices, *([OWN] if question.own is not None else [])]]
    if question.own is None:
        del form.text
    return form
