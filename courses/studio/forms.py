"""Forms of the studio. Texts of a module come in two languages; keys are made from titles unless somebody writes them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from wtforms import (
    BooleanField,
    DateField,
    Field,
    FileField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from courses.folder.reader import RESERVED_ACTIVITIES, RESERVED_MODULES
from courses.folder.tags import BEHAVIOURS, BERAKHLAK, TAG, VALUE_TITLES, VALUES
from lms.api import Form, Module, Number, Rows, activity_types, choices, choose, ngettext, rows
from lms.api import gettext as __
from lms.api import lazy_gettext as _

KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
TEXTS = ("title", "summary", "audience")


# -- fields ------------------------------------------------------------------------------------------------------------------------


def _plain(number: Decimal) -> int | float:
    """Return a number for a module file; a whole one stays whole."""
    return int(number) if number == int(number) else float(number)


class Lines(TextAreaField):
    """A list, one line each."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Split lines; empty ones are left out."""
        self.data = [line.strip() for line in (valuelist[0] if valuelist else "").splitlines() if line.strip()]

    def _value(self) -> str:
        return "\n".join(self.data or [])


class Words(StringField):
    """A list of words, separated by commas."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Split what was typed."""
        self.data = [word.strip() for word in (valuelist[0] if valuelist else "").split(",") if word.strip()]

    def _value(self) -> str:
        return ", ".join(self.data or [])


class MultiCheckboxField(SelectMultipleField):
    """Several of a list, as boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class Behaviours(MultiCheckboxField):
    """Behaviours of BerAKHLAK, chosen by name. Takes codes with commas between them, too, as states of earlier days have them."""

    def __init__(self, label: Any = None, validators: Any = None, **options: Any) -> None:
        """Offer the 21 behaviours."""
        super().__init__(label, validators, choices=choices(*BEHAVIOURS.items()), validate_choice=False, **options)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Take what is ticked."""
        self.data = [word.strip() for text in valuelist for word in text.split(",") if word.strip()]

    @property
    def groups(self) -> list[tuple[Any, list[Any]]]:
        """Return (title of the value, its three behaviours) in order."""
        boxes = list(self)
        return [(VALUE_TITLES[value], boxes[3 * place : 3 * place + 3]) for place, value in enumerate(VALUES)]


class NewKey:
    """Accept a key that can stand in an address and in a file's name, or nothing."""

    def __init__(self, reserved: Iterable[str] = ()) -> None:
        """Remember the addresses that are taken by pages of the studio."""
        self.reserved = frozenset(reserved)

    def __call__(self, form: Form, field: StringField) -> None:
        """Look at the key."""
        field.data = (field.data or "").strip()
        if field.data and not KEY.fullmatch(field.data):
            raise ValidationError(__("Use small letters, digits and dashes, at most 60."))
        if field.data in self.reserved:
            raise ValidationError(__("This key is taken by a page of the studio. Choose another one."))


# -- modules -----------------------------------------------------------------------------------------------------------------------


class ModuleForm(Form):
    """A new module."""

    title_id = StringField(_("Title in Indonesian"), [InputRequired(), Length(max=120)])
    title_en = StringField(_("Title in English"), [Length(max=120)], description=_("May wait. You are reminded before publishing."))
    code = StringField(_("Short code"), [Length(max=12)], description=_("For lists, for instance EMP."))
    summary_id = TextAreaField(
        _("Description in Indonesian"), [Length(max=2000)], description=_("Two or three sentences for the catalogue.")
    )
    summary_en = TextAreaField(_("Description in English"), [Length(max=2000)])
    key = StringField(
        _("Key"), [NewKey(RESERVED_MODULES)], description=_("Part of the address. It never changes. Left empty, it is made from the title.")
    )

    def validate_key(self, field: StringField) -> None:
        """Ask for a key when none can be made from the title."""
        made = field.data or rows.key_from(self.title_id.data or "")
        if not made or made in RESERVED_MODULES:
            raise ValidationError(__("Write a key of small letters, digits and dashes."))


class OutcomeRow(Form):
    """What a learner can do afterwards."""

    id = TextAreaField(_("In Indonesian"), [InputRequired(), Length(max=400)])
    en = TextAreaField(_("In English"), [Length(max=400)])


