"""What nothing uses and when it goes: one's own files, and for who looks after the site all of them."""

from __future__ import annotations

import sqlalchemy as sa
from flask import flash, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from lms.api import NotFound, commit, gettext, requires, utcnow
from media import sweeping
from media.base import TEND, USE, plugin
from media.models import Description, File

MOST = 200


def _own() -> sa.ColumnElement[bool]:
    return File.digest.in_(sa.select(Description.digest).where(Description.owner_id == current_user.id))


@plugin.get("/media/unused")
@requires(USE, on="self")
def unused_files() -> str:
    """Show one's own files that nothing uses: why, and until when they are kept."""
    return _page(sweeping.listed(utcnow(), _own()), whole=False)


@plugin.get("/admin/unused-files")
@requires(TEND, on="self")
def all_unused_files() -> str:
    """Show all files that nothing uses."""
    return _page(sweeping.listed(utcnow()), whole=True)


def _page(found: list[sweeping.Unused], *, whole: bool) -> str:
    size = sum(file.size for file in found)
    return render_template("media/unused.html", found=found[:MOST], count=len(found), size=size, whole=whole, days=sweeping.KEPT.days)


@plugin.post("/media/unused/<digest>/keep")
@requires(USE, on="self")
def keep_unused(digest: str) -> ResponseReturnValue:
    """Let the thirty days of one's own file begin anew."""
    return _kept(digest, sweeping.listed(utcnow(), _own()), "/media/unused")


@plugin.post("/admin/unused-files/<digest>/keep")
@requires(TEND, on="self")
def keep_any_unused(digest: str) -> ResponseReturnValue:
    """Let the thirty days of a file begin anew."""
    return _kept(digest, sweeping.listed(utcnow()), "/admin/unused-files")


def _kept(digest: str, found: list[sweeping.Unused], page: str) -> ResponseReturnValue:
    if digest not in {file.digest for file in found}:
        raise NotFound("no such unused file for this person")
    sweeping.keep_on(digest)
    commit()
    flash(gettext("Kept for another thirty days."), "done")
    return redirect(page)
