"""What is pasted into a text of the studio, as Markdown."""

from __future__ import annotations

from flask import jsonify, request
from flask.typing import ResponseReturnValue

from courses.base import WRITE, plugin
from courses.bringing.sieve import TooMuchError
from courses.bringing.wordpages import page_of
from courses.bringing.words import sentences
from lms.api import gettext, requires

MOST = 1024 * 1024


@plugin.post("/studio/paste")
@requires(WRITE, on="self")
def studio_paste() -> ResponseReturnValue:
    """Turn `{"html": …}` from a clipboard into `{"markdown": …, "dropped": [what was left out]}`; nothing is kept."""
    sent = request.get_json(silent=True)
    html = sent.get("html") if isinstance(sent, dict) else None
    if not isinstance(html, str) or len(html.encode("utf-8", "replace")) > MOST:
        return jsonify(message=gettext("This is too long to be pasted in one go. Paste it in parts.")), 422
    try:
        page = page_of(html)
    except TooMuchError:
        return jsonify(message=gettext("This is too long to be pasted in one go. Paste it in parts.")), 422
    return jsonify(markdown=page.markdown.strip("\n"), dropped=sentences(page.left))
