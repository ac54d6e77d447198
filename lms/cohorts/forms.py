"""Forms of the organizer's pages."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from wtforms import (
    BooleanField,
    DateField,
    FileField,
    HiddenField,
    IntegerField,
    RadioField,
    SearchField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from lms.forms import Form, choices
from lms.i18n import choose
from lms.i18n import gettext as now
from lms.i18n import lazy_gettext as _
from lms.learning.models import CohortModule, Group, Module
from lms.people.roles import ROLE_TITLES, Role

ZONES = choices(
    ("Asia/Pontianak", "WIB (Pontianak, Jakarta)"), ("Asia/Makassar", "WITA (Makassar, Balikpapan)"), ("Asia/Jayapura", "WIT (Jayapura)")
)
STAFF = choices(
    (Role.INSTRUCTOR, _("Instructor: answers journals and marks what is handed in")),
    (Role.COACH, _("Coach: guides the people given to them, sees how far they are")),
    (Role.MENTOR, _("Mentor: guides at the workplace, sees how far they are")),
    (Role.EXAMINER, _("Examiner: examines people whom they do not coach, sees how far they are")),
    (Role.SUPERVISOR, _("Supervisor: sees how far people are, never what they write")),
    (Role.ORGANIZER, _("Organizer: runs this cohort as you do")),
)
EARLIEST, LATEST = dt.date(2000, 1, 1), dt.date(2100, 1, 1)


def _uuid(text: str | uuid.UUID | None) -> uuid.UUID | None:
    return uuid.UUID(str(text)) if text else None


def plausible(form: Form, field: DateField) -> None:
    """Refuse a year that only a typing error makes (validator)."""
    if field.data and not EARLIEST <= field.data < LATEST:
        raise ValidationError(now("Please check the year."))


class DatesForm(Form):
    """First and last day of a cohort."""

    starts_on = DateField(_("First day"), [InputRequired(), plausible])
    ends_on = DateField(_("Last day"), [InputRequired(), plausible])

    def validate_ends_on(self, field: DateField) -> None:
        """Refuse an end before the beginning."""
        if field.data and self.starts_on.data and field.data < self.starts_on.data:
            raise ValidationError(now("The last day is before the first."))


class CohortForm(DatesForm):
    """A new cohort."""

    course_id = RadioField(_("Course"), [InputRequired(_("Choose a course."))], coerce=int)
    title = StringField(_("Short name"), [InputRequired(), Length(max=120)], description=_("As people say it, for instance PKTBT."))
    number = IntegerField(
        _("Number"), [InputRequired(), NumberRange(1, 3999)], description=_("Write it in digits; pages show it in Roman: 4 becomes IV.")
    )
    year = IntegerField(_("Year"), [InputRequired(), NumberRange(2000, 2100)])
    wave = StringField(
        _("Wave"),
        [Length(max=40)],
        filters=[lambda text: (text or "").strip()],
        description=_("Only when several cohorts run together, for instance Gelombang 2."),
    )
    organizer_unit_id = SelectField(_("Who runs it"), coerce=int)
    time_zone = SelectField(_("Time zone"), choices=ZONES)

    @property
    def values(self) -> dict[str, Any]:
        """Return what the service takes, but the course."""
        return {name: value for name, value in self.data.items() if name != "course_id"}


class CourseForm(Form):
    """A new course; `of_modules` adds two fields for each module that can be in it."""

    title_id = StringField(_("Title in Indonesian"), [InputRequired(), Length(max=120)])
    title_en = StringField(_("Title in English"), [InputRequired(), Length(max=120)])
    summary_id = TextAreaField(_("Summary in Indonesian"), [InputRequired(), Length(max=600)])
    summary_en = TextAreaField(_("Summary in English"), [InputRequired(), Length(max=600)])

    modules: Sequence[Module] = ()

    @classmethod
    def of_modules(cls, modules: Sequence[Module]) -> CourseForm:
        """Return the form with a choice and a place for each module."""
        fields: dict[str, Any] = {}
        for place, module in enumerate(modules, start=1):
            title = choose(module.about["title"])
            uses = choices(("", now("not in it")), ("required", now("required")), ("optional", now("optional")))
            fields[f"use_{module.id}"] = SelectField(title, choices=uses, default="")
            fields[f"place_{module.id}"] = IntegerField(
                now("Place of “%(title)s”", title=title), [Optional(), NumberRange(1, 99)], default=place
            )
        form = cls.of(**fields)()
        assert isinstance(form, CourseForm)
        form.modules = modules
        return form

    @property
    def chosen(self) -> list[tuple[int, bool]]:
        """Return (module id, required) of what is in the course, in order."""
        used = [module for module in self.modules if self[f"use_{module.id}"].data]
        used.sort(key=lambda module: self[f"place_{module.id}"].data or 99)
        return [(module.id, self[f"use_{module.id}"].data == "required") for module in used]

    def validate_title_id(self, field: StringField) -> None:
        """Ask for one module at least (said where it is chosen)."""
        if self.modules and not self.chosen:
            first = self[f"use_{self.modules[0].id}"]
            first.errors = [*first.errors, now("Choose at least one module.")]
            raise ValidationError(now("Choose at least one module below."))


class CohortDatesForm(DatesForm):
    """Dates of a cohort and of its modules."""

    @classmethod
    def of_pins(cls, pins: Iterable[CohortModule], **values: Any) -> CohortDatesForm:
        """Return the form with two days for each module."""
        fields: dict[str, Any] = {}
        rows = list(pins)
        for pin in rows:
            fields[f"opens_{pin.module_id}"] = DateField(_("Opens on"), [Optional(), plausible], default=pin.opens_on)
            fields[f"due_{pin.module_id}"] = DateField(
                _("Due on"), [Optional(), plausible, _after(f"opens_{pin.module_id}")], default=pin.due_on
            )
        form = cls.of(**fields)(**values)
        assert isinstance(form, CohortDatesForm)
        return form

    def modules(self, ids: Iterable[int]) -> dict[int, tuple[dt.date | None, dt.date | None]]:
        """Return {module id: (opens, due)}."""
        return {number: (self[f"opens_{number}"].data, self[f"due_{number}"].data) for number in ids}


def _after(other: str) -> Any:
    def check(form: Form, field: DateField) -> None:
        if field.data and form[other].data and field.data < form[other].data:
            raise ValidationError(now("It would be due before it opens."))

    return check


class GroupsForm(Form):
    """Names and instructors of all groups, one more group, and who answers for people without one."""

    assessor = SelectField(_("Instructor"), coerce=_uuid)
    new_name = StringField(_("Name"), [Length(max=60)])
    new_assessor = SelectField(_("Instructor"), coerce=_uuid)

    @classmethod
    def of_groups(cls, groups: Sequence[Group], instructors: Sequence[Any], assessor_id: uuid.UUID | None) -> GroupsForm:
        """Return the form with a name and an instructor for each group; who is chosen and no instructor any more stays in the list."""
        fields: dict[str, Any] = {}
        for group in groups:
            fields[f"name_{group.id}"] = StringField(_("Name"), [InputRequired(), Length(max=60)], default=group.name)
            fields[f"assessor_{group.id}"] = SelectField(
                _("Instructor"), coerce=_uuid, choices=_instructors(instructors, group.assessor_id), default=group.assessor_id
            )
        form = cls.of(**fields)(assessor=assessor_id)
        assert isinstance(form, GroupsForm)
        form.assessor.choices = _instructors(instructors, assessor_id)
        form.new_assessor.choices = _instructors(instructors, None)
        return form

    def groups(self, groups: Sequence[Group]) -> dict[int, tuple[str, uuid.UUID | None]]:
        """Return {group id: (name, instructor)}."""
        return {group.id: (self[f"name_{group.id}"].data.strip(), self[f"assessor_{group.id}"].data) for group in groups}

    def order(self, do: str, groups: Sequence[Group]) -> list[int]:
        """Return the ids of the groups, one of them moved where the button (`up-3`) says so."""
        numbers = [group.id for group in groups]
        act, _hyphen, number = do.partition("-")
        if act in {"up", "down"} and number.isdecimal() and int(number) in numbers:
            place = numbers.index(int(number))
            numbers.insert(max(0, place + (-1 if act == "up" else 1)), numbers.pop(place))
        return numbers

    @property
    def added(self) -> tuple[str, uuid.UUID | None] | None:
        """Return name and instructor of the new group, or None."""
        name = (self.new_name.data or "").strip()
        return (name, self.new_assessor.data) if name else None


def _instructors(known: Sequence[Any], present: uuid.UUID | None) -> list[SelectChoice]:
    found = [("", now("nobody")), *((str(row.id), row.name) for row in known)]
    if present and all(row.id != present for row in known):
        found.append((str(present), now("no longer an instructor here")))
    return choices(*found)


class SplitForm(Form):
    """Whom to divide over the groups."""

    who = RadioField(
        _("Whom"),
        [InputRequired(_("Choose whom."))],
        choices=choices(("rest", _("Only people without a group")), ("all", _("Everybody anew, also those who have a group"))),
        default="rest",
    )


class StaffForm(Form):
    """A role for somebody who is found by address or name."""

    who = SearchField(_("E-mail or name"), [InputRequired(), Length(min=3, max=120)])
    user_id = RadioField(_("Who is meant?"), [Optional()], coerce=_uuid, choices=[], validate_choice=False)
    role = RadioField(_("Role"), [InputRequired(_("Choose a role."))], choices=STAFF)
    valid_from = DateField(_("From"), [InputRequired(), plausible])
    valid_to = DateField(_("Until"), [Optional(), plausible], description=_("Empty: until you end it."))

    def validate_valid_to(self, field: DateField) -> None:
        """Refuse an end before the beginning."""
        if field.data and self.valid_from.data and field.data < self.valid_from.data:
            raise ValidationError(now("The end is before the beginning."))


class OverrideForm(Form):
    """A completion that a person decides, and why."""

    activity = SelectField(_("Part"), [InputRequired(_("Choose a part."))])
    state = RadioField(
        _("Set it to"),
        [InputRequired(_("Choose one."))],
        choices=choices(
            ("complete", _("Complete, although the rule is not met")),
            ("incomplete", _("Not complete: it starts anew")),
            ("lifted", _("Lift an earlier decision: the rule holds again")),
        ),
    )
    reason = TextAreaField(
        _("Reason"), [InputRequired(), Length(min=5, max=500)], description=_("The learner reads it. Write nothing about health or family.")
    )
    until = DateField(_("Until"), [Optional(), plausible], description=_("Empty: for good. Counts only for “complete”."))


class MoveForm(Form):
    """Moving a cohort to a newer revision."""

    revision = HiddenField()
    take_away = BooleanField(
        _("Take completions away that the new rule would not give"), description=_("Leave this empty and nobody loses anything.")
    )


class UploadForm(Form):
    """A list of people."""

    file = FileField(_("List of people"), description=_("Excel (.xlsx) or CSV, at most 5 MB."))


def role_title(role: Role) -> str:
    """Return the name of a role."""
    return str(ROLE_TITLES[role])
