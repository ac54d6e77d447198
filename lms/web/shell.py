"""The parts of the shell that look the same on every page for people with the same roles: drawn once, then kept in the process."""

from __future__ import annotations

from flask import g, request
from flask_login import current_user
from markupsafe import Markup

from lms.plugin import NavItem
from lms.registry import registry
from lms.web.drawn import drawn


def navigation() -> list[NavItem]:
    """Return the entries of the main navigation for the present person, in order."""
    roles = current_user.roles
    return [item for item in registry().navigation if roles & set(item.roles)]


def here() -> str:
    """Return the address of the navigation entry that the present page belongs to: the longest that its path begins with."""
    path = request.path
    found = [item.url for item in registry().navigation if path == item.url or path.startswith(f"{item.url}/")]
    return max(found, key=len, default="")


def shell(part: str) -> Markup:
    """Return a part of the shell: `head` (styles and icon of the page), `nav`, `menu` (entries of the account menu), `language_buttons`."""
    if part in {"nav", "menu"}:
        if "shell_look" not in g:
            g.shell_look = (current_user.roles, here())
        return drawn("web/_shell.html", part, g.shell_look, items=navigation(), here=g.shell_look[1])
    return drawn("web/_shell.html", part, ())
