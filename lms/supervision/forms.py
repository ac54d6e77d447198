"""The filters of a list of people."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from wtforms import BooleanField, DateField, EmailField, HiddenField, RadioField, SearchField, SelectField
from wtforms.validators import InputRequired, Length, Optional

from lms.forms import Form, choices
from lms.i18n import lazy_gettext as _
from lms.supervision.models import Cadence, Capacity
from lms.supervision.queries import HELP, Wanted
from lms.supervision.services import EVERYTHING, Choices, Line
from lms.supervision.standing import Status

SORTS = (("", _("Who may need help first")), ("name", _("Name")), ("group", _("Group")), ("quiet", _("Longest not active first")))
CAPACITIES = (
    (Capacity.DAILY.value, _("Plh. (for some days of absence)")),
    (Capacity.ACTING.value, _("Plt. (acting, the post is vacant)")),
    (Capacity.COLLEAGUE.value, _("A colleague who helps")),
)
CADENCES = ((Cadence.WEEKLY, _("Every Monday")), (Cadence.MONTHLY, _("On the first day of each month")))
STATUSES = frozenset({HELP, *Status})


class FilterForm(Form):
    """Name, cohort, group, unit and order; the status is chosen by the figures above. What makes no sense is as if it were not there."""

    q = SearchField(_("Name or unit"), [Length(max=100)])
    cohort = SelectField(_("Cohort"), validate_choice=False)
    group = SelectField(_("Group"), validate_choice=False)
    unit = SelectField(_("Unit"), validate_choice=False)
    sort = SelectField(_("Order"), choices=choices(*SORTS), validate_choice=False)
    status = HiddenField()

    @property
    def wanted(self) -> Wanted:
        """Return what is asked for, as far as it can be meant."""
        return Wanted(
            q=(self.q.data or "").strip()[:100],
            cohort=self.cohort.data if self.cohort.data == EVERYTHING else _number(self.cohort.data),
            group=_number(self.group.data),
            unit=_number(self.unit.data),
            status=self.status.data if self.status.data in STATUSES else "",
            sort=self.sort.data if self.sort.data in dict(SORTS) else "",
        )

    @property
    def narrowed(self) -> bool:
        """Tell whether a filter other than the status is set."""
        wanted = self.wanted
        return bool(wanted.q or wanted.cohort or wanted.group or wanted.unit or wanted.sort)

    def offer(self, here: Choices) -> None:
        """Fill in what can be chosen here."""
        self.cohort.choices = choices(("", _("Cohorts that have not ended")), *here.cohorts, (EVERYTHING, _("All, also ended ones")))
        self.group.choices = choices(("", _("All groups")), *here.groups)
        self.unit.choices = choices(("", _("All units")), *here.units)


def _number(text: str | None) -> str:
    """Return a number in digits as it is, and nothing for anything else."""
    return text if text and text.isascii() and text.isdecimal() and len(text) < 10 else ""


class DelegationForm(Form):
    """Whom I let see what, from … to …."""

    scope = SelectField(_("What they see"), [InputRequired()])
    email = EmailField(_("E-mail address of your colleague"), [InputRequired(), Length(max=200)])
    capacity = RadioField(_("As"), [InputRequired()], choices=choices(*CAPACITIES), default=Capacity.DAILY.value)
    valid_from = DateField(_("First day"), [InputRequired()])
    valid_to = DateField(_("Last day"), [InputRequired()])

    @classmethod
    def of_scopes(cls, lines: Sequence[Line], today: dt.date) -> DelegationForm:
        """Return the form with the scopes that one holds in one's own right to choose from."""
        form = cls(valid_from=today, valid_to=today + dt.timedelta(days=7))
        form.scope.choices = choices(*((line.scope.key, line.title) for line in lines if not line.scope.delegation))
        return form


class ScheduleForm(Form):
    """How often a list is announced."""

    cadence = RadioField(_("How often"), [InputRequired()], choices=choices(*CADENCES), coerce=Cadence, default=Cadence.WEEKLY)


class SignalForm(Form):
    """Until when there is no signal; or that there is one again."""

    until = DateField(_("No signal until"), [Optional()])
    back = BooleanField(_("I have a signal again"))
