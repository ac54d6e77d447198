"""Forms of results, decisions and minutes."""

from __future__ import annotations

from typing import Any

from wtforms import DateField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from lms.cohorts.forms import plausible
from lms.decisions.models import Outcome
from lms.forms import Form, choices
from lms.i18n import gettext as now
from lms.i18n import lazy_gettext as _

OUTCOMES = {Outcome.PASSED: _("Passed"), Outcome.POSTPONED: _("Postponed: one thing is still to be done"), Outcome.FAILED: _("Not passed")}


class DecisionForm(Form):
    """A decision about the people who are ticked. Failing is not offered for several at once."""

    outcome = RadioField(
        _("Decision"),
        [InputRequired(_("Choose a decision."))],
        choices=choices(*((key, OUTCOMES[key]) for key in (Outcome.PASSED, Outcome.POSTPONED))),
    )
    reason = TextAreaField(
        _("Reason"),
        [Length(max=500)],
        description=_(
            "They can read it. Needed when you postpone, and when you pass somebody who lacks something. Write nothing about health or family."
        ),
    )
    task = TextAreaField(_("What is still to do"), [Length(max=500)], description=_("Only when you postpone: one task, in plain words."))
    due_on = DateField(_("Until"), [Optional(), plausible], description=_("Only when you postpone."))

    @property
    def values(self) -> dict[str, Any]:
        """Return what the service takes."""
        return {
            "outcome": Outcome(self.outcome.data),
            "reason": (self.reason.data or "").strip(),
            "task": (self.task.data or "").strip(),
            "due_on": self.due_on.data,
        }


class OneDecisionForm(DecisionForm):
    """A decision about one person, who may also have failed."""

    outcome = RadioField(_("Decision"), [InputRequired(_("Choose a decision."))], choices=choices(*OUTCOMES.items()))


class ExtensionForm(Form):
    """A later due day of one module for the people who are ticked."""

    module_id = SelectField(_("Module"), coerce=int)
    extended_to = DateField(_("New due day"), [InputRequired(), plausible])
    extension_reason = TextAreaField(
        _("Reason"), [InputRequired(), Length(min=5, max=500)], description=_("Kept in the trail. Write nothing about health or family.")
    )


class MinutesForm(Form):
    """What stands in the minutes beside the decisions."""

    number = StringField(_("Number of the minutes"), [Length(max=80)], description=_("Empty: a line is left to write it by hand."))
    place = StringField(_("Place"), [InputRequired(), Length(max=120)])
    held_on = DateField(_("Day of the meeting"), [InputRequired(), plausible])
    attendees = TextAreaField(
        _("Who was there"),
        [InputRequired(), Length(max=2000)],
        description=_("One person a line: name, then a comma and the role. Each signs at the end."),
    )
    whom = RadioField(
        _("Which decisions"),
        [InputRequired(_("Choose one."))],
        choices=choices(("all", _("All decisions of the cohort that hold")), ("new", _("Only those since the last minutes"))),
        default="all",
    )

    def validate_attendees(self, field: TextAreaField) -> None:
        """Ask for no more people than sign on one sheet."""
        if len(self.people) > 20:
            raise ValidationError(now("At most 20 people can sign."))

    @property
    def people(self) -> list[tuple[str, str]]:
        """Return (name, role) of who was there; a title after the name, as in “Ani, S.Sos., Ketua”, stays with it: the last comma counts."""
        rows = [line.strip() for line in (self.attendees.data or "").splitlines() if line.strip()]
        return [
            (name.strip() or role.strip(), role.strip() if name.strip() else "") for name, _comma, role in (r.rpartition(",") for r in rows)
        ]
