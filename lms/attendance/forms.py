"""Forms of attendance."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from wtforms import BooleanField, DateField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from lms.attendance.models import AttendanceState, NoteSource
from lms.attendance.services import Mark
from lms.forms import Form, choices
from lms.i18n import gettext as now
from lms.i18n import lazy_gettext as _

STATES = {
    AttendanceState.PRESENT: _("present"),
    AttendanceState.LATE: _("late"),
    AttendanceState.EXCUSED: _("excused"),
    AttendanceState.ABSENT: _("absent"),
}
SOURCES = {
    NoteSource.ROSTER: _("roster"),
    NoteSource.CODE: _("code on the screen"),
    NoteSource.SHEET: _("signed list"),
    NoteSource.VISIT: _("check-in of the visit"),
    NoteSource.CORRECTION: _("correction"),
}
BADGES = {
    AttendanceState.PRESENT: ("leaf", "circle-check"),
    AttendanceState.LATE: ("gold", "clock"),
    AttendanceState.EXCUSED: ("river", "info"),
    AttendanceState.ABSENT: ("clay", "x"),
}


class RosterForm(Form):
    """A state for each person, what becomes of those without one, and why something is changed."""

    rest = SelectField(
        _("Everybody who is not noted yet"),
        choices=choices(("", _("stays not noted")), ("present", _("is present")), ("absent", _("is absent"))),
        default="",
    )
    reason = StringField(
        _("Reason"),
        [Length(max=300)],
        description=_("Needed for “excused”, and for changes after the day. Write nothing about health or family."),
    )
    people: Sequence[Any] = ()

    @classmethod
    def of_people(cls, people: Sequence[Any], **values: Any) -> RosterForm:
        """Return the form with a choice for each person of the roster."""
        offered = choices(("", _("not noted")), *STATES.items())
        fields = {f"state_{row.id}": SelectField(row.name, choices=offered, default=row.state.value if row.state else "") for row in people}
        form = cls.of(**fields)(**values)
        assert isinstance(form, RosterForm)
        form.people = people
        return form

    @property
    def marks(self) -> list[Mark]:
        """Return the marks that differ from what is noted, and those of the rest."""
        found = []
        for row in self.people:
            wanted = self[f"state_{row.id}"].data or ("" if row.state else self.rest.data)
            if wanted and wanted != row.state:
                found.append(Mark(row.id, AttendanceState(wanted), self.reason.data or ""))
        return found


class CheckInForm(Form):
    """The code on the screen."""

    code = StringField(
        _("Code on the screen"), [InputRequired(), Length(min=6, max=9)], description=_("Six digits. They change every minute.")
    )


class SheetForm(Form):
    """Who signed the printed list, and on which day."""

    day = DateField(_("Day of the signatures"), [InputRequired()])
    codes = TextAreaField(
        _("Codes of the rows that are signed"),
        [Optional(), Length(max=20000)],
        description=_("One on each line, typed or scanned. A scanner goes to the next line by itself."),
    )
    rest_absent = BooleanField(_("Everybody who is not noted otherwise was absent"))
    days: Sequence[dt.date] = ()

    def validate_day(self, field: DateField) -> None:
        """Refuse a day on which the meeting was not."""
        if field.data and field.data not in self.days:
            raise ValidationError(now("The meeting was not on this day."))
