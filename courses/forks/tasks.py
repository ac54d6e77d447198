"""After a module was published: its copies are told, and a copy's own differences are counted."""

from __future__ import annotations

from courses.base import plugin
from courses.forks import services
from lms.api import Revision, db


@plugin.task(on="lms:revision-published")
def tell_copies(revision_id: int) -> None:
    """Let the new revision wait for the copies of its module."""
    revision = db.session.get(Revision, revision_id)
    if revision is not None:
        services.note_revision(revision)
