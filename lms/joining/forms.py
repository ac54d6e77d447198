"""Forms of self-enrolment."""

from __future__ import annotations

from wtforms import DateField, IntegerField, RadioField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from lms.forms import Form, choices
from lms.i18n import gettext as now
from lms.i18n import lazy_gettext as _
from lms.joining.seats import Way
from lms.joining.services import Terms

WAYS = choices(
    (Way.CLOSED, _("Closed: only the organizer enrols people")),
    (Way.OPEN, _("Open to everybody who is signed in")),
    (Way.KEY, _("With a key that you give to people")),
    (Way.APPROVAL, _("With your approval of each request")),
    (Way.BOTH, _("With a key and your approval")),
)


class DoorForm(Form):
    """How people come into a cohort by themselves."""

    way = RadioField(_("People enrol themselves"), choices=WAYS, default=Way.CLOSED)
    key = StringField(_("Key"), [Length(max=40)], description=_("At least four letters or digits; capitals and spaces do not matter."))
    capacity = IntegerField(
        _("Seats"), [Optional(), NumberRange(0, 100000)], description=_("Empty: as many as come. People whom you enrol take none of them.")
    )
    opens_on = DateField(_("From"), [Optional()], description=_("Empty: at once."))
    closes_on = DateField(_("Until and including"), [Optional()], description=_("Empty: until the cohort ends."))

    def validate_closes_on(self, field: DateField) -> None:
        """Refuse an end before the beginning."""
        if field.data and self.opens_on.data and field.data < self.opens_on.data:
            raise ValidationError(now("The end is before the beginning."))

    @property
    def terms(self) -> Terms:
        """Return what the service takes."""
        return Terms(Way(self.way.data), self.key.data or "", self.capacity.data, self.opens_on.data, self.closes_on.data)


class KnockForm(Form):
    """A key, where one is asked for."""

    key = StringField(_("Key"), [Length(max=60)])


class DeclineForm(Form):
    """Why a request is declined."""

    reason = StringField(_("Reason, which the person reads"), [InputRequired(), Length(max=300)])
