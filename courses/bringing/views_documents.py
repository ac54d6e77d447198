"""A document as a first draft: the outline it would make, its pictures, and keeping what was chosen."""

from __future__ import annotations

import uuid

from flask import Response, flash, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from courses.base import CREATE, WRITE, plugin
from courses.bringing import services
from courses.bringing.documents import Found
from courses.bringing.forms import NEW, BringForm
from courses.bringing.models import Brought
from courses.bringing.words import sentences
from courses.studio import queries
from courses.studio.forms import add_error
from lms.api import Refused, commit, db, gettext, ngettext, requires, rows

AT = "/studio/import/<uuid:brought_id>"
TYPES = {"png": "image/png", "jpg": "image/jpeg", "gif": "image/gif", "webp": "image/webp"}


@plugin.get(AT)
@requires(WRITE, on="self")
def studio_brought(brought_id: uuid.UUID) -> ResponseReturnValue:
    """Show the outline that a document would make, what is left out, and where it may go."""
    row = services.find(actor=current_user, number=brought_id)
    form = _offered(BringForm(formdata=None))
    form.title.data = row.content["title"]
    return _page(row, form, 200)


@plugin.post(AT)
@requires(WRITE, on="self")
def studio_bring(brought_id: uuid.UUID) -> ResponseReturnValue:
    """Keep what was chosen, in a new module or at the end of another one; whatever is in the way, everything typed comes back."""
    row = services.find(actor=current_user, number=brought_id)
    form = _offered(BringForm())
    if not form.submitted():
        return _page(row, form, 422)
    try:
        new = form.where.data == NEW
        module = (
            services.begin(actor=current_user, values=form.data)
            if new
            else services.module_of(actor=current_user, module_id=int(form.where.data))
        )
        made = services.keep(actor=current_user, row=row, module=module, wanted=_wanted(services.outline_of(row)))
    except Refused as refusal:
        db.session.rollback()
        add_error(form.where, str(refusal))
        return _page(services.find(actor=current_user, number=brought_id), form, 422)
    commit()
    count = len(made)
    flash(ngettext("%(num)s lesson is here as a first draft.", "%(num)s lessons are here as a first draft.", count), "done")
    return redirect(f"/studio/{module.key}")


@plugin.post(f"{AT}/forget")
@requires(WRITE, on="self")
def studio_brought_forget(brought_id: uuid.UUID) -> AnyResponse:
    """Forget a document."""
    services.forget(actor=current_user, row=services.find(actor=current_user, number=brought_id))
    commit()
    flash(gettext("The document is forgotten; nothing was changed."), "done")
    return redirect("/studio/import")


@plugin.get(f"{AT}/figures/<name>")
@requires(WRITE, on="self")
def studio_brought_picture(brought_id: uuid.UUID, name: str) -> AnyResponse:
    """Show a picture of a document to who has brought it."""
    content = services.picture_of(services.find(actor=current_user, number=brought_id), f"figures/{name}")
    response = Response(content, mimetype=TYPES[name.rpartition(".")[2]])
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response


def _offered(form: BringForm) -> BringForm:
    return form.offer(queries.modules_of(current_user), may_begin=current_user.may(CREATE))


def _wanted(found: Found) -> services.Wanted:
    """Return what the form says of every chapter, lesson and picture."""
    sent = rows.posted()
    return services.Wanted(
        [
            (
                sent.get(f"section-{number}", chapter.title),
                [
                    sent.get(f"lesson-{number}-{place}", lesson.title) if f"take-{number}-{place}" in sent else None
                    for place, lesson in enumerate(chapter.lessons)
                ],
            )
            for number, chapter in enumerate(found.chapters)
        ],
        {name: sent.get(name, words) for name, words in services.pictures_of(found).items()},
    )


def _page(row: Brought, form: BringForm, status: int) -> ResponseReturnValue:
    found = services.outline_of(row)
    sent = rows.posted() if status != 200 else None
    pictures = services.pictures_of(found)
    return render_template(
        "courses/studio_brought.html", row=row, form=form, found=found, sent=sent, pictures=pictures, left=sentences(found.left)
    ), status
