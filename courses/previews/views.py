"""Previews of what is saved: the page that chooses, and the pages that it shows in a frame. Links all the way, so none needs a script."""

from __future__ import annotations

from typing import Any

from flask import Response, g, make_response, render_template, request
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from courses.base import WRITE, plugin
from courses.checks.limits import MOST_BYTES
from courses.previews import pages, weight
from courses.previews.pages import COVER
from courses.previews.spoken import spoken
from lms.api import HEADERS, Activity, ContentError, draft_activities, file_store, requires, static_file
from lms.api import lazy_gettext as _

MODULE = "/studio/<module_key>/preview"
AT = "/studio/<module_key>/<activity_key>/preview"
WAYS = {"phone": _("Phone"), "desk": _("Desk"), "print": _("Print"), "order": _("Read aloud"), "offline": _("Offline"), "bytes": _("Bytes")}
POLICY = HEADERS["Content-Security-Policy"]
FRAMING = f"{POLICY}; frame-src 'self'"
# What stands in the frame runs nothing, posts nothing, and can be framed by this site alone.
FRAMED = (
    POLICY.replace("frame-ancestors 'none'", "frame-ancestors 'self'")
    .replace("form-action 'self'", "form-action 'none'")
    .replace("script-src 'self'", "script-src 'none'")
)


@plugin.get(MODULE)
@requires(WRITE, on="module")
def studio_look_module(module_key: str) -> AnyResponse:
    """Show the first page of a module in one of the ways; the others follow by "next"."""
    return _look(COVER)


@plugin.get(AT)
@requires(WRITE, on="module")
def studio_look(module_key: str, activity_key: str) -> AnyResponse:
    """Show an activity as it is saved in one of the ways."""
    return _look(activity_key)


@plugin.get(f"{MODULE}/page")
@requires(WRITE, on="module")
def studio_look_cover(module_key: str) -> AnyResponse:
    """Send the module's first page alone."""
    return _alone(COVER)


@plugin.get(f"{AT}/page")
@requires(WRITE, on="module")
def studio_look_page(module_key: str, activity_key: str) -> AnyResponse:
    """Send an activity's page alone, for the screen, for paper or as it is without a connection."""
    return _alone(activity_key)


@plugin.get("/studio/print.css")
@requires(WRITE, on="self")
def studio_print_style() -> AnyResponse:
    """Send the site's style sheet as paper sees it."""
    answer = Response(as_paper(static_file("lms/app.css")[0].decode()), mimetype="text/css")
    answer.headers["Cache-Control"] = "private, max-age=31536000, immutable"  # its address names the version of the program
    return answer


def as_paper(style: str) -> str:
    """Return a style sheet whose rules for print hold on the screen; those for screens and dark schemes are left to loudspeakers."""
    for before, after in (("print", "all"), ("screen", "speech"), ("(prefers-color-scheme: dark)", "speech")):
        style = style.replace(f"@media {before}", f"@media {after}")
    return style.replace("color-scheme: light dark", "color-scheme: light")


def _look(key: str) -> AnyResponse:
    activities = draft_activities(g.module.id)
    place, way = pages.around(activities, key), request.args.get("as", "")
    way = way if way in WAYS else "phone"
    told: dict[str, Any] = {"problem": "", "said": [], "weight": None, "rows": [], "most": MOST_BYTES, "seconds": weight.seconds}
    try:
        if way == "order":
            told["said"] = spoken(_draw(activities, place.here))
        elif way == "bytes":
            told |= _weights(activities, place.here)
        elif place.here is not None:
            _draw(activities, place.here, offline=way == "offline")  # so that what stands in the way is said here
    except ContentError as error:
        told["problem"] = error.message
    titles = {activity.key: activity.title for activity in activities}
    answer = make_response(
        render_template("courses/studio_look.html", module=g.module, key=key, place=place, way=way, ways=WAYS, titles=titles, **told)
    )
    answer.headers["Content-Security-Policy"] = FRAMING
    return answer


def _alone(key: str) -> AnyResponse:
    activities, way = draft_activities(g.module.id), request.args.get("as", "")
    answer = make_response(_draw(activities, pages.around(activities, key).here, offline=way == "offline", paper=way == "print"))
    answer.headers["Content-Security-Policy"] = FRAMED
    return answer


def _draw(activities: list[Activity], here: Activity | None, *, offline: bool = False, paper: bool = False) -> str:
    if here is None:
        return pages.cover(g.module, activities, paper=paper)
    return pages.drawn(current_user, g.module, here, offline=offline, paper=paper)


def _weights(activities: list[Activity], here: Activity | None) -> dict[str, Any]:
    """Return what a page weighs; on the module's first page, every page of it and what they come to."""
    store = file_store()
    if here is not None:
        return {"weight": weight.weigh(_draw(activities, here), store)}
    rows = []
    for activity in activities:
        try:
            if not activity.hidden:
                rows.append((activity, weight.weigh(pages.sketched(current_user, g.module, activity), store)))
        except ContentError:  # its own preview says what stands in the way
            continue
    return {"rows": rows, "total": weight.total([weighed for _activity, weighed in rows])}
