"""Supervisors' pages: whose progress I may see, the list, the picture, the export. People are read through the sealed connection alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from flask import Response, current_app, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from lms.export import as_file, csv_response, file_name, xlsx_response
from lms.i18n import gettext as _
from lms.i18n import lazy_gettext
from lms.people.permissions import SUPERVISE, requires
from lms.supervision import printed, services, views_delegations, views_schedules, views_signal, views_units
from lms.supervision.base import link, listed_scope, own_day, room
from lms.supervision.forms import FilterForm
from lms.supervision.queries import HELP
from lms.supervision.sealed import SupervisionClosed
from lms.supervision.standing import Status
from lms.web.paging import page_number

__all__ = ["room", "views_delegations", "views_schedules", "views_signal", "views_units"]

# In the tone of a colleague: help, never blame; no name, because such texts are sent to groups.
REMINDERS = {
    HELP: lazy_gettext(
        "Hello. A part of your training in Peduli is waiting for you. You can go on exactly where you left off, a few minutes at a time: "
        "%(link)s\n\nDo you need more time, or is there no signal where you are? Write to me, and we look for a way together."
    ),
    Status.NOT_BEGUN: lazy_gettext(
        "Hello. Your training in Peduli is open for you. The first part takes only a few minutes: %(link)s\n\n"
        "If signing in does not work, or time is short, write to me. I am glad to help."
    ),
    Status.NO_SIGNAL: lazy_gettext(
        "Hello. Thank you for telling that there is no signal where you are. Nothing is expected of you until then. "
        "What you do offline in Peduli is kept on your phone and sent later; when you are back, you go on here: %(link)s"
    ),
    Status.ON_SCHEDULE: lazy_gettext(
        "Hello. You are on schedule in Peduli. Thank you for making time for it among everything else. Here you go on: %(link)s"
    ),
    Status.WAITING: lazy_gettext(
        "Hello. You have handed in everything in Peduli. Your instructor is reading it; there is nothing you need to do now. "
        "As soon as there is an answer, you find it here: %(link)s"
    ),
    Status.COMPLETE: lazy_gettext(
        "Hello. You have completed your training in Peduli. Congratulations, and thank you for your effort. "
        "Everything stays open for you to read again: %(link)s"
    ),
}


@room.errorhandler(SupervisionClosed)
def closed(error: SupervisionClosed) -> ResponseReturnValue:
    """Say kindly that these pages are closed for now: another connection would not be sealed."""
    return render_template("supervision/closed.html"), 503


def reminder(status: str) -> str:
    """Return a kind text to copy, for the people of a status; for those who may need help when none is chosen."""
    text = str(REMINDERS.get(status) or REMINDERS[HELP])
    return text % {"link": f"{current_app.config['LMS_BASE_URL']}/learn"}


@room.get("/team")
@requires(SUPERVISE, on="self")
def scopes() -> ResponseReturnValue:
    """Show whose progress I may see, with a line of figures each; lead on when there is only one."""
    lines = services.overview(actor=current_user, today=own_day())
    if len(lines) == 1:
        return redirect(lines[0].url)
    return render_template("supervision/scopes.html", lines=lines)


@room.get("/team/people")
@requires(SUPERVISE, on="self")
def people() -> ResponseReturnValue:
    """List the people of a scope with their progress, those who may need help first."""
    if "scope" not in request.args:
        return redirect("/team")
    form = FilterForm(request.args)
    team = services.people(scope=listed_scope(), today=own_day(), wanted=form.wanted, number=page_number())
    form.offer(team.choices)
    return render_template(
        "supervision/people.html",
        team=team,
        form=form,
        wanted=form.wanted,
        link=link,
        query=link(),
        words=services.status_words(),
        reminder=reminder(form.wanted.status),
        log=services.reminded([person.row.enrolment_id for person in team.page.items]),
    )


@room.get("/team/picture")
@requires(SUPERVISE, on="self")
def picture() -> ResponseReturnValue:
    """Show people and modules of one cohort as a table, to look at and to print."""
    if "scope" not in request.args:
        return redirect("/team")
    team = services.picture(scope=listed_scope(), today=own_day(), wanted=FilterForm(request.args).wanted, number=page_number())
    return render_template("supervision/picture.html", team=team, link=link)


@room.get("/team/people.csv")
@requires(SUPERVISE, on="self")
def people_csv() -> Response:
    """Download the list as it is filtered, as CSV."""
    return _export(csv_response)


@room.get("/team/people.xlsx")
@requires(SUPERVISE, on="self")
def people_xlsx() -> Response:
    """Download the list as it is filtered, for a spreadsheet program."""
    return _export(xlsx_response)


@room.get("/team/people.pdf")
@requires(SUPERVISE, on="self")
def people_pdf() -> Response:
    """Download the list as it is filtered, as PDF with date and source."""
    wanted = FilterForm(request.args).wanted
    pdf = printed.list_pdf(scope=listed_scope(), today=own_day(), wanted=wanted)
    return as_file(pdf, "application/pdf", f"{file_name(_('team'))}-{own_day().isoformat()}.pdf")


@room.get("/team/picture.pdf")
@requires(SUPERVISE, on="self")
def picture_pdf() -> Response:
    """Download the picture of people and modules as PDF with date and source."""
    wanted = FilterForm(request.args).wanted
    pdf = printed.picture_pdf(scope=listed_scope(), today=own_day(), wanted=wanted)
    return as_file(pdf, "application/pdf", f"{file_name(_('team'))}-{own_day().isoformat()}.pdf")


def _export(respond: Callable[[Iterable[Sequence[str | int | float | None]], str], Response]) -> Response:
    table = services.export(scope=listed_scope(), today=own_day(), wanted=FilterForm(request.args).wanted)
    return respond(table, f"{_('team')}-{own_day().isoformat()}")
