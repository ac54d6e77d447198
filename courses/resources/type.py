"""A resource: a document of the module or a page elsewhere. It opens beside the course, so that nobody loses their place."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from random import Random
from typing import Any, ClassVar
from urllib.parse import urlsplit

from flask import render_template
from wtforms import StringField, TextAreaField
from wtforms.validators import InputRequired, Length, ValidationError

from courses.attached import Attaching, file_field, how_shown
from courses.base import plugin
from lms.api import Actor, Context, Draft, EvidenceKind, Form, gettext, nothing, prepared, record, render_markdown
from lms.api import lazy_gettext as _


class ResourceSettings(Form):
    """What to open, and why."""

    why = TextAreaField(_("Why it is worth opening"), [InputRequired(), Length(max=1000)], description=_("One or two sentences. Markdown."))
    file = file_field(_("Document of this module"), _("Add it in the library and put it into this module; then it is in this list."))
    address = StringField(_("Or the address of a page elsewhere"), [Length(max=1000)])
    note = StringField(
        _("Kind and size"), [Length(max=80)], description=_("For instance: PDF, 12 pages, 2 MB. A document of the library says it itself.")
    )

    def validate_address(self, field: StringField) -> None:
        """Ask for one thing to open, and for an address that a browser opens as a page."""
        field.data = (field.data or "").strip()
        if bool(field.data) == bool(self.file.data):
            raise ValidationError(gettext("Choose a document of this module, or write the address of a page elsewhere: one of the two."))
        if field.data and not host_of(field.data):
            raise ValidationError(gettext("Write the whole address of a page. It begins with https:// or http://."))


def host_of(address: str) -> str:
    """Return the host of a page's address; empty for anything else. Pure."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return ""
    return host if parts.scheme in {"https", "http"} and not parts.username and not set(address) & set(" <>\"'\\\n\t") else ""


@plugin.activity
class Resource(Attaching):
    """Something to open."""

    key, title, icon = "resource", _("Link or document"), "external-link"
    summary = _("A page elsewhere or a document of the library, and why it is worth opening.")
    counted = nothing("%(num)s link or document", "%(num)s links or documents")
    settings = ResourceSettings
    completion = ("viewed",)
    _endings = frozenset({".pdf", ".svg", ".png", ".jpg", ".webp", ".avif", ".gif"})
    example: ClassVar[dict[str, Any]] = {
        "why": "Pasal 4 memuat **enam hak** penerima layanan yang akan kita pakai di kuis.\n",
        "address": "https://peraturan.example/uu-25-2009",
        "note": "Halaman web, 10 menit",
    }

    def prepare(self, settings: Mapping[str, Any], draft: Draft) -> dict[str, Any]:
        """Render the reason, and find the document's address."""
        return prepared(why=render_markdown(settings["why"], draft.files), file=draft.files.get(settings["file"] or "", ""))

    def render(self, ctx: Context) -> str:
        """Draw why, what kind and how large, and the link."""
        return _page(ctx)

    def offline(self, ctx: Context) -> str | None:
        """Draw the same, and say that it needs a connection."""
        return _page(ctx, offline=True)

    def check(self, settings: Mapping[str, Any]) -> list[str]:
        """Warn about an address that others on the line can read and change."""
        plain = (settings.get("address") or "").startswith("http://")
        return [gettext("The address begins with http://. Look whether the page is there with https:// as well.")] if plain else []

    def rehearse(self, ctx: Context, learner: Actor, chance: Random, skill: float) -> None:
        """Open it."""
        record(**ctx.where, kind=EvidenceKind.VIEWED, actor_id=learner.id, source="demo")


def _page(ctx: Context, *, offline: bool = False) -> str:
    file, address = ctx.prepared["file"], ctx.settings["address"]
    shown = how_shown(file)
    return render_template(
        "courses/resource.html",
        ctx=ctx,
        offline=offline,
        target=file or address,
        host=host_of(address or ""),
        kind=PurePosixPath(file).suffix.removeprefix(".").upper(),
        size=shown.size if shown else None,
    )
