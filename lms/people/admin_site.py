"""The site: how it is, what is set, what was done, what failed."""

from __future__ import annotations

import uuid

from flask import flash, redirect, render_template, request
from flask_login import current_user
from werkzeug.wrappers import Response

from lms import __version__
from lms.db import commit, paginate
from lms.i18n import gettext as _
from lms.i18n import ngettext
from lms.people import site
from lms.people.admin_base import PER_PAGE, room
from lms.people.permissions import OPERATE, READ_TRAIL, requires
from lms.people.words import ACTIONS, DETAILED, KINDS
from lms.registry import registry
from lms.watch import figures, findings
from lms.web.paging import page_number


@room.get("/admin")
@requires(OPERATE)
def overview() -> str:
    """Show the site at a glance: what is wrong and what to do, how much there is, and the way to everything else."""
    glance = site.glance()
    wrong = [finding for finding in findings.everything(glance) if not finding.ok]
    return render_template(
        "people/admin_site.html", glance=glance, wrong=wrong, figures=figures.figures(), version=__version__, plugins=registry().plugins
    )


@room.get("/admin/audit")
@requires(READ_TRAIL)
def trail() -> str:
    """Show who did what to what, when."""
    words = {name: request.args.get(name, "") for name in ("action", "kind", "number", "who")}
    page = paginate(site.trail(**words), page_number(), PER_PAGE)
    names = site.names_of([line.object_id for line, _name in page.items if line.object_kind == "user"])
    return render_template("people/admin_audit.html", page=page, words=words, names=names, actions=ACTIONS, kinds=KINDS, detailed=DETAILED)


@room.get("/admin/settings")
@requires(OPERATE)
def settings() -> str:
    """Show every setting, its value without secrets, and where it came from."""
    return render_template("people/admin_settings.html", rows=site.settings_rows())


@room.get("/admin/jobs")
@requires(OPERATE)
def jobs() -> str:
    """Show the work that could not be done."""
    return render_template("people/admin_jobs.html", page=paginate(site.failed_jobs(), page_number(), PER_PAGE, scalars=True))


@room.post("/admin/jobs/<uuid:job_id>/aside")
@requires(OPERATE)
def put_aside(job_id: uuid.UUID) -> Response:
    """Let one piece of work that failed stay undone."""
    site.put_aside(actor=current_user, job_id=job_id)
    commit()
    flash(_("Put aside. It can be tried again for two weeks; then it is removed."), "done")
    return redirect("/admin/jobs")


@room.post("/admin/jobs")
@room.post("/admin/jobs/<uuid:job_id>")
@requires(OPERATE)
def try_again(job_id: uuid.UUID | None = None) -> Response:
    """Let one piece of work, or all that failed, be tried again."""
    count = site.try_again(actor=current_user, job_id=job_id)
    commit()
    flash(ngettext("%(num)s piece of work is tried again.", "%(num)s pieces of work are tried again.", count), "done")
    return redirect("/admin/jobs")
