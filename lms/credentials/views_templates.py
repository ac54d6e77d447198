"""Templates of certificates: list, edit, look at one as PDF."""

from __future__ import annotations

from flask import Response, current_app, flash, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response as Redirect

from lms.credentials import queries, services
from lms.credentials.base import room
from lms.credentials.forms import SHORT, TemplateForm
from lms.credentials.models import CertificateTemplate, CredentialKind
from lms.credentials.numbers import Place, write_number
from lms.credentials.paper import certificate_pdf
from lms.credentials.snapshots import example
from lms.credentials.texts import TEXTS
from lms.db import commit, db, utcnow
from lms.errors import ContentError, Refused
from lms.i18n import gettext as _
from lms.i18n import local_day
from lms.people.permissions import ISSUE, requires
from lms.registry import file_store

PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"<")  # how files of PNG, JPEG and SVG begin


@room.get("/cohorts/templates")
@requires(ISSUE, on="self")
def templates() -> str:
    """List the templates that one keeps."""
    rows = db.session.execute(queries.templates_for(current_user)).all()
    numbers = {row.CertificateTemplate.id: example_number(row.CertificateTemplate) for row in rows}
    return render_template("credentials/templates.html", rows=rows, short=SHORT, numbers=numbers)


def example_number(template: CertificateTemplate) -> str:
    """Return the first number of this year as a template would write it for the third cohort."""
    today = local_day(utcnow(), current_app.config["LMS_TIME_ZONE"])
    return write_number(template.number_pattern, 1, Place(template.program_code, template.unit_code, today, 3))


@room.route("/cohorts/templates/new", methods=["GET", "POST"])
@requires(ISSUE, on="self")
def new_template() -> ResponseReturnValue:
    """Add a template."""
    return _edit(None)


@room.route("/cohorts/templates/<int:template_id>", methods=["GET", "POST"])
@requires(ISSUE, on="self")
def template(template_id: int) -> ResponseReturnValue:
    """Change a template; what was issued stays as it is."""
    return _edit(services.template_of(current_user, template_id))


def _edit(known: CertificateTemplate | None) -> ResponseReturnValue:
    units = db.session.scalars(queries.units_for(current_user)).all()
    kind = CredentialKind.STTP
    form = TemplateForm.for_template(
        known, units, kind=kind.value, text=TEXTS[kind], number_pattern="{seq:0000}/{program_code}/{unit_code}/{month_roman}/{year}"
    )
    if form.submitted():
        try:
            address = _letterhead(form.letterhead.data, known.letterhead if known else "")
            saved = services.save_template(actor=current_user, template=known, values=form.values, letterhead=address)
        except ContentError as error:
            form.letterhead.errors = [error.message]
        except Refused as refused:
            form.number_pattern.errors = [str(refused)]
        else:
            commit()
            flash(_("Saved. Look at it as PDF before you issue."), "done")
            return redirect(f"/cohorts/templates/{saved.id}")
        db.session.rollback()
    page = {"form": form, "template": known, "texts": TEXTS, "short": SHORT, "number": example_number(known) if known else ""}
    return render_template("credentials/template.html", **page), 422 if form.errors else 200


def _letterhead(file: FileStorage | None, before: str) -> str:
    """Return the address of the picture that was sent, or of the one before. Raises ContentError for what is no picture."""
    store = file_store()
    if store is None or not file or not file.filename:
        return before
    data = file.read()
    if not data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(PICTURES):
        raise ContentError(_("The letterhead is a PNG, JPEG or SVG picture."))
    return store.save(data, file.filename, owner_id=current_user.id)


@room.get("/cohorts/templates/<int:template_id>/example.pdf")
@requires(ISSUE, on="self")
def template_example(template_id: int) -> Response:
    """Show what a template makes, with invented words."""
    found = services.template_of(current_user, template_id)
    made = certificate_pdf(example(found, example_number(found), local_day(utcnow(), current_user.time_zone or "Asia/Jakarta")))
    return Response(made, content_type="application/pdf", headers={"Cache-Control": "no-store"})


@room.post("/cohorts/templates/<int:template_id>/retire")
@requires(ISSUE, on="self")
def retire_template(template_id: int) -> Redirect:
    """Offer a template no more, or again."""
    services.retire_template(actor=current_user, template=services.template_of(current_user, template_id))
    commit()
    return redirect("/cohorts/templates")
