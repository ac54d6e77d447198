"""Forms of the course editor."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from wtforms import BooleanField, HiddenField, IntegerField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from lms.curriculum.services import LIMITS, ModulePlan
from lms.forms import Form, Number, Rows, choices
from lms.i18n import choose
from lms.i18n import gettext as now
from lms.i18n import lazy_gettext as _
from lms.learning.models import Course, CourseModule, Module

LONGEST = 1500  # days: four years
DO = re.compile(r"(up|down|remove)-([0-9]{1,9})")


class MultiCheckboxField(SelectMultipleField):
    """Several choices, each with a box of its own."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class AboutForm(Form):
    """What a course is called and says about itself."""

    title_id = StringField(_("Title in Indonesian"), [InputRequired(), Length(max=120)])
    title_en = StringField(_("Title in English"), [InputRequired(), Length(max=120)])
    summary_id = TextAreaField(_("Summary in Indonesian"), [InputRequired(), Length(max=600)])
    summary_en = TextAreaField(_("Summary in English"), [InputRequired(), Length(max=600)])

    @classmethod
    def of_course(cls, course: Course) -> AboutForm:
        """Return the form with what the course says now."""
        texts = {"title": course.title, "summary": course.summary}
        return cls(**{f"{name}_{code}": text.get(code, "") for name, text in texts.items() for code in ("id", "en")})

    @property
    def texts(self) -> dict[str, dict[str, str]]:
        """Return title and summary by language."""
        return {name: {code: self[f"{name}_{code}"].data.strip() for code in ("id", "en")} for name in ("title", "summary")}


class ModulesForm(Form):
    """Every module of a course on one page; which button was pressed (`do`) says what happens beside saving."""

    order = HiddenField()
    new_module = SelectField(_("One more module"), coerce=int, default=0)

    numbers: Sequence[int] = ()

    @classmethod
    def of_places(cls, rows: Sequence[tuple[CourseModule, Module]], addable: Sequence[Module]) -> ModulesForm:
        """Return the form with the fields of each module: required, weight, what comes first, when it opens and is due."""
        titles = {module.id: choose(module.about["title"]) for _place, module in rows}
        fields: dict[str, Any] = {}
        for place, _module in rows:
            fields |= _fields(place, [(number, title) for number, title in titles.items() if number != place.module_id])
        form = cls.of(**fields)()
        assert isinstance(form, ModulesForm)
        form.numbers = list(titles)
        form.new_module.choices = choices((0, now("Choose a module")), *((module.id, choose(module.about["title"])) for module in addable))
        return form

    def plans(self, do: str) -> list[ModulePlan]:
        """Return the modules as they are to be: in the order that was dragged, then moved, removed or added to as the button says."""
        numbers = self._numbers(do)
        found = [self._plan(number) for number in numbers if number in self.numbers]
        if do == "add" and self.new_module.data:
            found.append(ModulePlan(self.new_module.data))
        return found

    def _numbers(self, do: str) -> list[int]:
        dragged = [int(part) for part in (self.order.data or "").split(",") if re.fullmatch(r"[0-9]{1,9}", part)]
        numbers = dragged if sorted(dragged) == sorted(self.numbers) else list(self.numbers)
        act = DO.fullmatch(do)
        if act and int(act[2]) in numbers:
            place = numbers.index(int(act[2]))
            number = numbers.pop(place)
            if act[1] != "remove":
                numbers.insert(max(0, place + (-1 if act[1] == "up" else 1)), number)
        return numbers

    def _plan(self, number: int) -> ModulePlan:
        return ModulePlan(
            module_id=number,
            required=bool(self[f"required_{number}"].data),
            weight=self[f"weight_{number}"].data,
            requires=tuple(other for other in self.numbers if other in self[f"requires_{number}"].data),
            opens_after=self[f"opens_{number}"].data,
            due_after=self[f"due_{number}"].data,
        )

    def wrong(self, number: int) -> bool:
        """Tell whether a field of a module has an error."""
        return any(self[f"{name}_{number}"].errors for name in ("required", "weight", "requires", "opens", "due"))


def _fields(place: CourseModule, others: list[tuple[int, str]]) -> dict[str, Any]:
    number = place.module_id
    days = [Optional(), NumberRange(0, LONGEST)]
    return {
        f"required_{number}": BooleanField(_("Required: without it nobody completes the course"), default=place.required),
        f"weight_{number}": Number(_("Weight"), [InputRequired(), NumberRange(0, 999)], places=2, default=Decimal(str(place.weight))),
        f"requires_{number}": MultiCheckboxField(
            _("Must be complete before"), coerce=int, choices=choices(*others), default=list(place.requires)
        ),
        f"opens_{number}": IntegerField(_("Opens, days after the first day"), days, default=place.opens_after),
        f"due_{number}": IntegerField(_("Due, days after the first day"), days, default=place.due_after),
    }


class BandRow(Form):
    """One band of a grade scale; a row without names is dropped."""

    label_id = StringField(_("Name in Indonesian"), [Length(max=60)])
    label_en = StringField(_("Name in English"), [Length(max=60)])
    minimum = Number(_("From"), places=2)
    passes = BooleanField(_("passes"))

    def validate_minimum(self, field: Number) -> None:
        """Ask for a minimum and both names where one of them stands."""
        if field.data is None:
            raise ValidationError(now("Say from which mark the band begins."))
        if not (self.label_id.data or "").strip() or not (self.label_en.data or "").strip():
            raise ValidationError(now("Name the band in both languages."))


class PassingForm(Form):
    """Grade bands and absence limits of a course."""

    bands = Rows(BandRow, _("Bands, from best to worst"))
    sessions = IntegerField(_("Sessions"), [Optional(), NumberRange(0, 999)])
    jp = Number(_("JP"), [Optional(), NumberRange(0, 999)], places=2)
    days = IntegerField(_("Days"), [Optional(), NumberRange(0, 999)])

    @classmethod
    def of_course(cls, course: Course, scale: Sequence[Mapping[str, Any]]) -> PassingForm:
        """Return the form with a scale, which can be one that is only tried, and the limits of the course."""
        rows = [
            {**{f"label_{code}": band["label"].get(code, "") for code in ("id", "en")}, "passes": band["passes"]}
            | {"minimum": Decimal(str(band["minimum"]))}
            for band in scale
        ]
        limits = {name: course.absence_limits.get(name) for name in LIMITS}
        limits["jp"] = None if limits["jp"] is None else Decimal(str(limits["jp"]))
        return cls(bands=rows, **limits)

    @property
    def scale(self) -> list[dict[str, Any]]:
        """Return the bands as a course keeps them."""
        rows = [entry.form for entry in self.bands.entries]
        return [
            {
                "label": {code: row[f"label_{code}"].data.strip() for code in ("id", "en")},
                "minimum": float(row.minimum.data),
                "passes": bool(row.passes.data),
            }
            for row in rows
        ]

    @property
    def limits(self) -> dict[str, float]:
        """Return the limits that are set."""
        found = {name: self[name].data for name in LIMITS}
        return {name: float(value) if isinstance(value, Decimal) else value for name, value in found.items() if value is not None}
