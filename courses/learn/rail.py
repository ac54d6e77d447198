"""The outline beside a page, and the page's head and foot: put together from pieces that are the same for everybody in the same state."""

from __future__ import annotations

from markupsafe import Markup, escape

from lms.api import Body, CompletionState, Item, Place, drawn, format_date, gettext, segment_bar

PIECES = "courses/_player.html"


def rail(place: Place, here: Item) -> Markup:
    """Return the whole outline of a learner's module; `here` is the activity on the page."""
    base = (place.outline.revision_id, place.cohort_id)
    done, total = place.done, place.required
    text = gettext("%(done)s of %(total)s complete", done=done, total=total)
    if place.due_on:
        text += " · " + gettext("by %(date)s", date=format_date(place.due_on))
    label = gettext("%(done)s of %(total)s required parts complete", done=done, total=total)
    parts = [
        drawn(PIECES, "rail_head", base, place=place),
        segment_bar([_segment(place, item, here) for item in place.outline.items], label),
        f'<p class="soft small">{escape(text)}</p><ol class="outline">',
        *_rows(place, here, base),
        "</ol>",
    ]
    return Markup("".join(parts))  # noqa: S704 - pieces of our templates, and escaped text


def _segment(place: Place, item: Item, here: Item) -> str:
    return f"{place.state(item.key).value}{'' if item.required else ' optional'}{' here' if item is here else ''}"


def _rows(place: Place, here: Item, base: tuple[int, int]) -> list[Markup]:
    done = {key for key, state in place.states.items() if state is CompletionState.COMPLETE}
    rows, section = [], ""
    for item in place.outline.items:
        if item.section != section:
            section = item.section
            rows.append(drawn(PIECES, "section", (*base, section), outline=place.outline, section=section))
        if not done.issuperset(item.requires):
            rows.append(drawn(PIECES, "locked", (*base, item.key), item=item))
        else:
            state, current = place.state(item.key), item is here
            look = (*base, item.key, state, current)
            rows.append(drawn(PIECES, "open", look, item=item, url=place.url(item.key), state=state, current=current))
    return rows


def page_head(place: Place, item: Item, kind: object) -> Markup:
    """Return eyebrow, title and state of a page."""
    state = place.state(item.key)
    return drawn(PIECES, "head", (place.outline.revision_id, item.key, state), item=item, kind=kind, state=state)


def page_sources(place: Place, item: Item, text: Body) -> Markup:
    """Return what a page relies on and when it was last checked."""
    return drawn(PIECES, "sources", (place.outline.revision_id, item.key), text=text)
