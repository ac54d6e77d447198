"""What an author decides about a quiz. The form is the schema; items are named by their keys, or written in full in a module's text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wtforms import BooleanField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError
from wtforms.widgets import HiddenInput

from lms.api import ContentError, Form, Number, Rows, choices, load_form
from lms.api import gettext as __
from lms.api import lazy_gettext as _
from quizzes.fields import WordList
from quizzes.items.services import load_row

IN_QUIZ = ("weight", "section")  # what a quiz says of an item, beside the item itself


class ItemKey(StringField):
    """The key of an item in the bank: it is written there, never made from another text of the row."""

    def hide(self) -> None:
        """Draw no field to type in: whose key it is stands above."""
        self.type, self.widget = "HiddenField", HiddenInput()


class ItemRow(Form):
    """An item of the bank, as this quiz asks it."""

    key = ItemKey(_("Key"), [InputRequired(), Length(max=160)], description=_("As in the bank; module/key for one of another module."))
    weight = Number(_("Points here"), [Optional(), NumberRange(0.01, 1000)], kind=float, description=_("Empty: the item's own."))
    section = StringField(_("Section"), [Length(max=60)])


class SectionRow(Form):
    """A part of the quiz with a heading."""

    key = StringField(_("Key"), [InputRequired(), Length(max=60)])
    title = StringField(_("Title"), [InputRequired(), Length(max=120)])
    draw = IntegerField(_("Items drawn"), [Optional(), NumberRange(1, 200)], description=_("Empty: all of them."))
    mix = BooleanField(_("Questions in a new order for every attempt"))


class PoolRow(Form):
    """Items drawn from the bank of the module by what they are about."""

    count = IntegerField(_("Items drawn"), [InputRequired(), NumberRange(1, 200)])
    category = StringField(_("Category"), [Length(max=200)], description=_("This one and those below it."))
    tags = WordList(_("Tags"), description=_("Items that have all of them."))
    kind = StringField(_("Kind"), [Length(max=30)])
    weight = Number(_("Points here"), [Optional(), NumberRange(0.01, 1000)], kind=float)
    section = StringField(_("Section"), [Length(max=60)])


class QuizSettings(Form):
    """Introduction, items, time, and how it is answered."""

    intro = TextAreaField(_("Introduction"), description=_("Markdown, shown before starting."))
    items = Rows(ItemRow, _("Items"))
    draw = IntegerField(_("Items drawn for an attempt"), [Optional(), NumberRange(1, 200)], description=_("Empty: all of them."))
    pools = Rows(PoolRow, _("Drawn from the bank"))
    sections = Rows(SectionRow, _("Sections"))
    shuffle = BooleanField(_("Options in a new order for every attempt"), default=True)
    answering = SelectField(
        _("Answers"),
        choices=choices(
            ("deferred", _("are marked after handing in")),
            ("immediate", _("can be checked one by one, then they stay")),
            ("interactive", _("can be tried several times, with hints")),
            ("certainty", _("carry how sure one is")),
        ),
        default="deferred",
    )
    attempts = IntegerField(_("Attempts"), [Optional(), NumberRange(0, 100)], description=_("Empty: as often as one likes."))
    wait = IntegerField(_("Minutes between attempts"), [Optional(), NumberRange(0, 20_000)])
    build_on_last = BooleanField(_("A new attempt begins with the answers of the last one"))
    time_limit = IntegerField(_("Time limit in minutes"), [Optional(), NumberRange(1, 1440)], description=_("Empty: none."))
    time_up = SelectField(
        _("When the time is up"),
        choices=choices(
            ("hand_in", _("the answers are handed in")),
            ("grace", _("there is time left to hand in, not to answer")),
            ("abandon", _("the attempt counts as given up")),
        ),
        default="hand_in",
    )
    grace = IntegerField(_("Minutes left to hand in"), [Optional(), NumberRange(1, 1440)])
    reveal = SelectField(
        _("After handing in, learners see"),
        choices=choices(
            ("all", _("marks, right answers and rationales")),
            ("after_closing", _("marks; answers and rationales after the quiz has closed")),
            ("marks", _("marks only")),
        ),
        default="all",
    )

    practice = BooleanField(
        _("Practice, also without a connection"),
        description=_("Questions, right answers and rationales are saved on learners' devices. Not for quizzes that examine."),
    )

    def validate_practice(self, field: BooleanField) -> None:
        """Let only quizzes without anything to guard be taken along: all of their questions, as often as one likes, told at once."""
        guarded = (
            self.draw.data, self.pools.data, any(row["draw"] for row in self.sections.data), self.attempts.data, self.time_limit.data, self.wait.data,
            self.reveal.data != "all", self.answering.data == "certainty",
        )  # fmt: skip
        if field.data and any(guarded):
            raise ValidationError(
                __("Practice asks all its questions, without a limit of time or attempts, and tells everything after handing in.")
            )

    def validate_items(self, field: Rows) -> None:
        """Refuse a quiz without items, a key that stands twice, and a pool smaller than what is drawn."""
        keys = [row["key"] for row in field.data]
        if not keys and not self.pools.data:
            raise ValidationError(__("A quiz needs at least one item, or a draw from the bank."))
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise ValidationError(__("The key “%(key)s” stands twice.", key=twice[0]))
        if self.draw.data and self.draw.data > len(keys):
            raise ValidationError(__("The pool has only %(count)s items.", count=len(keys)))

    def validate_sections(self, field: Rows) -> None:
        """Refuse a section that stands twice, and items of a section that does not exist."""
        known = [row["key"] for row in field.data]
        twice = sorted({key for key in known if known.count(key) > 1})
        if twice:
            raise ValidationError(__("The key “%(key)s” stands twice.", key=twice[0]))
        strange = sorted({row["section"] for row in [*self["items"].data, *self.pools.data] if row["section"]} - set(known))
        if strange:
            raise ValidationError(__("There is no section “%(key)s”.", key=strange[0]))

    def validate_grace(self, field: IntegerField) -> None:
        """Ask for the minutes when there is a time to hand in."""
        if self.time_up.data == "grace" and not field.data:
            raise ValidationError(__("How many minutes are left to hand in?"))


def load_settings(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return a quiz as its author wrote it: items with a `kind` in full, others by their key. Raises ContentError naming the field."""
    rows = data.get("items") or []
    full: dict[str, dict[str, Any]] = {}
    named: Any = rows
    if isinstance(rows, list):
        named = []
        for index, row in enumerate(rows):
            if not isinstance(row, Mapping) or "kind" not in row:
                named.append(row)
                continue
            try:
                item = load_row({name: value for name, value in row.items() if name not in IN_QUIZ})
            except ContentError as error:
                raise ContentError(f"items.{index}.{error.field}: {error.message}", field=f"items.{index}.{error.field}") from None
            full[item["key"]] = item
            named.append({"key": item["key"], **{name: row[name] for name in IN_QUIZ if name in row}})
    settings = load_form(QuizSettings, {**data, "items": named})
    settings["items"] = [full.get(row["key"], {}) | _without_nothing(row) for row in settings["items"]]
    return settings


def _without_nothing(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value not in ("", None)}
