"""Pages of the data protection officer and the counsellor: emergencies, the log of readings, the monthly review, destroying a key."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response

from lms.db import commit, db, paginate, utcnow
from lms.errors import Refused
from lms.i18n import gettext as _
from lms.i18n import local_day
from lms.people import queries as people
from lms.people.models import User
from lms.people.permissions import BREAK_GLASS, DESTROY_KEYS, OVERSEE, requires
from lms.privacy import chain, erasure, glass, review
from lms.privacy.forms import AskForm, DestroyForm, PersonForm
from lms.privacy.models import GlassRequest
from lms.privacy.queries import all_readings
from lms.privacy.reasons import words_of
from lms.web.paging import page_number

room = Blueprint("privacy", __name__, template_folder="templates")

PER_PAGE = 50


# -- emergencies ----------------------------------------------------------------------------------------------------------------------


@room.get("/privacy/glass")
@requires(BREAK_GLASS, on="self")
def requests() -> str:
    """List the requests to open a text that concern neither oneself nor one's own people."""
    page = paginate(glass.requests_for(current_user), page_number(), PER_PAGE)
    names = glass.names_of([row for row, _author in page.items])
    return render_template("privacy/requests.html", page=page, names=names, grounds=glass.GROUNDS)


@room.route("/privacy/glass/new", methods=["GET", "POST"])
@requires(BREAK_GLASS, on="self")
def ask() -> ResponseReturnValue:
    """Ask to open one text."""
    form = AskForm()
    if form.submitted():
        try:
            made = glass.ask(
                actor=current_user,
                author=form.person.data or "",
                reference=form.reference.data or "",
                ground=form.ground.data,
                case_number=form.case_number.data or "",
            )
        except Refused as refused:
            form.reference.errors = [str(refused)]
        else:
            commit()
            flash(_("The request waits for the second person."), "done")
            return redirect(f"/privacy/glass/{made.id}")
    return render_template("privacy/ask.html", form=form), 422 if form.errors else 200


@room.get("/privacy/glass/<uuid:request_id>")
@requires(BREAK_GLASS, on="self")
def one_request(request_id: uuid.UUID) -> str:
    """Show one request and what one may do about it."""
    row, author = glass.request_for(current_user, request_id)
    names = glass.names_of([row])
    return render_template(
        "privacy/request.html",
        row=row,
        author=author,
        names=names,
        grounds=glass.GROUNDS,
        title=glass.title_of(row),
        open_now=glass.may_open(current_user, row),
        now=utcnow(),
    )


@room.post("/privacy/glass/<uuid:request_id>/decide")
@requires(BREAK_GLASS, on="self")
def decide(request_id: uuid.UUID) -> Response:
    """Approve or refuse somebody else's request."""
    row, _author = glass.request_for(current_user, request_id)
    approved = request.form.get("approve") == "yes"
    glass.decide(actor=current_user, request=row, approve=approved)
    commit()
    flash(
        _("Approved. You two can open the text for four hours.") if approved else _("The request is refused. Nothing was opened."), "done"
    )
    return redirect(f"/privacy/glass/{request_id}")


@room.get("/privacy/glass/<uuid:request_id>/text")
@requires(BREAK_GLASS, on="self", writes=True)
def text(request_id: uuid.UUID) -> str:
    """Open the text, read-only; each opening is in the log."""
    row, _author = glass.request_for(current_user, request_id)
    opened = glass.open_text(actor=current_user, request=row)
    commit()
    return render_template("privacy/text.html", row=row, opened=opened)


@room.post("/privacy/glass/<uuid:request_id>/close")
@requires(BREAK_GLASS, on="self")
def close(request_id: uuid.UUID) -> Response:
    """End it before the time is over."""
    row, _author = glass.request_for(current_user, request_id)
    glass.close(actor=current_user, request=row)
    commit()
    flash(_("It is over. Nobody can open the text any more."), "done")
    return redirect(f"/privacy/glass/{request_id}")


@room.post("/privacy/glass/<uuid:request_id>/tell")
@requires(BREAK_GLASS, on="self")
def tell(request_id: uuid.UUID) -> Response:
    """Tell the author now, when danger to life has kept it from them."""
    row, _author = glass.request_for(current_user, request_id)
    glass.tell(actor=current_user, request=row)
    commit()
    flash(_("The author is told."), "done")
    return redirect(f"/privacy/glass/{request_id}")


# -- looking after it -----------------------------------------------------------------------------------------------------------------


@room.get("/privacy/readings")
@requires(OVERSEE)
def readings() -> str:
    """Show who opened whose texts, and the head of the chain; with `verify` also whether the chain is whole."""
    page = paginate(all_readings(current_user.id), page_number(), PER_PAGE)
    verdict = chain.verify() if "verify" in request.args else None
    return render_template("privacy/readings.html", page=page, head=chain.head(), verdict=verdict, words_of=words_of)


@room.route("/privacy/review", methods=["GET", "POST"])
@requires(OVERSEE)
def monthly() -> ResponseReturnValue:
    """Show the requests of a month, to be compared with the paper files, and note that it was done."""
    month = review.month_of(request.args.get("month", ""), local_day(utcnow(), current_user.time_zone))
    if request.method == "POST":
        review.sign(actor=current_user, month=month)
        commit()
        flash(_("Noted: this month is reviewed."), "done")
        return redirect(f"/privacy/review?month={month:%Y-%m}")
    mine = glass.requests_for(current_user).where(review.asked_in(month, current_user.time_zone))
    rows = db.session.execute(mine.order_by(None).order_by(GlassRequest.asked_at)).all()
    return render_template(
        "privacy/review.html",
        rows=rows,
        names=glass.names_of([row for row, _author in rows]),
        grounds=glass.GROUNDS,
        month=month,
        before=review.previous(month),
        after=review.following(month, current_user),
        signed=db.session.execute(review.reviewed(month)).all(),
    )


# -- destroying a key -----------------------------------------------------------------------------------------------------------------


@room.route("/privacy/erase", methods=["GET", "POST"])
@requires(DESTROY_KEYS)
def erase() -> ResponseReturnValue:
    """Name the person whose texts shall become unreadable: the first step."""
    form = PersonForm()
    if form.submitted():
        found = db.session.scalar(sa.select(User.id).where(glass.called(form.person.data or "")))
        if found is not None:
            return redirect(f"/privacy/erase/{found}")
        form.person.errors = [_("Nobody has this e-mail address or number.")]
    return render_template("privacy/erase.html", form=form), 422 if form.errors else 200


@room.route("/privacy/erase/<uuid:user_id>", methods=["GET", "POST"])
@requires(DESTROY_KEYS)
def destroy(user_id: uuid.UUID) -> ResponseReturnValue:
    """Say what will be lost, and destroy the key: the second step."""
    user = people.person(user_id)
    form = DestroyForm(user=user)
    if form.submitted():
        erasure.destroy_key(actor=current_user, user_id=user.id)
        commit()
        flash(_("The key is destroyed. Nobody can open these texts any more."), "done")
        return redirect("/privacy/erase")
    lost, there = erasure.what_is_lost(user.id), erasure.has_key(user.id)
    return render_template("privacy/destroy.html", user=user, form=form, lost=lost, there=there), 422 if form.errors else 200
