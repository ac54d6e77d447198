"""Icons and segmented bars: small things that stand on pages by the dozen, so they are made here and not by macros."""

from __future__ import annotations

import functools
from collections.abc import Iterable

from flask import current_app
from markupsafe import Markup

from lms import i18n
from lms.i18n import gettext as _

STATES = {"complete": "circle-check", "in_progress": "pencil", "waiting": "hourglass"}


@functools.lru_cache(maxsize=2000)
def _svg(version: str, name: str, label: str) -> Markup:
    said = Markup(' role="img" aria-label="{}"').format(label) if label else Markup(' aria-hidden="true"')
    return Markup('<svg class="icon{}"{}><use href="/static/{}/lms/icons.svg#{}"/></svg>').format(
        " mark" if name == "peduli" else "", said, version, name
    )


def svg_icon(name: str, label: str = "") -> Markup:
    """Return an icon of the sprite; with a label it is an image that says something, without it is decoration."""
    return _svg(current_app.config["STATIC_VERSION"], name, str(label))


def state_words(state: str) -> str:
    """Return how far a learner is with an activity, in a word or two."""
    return _state_words(str(state), i18n.language())


@functools.lru_cache(maxsize=64)
def _state_words(state: str, language: str) -> str:
    return {"complete": _("complete"), "in_progress": _("begun"), "waiting": _("waits for the instructor")}.get(state, _("not begun"))


def state_svg(state: str) -> Markup:
    """Return the icon of a state, with its words."""
    return _svg(current_app.config["STATIC_VERSION"], STATES.get(state, "circle"), state_words(state))


def segment_bar(states: Iterable[str], label: str) -> Markup:
    """Return a bar of one segment for each state (`complete`, `in_progress optional here`, …); the label says it in words."""
    return Markup('<div class="segments" role="img" aria-label="{}">{}</div>').format(label, _segments(tuple(states)))


@functools.lru_cache(maxsize=2000)
def _segments(states: tuple[str, ...]) -> Markup:
    return Markup("").join(Markup('<i class="{}"></i>').format(state) for state in states)
