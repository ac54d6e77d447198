"""A test client that signs in without a password and sends the token that our pages carry."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from flask import g
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lms.db import db
from lms.forms import csrf_token
from lms.people import sessions
from lms.people.models import User

SAFE = {"GET", "HEAD", "OPTIONS"}


class Client(FlaskClient):
    """`client.as_(user).post(…)`; `forge=True` leaves the token out."""

    token: str = ""

    def as_(self, user: User) -> Client:
        """Return a client that is signed in as the user."""
        new = type(self)(self.application)
        session = sessions.open_session(user_id=user.id, device="test")
        db.session.commit()
        new.set_cookie(sessions.COOKIE, session.token)
        new.token = session.token
        return new

    def open(self, *arguments: Any, forge: bool = False, **options: Any) -> TestResponse:
        """Send a request, with the token of this session unless it is to be forged."""
        db.session.commit()  # what the test has made is there, and nothing of it is locked
        if options.get("method", "GET") not in SAFE and not forge and self.token:
            headers = dict(options.pop("headers", {}) or {})
            headers["X-CSRF-Token"] = self._csrf()
            options["headers"] = headers
        with self.application.app_context():  # each request has a `g` and a session of its own, as on a server
            return super().open(*arguments, **{"buffered": True, **options})  # a file that is sent is closed again

    def _csrf(self) -> str:
        with self.application.app_context(), self.application.test_request_context():
            g._login_user = sessions.load_session(self.token)  # noqa: SLF001 - Flask-Login's place
            token = csrf_token()
            db.session.rollback()
            return token


def text_of(response: TestResponse) -> str:
    """Return the words of a page, without tags."""
    body = re.sub(r"(?s)<(script|style).*?</\1>", " ", response.get_data(as_text=True))
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", body))).strip()
