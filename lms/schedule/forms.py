"""Forms of the schedule."""

from __future__ import annotations

from typing import Any

from wtforms import DateField, IntegerField, SelectField, StringField, TimeField
from wtforms.validators import URL, InputRequired, Length, NumberRange, Optional, Regexp

from lms.cohorts.forms import ZONES, plausible
from lms.forms import Form, Number, choices
from lms.i18n import lazy_gettext as _
from lms.learning.models import ScheduleKind

KINDS = choices((ScheduleKind.CLASSROOM, _("In a room")), (ScheduleKind.ONLINE, _("Online")), (ScheduleKind.FIELD_VISIT, _("Field visit")))


class MeetingForm(Form):
    """A meeting of the schedule; day and times are those of its zone."""

    title = StringField(_("Title"), [InputRequired(), Length(max=120)])
    kind = SelectField(_("Kind"), choices=KINDS)
    place = StringField(_("Place"), [Length(max=200)], description=_("A room, a village, or where the link is found."))
    link = StringField(
        _("Link"),
        [Optional(), Length(max=300), URL(require_tld=False), Regexp(r"https?://", message=_("A link begins with https://."))],
        description=_("Learners see it from half an hour before the beginning."),
    )
    day = DateField(_("Day"), [InputRequired(), plausible])
    begins = TimeField(_("From"), [InputRequired()])
    ends = TimeField(_("Until"), [InputRequired()])
    last_day = DateField(_("Last day"), [Optional(), plausible], description=_("Only when it lasts longer than one day."))
    time_zone = SelectField(_("Time zone"), choices=[*choices(("", _("the cohort's"))), *ZONES], default="")
    group_id = SelectField(_("For"), coerce=int, default=0)
    capacity = IntegerField(_("Room for"), [Optional(), NumberRange(1, 10000)], description=_("Empty: for all."))
    jp = Number(_("JP"), [Optional(), NumberRange(0, 24)], places=2, description=_("Hours of 45 minutes; empty: none."))
    activity = SelectField(_("Being there counts for"), default="", description=_("A part of a module that asks people to be there."))

    @property
    def values(self) -> dict[str, Any]:
        """Return what the service takes."""
        module_id, _slash, key = str(self.activity.data or "").partition("/")
        return {
            **{name: value for name, value in self.data.items() if name != "activity"},
            "kind": ScheduleKind(self.kind.data),
            "group_id": self.group_id.data or None,
            "place": self.place.data or "",
            "link": self.link.data or "",
            "jp": self.jp.data or 0,
            "module_id": int(module_id) if key else None,
            "activity_key": key,
        }


class CancelForm(Form):
    """Why a meeting does not take place."""

    reason = StringField(
        _("Why does it not take place?"), [InputRequired(), Length(min=5, max=300)], description=_("Everybody in the cohort reads it.")
    )