class SectionRow(Form):
    """A lesson of the outline."""

    key = StringField(_("Key"), [InputRequired(), NewKey()])
    title_id = StringField(_("Title in Indonesian"), [InputRequired(), Length(max=120)])
    title_en = StringField(_("Title in English"), [Length(max=120)])
    jp = Number(_("Hours (JP)"), kind=_plain, description=_("1 JP is 45 minutes. Empty: none."))
    form = SelectField(
        _("Recognised as"),
        choices=choices(("", "–"), ("e_learning", _("E-learning")), ("practice", _("Practice")), ("reflection", _("Reflection"))),
    )

    def validate_jp(self, field: Number) -> None:
        """Hours are above 0."""
        if field.data is not None and not 0 < field.data <= 100:
            raise ValidationError(__("Hours are above 0 and at most 100."))

    def validate_form(self, field: SelectField) -> None:
        """Ask how hours are recognised when there are some."""
        if self.jp.data and not field.data:
            raise ValidationError(__("Choose how the hours of this section are recognised."))


class AboutForm(Form):
    """What a module says about itself, and its sections."""

    title_id = StringField(_("Title in Indonesian"), [InputRequired(), Length(max=120)])
    title_en = StringField(_("Title in English"), [Length(max=120)])
    code = StringField(_("Short code"), [Length(max=12)])
    summary_id = TextAreaField(_("Description in Indonesian"), [Length(max=2000)])
    summary_en = TextAreaField(_("Description in English"), [Length(max=2000)])
    audience_id = TextAreaField(_("For whom, in Indonesian"), [Length(max=2000)])
    audience_en = TextAreaField(_("For whom, in English"), [Length(max=2000)])
    language = SelectField(_("Language of the texts"), choices=choices(("id", "Bahasa Indonesia"), ("en", "English")))
    checked_on = DateField(_("Whole module last checked on"), [Optional()])
    outcomes = Rows(OutcomeRow, _("What learners can do afterwards"))
    sections = Rows(SectionRow, _("Sections"), least=1)

    # How many activities each section holds: one that holds some cannot be taken away.
    held: Mapping[str, int] = {}

    def validate_sections(self, field: Rows) -> None:
        """Refuse a key that stands twice, and the loss of a section that still holds activities."""
        keys = [row["key"] for row in field.data]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise ValidationError(__("The key “%(key)s” stands twice.", key=twice[0]))
        for key, count in self.held.items():
            if key not in keys:
                raise ValidationError(
                    ngettext(
                        "The section “%(key)s” still holds %(num)s activity. Move it to another section first.",
                        "The section “%(key)s” still holds %(num)s activities. Move them to another section first.",
                        count,
                        key=key,
                    )
                )


def about_data(module: Module) -> dict[str, Any]:
    """Return what a module says about itself as the form shows it."""
    about = module.about
    return {
        "code": module.code,
        "language": about.get("language") or "id",
        "checked_on": dt.date.fromisoformat(about["checked_on"]) if about.get("checked_on") else None,
        "outcomes": [{"id": text.get("id", ""), "en": text.get("en", "")} for text in about.get("outcomes") or []],
        "sections": [
            {
                "key": section["key"],
                "title_id": section["title"].get("id", ""),
                "title_en": section["title"].get("en", ""),
                "jp": section.get("jp"),
                "form": section.get("form") or "",
            }
            for section in about["sections"]
        ],
        **{f"{name}_{code}": (about.get(name) or {}).get(code, "") for name in TEXTS for code in ("id", "en")},
    }


def both(values: Mapping[str, Any], name: str) -> dict[str, str]:
    """Return the texts `name_id` and `name_en` as `{"id": …, "en": …}`, without what is empty."""
    found = {code: (values.get(f"{name}_{code}") or "").strip() for code in ("id", "en")}
    return {code: text for code, text in found.items() if text}


