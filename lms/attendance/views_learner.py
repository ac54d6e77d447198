"""Check-in of learners: a code that they type, or a link that they scan and that survives signing in."""

from __future__ import annotations

import datetime as dt
from urllib.parse import urlencode

from flask import Blueprint, current_app, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.wrappers import Response

from lms import throttle
from lms.attendance import carry, guesses, queries, rules, services
from lms.attendance.absence import own_record
from lms.attendance.forms import BADGES, STATES, CheckInForm
from lms.attendance.services import CheckedIn
from lms.db import commit, db, utcnow
from lms.errors import Refused
from lms.i18n import gettext as _
from lms.learning.models import ScheduleEntry
from lms.people.permissions import LEARN, public, requires

room = Blueprint("attending", __name__, template_folder="templates")

SCAN_HOLDS = dt.timedelta(minutes=10)  # long enough to sign in on a slow line, too short to be passed on
AROUND = dt.timedelta(hours=18)
MANY = 200  # misses in ten minutes for one address, behind which a whole room may sit, and for the link of one meeting


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key or b"", salt="lms:attend:scan")


def _read_scan(signed: str) -> tuple[int, dt.datetime] | None:
    """Return the meeting and the moment of a scan, None when it is not genuine or too old."""
    try:
        entry_id, second = _signer().loads(signed)
    except (BadSignature, ValueError, TypeError):
        return None
    moment = dt.datetime.fromtimestamp(second, dt.UTC)
    return (entry_id, moment) if utcnow() - moment <= SCAN_HOLDS else None


@room.get("/attend/scan")
@public
def scanned() -> Response:
    """Take the link of the code on the screen, also from who is not signed in yet: what was seen is signed and goes along."""
    number, code = request.args.get("m", ""), request.args.get("c", "")
    entry = db.session.get(ScheduleEntry, int(number)) if number.isdecimal() and len(number) < 10 else None
    watched = {f"attend/{request.remote_addr}": MANY, f"meeting/{entry.id if entry else 0}": MANY}
    slowed = throttle.is_slowed(watched)
    if slowed or entry is None or entry.cancelled_at or not rules.code_holds(services.secret_of(entry), code, utcnow()):
        throttle.missed({} if slowed else watched)
        return redirect("/attend?scan=")
    scan = str(_signer().dumps([entry.id, round(utcnow().timestamp())]))
    return redirect(f"/attend?{urlencode({'scan': scan})}")


@room.get("/attend")
@requires(LEARN, on="self")
def attend() -> str:
    """Show where to type the code, or what was scanned; who is not signed in signs in first, and the scan comes along."""
    scan = request.args.get("scan")
    seen = _read_scan(scan) if scan else None
    return _page(CheckInForm(), scan=scan or "", meeting_id=seen[0] if seen else 0, gone=scan is not None and not seen)


def _page(form: CheckInForm, *, scan: str = "", meeting_id: int = 0, gone: bool = False) -> str:
    now = utcnow()
    rows = db.session.execute(queries.meetings_for(current_user.id, now - AROUND, now + AROUND)).all()
    meeting = next((row[0] for row in rows if row[0].id == meeting_id), None)
    return render_template(
        "attendance/attend.html",
        form=form,
        scan=scan if meeting else "",
        meeting=meeting,
        other=bool(scan) and not gone and meeting is None,
        gone=gone,
        rows=rows,
        states=STATES,
        badges=BADGES,
        carried=carry.told(),
    )


@room.post("/attend")
@requires(LEARN, on="self")
def check_in() -> ResponseReturnValue:
    """Take a check-in, and say that it is recorded only when it is."""
    scan, form = request.form.get("scan", ""), CheckInForm()
    seen = _read_scan(scan) if scan else None
    if scan and seen is None:
        return _page(CheckInForm(formdata=None), gone=True), 422
    if seen is None and not form.validate():
        return _page(form), 422
    try:
        taken = services.seen_on_screen(actor=current_user, entry_id=seen[0], moment=seen[1]) if seen else _typed(form.code.data or "")
    except Refused as reason:
        db.session.rollback()
        form.code.errors = [str(reason)]
        return _page(form), 422
    commit()
    _say(taken)
    return redirect("/attend")


def _typed(code: str) -> CheckedIn:
    """Take a code that somebody typed. Raises Refused, also when too many were tried that do not hold."""
    watched = {f"attend/{request.remote_addr}": MANY, **guesses.of_account(current_user.id)}
    return guesses.counted(watched, lambda: services.check_in(actor=current_user, code=code, moment=utcnow()))


def _say(taken: CheckedIn) -> None:
    if taken.state in {"present", "late"}:
        flash(_("Recorded: you are at “%(title)s” (%(state)s).", title=taken.entry.title, state=STATES[taken.state]), "done")
    else:
        flash(_("Your check-in is kept, but the roster says otherwise. Talk to who leads “%(title)s”.", title=taken.entry.title), "careful")


@room.get("/attend/offline")
@public
def attend_offline() -> Response:
    """Show where to type the code without a signal: the same bytes for everybody."""
    answer = Response(render_template("attendance/attend_offline.html"), mimetype="text/html")
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@room.get("/attend/<int:cohort_id>")
@requires(LEARN, on="self")
def own_attendance(cohort_id: int) -> str:
    """Show where one was, where not, and how near one is to the limits of the course."""
    cohort, meetings, absence = own_record(current_user.id, cohort_id)
    return render_template(
        "attendance/own.html", cohort=cohort, meetings=meetings, absence=absence, states=STATES, badges=BADGES, now=utcnow()
    )
