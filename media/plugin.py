"""The plugin: a library of pictures, documents, sound and film, and packs of modules for use without a connection."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa
from flask.typing import ResponseReturnValue
from flask_login import current_user

from lms.api import NotFound, db, requires
from media import access, cli, serving, storage, tasks
from media.base import READ, plugin
from media.files import views as file_views
from media.files import views_unused
from media.models import Description
from media.packs import services as packs
from media.packs import views
from media.uploads import views as upload_views

plugin.cache(packs.forget)
plugin.cache(storage.forget)
plugin.cache(access.forget)


@plugin.get("/media/<digest>.<suffix>")
@requires(READ, on="self")
def file(digest: str, suffix: str) -> ResponseReturnValue:
    """Serve a file by its content's digest, or a rendition of it, to who may see it; it never changes, so browsers keep it."""
    if not access.may_see(current_user, digest.partition("-")[0], captions=suffix == "vtt"):
        raise NotFound("no such file for this person")
    return serving.served(digest, suffix)


@plugin.personal_data
def own_words(user_id: uuid.UUID) -> list[dict[str, Any]]:
    """Return what a person has said of files, for "download my data"; the files are the modules'."""
    entries = db.session.scalars(
        sa.select(Description).where(Description.owner_id == user_id).order_by(Description.created_at, Description.id)
    )
    return [
        {
            "file": entry.digest,
            "name": entry.name,
            "alternative": entry.alternative,
            "licence": entry.licence.value,
            "source": entry.source,
            "sharing": entry.sharing.value,
            "created_at": entry.created_at,
        }
        for entry in entries
    ]


__all__ = ["cli", "file_views", "plugin", "tasks", "upload_views", "views", "views_unused"]
