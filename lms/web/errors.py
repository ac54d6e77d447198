"""Error pages: what happened, that nothing was lost, and the next step."""

from __future__ import annotations

import contextlib
import logging

import sqlalchemy as sa
from flask import Flask, g, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from lms.db import db
from lms.errors import ContentError, LmsError, NotAllowed, NotFound, Refused
from lms.i18n import gettext as _
from lms.people.access import Nobody
from lms.web.guard import SAFE, typed_fields, wants_json

log = logging.getLogger(__name__)


def init_app(app: Flask) -> None:
    """Register the handlers."""
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(LmsError, lms_error)
    app.register_error_handler(Exception, crash)


def http_error(error: HTTPException) -> ResponseReturnValue:
    """Answer errors that HTTP has names for."""
    code = error.code or 500
    if code < 400:
        return error
    titles = {
        400: (_("This page is out of date"), _("Go back, load the page again and repeat the last step.")),
        403: (_("This page is not for this account"), _("If you think that it should be, ask the organizer of your cohort.")),
        404: (_("There is nothing here"), _("The address may have a typing error, or the page is not for this account.")),
        405: (_("This page is out of date"), _("Go back, load the page again and repeat the last step.")),
        413: (_("The file is too large"), _("Choose a smaller file. Nothing was changed.")),
    }
    title, text = titles.get(code, (_("This did not work"), _("Nothing was changed. Go back and try again.")))
    return _answer(code, title, text)


def lms_error(error: LmsError) -> ResponseReturnValue:
    """Answer errors that a person can put right."""
    db.session.rollback()
    if isinstance(error, NotFound):
        return _answer(404, _("There is nothing here"), _("The address may have a typing error, or the page is not for this account."))
    if isinstance(error, NotAllowed):
        return _answer(403, _("This page is not for this account"), _("If you think that it should be, ask the organizer of your cohort."))
    code = 409 if isinstance(error, Refused) else 422 if isinstance(error, ContentError) else 400
    return _answer(code, _("This is not possible"), str(error))


def crash(error: Exception) -> ResponseReturnValue:
    """Answer a bug, or a database that does not answer: with the request's id, which also stands in the log, and with what was typed."""
    db.session.rollback()
    # Without the database nobody can be recognised, and the page would break over asking again.
    g.setdefault("_login_user", Nobody())
    number = g.request_id
    log.error("error %s at %s %s", number, request.method, request.url_rule.rule if request.url_rule else "-", exc_info=error)
    if isinstance(error, sa.exc.OperationalError):
        text = _("Nothing could be saved or looked up just now. What was saved is safe. Try again in a minute. (%(number)s)", number=number)
        return _answer(503, _("Peduli cannot reach its memory"), text)
    return _answer(
        500,
        _("Something broke on our side"),
        _(
            "Nothing you did is wrong, and what was saved is safe. Try again; if it happens once more, tell the organizer this number: %(number)s",
            number=number,
        ),
    )


def _answer(code: int, title: str, text: str) -> ResponseReturnValue:
    if wants_json():
        return jsonify(error=str(code), message=text), code
    typed = []
    if request.method not in SAFE and code != 413:
        with contextlib.suppress(HTTPException):  # what is too large is not read
            typed = [value for name, value in typed_fields() if len(value) > 20]
    return render_template("web/error.html", code=code, title=title, text=text, typed=typed), code
