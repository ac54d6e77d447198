"""Forms of attendance."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from wtforms import BooleanField, DateField, HiddenField, SelectField, StringField, TextAreaField
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
    """A state for each person beside the one that was shown, what becomes of those without one, and why something is changed."""

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
        """Return the form with a choice for each person of the roster whom the actor may note."""
        offered = choices(("", _("not noted")), *STATES.items())
        fields: dict[str, Any] = {}
        for row in people:
            default = row.state.value if row.state else ""
            fields[f"state_{row.id}"] = SelectField(row.name, choices=offered, default=default)
            fields[f"was_{row.id}"] = HiddenField(default=default)
        form = cls.of(**fields)(**values)
        assert isinstance(form, RosterForm)
        form.people = people
        return form

    @property
    def marks(self) -> list[Mark]:
        """Return what was chosen otherwise than it was shown, and the rest; the reason goes with excuses and changes."""
        found = []
        for row in self.people:
            wanted = self._chosen(row) or ("" if row.state else self.rest.data)
            if wanted and wanted != row.state and row not in self.overtaken:
                needs_reason = wanted == AttendanceState.EXCUSED or row.state is not None
                found.append(Mark(row.id, AttendanceState(wanted), (self.reason.data or "") if needs_reason else ""))
        return found

    @property
    def overtaken(self) -> list[Any]:
        """Return who was chosen otherwise here, and noted otherwise by others since the page was shown: they stay as they were noted."""
        return [row for row in self.people if self._chosen(row) not in {"", row.state} and self[f"was_{row.id}"].data != (row.state or "")]

    def _chosen(self, row: Any) -> str:
        """Return the state that was chosen for somebody, empty when it is the one that was shown."""
        chosen = self[f"state_{row.id}"].data or ""
        return "" if chosen == self[f"was_{row.id}"].data else chosen


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
