"""The form that gives people a coach, mentor or examiner."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from wtforms import DateField, RadioField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired, Optional, ValidationError

from lms.forms import Form, choices
from lms.guidance.queries import GUIDES
from lms.i18n import gettext as now
from lms.i18n import lazy_gettext as _
from lms.people.roles import ROLE_TITLES, Role

ROLES = choices(*((role, ROLE_TITLES[role]) for role in GUIDES))


class GuidanceForm(Form):
    """Whom, in which role, by whom, from when: boxes of people or of whole groups."""

    people = SelectMultipleField(_("Whom"), coerce=int, validate_choice=False)
    groups = SelectMultipleField(_("Groups"), coerce=int, validate_choice=False)
    role = RadioField(_("Role"), [InputRequired(_("Choose a role."))], choices=ROLES)
    guide = SelectField(_("Who guides"), [InputRequired(_("Choose somebody."))])
    since = DateField(_("From"), [InputRequired()])
    until = DateField(_("Until"), [Optional()], description=_("Empty: until the cohort ends or you choose somebody else."))

    @classmethod
    def of_holders(cls, rows: Iterable[Any], **values: Any) -> GuidanceForm:
        """Return the form with those who hold a role that guides, each with the role; and nobody, which ends it."""
        form = cls(**values)
        known = [(f"{row.role.value}/{row.id}", f"{row.name} · {ROLE_TITLES[row.role]}") for row in rows]
        form.guide.choices = choices(("", now("Choose somebody.")), *known, ("nobody", now("nobody: end it")))
        return form

    def validate_people(self, field: SelectMultipleField) -> None:
        """Ask for somebody."""
        if not field.data and not self.groups.data:
            raise ValidationError(now("Tick people or a whole group first."))

    def validate_guide(self, field: SelectField) -> None:
        """Refuse somebody who has another role."""
        role = (field.data or "").partition("/")[0]
        if "/" in (field.data or "") and role != self.role.data:
            raise ValidationError(now("This person has another role. Choose the same role, or somebody else."))

    def chosen(self, rows: Sequence[Any]) -> list[int]:
        """Return the enrolments that are meant; group 0 are those without one."""
        return [row.id for row in rows if row.id in self.people.data or (row.group_id or 0) in self.groups.data]

    @property
    def values(self) -> dict[str, Any]:
        """Return what the service takes, but the people."""
        guide = str(self.guide.data).rpartition("/")[2]
        return {
            "role": Role(self.role.data),
            "user_id": None if guide == "nobody" else uuid.UUID(guide),
            "since": self.since.data,
            "until": self.until.data,
        }
