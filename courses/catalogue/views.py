"""The catalogue: what there is to learn, for everybody who is signed in."""

from __future__ import annotations

import sqlalchemy as sa
from flask import abort, render_template
from flask_login import current_user

from courses.base import BROWSE, plugin
from courses.catalogue import queries
from courses.forks.queries import copyable
from lms.api import Module, activity_type, db, entrances, latest_revision, outline, outlines, requires


@plugin.get("/modules")
@requires(BROWSE, on="self")
def catalogue() -> str:
    """List the published modules."""
    rows = db.session.execute(queries.published_modules()).all()
    known = outlines(revision_id for _module, revision_id in rows)
    return render_template("courses/catalogue.html", outlines=[known[revision_id] for _module, revision_id in rows])


@plugin.get("/modules/<module_key>")
@requires(BROWSE, on="self")
def about(module_key: str) -> str:
    """Show what a module holds: outcomes, sections, hours; and the way in for those who are enrolled."""
    found = db.session.scalar(sa.select(Module).where(Module.key == module_key))
    revision = latest_revision(found.id) if found else None
    if found is None or revision is None:
        abort(404)
    mine, copy = entrances(current_user, module_key), copyable(current_user, module_key)
    return render_template("courses/module.html", outline=outline(revision.id), mine=mine, copy=copy, activity_type=activity_type)
