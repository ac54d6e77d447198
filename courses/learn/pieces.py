"""Pieces of a learner's pages that are the same for everybody in the same state: drawn once, see `lms.web.drawn`."""

from __future__ import annotations

from markupsafe import Markup

from courses.learn.services import ModuleCard, rule_sentence
from lms.api import Body, Item, Place, drawn

PIECES = "courses/_player.html"


def module_row(card: ModuleCard) -> Markup:
    """Return a module in a list of one's own: title, bar, and what completes it."""
    look = (card.outline.revision_id, card.cohort_id, tuple(card.segments), card.done, card.total, card.waiting)
    days = (card.required, card.is_open, card.opens_on, card.due_on, card.first)
    return drawn("courses/_parts.html", "module_row", look + days, card=card, rule_sentence=rule_sentence)


def rail(place: Place, here: Item) -> Markup:
    """Return the outline of a learner's module; `here` is the activity on the page. People who go the same way share it."""
    states = tuple(place.state(item.key) for item in place.outline.items)
    look = (place.outline.revision_id, place.cohort_id, place.cohort_title, place.due_on, here.key, states)
    return drawn(PIECES, "rail", look, place=place, here=here)


def page_head(place: Place, item: Item, kind: object) -> Markup:
    """Return eyebrow, title and state of a page."""
    state = place.state(item.key)
    return drawn(PIECES, "head", (place.outline.revision_id, item.key, state), item=item, kind=kind, state=state)


def page_sources(place: Place, item: Item, text: Body) -> Markup:
    """Return what a page relies on and when it was last checked."""
    return drawn(PIECES, "sources", (place.outline.revision_id, item.key), text=text)
