"""The learner's pages of a visit: check in, consents, photos."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from courses.base import ATTEND_VISITS, plugin
from courses.visits import album, attendance, carry, consent_text, consents, labels, pages, queries
from courses.visits.forms import ConsentRecordForm, PhotoForm, made_id
from courses.visits.services import visit_to_join
from lms.api import ContentError, Refused, choices, commit, db, gettext, lazy_gettext, local_day, public, requires, utcnow

# A photo that is opened by itself in a tab may do nothing there.
ALONE = "default-src 'none'; sandbox"


@plugin.get("/visits/<uuid:visit_id>")
@requires(ATTEND_VISITS, on="self")
def visit(visit_id: uuid.UUID) -> str:
    """Show one's own visit."""
    found, member, _enrolment = visit_to_join(current_user, visit_id)
    page = pages.own_page(current_user, found, member, current_user.time_zone)
    form = PhotoForm(photo_id=str(uuid.uuid4()))
    form.consent.choices = choices(*((consent.id, f"{labels.KINDS[consent.kind]} · {consent.paper_number}") for consent in page.allowing))
    carried = carry.told(carry.for_member(found, member, page.people))
    return render_template("courses/visit.html", page=page, visit=found, labels=labels, form=form, carried=carried)


@plugin.get("/visits/offline")
@public
def visits_offline() -> Response:
    """Show the visits that a device keeps. The page is the same for everybody; a script fills in what is its owner's."""
    answer = Response(render_template("courses/visits_offline.html"), mimetype="text/html")
    answer.headers["Cache-Control"] = "no-cache"
    return answer


plugin.offline_page("/visits/offline", lazy_gettext("Field visits"), "footprints")


@plugin.post("/visits/<uuid:visit_id>/check-in")
@requires(ATTEND_VISITS, on="self")
def check_in(visit_id: uuid.UUID) -> ResponseReturnValue:
    """Take the code that a learner typed, from the form without a script; phones bring theirs as an operation."""
    code = "".join(request.form.get("code", "").split())
    try:
        taken = attendance.take_check_in(actor=current_user, visit_id=visit_id, code=code, answer="", moment=utcnow())
    except Refused as reason:
        say(reason)
    else:
        commit()
        flash(gettext("Show this number to the facilitator: %(number)s", number=taken.answer), "done")
    return redirect(f"/visits/{visit_id}")


def say(reason: Exception) -> None:
    """Undo, and say why on the next page."""
    db.session.rollback()
    flash(str(reason), "careful")


# -- consents -------------------------------------------------------------------------------------------------------------------------------


@plugin.route("/visits/<uuid:visit_id>/consent", methods=["GET", "POST"])
@requires(ATTEND_VISITS, on="self")
def consent(visit_id: uuid.UUID) -> ResponseReturnValue:
    """Show the words that are read aloud, large; write down what was answered."""
    found, _member, _enrolment = visit_to_join(current_user, visit_id)
    kind = pages.kind_of(request.values.get("kind", ""))
    form = ConsentRecordForm(consent_id=str(uuid.uuid4()), kind=kind.value, given_on=local_day(utcnow(), current_user.time_zone))
    form.kind.data = kind.value
    if form.submitted():
        try:
            consents.record_consent(actor=current_user, visit=found, **form.values)
        except Refused as reason:
            form.paper_number.errors = [str(reason)]
            db.session.rollback()
        else:
            commit()
            flash(gettext("The consent is written down. Thank the person."), "done")
            return redirect(f"/visits/{visit_id}")
    words = consent_text.sentences(kind, found.host)
    text = render_template("courses/visit_consent.html", visit=found, kind=kind, labels=labels, words=words, form=form)
    return text, 422 if form.errors else 200


# -- photos ---------------------------------------------------------------------------------------------------------------------------------


@plugin.post("/visits/<uuid:visit_id>/photos")
@requires(ATTEND_VISITS, on="self")
def add_photo(visit_id: uuid.UUID) -> ResponseReturnValue:
    """Take a photo under a consent; the same photo twice is one."""
    visit_to_join(current_user, visit_id)
    form = PhotoForm()
    file = request.files.get("photo")
    if not form.validate() or not file:
        flash(gettext("Choose a photo, and the consent that allows it."), "careful")
        return redirect(f"/visits/{visit_id}#photos")
    chosen = {"photo_id": made_id(form.photo_id.data), "consent_id": form.consent.data, "shows": form.shows.data}
    try:
        album.add_photo(actor=current_user, visit_id=visit_id, data=file.read(), **chosen)
    except (Refused, ContentError) as reason:
        say(reason)
    else:
        commit()
        flash(gettext("The photo is kept, locked. Only you and your instructor can open it."), "done")
    return redirect(f"/visits/{visit_id}#photos")


@plugin.get("/visits/photos/<uuid:photo_id>")
@requires(ATTEND_VISITS, on="self", writes=True)
def photo(photo_id: uuid.UUID) -> Response:
    """Open a photo: one's own, or one of a learner whom one answers, which they see."""
    data = album.open_photo(actor=current_user, photo_id=photo_id)
    commit()
    answer = Response(data, mimetype="image/jpeg")
    answer.headers["Content-Security-Policy"] = ALONE
    answer.headers["Cache-Control"] = "no-store"
    return answer


@plugin.post("/visits/photos/<uuid:photo_id>/delete")
@requires(ATTEND_VISITS, on="self")
def delete_photo(photo_id: uuid.UUID) -> ResponseReturnValue:
    """Delete one's own photo, everywhere."""
    gone = album.remove_photo(actor=current_user, photo_id=photo_id)
    commit()
    flash(gettext("The photo is deleted."), "done")
    return redirect(f"/visits/{gone.visit_id}#photos")


@plugin.personal_data
def export_visits(user_id: uuid.UUID) -> list[dict[str, Any]]:
    """Return a person's visits, check-ins and photos: for themselves alone."""
    parts = [dict(row._mapping) for row in db.session.execute(queries.parts_of(user_id))]  # noqa: SLF001 - how rows become mappings
    return [{"visits": parts}, {"photos": album.export(current_user, user_id)}]
