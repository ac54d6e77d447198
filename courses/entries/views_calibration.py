"""Second opinions without seeing the first, how far instructors agree, and what organizers may know about levels."""

from __future__ import annotations

import uuid

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from wtforms import RadioField
from wtforms.validators import InputRequired

from courses.base import ANSWER, plugin
from courses.entries import calibration, kember, levels, queries
from courses.entries.desk import levels as choices_of_levels
from courses.entries.pages import titled
from lms.api import VIEW_COHORTS, Form, Permission, commit, db, gettext, requires
from lms.api import lazy_gettext as _


class OpinionForm(Form):
    """The level that a second instructor sees."""

    level = RadioField(_("Depth of reflection"), [InputRequired()])

    def __init__(self, *arguments: object, **values: object) -> None:
        """Name the levels as the reader's language writes numbers."""
        super().__init__(*arguments, **values)
        self.level.choices = choices_of_levels()


def _years(permission: Permission) -> tuple[list[int], int]:
    """Return the years there are, and the one that is asked for: the latest, unless the address says another."""
    years = list(db.session.scalars(queries.years_among(current_user, permission)))
    asked = request.args.get("year", 0, int)
    return years, asked if asked in years else next(iter(years), 0)


@plugin.get("/journals/queue/second")
@requires(ANSWER, on="self")
def second_opinions() -> str:
    """List the journals of my cohorts that are calibrated, and what of them waits for my second opinion."""
    years, year = _years(ANSWER)
    return render_template("courses/calibration.html", offered=calibration.offered_to(current_user, year), years=years, year=year)


@plugin.route("/journals/queue/second/<uuid:entry_id>", methods=["GET", "POST"])
@requires(ANSWER, on="self", writes=True)
def second_opinion_on(entry_id: uuid.UUID) -> ResponseReturnValue:
    """Open a text that was drawn for me (the author sees that) and say on which level I see it."""
    desk, form = calibration.open_second(current_user, entry_id), OpinionForm()
    if form.submitted():
        calibration.give_opinion(actor=current_user, version_id=desk.version_id, level=int(form.level.data))
        commit()
        flash(gettext("Your second opinion is kept. It does not count; it keeps levels comparable."), "done")
        return redirect("/journals/queue/second")
    commit()
    page = {"desk": desk, "form": form, "titled": titled, "kember": kember}
    return render_template("courses/second.html", **page), 422 if request.method == "POST" else 200


@plugin.get("/journals/queue/second/<int:cohort_id>/<module_key>/<activity_key>")
@requires(ANSWER, on="cohort")
def levels_agree(cohort_id: int, module_key: str, activity_key: str) -> str:
    """Show how far instructors agree on the levels of a journal."""
    page = calibration.compared(current_user, cohort_id, module_key, activity_key)
    return render_template("courses/agreement.html", page=page, least=calibration.ENOUGH)


@plugin.get("/journals/levels")
@requires(VIEW_COHORTS, on="self")
def levels_of_cohorts() -> str:
    """Show how deep journals of my cohorts reflect, in groups of ten and more."""
    years, year = _years(VIEW_COHORTS)
    found = levels.levels_of(current_user, year)
    return render_template("courses/levels.html", found=found, least=levels.LEAST, years=years, year=year)
