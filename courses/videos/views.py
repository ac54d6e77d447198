"""The page on which a film from elsewhere plays: the only one that fetches anything from there."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from courses.base import plugin
from courses.learn.views import player_page
from courses.videos.type import TYPE, player_for
from lms.api import LEARN, NotFound, allow_frame, open_activity, requires


@plugin.get("/learn/<int:cohort_id>/<module_key>/<activity_key>/play")
@requires(LEARN, on="self")
def play_video(cohort_id: int, module_key: str, activity_key: str) -> ResponseReturnValue:
    """Show the player of another site, because the learner has asked for it."""
    ctx = open_activity(current_user, cohort_id, module_key, activity_key, TYPE)
    player = player_for(ctx)
    if player is None:
        raise NotFound("no film of a host that is allowed")
    allow_frame(player.host)
    content = render_template("courses/video_playing.html", ctx=ctx, player=player)
    return player_page(cohort_id, module_key, activity_key, content, 200)
