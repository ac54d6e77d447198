"""The filters of a list of people."""

from __future__ import annotations

from wtforms import HiddenField, SearchField, SelectField
from wtforms.validators import Length

from lms.forms import Form, choices
from lms.i18n import lazy_gettext as _
from lms.supervision.queries import HELP, Status, Wanted
from lms.supervision.services import EVERYTHING, Choices

SORTS = (("", _("Who may need help first")), ("name", _("Name")), ("group", _("Group")), ("quiet", _("Longest not active first")))
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
