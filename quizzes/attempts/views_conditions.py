"""The page on which a quiz is opened and closed for a cohort, and groups or persons get conditions of their own."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask import flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import DateTimeLocalField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from lms.api import CohortModule, Form, Module, NotFound, Refused, choices, commit, db, gettext, ngettext, outline, requires
from lms.api import lazy_gettext as _
from quizzes.attempts import arranging
from quizzes.attempts.arranging import Place
from quizzes.base import ARRANGE, plugin

COHORT, PEOPLE = "cohort", "people"


class ConditionsForm(Form):
    """For whom, which conditions, and why."""

    whom = SelectField(_("For"))
    people = TextAreaField(
        _("Persons"),
        [Length(max=20_000)],
        description=_("E-mail addresses of people of this cohort, one a line. Only for “named persons”."),
    )
    opens_at = DateTimeLocalField(_("Opens"), [Optional()])
    closes_at = DateTimeLocalField(_("Closes"), [Optional()])
    minutes = IntegerField(_("Minutes an attempt"), [Optional(), NumberRange(1, 1440)])
    attempts = IntegerField(_("Attempts"), [Optional(), NumberRange(1, 100)])
    password = StringField(_("Password"), [Length(max=60)], description=_("Said when the quiz begins. Learners type it once an attempt."))
    reason = StringField(
        _("Why"), [InputRequired(), Length(max=200)], description=_("The person, the instructors and the organizer can read it.")
    )

    def validate_people(self, field: TextAreaField) -> None:
        """Ask for names when the conditions are for named persons."""
        if self.whom.data == PEOPLE and not (field.data or "").strip():
            raise ValidationError(gettext("Who is it for? Write at least one address."))

    def values(self, zone: str) -> dict[str, Any]:
        """Return the conditions; times are the cohort's."""
        moments = {name: _moment(self[name].data, zone) for name in ("opens_at", "closes_at")}
        return {
            **moments,
            "minutes": self.minutes.data,
            "attempts": self.attempts.data,
            "password": (self.password.data or "").strip() or None,
        }


def _moment(local: dt.datetime | None, zone: str) -> dt.datetime | None:
    return local.replace(tzinfo=ZoneInfo(zone)).astimezone(dt.UTC) if local else None


def _place(cohort_id: int, module_key: str, activity_key: str) -> Place:
    """Return a quiz of a cohort. Raises NotFound."""
    row = db.session.execute(
        sa.select(CohortModule.module_id, CohortModule.revision_id)
        .join(Module, Module.id == CohortModule.module_id)
        .where(CohortModule.cohort_id == cohort_id, Module.key == module_key)
    ).one_or_none()
    if row is None or outline(row.revision_id).item(activity_key).type != "quiz":
        raise NotFound("no such quiz in this cohort")
    return Place(cohort_id, row.module_id, activity_key, row.revision_id)


@plugin.route("/conditions/<int:cohort_id>/<module_key>/<activity_key>", methods=["GET", "POST"])
@requires(ARRANGE, on="cohort")
def conditions(cohort_id: int, module_key: str, activity_key: str) -> ResponseReturnValue:
    """Show the conditions that hold in a quiz of a cohort, and give the cohort, a group or persons other ones."""
    place = _place(cohort_id, module_key, activity_key)
    form = ConditionsForm()
    groups = arranging.groups(cohort_id)
    form.whom.choices = choices(
        (COHORT, _("the whole cohort")), (PEOPLE, _("named persons")), *((f"group-{number}", name) for number, name in groups)
    )
    if form.submitted():
        try:
            changed = _arrange(place, form)
        except Refused as reason:
            form.people.errors = [str(reason)]
            db.session.rollback()
        else:
            commit()
            flash(_saved(changed), "done")
            return redirect(f"/quizzes/conditions/{cohort_id}/{module_key}/{activity_key}")
    return _page(place, form), 422 if form.errors else 200


def _arrange(place: Place, form: ConditionsForm) -> int:
    """Carry out what the form says; returns the number of running attempts that changed."""
    whom = str(form.whom.data)
    return arranging.arrange(
        actor=current_user,
        place=place,
        values=form.values(g.cohort.time_zone),
        reason=form.reason.data or "",
        group_id=int(whom.removeprefix("group-")) if whom.startswith("group-") else None,
        enrolment_ids=arranging.find_people(place.cohort_id, form.people.data or "") if whom == PEOPLE else (),
    )


def _saved(changed: int) -> str:
    if not changed:
        return gettext("The conditions hold from now on.")
    return ngettext(
        "The conditions hold from now on. %(num)s running attempt has new times.",
        "The conditions hold from now on. %(num)s running attempts have new times.",
        changed,
    )


def _page(place: Place, form: ConditionsForm) -> str:
    contents = outline(place.revision_id)
    return render_template(
        "quizzes/conditions.html",
        place=place,
        form=form,
        lines=arranging.in_force(place),
        cohort=g.cohort,
        item=contents.item(place.activity_key),
        module=contents,
        people=PEOPLE,
    )


@plugin.post("/conditions/<int:cohort_id>/<module_key>/<activity_key>/end")
@requires(ARRANGE, on="cohort")
def end_conditions(cohort_id: int, module_key: str, activity_key: str) -> Response:
    """End conditions; what is wider holds again."""
    place = _place(cohort_id, module_key, activity_key)
    changed = arranging.end(actor=current_user, place=place, accommodation_id=request.form.get("id", 0, int))
    commit()
    flash(_saved(changed), "done")
    return redirect(f"/quizzes/conditions/{cohort_id}/{module_key}/{activity_key}")
