"""The parts of the shell that look the same on every page for people with the same roles: drawn once, then kept in the process."""

from __future__ import annotations

import functools

from flask import current_app, g, request
from flask_login import current_user
from markupsafe import Markup

from lms.i18n import gettext as _
from lms.i18n import language, ngettext
from lms.plugin import NavItem
from lms.registry import registry
from lms.web.drawn import drawn
from lms.web.icons import svg_icon

MANY = 100  # from so many on, "99+"


def navigation() -> list[NavItem]:
    """Return the entries of the main navigation for the present person, in order."""
    roles = current_user.roles
    return [item for item in registry().navigation if not item.under and roles & set(item.roles)]


def pages_under(url: str) -> list[NavItem]:
    """Return the entries that stand on the page of this address for the present person, in order."""
    return [item for item in registry().navigation if item.under == url and current_user.roles & set(item.roles)]


def here() -> str:
    """Return the address of the navigation entry that the present page belongs to: the longest that its path begins with."""
    path = request.path
    found = [item for item in registry().navigation if path == item.url or path.startswith(f"{item.url}/")]
    nearest = max(found, key=lambda item: len(item.url), default=None)
    return (nearest.under or nearest.url) if nearest else ""


def shell(part: str) -> Markup:
    """Return a part of the shell: `head` (styles and icon of the page), `nav`, `menu` (entries of the account menu), `language_buttons`."""
    if part in {"nav", "menu"}:
        if "shell_look" not in g:
            g.shell_look = (current_user.roles, here())
        return drawn("web/_shell.html", part, g.shell_look, items=navigation(), here=g.shell_look[1])
    return drawn("web/_shell.html", part, ())


def bell() -> Markup:
    """Return the way to one's notices, with how many are new; the count came with the session."""
    return _bell(language(), current_app.config["STATIC_VERSION"], current_user.unread)


@functools.lru_cache(maxsize=200)
def _bell(_language: str, _version: str, unread: int) -> Markup:
    label = ngettext("Notices, %(num)s new", "Notices, %(num)s new", unread) if unread else _("Notices")
    count = Markup("<b>{}</b>").format(unread if unread < MANY else f"{MANY - 1}+") if unread else ""
    return Markup('<a class="bell" href="/notices" aria-label="{}">{}{}</a>').format(label, svg_icon("bell"), count)
