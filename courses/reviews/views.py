"""Reviewing: what colleagues were asked for, and the page behind an expert's link."""

from __future__ import annotations

import mimetypes

from flask import Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from courses.base import WRITE, plugin
from courses.reviews import queries, services
from courses.reviews import views_reading as pages
from courses.reviews.views_reading import Reading
from lms.api import NotFound, Refused, commit, file_store, gettext, requires, signed, throttle

ONE = "/reviews/<int:review_id>"
LINK = "/review/<secret>"
ALONE = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
DOCUMENT = "default-src 'none'; style-src 'unsafe-inline'"  # Safari shows nothing of a document in a sandbox
SHOWN = ("image/", "application/pdf", "text/vtt")


# -- colleagues --------------------------------------------------------------------------------------------------------------------


@plugin.get("/reviews")
@requires(WRITE, on="self")
def reviews() -> str:
    """List the reviews that somebody was asked for."""
    return render_template("courses/reviews.html", tasks=queries.tasks_of(current_user))


def _mine(review_id: int) -> Reading:
    review, reviewer, module = queries.asked_colleague(current_user, review_id)
    return Reading(review, reviewer, module, f"/reviews/{review_id}", expert=False)


@plugin.get(ONE)
@requires(WRITE, on="self")
def review(review_id: int) -> ResponseReturnValue:
    """Show what one was asked to read, and the decision."""
    return pages.start_page(_mine(review_id))


@plugin.post(ONE)
@requires(WRITE, on="self")
def review_decide(review_id: int) -> ResponseReturnValue:
    """Approve a text or return it."""
    return pages.decide(_mine(review_id))


@plugin.get(f"{ONE}/<activity_key>")
@requires(WRITE, on="self")
def review_activity(review_id: int, activity_key: str) -> ResponseReturnValue:
    """Show one activity of the frozen text."""
    return pages.activity_page(_mine(review_id), activity_key, request.args.get("on", ""))


@plugin.post(f"{ONE}/<activity_key>")
@requires(WRITE, on="self")
def review_comment(review_id: int, activity_key: str) -> ResponseReturnValue:
    """Comment on a paragraph."""
    return pages.comment(_mine(review_id), activity_key)


@plugin.post(f"{ONE}/comments/<int:comment_id>/remove")
@requires(WRITE, on="self")
def review_comment_remove(review_id: int, comment_id: int) -> ResponseReturnValue:
    """Take one's own comment back."""
    return _removed(_mine(review_id), comment_id)


def _removed(reading: Reading, comment_id: int) -> ResponseReturnValue:
    services.remove_comment(review=reading.review, reviewer=reading.reviewer, comment_id=comment_id)
    commit()
    return redirect(reading.home)


# -- experts -----------------------------------------------------------------------------------------------------------------------


def _theirs(secret: str) -> Reading:
    """Return what a link leads to. Raises NotFound; who tries many is slowed down."""
    address = {f"review/{request.remote_addr}": throttle.MISSES}
    if throttle.is_slowed(address):
        raise Refused(
            gettext(
                "Too many links that do not hold were tried from here. Please wait %(minutes)s minutes.", minutes=throttle.SECONDS // 60
            )
        )
    try:
        review, reviewer, module = queries.asked_expert(services.fingerprint(secret))
    except NotFound:
        throttle.missed(address)
        raise
    return Reading(review, reviewer, module, f"/review/{secret}", expert=True)


def _unlisted(answer: ResponseReturnValue) -> Response:
    """Return a page that no search engine and no cache keeps, and whose address no other site is told."""
    response = make_response(answer)
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@plugin.get(LINK)
@signed
def expert_review(secret: str) -> Response:
    """Show the text that a link is for, and the decision."""
    return _unlisted(pages.start_page(_theirs(secret)))


@plugin.post(LINK)
@signed
def expert_decide(secret: str) -> Response:
    """Approve a text or return it."""
    return _unlisted(pages.decide(_theirs(secret)))


@plugin.get(f"{LINK}/<activity_key>")
@signed
def expert_activity(secret: str, activity_key: str) -> Response:
    """Show one activity of the frozen text."""
    return _unlisted(pages.activity_page(_theirs(secret), activity_key, request.args.get("on", "")))


@plugin.post(f"{LINK}/<activity_key>")
@signed
def expert_comment(secret: str, activity_key: str) -> Response:
    """Comment on a paragraph."""
    return _unlisted(pages.comment(_theirs(secret), activity_key))


@plugin.post(f"{LINK}/comments/<int:comment_id>/remove")
@signed
def expert_comment_remove(secret: str, comment_id: int) -> Response:
    """Take one's own comment back."""
    return _unlisted(_removed(_theirs(secret), comment_id))


@plugin.get(f"{LINK}/media/<name>")
@signed
def expert_file(secret: str, name: str) -> Response:
    """Give a picture that the frozen text shows; nothing else of the library."""
    reading, store = _theirs(secret), file_store()
    kind = mimetypes.guess_type(name, strict=False)[0] or ""  # strictly, WebP is no type everywhere
    if store is None or not kind.startswith(SHOWN) or not queries.shows_file(reading.review.id, f"/media/{name}"):
        raise NotFound("no such picture in this text")
    response = Response(store.load(f"/media/{name}"), mimetype=kind)
    response.headers["Content-Security-Policy"] = DOCUMENT if kind == "application/pdf" else ALONE
    response.headers["Cache-Control"] = "private, max-age=86400"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
