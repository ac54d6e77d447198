"""Reads for the catalogue."""

from __future__ import annotations

import sqlalchemy as sa

from lms.api import Module, Revision


def published_modules() -> sa.Select[Module, int]:
    """Return modules that were published with the id of their newest revision, by title key."""
    newest = sa.select(Revision.module_id, sa.func.max(Revision.id).label("revision_id")).group_by(Revision.module_id).subquery()
    return sa.select(Module, newest.c.revision_id).join(newest, newest.c.module_id == Module.id).order_by(Module.code, Module.key)
