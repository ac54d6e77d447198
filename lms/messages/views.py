"""One's notices, how they come by mail, the address that stops mails; texts to copy for those who remind."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from itertools import groupby

from flask import Blueprint, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response

from lms import i18n
from lms.cohorts import queries as cohorts
from lms.cohorts.base import head_of
from lms.db import commit, db, paginate, utcnow
from lms.i18n import gettext as _
from lms.i18n import local_day, ngettext
from lms.messages import copying, queries, services
from lms.messages.forms import choice_form
from lms.messages.kinds import TOPICS
from lms.messages.models import Notice
from lms.people.permissions import MANAGE_COHORTS, PROFILE, SUPERVISE, requires, signed
from lms.registry import registry
from lms.supervision import services as supervision
from lms.supervision.base import link
from lms.supervision.scopes import find_scope, with_list
from lms.web.paging import page_number

room = Blueprint("messages", __name__, template_folder="templates")

PER_PAGE = 30
PEOPLE = 60


@room.get("/notices")
@requires(PROFILE, on="self")
def notices() -> str:
    """Show one's notices: what is new first, then day by day."""
    page = paginate(queries.notices_of(current_user.id, utcnow()), page_number(), PER_PAGE, scalars=True)
    return render_template("messages/notices.html", page=page, days=_by_day(page.items), kind_of=services.kind_of)


def _by_day(notices: Sequence[Notice]) -> list[tuple[str, list[Notice], bool]]:
    """Return (heading, notices, whether they are new): what is new, then the days on which the others came."""
    new = [notice for notice in notices if notice.read_at is None]
    days = groupby((notice for notice in notices if notice.read_at), lambda notice: local_day(notice.shown_at, current_user.time_zone))
    old = [(i18n.format_day(day), list(some), False) for day, some in days]
    return [(_("New"), new, True), *old] if new else old


@room.get("/notices/<uuid:notice_id>")
@requires(PROFILE, on="self", writes=True)
def open_notice(notice_id: uuid.UUID) -> Response:
    """Go where a notice points to; it is read now."""
    path = services.open_notice(actor=current_user, notice_id=notice_id)
    commit()
    return redirect(path)


@room.post("/notices/<uuid:notice_id>/later")
@requires(PROFILE, on="self")
def later(notice_id: uuid.UUID) -> Response:
    """Put a notice away until tomorrow."""
    services.remind_tomorrow(actor=current_user, notice_id=notice_id)
    commit()
    flash(_("Peduli reminds you tomorrow morning."), "done")
    return redirect("/notices")


@room.post("/notices/read")
@requires(PROFILE, on="self")
def read_everything() -> Response:
    """Mark everything as read."""
    services.read_everything(actor=current_user)
    commit()
    return redirect("/notices")


@room.route("/profile/notices", methods=["GET", "POST"])
@requires(PROFILE, on="self")
def choices() -> ResponseReturnValue:
    """Show and change how notices come by mail."""
    kinds = list(registry().notice_kinds.values())
    form = choice_form(kinds, services.chosen_by(current_user.id))
    if form.submitted():
        services.choose(actor=current_user, wanted=form.data)
        commit()
        flash(_("Saved. Mails come as you chose."), "done")
        return redirect("/profile/notices")
    return render_template("messages/choices.html", form=form, kinds=kinds, topics=TOPICS), 422 if form.errors else 200


@room.route("/notices/stop/<proof>", methods=["GET", "POST"])
@signed
def stop(proof: str) -> str:
    """Stop the mails of whoever holds the address in a mail; a mail program may ask for it by itself (RFC 8058)."""
    user = services.who_stops(proof)
    i18n.use(user.language)
    if request.method == "POST":
        services.stop_mails(user_id=user.id)
        commit()
    return render_template("messages/stop.html", done=request.method == "POST")


# -- reminders by people --------------------------------------------------------------------------------------------------------------------


@room.route("/cohorts/<int:cohort_id>/reminders", methods=["GET", "POST"])
@requires(MANAGE_COHORTS, on="cohort")
def cohort_reminders(cohort_id: int) -> ResponseReturnValue:
    """Choose people of a cohort who are to be reminded kindly."""
    head, status = head_of(g.cohort), request.values.get("status", "late")
    if request.method == "POST" and (
        chosen := set(db.session.scalars(queries.in_cohort(cohort_id, request.form.getlist("enrolment", int))))
    ):
        return _remind(chosen)
    page = paginate(cohorts.roster(cohort_id, head.today, status=status), page_number(), PEOPLE)
    problem = _("Choose at least one person.") if request.method == "POST" else ""
    log = copying.reminded([row.id for row in page.items])
    found = render_template("messages/cohort.html", head=head, page=page, status=status, log=log, problem=problem, never=copying.NEVER)
    return found, 422 if problem else 200


@room.post("/team/reminders")
@requires(SUPERVISE, on="self")
def team_reminders() -> Response:
    """Remind people of one's team; who they are is read through the sealed connection."""
    today = local_day(utcnow(), current_user.time_zone)
    scope = with_list(find_scope(current_user, request.values.get("scope", ""), today))
    chosen = supervision.in_scope(scope=scope, enrolment_ids=request.form.getlist("enrolment", int), today=today)
    if not chosen:
        flash(_("Choose at least one person."), "careful")
        return redirect(f"/team/people{link(scope=scope.key)}")
    return _remind(chosen)


def _remind(chosen: set[int]) -> Response:
    count = copying.log_reminders(actor=current_user, enrolment_ids=chosen)
    commit()
    if count < len(chosen):
        left = ngettext(
            "%(num)s person was reminded twice this week.", "%(num)s people were reminded twice this week.", len(chosen) - count
        )
        flash(_("%(left)s Let them be for now.", left=left), "careful")
    return redirect("/notices/texts")


@room.get("/notices/texts")
@requires(PROFILE, on="self")
def texts() -> str:
    """Show the texts for the people whom one has just chosen to remind."""
    return render_template("messages/texts.html", copies=copying.copies(actor=current_user))
