"""The review of a colleague's text, and practice on samples."""

from __future__ import annotations

from typing import Any

from wtforms import RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, ValidationError

from courses.assignments.rubric import Levels, Rubric, allowed
from lms.api import Form, choices, gettext
from lms.api import lazy_gettext as _

MOST_TEXT = 4000


class OneOfThem:
    """Ask for a choice."""

    def __call__(self, form: Form, field: RadioField) -> None:
        """Look."""
        if field.data not in {choice.value for choice in field.choices}:
            raise ValidationError(gettext("Choose one."))


class LevelsForm(Form):
    """A rubric to fill in; `levels_form` adds a field for each criterion."""

    def levels(self, rubric: Rubric) -> Levels:
        """Return what was chosen, without what cannot be chosen."""
        chosen = {row["key"]: self[f"rubric-{row['key']}"].data for row in rubric if f"rubric-{row['key']}" in self}
        return {row["key"]: chosen[row["key"]] for row in rubric if chosen.get(row["key"]) in allowed(row)}


class ReviewForm(LevelsForm):
    """A review: the rubric and a few sentences."""

    text = TextAreaField(
        _("To the author"),
        [InputRequired(), Length(max=MOST_TEXT)],
        description=_("One thing that is strong, one question, one next step. About the text, never about the person; no names."),
    )


def levels_form(base: type[Form], rubric: Rubric) -> type[Form]:
    """Return a form with a field for each criterion; practice leaves gates out."""
    rows = [row for row in rubric if base is ReviewForm or not row.get("gate")]
    return type("RubricForm", (base,), {f"rubric-{row['key']}": _criterion(row) for row in rows})


def _criterion(row: Any) -> RadioField:
    labels = (gettext("kept"), gettext("I doubt that this is kept")) if row.get("gate") else row["levels"]
    options = choices(*zip(allowed(row), labels, strict=True))
    return RadioField(row["title"], [OneOfThem()], choices=options, validate_choice=False)


class WhyForm(Form):
    """A few sentences: a complaint, or its decision."""

    why = TextAreaField(_("Why"), [InputRequired(), Length(max=2000)])
    counts = StringField()
