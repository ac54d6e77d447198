"""Pages of the shell: start, language, health, design system, what is installed."""

from __future__ import annotations

import re

from flask import Blueprint, current_app, redirect, render_template, request
from flask_login import current_user
from sqlalchemy import update
from werkzeug.wrappers import Response

from lms.db import commit, db
from lms.i18n import LANGUAGES
from lms.people import site
from lms.people.models import User
from lms.people.permissions import OPERATE, public, requires
from lms.people.roles import ROLE_TITLES
from lms.registry import registry
from lms.web.design import design_page
from lms.web.guard import LANGUAGE_COOKIE

room = Blueprint("web", __name__)

YEAR = 31536000


@room.get("/")
@public
def start() -> Response:
    """Lead people to where they work, and visitors to the sign-in page."""
    if not current_user.is_authenticated:
        return redirect("/sign-in")
    first = next((item.url for item in registry().navigation if not item.under and current_user.roles & set(item.roles)), "/profile")
    return redirect(first)


@room.post("/language")
@public
def language() -> Response:
    """Choose the language: kept with the account, or in a cookie for visitors."""
    chosen = request.form.get("language", "")
    response = redirect(back())
    if chosen in LANGUAGES:
        response.set_cookie(LANGUAGE_COOKIE, chosen, max_age=YEAR, samesite="Lax", secure=current_app.config["LMS_SECURE_COOKIES"])
        if current_user.is_authenticated:
            db.session.execute(update(User).where(User.id == current_user.id).values(language=chosen))
            commit()
    return response


@room.get("/help/writing")
@public
def writing_help() -> str:
    """Say how to write Markdown; to a script the words alone."""
    alone = "X-Part" in request.headers
    return render_template("web/_writing_help.html" if alone else "web/writing_help.html")


def back() -> str:
    """Return the page of ours that the request came from, as a path."""
    referrer = request.referrer or ""
    path = referrer.removeprefix(request.host_url.rstrip("/")) if referrer.startswith(request.host_url) else "/"
    return path if local(path) else "/"


def local(path: str) -> bool:
    r"""Tell whether a path stays on this site; `//host` and `/\host` do not, nor `/<tab>/host`: browsers drop control characters."""
    return path.startswith("/") and not path.startswith("//") and not re.search(r"[\x00-\x1f\x7f\\]", path)


@room.get("/-/design")
@public
def design() -> str:
    """Show every component of the design system in each state."""
    return render_template("web/design.html", **design_page())


@room.get("/-/plugins")
@requires(OPERATE)
def plugins() -> str:
    """List what is installed: plugins, activity types, permissions, tasks, events; and what activities need that is not installed."""
    return render_template("web/plugins.html", parts=site.installed(), missing=site.missing_types(), titles=ROLE_TITLES)
