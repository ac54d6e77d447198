"""The learner's page on which they tell that there is no signal where they are."""

from __future__ import annotations

from flask import flash, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from lms.db import commit
from lms.errors import Refused
from lms.i18n import gettext as _
from lms.people.permissions import LEARN, requires
from lms.supervision import signal
from lms.supervision.base import own_day, room
from lms.supervision.forms import SignalForm


@room.route("/no-signal", methods=["GET", "POST"])
@requires(LEARN, on="self")
def no_signal() -> ResponseReturnValue:
    """Tell that there is no signal where I am, until when; or that there is one again."""
    form = SignalForm(until=signal.told_until(current_user))
    if form.submitted() and _told(form):
        commit()
        flash(_("Thank you for telling. Nothing is lost meanwhile.") if not form.back.data else _("Welcome back."), "done")
        return redirect("/learn")
    return render_template("supervision/no_signal.html", form=form, told=signal.told_until(current_user)), 422 if form.errors else 200


def _told(form: SignalForm) -> bool:
    """Tell what the form says; what speaks against it stands at its field."""
    if not form.until.data and not form.back.data:
        form.until.errors = [_("Choose a day.")]
        return False
    try:
        signal.tell_no_signal(actor=current_user, until=None if form.back.data else form.until.data, today=own_day())
    except Refused as reason:
        form.until.errors = [str(reason)]
        return False
    return True
