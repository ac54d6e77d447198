"""What happens before every view: who asks, may they, is the request genuine, and what may the transaction do.

Deny by default: an endpoint without `@requires(…)` or `@public` stops the start of the program.
"""

from __future__ import annotations

import contextlib
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from flask import Flask, Response, abort, current_app, g, jsonify, redirect, render_template, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask.typing import ResponseReturnValue
from flask_login import current_user

from lms import i18n
from lms.db import db, set_transaction_mode
from lms.errors import PluginError
from lms.forms import request_is_genuine
from lms.people import access
from lms.people.permissions import Access

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
LANGUAGE_COOKIE = "language"
# Who asks for these is not looked up: nobody is shown anything of theirs, and two of them must answer without a database.
NOT_PEOPLE = frozenset({"static", "watch.healthz", "watch.readyz", "watch.prometheus"})


class VisitorCookie(SecureCookieSessionInterface):
    """Flask's cookie for visitors, which a page without trace neither sets nor mentions."""

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Set the cookie when something changed, unless nobody is to know who asked."""
        if "traceless" not in g:
            super().save_session(app, session, response)


def init_app(app: Flask) -> None:
    """Put the guard before every request."""
    app.session_interface = VisitorCookie()
    app.before_request(guard)
    app.before_request_funcs.setdefault(None, [])


def check_every_view(app: Flask) -> None:
    """Raise PluginError when a route says neither who may use it nor that everybody may."""
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        mark = getattr(view, "access", None)
        if not isinstance(mark, Access):
            raise PluginError(f"The view {rule.endpoint} ({rule.rule}) carries neither @requires(…) nor @public")
        if mark.on == "cohort" and "cohort_id" not in rule.arguments:
            raise PluginError(f"The view {rule.endpoint} ({rule.rule}) names no cohort_id")
        if mark.on == "module" and "module_key" not in rule.arguments:
            raise PluginError(f"The view {rule.endpoint} ({rule.rule}) names no module_key")


def guard() -> ResponseReturnValue | None:
    """Decide about the present request; None lets it through to its view."""
    view = current_app.view_functions.get(request.endpoint or "")
    mark = getattr(view, "access", None)
    set_transaction_mode("read")
    if mark is not None and mark.traceless:
        g.traceless = True
        g._login_user = access.Nobody()  # noqa: SLF001 - Flask-Login's place; it will not look for anybody
        i18n.use(current_app.config["LMS_DEFAULT_LANGUAGE"], current_app.config["LMS_TIME_ZONE"])
        return None
    i18n.use(visitor_language(), current_app.config["LMS_TIME_ZONE"])
    if mark is None:
        with contextlib.suppress(sa.exc.SQLAlchemyError):  # no such address; the page that says so does it in its reader's language
            if current_user.is_authenticated:
                i18n.use(current_user.language, current_user.time_zone)
        return None
    if request.endpoint in NOT_PEOPLE:
        g._login_user = access.Nobody()  # noqa: SLF001 - as above
        return None
    actor = current_user._get_current_object()  # noqa: SLF001 - Flask-Login's documented way to the object behind the proxy
    if actor.is_authenticated:
        i18n.use(actor.language, actor.time_zone)
    if request.method not in SAFE or mark.writes:
        db.session.rollback()  # the reading transaction of the session lookup ends; from here on this request writes
        set_transaction_mode("write")
    if mark.permission is not None and not actor.is_authenticated:
        return sign_in_first()
    if request.method not in SAFE and not mark.signed and not request_is_genuine():
        return stale_page()
    if mark.permission is not None:
        _authorise(actor, mark)
    return None


def _authorise(actor: access.Actor, mark: Access) -> None:
    permission = str(mark.permission)
    access.demand(actor, permission)
    arguments: dict[str, Any] = request.view_args or {}
    if mark.on == "cohort":
        g.cohort = access.cohort(actor, permission, arguments["cohort_id"])
    elif mark.on == "module":
        g.module = access.module(actor, permission, arguments["module_key"])


def visitor_language() -> str:
    """Return the language of somebody who is not signed in: chosen before, or asked for by the browser, or the site's."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen in i18n.LANGUAGES:
        return str(chosen)
    site = current_app.config["LMS_DEFAULT_LANGUAGE"]
    return request.accept_languages.best_match([site, *i18n.LANGUAGES], default=site) if request.accept_languages else site


def wants_json() -> bool:
    """Tell whether a script sent the request and expects JSON."""
    return request.accept_mimetypes.best == "application/json"


def typed_fields() -> list[tuple[str, str]]:
    """Return what the request's form holds, so that a page can hand it back: nothing that was typed is lost."""
    hidden = {"csrf_token", "password", "current_password", "new_password"}
    return [(name, value) for name, value in request.form.items(multi=True) if name not in hidden]


def sign_in_first() -> ResponseReturnValue:
    """Send a visitor to the sign-in page. What a form had posted goes along and can be sent again afterwards."""
    if wants_json():
        return jsonify(error="signed-out", message=i18n.gettext("Your session has ended. Your text is safe on this device.")), 401
    if request.method in SAFE:
        target = request.full_path if request.query_string else request.path
        return redirect("/sign-in" if target == "/" else f"/sign-in?{urlencode({'next': target})}")
    return render_template("people/sign_in.html", form=None, replay=typed_fields(), replay_to=request.path, next=""), 401


def stale_page() -> ResponseReturnValue:
    """Answer a form whose token is too old or of another session: show what was typed, one press sends it again."""
    if wants_json():
        return jsonify(error="stale", message=i18n.gettext("This page was open for very long. Load it again; your text is safe.")), 400
    if request.files or not current_user.is_authenticated:
        abort(400)
    return render_template("web/resume.html", replay=typed_fields(), replay_to=request.path, stale=True), 400
