"""The filters of a report: whatever makes no sense in the address is as if it were not there."""

from __future__ import annotations

import re

from wtforms import DateField, SelectField
from wtforms.validators import Optional

from lms.forms import Form, choices
from lms.i18n import lazy_gettext as _
from lms.reports.contract import ALL, RUNNING, Report, Wanted
from lms.reports.services import Choices

YEAR = re.compile(r"20\d\d")


class FilterForm(Form):
    """All filters; a report shows those that it knows."""

    when = SelectField(_("Cohorts"), validate_choice=False)
    course = SelectField(_("Course"), validate_choice=False)
    cohort = SelectField(_("Cohort"), validate_choice=False)
    group = SelectField(_("Group"), validate_choice=False)
    unit = SelectField(_("Unit and below"), validate_choice=False)
    status = SelectField(_("Status"), validate_choice=False)
    since = DateField(_("From"), [Optional()])
    until = DateField(_("To"), [Optional()])

    def wanted(self, report: Report, sort: str = "") -> Wanted:
        """Return what is asked for, as far as the report knows it and it can be meant."""
        self.validate()
        known = {name: field.data for name, field in self._fields.items() if name in report.filters and not field.errors}
        group = known.get("group") or ""
        when = known.get("when") or RUNNING
        return Wanted(
            when=when if when == ALL or YEAR.fullmatch(when) else RUNNING,
            course=_number(known.get("course")),
            cohort=_number(known.get("cohort")),
            group=_number(group) if group == "0" or _number(group) else None,
            unit=_number(known.get("unit")),
            status=known["status"] if known.get("status") in dict(report.statuses) else "",
            since=known.get("since"),
            until=known.get("until"),
            sort=sort,
        )

    def offer(self, report: Report, here: Choices, wanted: Wanted) -> None:
        """Fill in what can be chosen here."""
        self.when.choices = choices((RUNNING, _("that have not ended")), *((str(year), str(year)) for year in here.years), (ALL, _("all")))
        self.course.choices = choices(("", _("all courses")), *here.courses)
        self.cohort.choices = choices(*([] if report.one_cohort else [("", _("all of these"))]), *here.cohorts)
        self.group.choices = choices(("", _("all groups")), *here.groups, ("0", _("without a group")))
        self.unit.choices = choices(("", _("all units")), *here.units)
        self.status.choices = choices(("", _("all")), *report.statuses)
        self.cohort.data = str(wanted.cohort or "")


def _number(text: str | None) -> int:
    """Return a number in digits, 0 for anything else."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 10 else 0
