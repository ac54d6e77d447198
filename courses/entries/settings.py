"""What authors of visits and journals set: prompts, checklists, rubrics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wtforms import BooleanField, FieldList, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from courses.entries.kember import HALVES
from courses.entries.presets import OWN
from lms.api import Form, Rows, choices, format_number, render_line
from lms.api import gettext as __
from lms.api import lazy_gettext as _

KEY_LENGTH = 60


class PromptRow(Form):
    """A question and the field for its answer."""

    key = StringField(_("Key"), [InputRequired(), Length(max=KEY_LENGTH)])
    title = StringField(_("Title"), [InputRequired(), Length(max=120)])
    prompt = TextAreaField(_("Question or hint"), [InputRequired()])


class CheckRow(Form):
    """A point to tick."""

    key = StringField(_("Key"), [InputRequired(), Length(max=KEY_LENGTH)])
    text = TextAreaField(_("Text"), [InputRequired()])


class CriterionRow(Form):
    """A criterion of a rubric: four levels and a weight, or a gate that is kept or not."""

    key = StringField(_("Key"), [InputRequired(), Length(max=KEY_LENGTH)])
    title = StringField(_("Title"), [InputRequired(), Length(max=120)])
    weight = IntegerField(_("Weight in percent"), [Optional(), NumberRange(1, 100)])
    levels = FieldList(TextAreaField(_("Level")), _("Levels 1 to 4"), max_entries=4)
    gate = BooleanField(_("A gate: kept, or the text goes back"))
    prompt = TextAreaField(_("What the gate asks for"))

    def validate_levels(self, field: FieldList) -> None:
        """Ask for four levels unless it is a gate."""
        filled = [text for text in field.data if text]
        if self.gate.data and filled:
            raise ValidationError(__("A gate has no levels."))
        if not self.gate.data and len(filled) != 4:
            raise ValidationError(__("A criterion has four levels, from 1 to 4."))


def _level(value: Any) -> float:
    """Return a level as a number, a whole one as such; forms post texts. Raises ValueError for anything else."""
    number = float(str(value).replace(",", "."))
    return int(number) if number.is_integer() else number


class AnchorRow(Form):
    """A text on whose level the authors of the module have agreed: instructors compare with it, learners never see it."""

    text = TextAreaField(_("Text"), [InputRequired()])
    level = SelectField(_("Agreed level"), [InputRequired()], coerce=_level)
    why = TextAreaField(_("Why this level"), [InputRequired()])

    def __init__(self, *arguments: Any, **values: Any) -> None:
        """Name the levels as the reader's language writes numbers."""
        super().__init__(*arguments, **values)
        self.level.choices = choices(*((halves / 2, format_number(halves / 2, halves % 2)) for halves in HALVES))


class PromptsOfOne:
    """Ask for prompts when the author has chosen to write them."""

    def __call__(self, form: Form, field: Rows) -> None:
        """Look."""
        if form["form"].data == OWN and not field.entries:
            raise ValidationError(__("Write at least one prompt, or choose prompts that are there already."))


class Unique:
    """Refuse two rows with the same key."""

    def __call__(self, form: Form, field: Rows) -> None:
        """Look at the keys of all rows."""
        keys = [row["key"] for row in field.data]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise ValidationError(__("The key “%(key)s” stands twice.", key=twice[0]))


class WholeRubric:
    """Ask that the weights of a rubric add up to 100; rows beside the rubric for field journals are weighed against it."""

    def __call__(self, form: Form, field: Rows) -> None:
        """Add up."""
        if "field_rubric" in form and form["field_rubric"].data:
            return
        weights = [row["weight"] or 0 for row in field.data if not row["gate"]]
        if weights and sum(weights) != 100:
            raise ValidationError(__("The weights add up to %(sum)s, not to 100.", sum=sum(weights)))


def prepared_prompts(rows: list[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return prompts with their hints rendered."""
    return [{"key": row["key"], "title": row["title"], "html": render_line(row["prompt"])} for row in rows]
