"""Forms for changing a cohort, and for making one from an earlier one."""

from __future__ import annotations

import re
from typing import Any

from wtforms import BooleanField, DateField, HiddenField, IntegerField, RadioField, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange

from lms.cohorts.forms import ZONES, plausible
from lms.forms import Form, choices
from lms.i18n import lazy_gettext as _


class _NameForm(Form):
    """What a cohort is called."""

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


class DetailsForm(_NameForm):
    """A cohort itself."""

    course_id = SelectField(_("Course"), coerce=int)
    time_zone = SelectField(_("Time zone"), choices=ZONES)

    @property
    def values(self) -> dict[str, Any]:
        """Return what the service takes."""
        return dict(self.data)


class UpgradeForm(Form):
    """Moving several modules of a cohort to newer revisions."""

    take_away = BooleanField(
        _("Take completions away that the new rule would not give"), description=_("Leave this empty and nobody loses anything.")
    )


def chosen_revisions(values: list[str]) -> dict[int, str]:
    """Return {module id: number of the revision} of the boxes that were ticked, `12-3` each; what is none is left out."""
    found = (re.fullmatch(r"([0-9]{1,9})-([0-9]{1,6})", value) for value in values)
    return {int(match[1]): match[2] for match in found if match}


class CopyForm(_NameForm):
    """A new cohort from an earlier one."""

    starts_on = DateField(_("First day"), [InputRequired(), plausible])
    revisions = RadioField(
        _("Modules"),
        [InputRequired(_("Choose one."))],
        choices=choices(("newest", _("with their newest revisions")), ("same", _("with the same revisions as the earlier cohort"))),
        default="newest",
    )
    groups = BooleanField(_("Groups: their names and order"), default=True)
    staff = BooleanField(_("Staff: organizers, instructors, coaches, examiners"), default=True)
    schedule = BooleanField(_("Meetings, moved by as many days as the first day, at the same time of day"), default=True)
    do = HiddenField()

    @property
    def values(self) -> dict[str, Any]:
        """Return what the service takes."""
        return {name: value for name, value in self.data.items() if name != "do"}

    @property
    def identity(self) -> dict[str, int]:
        """Return what must be free: year, unit and number."""
        return {name: self[name].data for name in ("year", "organizer_unit_id", "number")}

    @property
    def parts(self) -> dict[str, Any]:
        """Return what a copy would hold, as the dry run takes it."""
        return {name: self[name].data for name in ("starts_on", "revisions", "groups", "staff", "schedule")}
