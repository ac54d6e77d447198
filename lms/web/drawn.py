"""Pieces of pages that look the same for many people: drawn once from a template's macro, then kept in the process.

A piece is known by its look: everything that its drawing depends on, but for the language and the version of static files, which
always belong to it. What a look does not name must not be in the piece: no names of people, no tokens, no times.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from flask import current_app
from markupsafe import Markup

from lms import i18n
from lms.db import when_certain

MOST_KEPT = 16_000_000  # characters in all
_kept: dict[tuple[Hashable, ...], Markup] = {}
_length = 0


def drawn(template: str, macro: str, look: tuple[Hashable, ...], **what: Any) -> Markup:
    """Return the piece that `macro` of `template` draws from `what`; drawn anew only for a look not seen yet."""
    known = (template, macro, look, i18n.language(), current_app.config["STATIC_VERSION"])
    piece = _kept.get(known)
    if piece is None:
        module: Any = current_app.jinja_env.get_template(template).module
        piece = Markup(getattr(module, macro)(**what))  # noqa: S704 - drawn by our own template, which escapes
        when_certain(_keep, known, piece)
    return piece


def _keep(known: tuple[Hashable, ...], piece: Markup) -> None:
    global _length  # noqa: PLW0603 - of what this module keeps
    if _length + len(piece) > MOST_KEPT:
        forget()
    _length += len(piece)
    _kept[known] = piece


def forget() -> None:
    """Empty what the process has kept."""
    global _length  # noqa: PLW0603 - as above
    _length = 0
    _kept.clear()
