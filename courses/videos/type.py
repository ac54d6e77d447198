"""A video: a film of the library or of an allowed host. Nothing is fetched from anywhere before the learner wants to see it."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any, ClassVar

from flask import current_app, has_app_context, render_template
from wtforms import BooleanField, StringField, TextAreaField
from wtforms.validators import Length, Optional, ValidationError

from courses.attached import Attaching, file_field, how_shown
from courses.base import plugin
from courses.videos.players import Player, player_of
from lms.api import Actor, Context, Draft, EvidenceKind, Form, gettext, nothing, prepared, record, render_markdown
from lms.api import lazy_gettext as _

TYPE = "video"


def allowed_hosts() -> tuple[str, ...]:
    """Return the hosts whose players this site may show."""
    return tuple(current_app.config["LMS_VIDEO_HOSTS"])


class VideoSettings(Form):
    """Which film, what it is about, and its words."""

    intro = TextAreaField(_("What to watch for"), description=_("Markdown, shown above the film."))
    file = file_field(_("Film or sound of this module"), _("Add it in the library and put it into this module; then it is in this list."))
    address = StringField(
        _("Or the address of a film elsewhere"),
        [Length(max=500)],
        description=_("As you copy it from the site. Learners see which site it is before anything is fetched from there."),
    )
    length = StringField(
        _("How long it is"), [Length(max=40)], description=_("For instance: 6 minutes. A film of the library says it itself.")
    )
    captioned = BooleanField(_("It has captions"), description=_("Captions of a film of the library are added there."))
    transcript = TextAreaField(
        _("What is said, as text"), [Optional()], description=_("Markdown. For who cannot hear it, has no signal, or reads faster.")
    )

    def validate_address(self, field: StringField) -> None:
        """Ask for one film, and for a player that this site may show."""
        field.data = (field.data or "").strip()
        if bool(field.data) == bool(self.file.data):
            raise ValidationError(gettext("Choose a film of this module, or write the address of one elsewhere: one of the two."))
        if not field.data:
            return
        player = player_of(field.data)
        if player is None:
            raise ValidationError(gettext("This is not the address of a film. It begins with https://."))
        if has_app_context() and player.host not in allowed_hosts():
            raise ValidationError(
                gettext("Films of %(host)s cannot be shown here. Your administrator can allow that site.", host=player.host)
            )


@plugin.activity
class Video(Attaching):
    """A film to watch, or to read."""

    key, title, icon = TYPE, _("Video"), "circle-play"
    summary = _("A film that plays when the learner asks for it, with what is said in it as text.")
    counted = nothing("%(num)s video", "%(num)s videos")
    settings = VideoSettings
    completion = ("viewed",)
    _endings = frozenset({".mp4", ".webm", ".mp3", ".m4a", ".ogg", ".wav"})
    example: ClassVar[dict[str, Any]] = {
        "intro": "Perhatikan **tiga detik** sebelum petugas menjawab.\n",
        "address": "https://www.youtube-nocookie.com/embed/aaaaaaaaaaa",
        "length": "4 menit",
        "captioned": True,
        "transcript": "**Petugas:** Silakan duduk, Bu. Ceritakan pelan-pelan.\n",
    }

    def prepare(self, settings: Mapping[str, Any], draft: Draft) -> dict[str, Any]:
        """Render the texts, and find the film's address."""
        return prepared(
            intro=render_markdown(settings["intro"] or "", draft.files),
            transcript=render_markdown(settings["transcript"] or "", draft.files),
            film=draft.files.get(settings["file"] or "", ""),
        )

    def render(self, ctx: Context) -> str:
        """Draw what it is, the button that plays it, and its words."""
        return render_template("courses/video.html", ctx=ctx, film=how_shown(ctx.prepared["film"]), player=player_for(ctx))

    def offline(self, ctx: Context) -> str | None:
        """Draw its words: the film itself needs a connection."""
        return render_template("courses/video.html", ctx=ctx, film=None, player=None, offline=True)

    def check(self, settings: Mapping[str, Any]) -> list[str]:
        """Ask for words: captions or a transcript, and how long a film elsewhere is."""
        advice = []
        if not settings.get("transcript") and not settings.get("captioned"):
            advice.append(
                gettext("Write down what is said, or add captions: not everybody can hear it, and not everywhere is there a signal.")
            )
        if settings.get("address") and not settings.get("length"):
            advice.append(gettext("Say how long the film is: learners decide by that whether to begin."))
        return advice

    def rehearse(self, ctx: Context, learner: Actor, chance: Random, skill: float) -> None:
        """Watch it."""
        record(**ctx.where, kind=EvidenceKind.VIEWED, actor_id=learner.id, source="demo")


def player_for(ctx: Context) -> Player | None:
    """Return the player of a film that lies elsewhere, if this site may still show it; None for any other."""
    player = player_of(ctx.settings["address"] or "")
    return player if player and player.host in allowed_hosts() else None