def about_of(values: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """Return a module's description from the values of an `AboutForm`; names that the form does not know stay as they were."""
    sections = []
    for row in values["sections"]:
        section: dict[str, Any] = {"key": row["key"], "title": both(row, "title")}
        if row["jp"]:
            section["jp"] = row["jp"]
        if row["form"]:
            section["form"] = row["form"]
        sections.append(section)
    checked = values["checked_on"]
    return {
        **before,
        **{name: both(values, name) for name in TEXTS},
        "outcomes": [{code: text.strip() for code, text in row.items() if text and text.strip()} for row in values["outcomes"]],
        "language": values["language"],
        "checked_on": checked.isoformat() if checked else None,
        "sections": sections,
    }


# -- activities --------------------------------------------------------------------------------------------------------------------


class AddForm(Form):
    """A new activity: which type, what it is called, where it stands."""

    type = SelectField(_("What kind of activity is it?"), [InputRequired()])
    title = StringField(_("Title"), [InputRequired(), Length(max=120)])
    section = SelectField(_("Section"))
    key = StringField(
        _("Key"),
        [NewKey(RESERVED_ACTIVITIES)],
        description=_("Learners’ progress hangs on it, so it never changes. Left empty, it is made from the title."),
    )

    def offer(self, module: Module) -> AddForm:
        """Offer the installed types and the module's sections."""
        self.type.choices = choices(*((key, kind.title) for key, kind in activity_types().items()))
        self.section.choices = choices(*sections_of(module))
        return self


def sections_of(module: Module) -> list[tuple[str, str]]:
    """Return (key, title) of a module's sections."""
    return [(section["key"], choose(section["title"]) or section["key"]) for section in module.about["sections"]]


class ActivityForm(Form):
    """What every activity says about itself, and what completes it. `courses.studio.rules` reads the rule."""

    title = StringField(_("Title"), [InputRequired(), Length(max=120)])
    section = SelectField(_("Section"))
    minutes = IntegerField(
        _("Minutes"), [InputRequired(), NumberRange(1, 3000)], description=_("Honest working time of an average learner.")
    )
    required = BooleanField(_("Needed to complete the module"), default=True)
    requires = MultiCheckboxField(_("Opens after"), description=_("It stays closed until these are complete. Nothing ticked: it is open."))
    tags = Behaviours(_("BerAKHLAK behaviours"), description=_("What it is about, practises or asks for. Two or three say more than ten."))
    competencies = Words(
        _("Competencies"), description=_("In small letters with dashes, separated by commas, for instance: mendengar-aktif, empati.")
    )
    sources = Lines(_("Sources"), description=_("What you relied on, one a line."))
    checked_on = DateField(_("Facts last checked on"), [Optional()])
    rule_mode = RadioField(
        _("What completes it?"), choices=choices(("default", ""), ("chosen", ""), ("own", "")), validate_choice=False, default="default"
    )
    rule_viewed = BooleanField(_("read the page"))
    rule_submitted = BooleanField(_("hand in"))
    rule_passed = BooleanField(_("score at least, in percent"))
    rule_passed_value = Number(_("Percent"), kind=_plain)
    rule_minimum_words = BooleanField(_("write at least, in words"))
    rule_minimum_words_value = IntegerField(_("Words"), [Optional()])
    rule_accepted = BooleanField(_("accepted by the instructor"))
    rule_attended = BooleanField(_("be there"))
    rule_before = BooleanField(_("by this day at the latest"))
    rule_before_value = DateField(_("Day"), [Optional()])
    rule_own = TextAreaField(_("A rule of your own"))

    def process(self, *arguments: Any, **options: Any) -> None:
        """Bind the fields; a tag that is no behaviour of the list stands among the competencies, also one that was typed wrong."""
        super().process(*arguments, **options)
        both = dict.fromkeys([*(self.competencies.data or []), *(self.tags.data or [])])
        self.tags.data = [tag for tag in BERAKHLAK if tag in both]
        self.competencies.data = [tag for tag in both if tag not in BERAKHLAK]

    @property
    def all_tags(self) -> list[str]:
        """Return the behaviours in their order and then the competencies, as an activity keeps them."""
        return [*self.tags.data, *self.competencies.data]

    def validate_competencies(self, field: Words) -> None:
        """Refuse what is no tag."""
        for tag in field.data:
            if not TAG.fullmatch(tag):
                raise ValidationError(__("“%(tag)s” is no tag. Use BP1 to KL3, or a competency in small letters with dashes.", tag=tag))


class PublishForm(Form):
    """What has changed, in the author's words."""

    note = StringField(
        _("What is new? One line for your colleagues."),
        [Length(max=500)],
        description=_("For instance: Lesson 3 shorter, two new quiz items."),
    )


class PictureForm(Form):
    """A picture for a module."""

    picture = FileField(_("Picture"), description=_("SVG, PNG, JPEG, WebP, AVIF or GIF. A large photo is made smaller."))
    name = StringField(
        _("Name"), [Length(max=60)], description=_("May stay empty. A picture with the same name takes the place of the old one.")
    )


class ImportForm(Form):
    """A zip of a module's folder, or a document."""

    zip = FileField(
        _("File"),
        description=_("A zip as “Download as a zip” writes it (10 MB), a Word document (.docx) or PowerPoint slides (.pptx, 20 MB)."),
        render_kw={"accept": ".zip,.docx,.pptx"},
    )
    replace = BooleanField(
        _("If I have a module with this key already, replace its draft"), description=_("Its revisions stay, and cohorts keep theirs.")
    )
    note = StringField(_("What is new? One line for your colleagues."), [Length(max=500)])


def add_error(field: Field, message: str) -> None:
    """Add an error that only a service could see to a field."""
    field.errors = [*field.errors, message]
